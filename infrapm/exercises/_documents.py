"""Where the red team's documents are read from: `infrapm/data/<slug>-<id>.toml`.

A page's Python has them as JSON, cut to what its tasks compute with: another module stands in for this one there
(`infrapm/site/browser/instead/documents.py`).
"""

import tomllib
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parents[1] / "data"


def read_document(slug: str, id: str) -> dict[str, Any]:
    """What the file of a document holds. Raises FileNotFoundError when there is none."""
    return tomllib.loads((_DATA / f"{slug}-{id}.toml").read_text(encoding="utf-8"))
