"""Many submissions at once: on the cores of this machine, or on a Dask cluster. Both take the same way."""

import gc
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from . import sandbox
from .files import Stop
from .submission import Job, examine


@contextmanager
def connected(scheduler: str, workers: int) -> Iterator[Any]:
    """A Dask client: of the scheduler at an address, or, without one, of threads in this process, each of which
    waits for a sandbox. Raises Stop when nothing answers there."""
    import dask
    from distributed import Client, LocalCluster

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    dask.config.set({"distributed.comm.timeouts.connect": "10s"})
    # What Dask would remember of each task, to look into itself: with it, memory grows by each submission.
    dask.config.set({"distributed.admin.low-level-log-length": 10})
    if not scheduler:
        threads = workers or os.cpu_count() or 1
        # Dask opens a page on its state for everyone; here it is for this machine alone, and empty.
        here = "127.0.0.1:0"
        with (
            dask.config.set({"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}),
            LocalCluster(
                n_workers=1, threads_per_worker=threads, processes=False, memory_limit=0, dashboard_address=None,
                scheduler_kwargs={"dashboard": False, "dashboard_address": here}, worker_dashboard_address=here,
            ) as local,
            Client(local) as client,
        ):  # fmt: skip
            yield client
        return
    refused = ""
    try:
        client = Client(scheduler, timeout=10)
    except (OSError, ValueError, TimeoutError) as problem:
        refused = type(problem).__name__
    if refused:
        # A client that did not start closes itself when it is collected. Were that while another starts, Dask would wait for itself.
        gc.collect()
        raise Stop(f"No Dask scheduler answers at {scheduler} ({refused}). It looks like tcp://10.0.0.5:8786.")
    with client:
        yield client


def _report(slugs: tuple[str, ...]) -> tuple[str, str]:
    """What a worker of a cluster would run submissions with, and why it cannot."""
    return sandbox.package_digest(slugs), sandbox.problem()


def check_workers(client: Any, slugs: tuple[str, ...], unsafe: bool) -> None:
    """Raises Stop when a worker lacks a sandbox, or has another infrapm than this machine."""
    try:
        reports = client.run(_report, slugs)
    except Exception as problem:
        raise Stop(f"The cluster's workers cannot run infrapm: {type(problem).__name__}: {problem}. Install the same version on each.") from None
    if not reports:
        raise Stop("The cluster has no workers. Start some: dask worker ADDRESS.")
    for address, (package, lacking) in reports.items():
        if package != sandbox.package_digest(slugs):
            raise Stop(f"The worker {address} has another version of infrapm than this machine. Install the same on each.")
        if lacking and not unsafe:
            raise Stop(f"The worker {address}: {lacking}")


def examine_all(client: Any, jobs: Iterable[Job], done: Callable[[], object]) -> Iterator[tuple[Job, dict[str, Any]]]:
    """Each job with its record, as they end. Only as many are in memory as are at work, and as many again."""
    from distributed import as_completed

    waiting = iter(jobs)
    at_work: dict[Any, Job] = {}
    room = 2 * max(1, sum(client.nthreads().values()))

    def next_futures() -> list[Any]:
        futures = []
        while len(at_work) < room and (job := next(waiting, None)) is not None:
            future = client.submit(examine, job, pure=False, retries=2)
            at_work[future] = job
            futures.append(future)
        return futures

    ended = as_completed(next_futures())
    for future in ended:
        job = at_work.pop(future)
        try:
            record = future.result()
        except Exception as problem:  # a worker died under it more than once; the others go on
            record = {"failed": f"{type(problem).__name__}: {problem}"}
        future.release()
        done()
        yield job, record
        for future in next_futures():
            ended.add(future)
