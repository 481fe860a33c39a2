"""The same on a Dask cluster as on one machine."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from distributed import Client, LocalCluster

from infrapm.course import sandbox
from infrapm.course.cluster import check_workers, connected, examine_all
from infrapm.course.files import Stop
from infrapm.course.folder import Course
from infrapm.course.grade import grade
from infrapm.course.gradebook import opened
from infrapm.course.submission import Job
from tests.course import pupils
from tests.course.pupils import SLUG, needs_sandbox, quiet, released


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """A scheduler with a TCP address, and two workers in processes of their own."""
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, protocol="tcp://") as cluster:
        yield cluster


@needs_sandbox
def test_a_cluster_gives_the_same_marks(course: Course, cluster: LocalCluster, tmp_path: Path) -> None:
    copy, code = released(course), course.code(SLUG)
    for name, notebook in (("ann", pupils.right(SLUG, copy, code)), ("bob", pupils.wrong(SLUG, copy)), ("cem", pupils.partial(SLUG, copy, code, 1))):
        pupils.save(notebook, tmp_path / "in" / f"{name}.ipynb")
    done = grade(course, SLUG, tmp_path / "in", quiet, scheduler=cluster.scheduler_address)
    assert (done.ran, done.failed) == (3, [])
    with opened(course) as marks:
        scores = marks.scores(SLUG)
    assert [sum(score or 0 for score in scores[name].values()) for name in ("ann", "bob", "cem")] == [14, 6, 2]
    assert grade(course, SLUG, None, quiet).ran == 0  # what the cluster ran counts here


def dies_once(marker: str, job: Job) -> dict[str, Any]:
    """In place of `examine`: takes its worker down, the first time."""
    if job.student == "bob" and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"student": job.student}


def test_a_worker_that_dies_stops_nothing(cluster: LocalCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from functools import partial

    from infrapm.course import cluster as module

    monkeypatch.setattr(module, "examine", partial(dies_once, str(tmp_path / "died")))
    jobs = (Job(name, SLUG, b"", "", (), {}, (SLUG,)) for name in ("ann", "bob", "cem"))
    with connected(cluster.scheduler_address, 0) as client:
        found = {job.student: record for job, record in examine_all(client, jobs, lambda: None)}
    assert (tmp_path / "died").exists()
    assert found == {name: {"student": name} for name in ("ann", "bob", "cem")}


def test_only_as_many_jobs_are_made_as_are_at_work() -> None:
    made, ended = [], []

    def jobs() -> Iterator[Job]:
        for number in range(40):
            made.append(number)
            assert len(made) - len(ended) <= 2 * 2 + 1
            yield Job(str(number), SLUG, b"no notebook", "", (), {}, (SLUG,))

    with connected("", 2) as client:
        for job, record in examine_all(client, jobs(), lambda: ended.append(1)):
            assert record["problem"] and job.data == b"no notebook"
    assert len(made) == len(ended) == 40


def test_no_job_is_kept_after_it_has_ended() -> None:
    def jobs() -> Iterator[Job]:
        yield from (Job(str(number), SLUG, b"no notebook", "", (), {}, (SLUG,)) for number in range(100))

    with connected("", 2) as client:
        for _ in examine_all(client, jobs(), lambda: None):
            pass
        gc.collect()
        alive = sum(type(kept) is Job for kept in gc.get_objects())
    assert alive < 25  # those at work last, and what Dask remembers of them


def test_nothing_listens_for_strangers_on_one_machine() -> None:
    with connected("", 2) as client:
        assert client.scheduler_info()["address"].startswith("inproc://")
        assert all(address.startswith("inproc://") for address in client.scheduler_info()["workers"])
        listening = [at.laddr.ip for at in psutil.Process().net_connections() if at.status == psutil.CONN_LISTEN]
        assert set(listening) <= {"127.0.0.1"}


def test_a_scheduler_that_is_not_there_gets_a_sentence() -> None:
    for address in ("tcp://127.0.0.1:9", "nonsense"):
        with pytest.raises(Stop, match=f"No Dask scheduler answers at {address}"), connected(address, 0):
            pass
        left = [kept for kept in gc.get_objects() if type(kept) is Client and kept.status != "closed"]
        assert left == [], "collected later, while another client starts, it would make Dask wait for ever"


def test_workers_of_another_version_or_without_a_sandbox_are_refused(cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    with Client(cluster) as client:
        monkeypatch.setattr(sandbox, "package_digest", lambda slugs: "another")
        with pytest.raises(Stop, match="has another version of infrapm than this machine"):
            check_workers(client, (SLUG,), unsafe=False)
        client.run(_forget_bubblewrap)
        monkeypatch.undo()
        with pytest.raises(Stop, match="bubblewrap is not installed"):
            check_workers(client, (SLUG,), unsafe=False)
        check_workers(client, (SLUG,), unsafe=True)


def _forget_bubblewrap() -> None:
    sandbox.problem = lambda: "bubblewrap is not installed"  # on the worker only
