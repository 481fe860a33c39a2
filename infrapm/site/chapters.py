"""Which chapters there are, and the files that each must have.

`_toc.yml` is the one place that orders chapters: the entries of its parts.
"""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
INSTRUCTORS = "instructors"  # the folder of book/ with the pages for those who teach


def parts(toc_file: Path = ROOT / "_toc.yml") -> dict[str, list[str]]:
    """The parts of the book that hold chapters, named "Part ...", each with its slugs in reading order."""
    toc = _loaded(toc_file.read_text(encoding="utf-8"))
    named = [part for part in toc.get("parts", []) if part.get("caption", "").startswith("Part ")]
    return {part["caption"]: [Path(entry["file"]).name for entry in part["chapters"]] for part in named}


@lru_cache  # asked for on every page
def _loaded(text: str) -> dict[str, Any]:
    return yaml.safe_load(text)


def slugs(toc_file: Path = ROOT / "_toc.yml") -> list[str]:
    """The slugs of the chapters, in reading order."""
    return [slug for chapters in parts(toc_file).values() for slug in chapters]


def title(slug: str, root: Path = ROOT) -> str:
    """The title of a chapter, from the first line of its page."""
    with (root / "book" / f"{slug}.md").open(encoding="utf-8") as page:
        return page.readline().removeprefix("# ").strip()


def chapter_of(docname: str) -> str:
    """The chapter whose page this is, or an empty text: an instructor's page bears a chapter's name, too.

    >>> chapter_of("book/role"), chapter_of("book/instructors/role"), chapter_of("book/index")
    ('role', '', '')
    """
    folder, _, name = docname.rpartition("/")
    return name if name in slugs() and not folder.endswith(INSTRUCTORS) else ""


def module_name(slug: str) -> str:
    """The slug as Python writes it: data-path is data_path."""
    return slug.replace("-", "_")


def missing_parts(slug: str, root: Path = ROOT) -> list[str]:
    """The files that a chapter lacks, as paths from the root, each with what belongs in it."""
    module = module_name(slug)
    wanted = {
        f"book/{slug}.md": "the page",
        f"book/{INSTRUCTORS}/{slug}.md": "the page for those who teach it",
        f"notebooks/{slug}.ipynb": "the source notebook, with solutions and stored outputs",
        f"infrapm/exercises/{module}.py": "the explorers and tasks",
        f"infrapm/data/{slug}.toml": "the decision, predictions, questions, judgment and card",
        f"tests/exercises/test_{module}.py": "the tests of the explorers and tasks",
        f"docs/coverage-{slug}.md": "where the chapter has each of its items of tests/fixtures/coverage.csv",
    }
    if find_spec(f"infrapm.models.{module}") or (root / f"infrapm/models/{module}.py").exists():
        wanted[f"tests/models/test_{module}.py"] = "the proof of the models"
    return [f"{path} ({what})" for path, what in wanted.items() if not (root / path).exists()]
