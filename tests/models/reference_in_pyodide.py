"""The reference cases and some simulations, as a browser's Python computes them. It runs in Pyodide, in Node."""
import json
import sys
from pathlib import Path


def main(step: str, folder: str) -> None:
    """Read asked.json in a folder of the machine that tests, and write answered.json beside it."""
    sys.path[:0] = [f"{folder}/infrapm.zip", folder]
    import reference_adapter
    import reference_check

    asked = json.loads(Path(folder, "asked.json").read_text())
    answered = {
        "platform": sys.platform,
        "problems": {case["id"]: reference_check.problems(case, reference_adapter.evaluate) for case in asked["cases"]},
        "results": [repr(reference_adapter.FUNCTIONS[name](**inputs)) for name, inputs in asked["simulations"]],
    }
    Path(folder, "answered.json").write_text(json.dumps(answered))
