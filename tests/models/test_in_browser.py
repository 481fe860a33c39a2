"""The models in a browser's Python: every reference case, and simulations bit for bit.

Pyodide runs headless, in Node, as the build of the browser's Python uses it.
"""
import inspect
import json
import shutil
from pathlib import Path

import pytest

from infrapm.site import runtime
from tests.models import reference_adapter as adapter
from tests.models.test_reference import RUN

HERE = Path(__file__).parent
LIBRARY = runtime.ROOT / "node_modules" / "pyodide" / runtime.LIBRARY

# numpy, where a caller asks for it, is a faster way on a machine of one's own; the browser's Python has none.
WITHOUT_NUMPY = [case for case in RUN if case["inputs"].get("backend") != "numpy"]
# A long run holds if its beginning is the same, bit for bit, as here, where the whole run holds.
LONG_RUN, BEGINNING = 20_000, 5_000
LONG = [case for case in WITHOUT_NUMPY if case["inputs"].get("trials", 0) > LONG_RUN]
WHOLE = [case for case in WITHOUT_NUMPY if case not in LONG]

QUEUE = {"arrival_per_s": 8, "service_s": 1, "servers": 10}
LEG = {"p": 0.4, "xm": 1.5, "alpha": 2.5, "rate": 0.1}
# For each function that draws random numbers, arguments that reach its ways of drawing.
SIMULATIONS = [
    *((case["call"], case["inputs"] | {"trials": BEGINNING}) for case in LONG),
    ("simulate_queue", {**QUEUE, "customers": 20_000}),
    ("simulate_queue", {**QUEUE, "customers": 5_000, "seed": 2, "service_dist": "deterministic"}),
    ("simulate_pbs", {"N": 3, "R": 1, "W": 1, "fit": "WAN", "t_ms": [0, 10, 100], "seed": 3}),
    ("simulate_pbs", {"N": 5, "R": 2, "W": 1, "write_leg": LEG, "other_legs": LEG, "seed": 4}),
    ("pbs_front", {"N": 3, "fit": "LNKD-DISK", "seed": 5}),
    ("pbs_first_crossing", {"N": 3, "R": 1, "W": 1, "fit": "LNKD-SSD", "step_ms": 0.05, "trials": 10_000, "seed": 6}),
    ("rank_probabilities", {"ranges": {"a": [1, 3], "b": [1, 2, 3], "c": [0, 5]}, "seed": 7}),
    ("rank_under_effort", {"scores": {"a": 10, "b": 10.5}, "effort_range": [0.5, 1.5], "seed": 8}),
    ("simulate_rice", {"items": {"a": [2_000, 2, 0.8, 4], "b": [[500, 1_500], [1, 2, 3], 0.5, [1, 3]]}, "seed": 9}),
    ("false_positive_rate", {"looks": 10, "trials": 5_000, "seed": 10}),
    ("pocock_z", {"looks": 5, "trials": 5_000, "seed": 11}),
    ("forecast_weeks", {"weekly_throughput": [3, 5, 2, 0, 6], "items": 40, "trials": 5_000, "seed": 12}),
    ("simulate_join", {"nodes": 5, "seed": 13}),
    ("simulate_supermarket", {"utilization": 0.9, "choices": 2, "customers": 20_000, "seed": 14}),
    ("simulate_balls", {"balls": 2_000, "bins": 1_000, "choices": 2, "trials": 5, "seed": 15}),
    ("simulate_gossip", {"nodes": 300, "mode": "push-pull", "trials": 5, "seed": 16}),
]


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """What a browser's Python says of the cases and simulations."""
    folder = tmp_path_factory.mktemp("browser")
    (folder / "infrapm.zip").write_bytes(runtime.zipped(runtime.our_files(runtime.ROOT / "infrapm")))
    for name in ("reference_adapter.py", "reference_check.py"):
        shutil.copy(HERE / name, folder)
    (folder / "asked.json").write_text(json.dumps({"cases": WHOLE, "simulations": SIMULATIONS}))
    runtime.run_in_pyodide(runtime.ROOT, LIBRARY, folder, "answer", HERE / "reference_in_pyodide.py")
    found = json.loads((folder / "answered.json").read_text())
    assert found["platform"] == "emscripten"
    return found


def test_every_reference_case_holds_in_a_browser(answered):
    assert list(answered["problems"]) == [case["id"] for case in WHOLE]
    assert {id: problems for id, problems in answered["problems"].items() if problems} == {}


@pytest.mark.parametrize("place", range(len(SIMULATIONS)), ids=lambda place: f"{SIMULATIONS[place][0]}-{place}")
def test_the_same_seed_gives_the_same_bits(answered, place):
    name, inputs = SIMULATIONS[place]
    assert answered["results"][place] == repr(adapter.FUNCTIONS[name](**inputs))


def test_every_simulation_is_compared():
    drawing = {name for name, function in adapter.FUNCTIONS.items()
               if inspect.isfunction(function) and "seed" in inspect.signature(function).parameters}
    assert {name for name, _ in SIMULATIONS} == drawing
