"""The book's Sphinx extension: live exercises, computed numbers, and the checks that keep a page whole."""

import zlib
from pathlib import Path
from typing import Any

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


def setup(app: Sphinx) -> dict[str, Any]:
    for part in PARTS:
        part.setup(app)
    # Pages that an older extension has read are read again.
    code = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    return {"env_version": zlib.crc32(code), "parallel_read_safe": True, "parallel_write_safe": True}
