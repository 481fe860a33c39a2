"""The book's Sphinx extension: live exercises, computed numbers, and the checks that keep a page whole."""

from sphinx.application import Sphinx

from . import (
    audit,
    boxes,
    checks,
    exercise,
    figures,
    front,
    minutes,
    numbers,
    pages,
    red_team,
    shell,
    sources,
    study,
    teaching,
    validation,
)

PARTS = (
    shell,
    pages,
    exercise,
    numbers,
    study,
    red_team,
    audit,
    boxes,
    sources,
    validation,
    minutes,
    checks,
    figures,
    front,
    teaching,
)


def setup(app: Sphinx) -> dict[str, bool]:
    for part in PARTS:
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
