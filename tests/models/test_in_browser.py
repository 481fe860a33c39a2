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

# For each function that draws random numbers, arguments that reach each of its ways of drawing.
SIMULATIONS = [
    ("simulate_queue", {"arrival_per_s": 8, "service_s": 1, "servers": 10, "customers": 20_000}),
    ("simulate_queue", {"arrival_per_s": 0.8, "service_s": 1, "servers": 1, "customers": 5_000, "seed": 2,
                        "service_dist": "deterministic"}),
]


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """What a browser's Python says of the cases and simulations."""
    folder = tmp_path_factory.mktemp("browser")
    (folder / "infrapm.zip").write_bytes(runtime.zipped(runtime.our_files(runtime.ROOT / "infrapm")))
    for name in ("reference_adapter.py", "reference_check.py"):
        shutil.copy(HERE / name, folder)
    (folder / "asked.json").write_text(json.dumps({"cases": RUN, "simulations": SIMULATIONS}))
    runtime.run_in_pyodide(runtime.ROOT, LIBRARY, folder, "answer", HERE / "reference_in_pyodide.py")
    found = json.loads((folder / "answered.json").read_text())
    assert found["platform"] == "emscripten"
    return found


def test_every_reference_case_holds_in_a_browser(answered):
    assert list(answered["problems"]) == [case["id"] for case in RUN]
    assert {id: problems for id, problems in answered["problems"].items() if problems} == {}


@pytest.mark.parametrize("place", range(len(SIMULATIONS)), ids=lambda place: f"{SIMULATIONS[place][0]}-{place}")
def test_the_same_seed_gives_the_same_bits(answered, place):
    name, inputs = SIMULATIONS[place]
    assert answered["results"][place] == repr(adapter.FUNCTIONS[name](**inputs))


def test_every_simulation_is_compared():
    drawing = {name for name, function in adapter.FUNCTIONS.items()
               if inspect.isfunction(function) and "seed" in inspect.signature(function).parameters}
    assert {name for name, _ in SIMULATIONS} == drawing
