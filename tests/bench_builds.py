"""What `tests.bench` measures outside a browser: builds of the book, notebooks, models."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import timeit
from pathlib import Path
from statistics import median

from infrapm.models.availability import allowed_downtime, composite_availability, repairable
from infrapm.site.numbers import computed, names_for
from tests.conftest import ROOT

CHAPTER = "availability"
PAGES = (2, 22)
ROUNDS = 3


# --- Builds


def run(*command: str | Path, folder: Path) -> float:
    """Seconds that a command takes in a folder, without a way to other hosts."""
    blocked = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=os.environ | blocked | {"PYTHONPATH": str(folder)}, capture_output=True, text=True)
    took = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{(done.stdout + done.stderr)[-2000:]}")
    return took


def build(folder: Path) -> float:
    """Seconds of a build."""
    return run(Path(sys.executable).with_name("jupyter-book"), "build", "-q", "--path-output", ".", ".", folder=folder)


def clean_build(folder: Path) -> float:
    for built in ("html", ".doctrees"):
        shutil.rmtree(folder / "_build" / built, ignore_errors=True)
    return build(folder)


def add_pages(folder: Path, pages: int) -> None:
    """Copies of the chapter, so that the book in a folder has this many pages."""
    extra = [f"book/copy{number:02}/{CHAPTER}" for number in range(pages - 2)]
    for page in extra:
        (folder / page).parent.mkdir()
        shutil.copy(folder / "book" / f"{CHAPTER}.md", folder / f"{page}.md")
    if extra:
        with open(folder / "_toc.yml", "a") as toc:
            toc.write("  - caption: Copies\n    chapters:\n" + "".join(f"      - file: {page}\n" for page in extra))


def ours(folder: Path, pages: int) -> Path:
    """A copy of the book with this many pages, not built."""
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("book", "notebooks", "infrapm", "_build/runtime"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(ROOT / name, folder)
    add_pages(folder, pages)
    # Pages that are copies would share their pictures; different chapters draw each their own.
    module = folder / "infrapm" / "site" / "pages.py"
    source = module.read_text(encoding="utf-8")
    assert source.count("@lru_cache(maxsize=None)\n") == 1
    module.write_text(source.replace("@lru_cache(maxsize=None)\n", ""), encoding="utf-8")
    return folder


PEER_CONFIG = """title: The same text
author: The infrapm authors
execute: {execute_notebooks: "off"}
bibtex_bibfiles: [book/data/references.bib]
"""


def peer_source(folder: Path, pages: int) -> Path:
    """The text of the same book, numbers filled in and exercises left out, with Jupyter Book's defaults."""
    shutil.copytree(ROOT / "book", folder / "book")
    shutil.copy(ROOT / "_toc.yml", folder)
    (folder / "_config.yml").write_text(PEER_CONFIG)
    for page in (folder / "book").glob("*.md"):
        names = names_for(f"book/{page.stem}")
        text = re.sub(r"\{calc\}`([^`]+)`", lambda found: computed(found[1], names), page.read_text(encoding="utf-8"))
        page.write_text(re.sub(r"```\{(explorer|exercise)\}.*?\n```\n", "", text, flags=re.S), encoding="utf-8")
    add_pages(folder, pages)
    return folder


def peer(folder: Path, pages: int) -> Path:
    """The built pages of the peer."""
    build(peer_source(folder, pages))
    return folder / "_build" / "html"


def builds(work: Path) -> dict[str, float]:
    """Seconds: each page more and all pages, for us and the peer; and one page edited."""
    books = {(who.__name__, pages): who(work / f"{who.__name__}-{pages}", pages) for who in (ours, peer_source) for pages in PAGES}
    took: dict[tuple[str, int], list[float]] = {key: [] for key in books}
    for _ in range(ROUNDS):
        for key, folder in books.items():
            took[key].append(clean_build(folder))
    few, many = PAGES

    def page_s(who: str) -> float:
        return (median(took[who, many]) - median(took[who, few])) / (many - few)

    edited = []
    for number in range(ROUNDS):
        with open(books["ours", many] / "book" / f"copy{number:02}" / f"{CHAPTER}.md", "a") as page:
            page.write("\nOne more sentence.\n")
        edited.append(build(books["ours", many]))
    return {
        "page": page_s("ours"),
        "all": median(took["ours", few]),
        "peer page": page_s("peer_source"),
        "peer all": median(took["peer_source", few]),
        "edited": median(edited),
    }


# --- Notebooks and models


ONE_CELL = """{"cells": [{"cell_type": "code", "execution_count": 1, "id": "one", "metadata": {}, "source": "1 + 1",
"outputs": [{"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": "2"}}]}],
"metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}, "nbformat": 4, "nbformat_minor": 5}"""


def notebooks() -> dict[str, float]:
    """Seconds that nbval takes a notebook, and for a notebook with one cell."""
    floor = ROOT / "_build" / "bench-one-cell.ipynb"
    floor.write_text(ONE_CELL)
    sources = sorted((ROOT / "notebooks").glob("*.ipynb"))
    nbval = (sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env")
    took: dict[str, list[float]] = {"floor": [], "ours": []}
    for _ in range(ROUNDS):
        took["floor"].append(run(*nbval, floor, folder=ROOT))
        took["ours"].append(run(*nbval, *sources, folder=ROOT) / len(sources))
    floor.unlink()
    return {name: median(times) for name, times in took.items()}


def models() -> dict[str, float]:
    """Microseconds of processor time a call: the best of seven rounds."""
    from scipy.stats import binom

    calls = {
        "composite_availability": lambda: composite_availability(k=1, n=2, availability=0.999, beta=0.1),
        "composite_availability, 12 in series": lambda: composite_availability(series=[0.9999] * 12),
        "allowed_downtime": lambda: allowed_downtime(0.999, "month"),
        "repairable, a pair and one crew": lambda: repairable(mttf_h=1000, mttr_h=10, units=2, crews=1),
        "scipy.stats.binom.sf": lambda: binom.sf(0, 2, 0.999),
    }
    return {name: min(timeit.repeat(call, timer=time.process_time, number=2000, repeat=7)) / 2000 * 1e6 for name, call in calls.items()}
