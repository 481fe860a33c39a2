"""Measure the models: `python -m tests.bench_models` prints the table; `make bench` has it in its own.

Times are processor time, the best of some runs, so that other work on the machine counts little. The limits are
1.5 times what a first trial of each model took on a machine with two shared cores and CPython 3.11.
"""

import itertools
import json
import math
import random
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import ciw
import simpy

from infrapm.models.capacity import fit_usl, mmc, service_level, simulate_queue
from infrapm.models.rollout import sample_size
from infrapm.site import runtime

# What, beside it, ours, goal, and whether it is met (None: no goal).
Line = tuple[str, str, str, str, bool | None]

RANGES = {name: [1 + place, 5 + place, 9 + place] for place, name in enumerate("abcdefgh")}
QUEUE = {"arrival_per_s": 9, "service_s": 1, "servers": 10}
PBS = {"N": 3, "R": 1, "W": 1, "fit": "LNKD-DISK"}

# Simulations: module, function, arguments; seconds of the first trial in CPython, and in Pyodide where it was timed.
SIMULATIONS = {
    "PBS, 10,000 trials": ("consistency", "simulate_pbs", PBS | {"trials": 10_000}, 0.052, 0.163),
    "PBS, 50,000 trials": ("consistency", "simulate_pbs", PBS | {"trials": 50_000}, 0.311, 0.95),
    "PBS, 100,000 trials": ("consistency", "simulate_pbs", PBS | {"trials": 100_000}, 0.645, 1.48),
    "PBS, WAN, 50,000 trials": ("consistency", "simulate_pbs", PBS | {"fit": "WAN", "trials": 50_000}, 0.42, None),
    "PBS, ten replicas, 20,000 trials": ("consistency", "simulate_pbs", PBS | {"N": 10, "trials": 20_000}, 0.31, None),
    "queue, 50,000 requests": ("capacity", "simulate_queue", QUEUE | {"customers": 50_000}, 0.062, 0.077),
    "ranks, 8 items, 10,000 trials": ("prioritization", "rank_probabilities", {"ranges": RANGES, "trials": 10_000}, 0.112, None),
    "peeking, 10 looks, 20,000 trials": ("rollout", "false_positive_rate", {"looks": 10, "trials": 20_000}, 0.17, None),
}
# What an explorer runs, which must be done in 0.4 s in a browser.
AT_WORK, AT_WORK_S = ("PBS, 10,000 trials", "queue, 50,000 requests", "ranks, 8 items, 10,000 trials"), 0.4

WITH_NUMPY = ("consistency", "simulate_pbs", PBS | {"trials": 100_000, "backend": "numpy"}, 0.07)

SUN = {"load": [1, 18, 36, 72, 108, 144, 216], "throughput": [64.9, 995.9, 1652.4, 1853.2, 1828.9, 1775.0, 1702.2]}
# Closed forms and iterations, in microseconds.
CALLS: dict[str, tuple[Callable[[], object], float]] = {
    "Erlang C, 55 servers": (lambda: service_level(0.2, 240, 55, 15), 6),
    "a whole queue of 55 servers, with its P99": (lambda: mmc(0.2, 240, 55), 50 / 1.5),
    "sample size": (lambda: sample_size(0.001, 0.002), 2),
    "fit of the scalability law": (lambda: fit_usl(**SUN), 280),
}

# How time and memory grow: module, function, arguments, the one that grows, sizes.
GROWING = {
    "PBS": ("consistency", "simulate_pbs", PBS, "trials", (10_000, 100_000, 1_000_000)),
    "queue": ("capacity", "simulate_queue", QUEUE, "customers", (1_000, 10_000, 100_000, 1_000_000)),
    "ranks, 8 items": ("prioritization", "rank_probabilities", {"ranges": RANGES}, "trials", (10_000, 100_000, 1_000_000)),
    "peeking, 5 looks": ("rollout", "false_positive_rate", {"looks": 5}, "trials", (10_000, 100_000, 1_000_000)),
}
# Bytes that a trial may keep: what a quantile needs of its values, and little more.
KEPT = 200

ONE_RUN = """
import importlib, json, sys, time, tracemalloc
module, call, inputs = json.loads(sys.argv[1])
function = getattr(importlib.import_module(f"infrapm.models.{module}"), call)
function(**(inputs | {sys.argv[2]: 100}))
if sys.argv[3] == "bytes":
    tracemalloc.start()
start = time.process_time()
function(**inputs)
print(tracemalloc.get_traced_memory()[1] if sys.argv[3] == "bytes" else time.process_time() - start)
"""


def best(call: Callable[[], object], rounds: int = 5, number: int = 1) -> float:
    """Seconds of processor time a call."""
    return min(timeit.repeat(call, timer=time.process_time, number=number, repeat=rounds)) / number


def function(module: str, call: str) -> Callable[..., object]:
    return getattr(import_module(f"infrapm.models.{module}"), call)


