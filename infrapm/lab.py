"""Learner copies of the source notebooks, and JupyterLab opened on them.

Run as `python -m infrapm.lab`. Copies go to lab/, which git ignores. A copy that is there is never
touched: when a chapter's exercise has changed since, the new copy gets a name of its own beside it.
"""

import argparse
import hashlib
import json
import re
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

ROOT = Path(__file__).resolve().parents[1]

_SOLUTION = re.compile(r"^[ \t]*### BEGIN SOLUTION\n.*?^[ \t]*### END SOLUTION[ \t]*(?:\n|\Z)", re.M | re.S)
_MARK = re.compile(r"#\s*(?:BEGIN|END)\s+SOLUTION", re.I)  # and what was meant to be one
_ASK = re.compile(r'^(?:ask\("[\w-]+"\)|predict\("[\w-]+"\)|decide\(\)|judge\(\))$')


def learner_copy(source: NotebookNode) -> NotebookNode:
    """The notebook without solutions and outputs; a question becomes text, so that it can be read at once.

    Raises ValueError when a mark of a solution is left over, since then a solution would be, too,
    and when a question was not run in the source.
    """
    copy = deepcopy(source)
    for number, cell in enumerate(copy.cells, 1):
        cell.source = _SOLUTION.sub("", cell.source).rstrip("\n")
        if _MARK.search(cell.source):
            raise ValueError(f"cell {number}: a solution is opened or closed without the other mark")
        if _ASK.match(cell.source):
            if not cell.outputs:
                raise ValueError(f"cell {number}: {cell.source} has no stored output; run `make outputs`")
            copy.cells[number - 1] = new_markdown_cell(cell.outputs[0].data["text/markdown"], id=cell.id)
        elif cell.cell_type == "code":
            cell.execution_count, cell.outputs = None, []
    return copy


def write_copies(sources: Path, folder: Path) -> list[Path]:
    """Write the copies that are not there yet, and return them.

    A copy remembers in its metadata which source it was made from. An existing file is left alone;
    a newer source goes to <slug>-2.ipynb, <slug>-3.ipynb and so on.
    """
    folder.mkdir(exist_ok=True)
    written = []
    for source in sorted(sources.glob("*.ipynb")):
        copy = learner_copy(nbformat.read(source, as_version=4))
        # What a learner reads and runs, not when and by which version of Python the source was run.
        words = json.dumps([(cell.cell_type, cell.source) for cell in copy.cells])
        made_from = hashlib.sha256(words.encode()).hexdigest()[:16]
        copy.metadata["infrapm"] = {"made_from": made_from}
        target = _free_name(folder, source.stem, made_from)
        if target:
            with target.open("x", encoding="utf-8") as file:  # fails rather than overwrites
                nbformat.write(copy, file)
            written.append(target)
    return written


def _free_name(folder: Path, slug: str, made_from: str) -> Path | None:
    """The first free name for a copy, or None when a copy of this very source is there."""
    number = 1
    while True:
        target = folder / (f"{slug}.ipynb" if number == 1 else f"{slug}-{number}.ipynb")
        if not target.exists():
            return target
        try:
            if nbformat.read(target, as_version=4).metadata.get("infrapm", {}).get("made_from") == made_from:
                return None
        except Exception:
            pass  # the learner's file, whatever became of it: leave it alone
        number += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=ROOT / "lab", help="where the copies go (default: lab/)")
    parser.add_argument("--no-open", action="store_true", help="only write the copies")
    arguments = parser.parse_args()
    written = write_copies(ROOT / "notebooks", arguments.folder)
    for path in written:
        print(f"New: {path.name}")
    print(f"Your notebooks are in {arguments.folder}. What is there already was left as it is.", flush=True)
    if arguments.no_open:
        return 0
    from jupyterlab.labapp import LabApp

    LabApp.launch_instance(argv=[f"--ServerApp.root_dir={arguments.folder.resolve()}"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
