"""The copy of a submission that nbgrader's formgrader shows, in autograded/.

It is made of what was handed out, of the student's answers as code, and of what their cells printed as text;
never of the file that came. Formgrader puts what a notebook holds into a page of the instructor's own Jupyter
server, where a student's markup or script could do all that the instructor can.
"""

from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

from .files import write_text
from .folder import Course
from .handout import class_copy


def write_copy(course: Course, slug: str, student: str, record: dict[str, Any], code: str, points: dict[str, float]) -> bool:
    """Write autograded/<student>/<slug>/<slug>.ipynb. Returns whether it changed."""
    if record["problem"]:
        copy = new_notebook(cells=[new_code_cell(id="problem", outputs=[new_output("stream", name="stderr", text=record["problem"])])])
    else:
        copy = class_copy(slug, code, points)
        for cell in copy.cells:
            if cell.cell_type == "code":
                cell.source = record["answers"].get(cell.id, cell.source)
                said = (("stdout", record["outputs"].get(cell.id)), ("stderr", record["errors"].get(cell.id)))
                cell.outputs = [new_output("stream", name=name, text=text) for name, text in said if text]
    return write_text(course.path / "autograded" / student / slug / f"{slug}.ipynb", nbformat.writes(copy) + "\n")
