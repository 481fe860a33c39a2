"""Times runs of models in Pyodide, in Node: the browser's half of tests/bench_models.py."""

import json
import sys
from pathlib import Path


def main(step: str, folder: str) -> None:
    """Read asked.json in a folder of the machine that measures, and write seconds.json beside it."""
    sys.path.insert(0, f"{folder}/infrapm.zip")
    from importlib import import_module

    from js import process  # Node's: its processor time, since a clock also counts what others do

    def seconds() -> float:
        used = process.cpuUsage()
        return (used.user + used.system) / 1e6

    took = {}
    for name, (module, call, inputs) in json.loads(Path(folder, "asked.json").read_text()).items():
        function = getattr(import_module(f"infrapm.models.{module}"), call)
        times = []
        for seed in (1, 2, 3):  # another each time: a run may be kept for a while
            start = seconds()
            function(**inputs, seed=seed)
            times.append(seconds() - start)
        took[name] = min(times)
    Path(folder, "seconds.json").write_text(json.dumps(took))