def shown(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{seconds * 1e6:.1f} µs"
    return f"{seconds * 1e3:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def limit_line(what: str, took: float, first: float, beside: str = "") -> Line:
    """A time against 1.5 times that of the first trial."""
    return what, beside, shown(took), f"<= {shown(1.5 * first)}", took <= 1.5 * first


def call_lines() -> list[Line]:
    return [
        limit_line(f"model: {name}", best(call, number=200 if first < 100 else 20, rounds=7), first / 1e6)
        for name, (call, first) in CALLS.items()
    ]


def in_pyodide() -> dict[str, float]:
    """Seconds of each simulation in Pyodide."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        (folder / "infrapm.zip").write_bytes(runtime.zipped(runtime.our_files(runtime.ROOT / "infrapm")))
        asked = {name: run[:3] for name, run in SIMULATIONS.items() if run[4] or name in AT_WORK}
        (folder / "asked.json").write_text(json.dumps(asked))
        library = runtime.ROOT / "node_modules" / "pyodide" / runtime.LIBRARY
        runtime.run_in_pyodide(runtime.ROOT, library, folder, "time", Path(__file__).with_name("bench_in_pyodide.py"))
        return json.loads((folder / "seconds.json").read_text())


def simulation_lines() -> list[Line]:
    lines, here, seeds = [], {}, itertools.count(1)  # another seed each time: a run may be kept for a while
    for name, (module, call, inputs, first, _) in SIMULATIONS.items():
        here[name] = best(lambda: function(module, call)(**inputs, seed=next(seeds)), rounds=3)
        lines.append(limit_line(f"model: {name}", here[name], first))
    module, call, inputs, first = WITH_NUMPY
    with_numpy = best(lambda: function(module, call)(**inputs, seed=next(seeds)), rounds=3)
    plain = shown(here["PBS, 100,000 trials"])
    lines.append(limit_line("model: PBS, 100,000 trials, with numpy", with_numpy, first, f"without: {plain}"))
    for name, took in in_pyodide().items():
        goal = AT_WORK_S if name in AT_WORK else 1.5 * SIMULATIONS[name][4]
        beside = f"CPython {sys.version_info[0]}.{sys.version_info[1]}: {shown(here[name])}, {took / here[name]:.1f} of it"
        lines.append((f"in a browser's Python: {name}", beside, shown(took), f"<= {shown(goal)}", took <= goal))
    return lines


def draws(customers: int) -> tuple[list[float], list[float]]:
    """The draws of `simulate_queue` with seed 1, so that all simulators have the same work."""
    source = random.Random(1)
    pairs = [(source.random(), source.random()) for _ in range(customers)]
    return [-math.log(1 - u) / QUEUE["arrival_per_s"] for u, _ in pairs], [-math.log(1 - u) for _, u in pairs]


def with_simpy(gaps: list[float], services: list[float]) -> float:
    env, waits = simpy.Environment(), []
    desk = simpy.Resource(env, QUEUE["servers"])

    def customer(service: float):
        came = env.now
        with desk.request() as turn:
            yield turn
            waits.append(env.now - came)
            yield env.timeout(service)

    def source():
        for gap, service in zip(gaps, services):
            yield env.timeout(gap)
            env.process(customer(service))

    env.process(source())
    env.run()
    return sum(waits) / len(waits)


def with_ciw(gaps: list[float], services: list[float]) -> float:
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([*gaps, math.inf])],
        service_distributions=[ciw.dists.Sequential(services)], number_of_servers=[QUEUE["servers"]],
    )
    run = ciw.Simulation(network)
    run.simulate_until_max_customers(len(gaps))
    return sum(record.waiting_time for record in run.get_all_records()) / len(gaps)


def event_lines(customers: int = 10_000) -> list[Line]:
    """Requests through ten servers, against two simulators with the same draws and, checked, the same waits."""
    gaps, services = draws(customers)
    ours = simulate_queue(**QUEUE, customers=customers)
    took = best(lambda: simulate_queue(**QUEUE, customers=customers))
    lines = []
    for name, peer, goal in (("simpy", with_simpy, 10), ("Ciw", with_ciw, 25)):
        start = time.process_time()
        wait = peer(gaps, services)
        theirs = time.process_time() - start
        assert math.isclose(wait, ours.mean_wait_s, rel_tol=1e-9), (name, wait, ours.mean_wait_s)
        lines.append((
            f"a queue of {customers:,} requests against {name} {version(name)}", f"{customers / theirs:,.0f} requests/s",
            f"{customers / took:,.0f} requests/s, {theirs / took:.0f} x", f">= {goal} x", theirs / took >= goal,
        ))  # fmt: skip
    return lines


def one_run(run: list[object], growing: str, what: str) -> float:
    """The seconds of a run in a process of its own, or the bytes that it holds at most."""
    command = [sys.executable, "-c", ONE_RUN, json.dumps(run), growing, what]
    return float(subprocess.run(command, capture_output=True, text=True, check=True, cwd=runtime.ROOT).stdout)


def growth_lines() -> list[Line]:
    """Time as the work grows, and the memory that ten times the work takes."""
    lines = []
    for name, (module, call, inputs, growing, sizes) in GROWING.items():
        runs = {size: [module, call, inputs | {growing: size}] for size in sizes}
        took = {size: one_run(run, growing, "seconds") for size, run in runs.items()}
        large, middle, small = sizes[-1], sizes[-2], sizes[-3]
        growth = took[large] / took[middle] / (large / middle)
        peaks = [one_run(runs[size], growing, "bytes") for size in (small, middle)]
        kept = (peaks[1] - peaks[0]) / (middle - small)
        lines.append((
            f"growth: {name}", "; ".join(f"{size:,}: {shown(seconds)}" for size, seconds in took.items()),
            f"{large:,} cost {growth:.2f} of their share; {kept:.0f} bytes each",
            f"<= 1.5 of their share, {KEPT} bytes each", growth <= 1.5 and kept <= KEPT,
        ))  # fmt: skip
    return lines


def lines() -> list[Line]:
    """Everything, in the order of the table."""
    return [*call_lines(), *simulation_lines(), *event_lines(), *growth_lines()]


if __name__ == "__main__":
    print("| what | beside it, today | ours, today | goal | |\n| --- | --- | --- | --- | --- |")
    for what, beside, ours, goal, met in lines():
        print(f"| {what} | {beside} | {ours} | {goal} | {({True: 'met', False: '**missed**', None: ''})[met]} |")
