"""What `tests.bench` measures outside a browser: builds of the book, notebooks, models."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import time
import timeit
from dataclasses import dataclass
from pathlib import Path

from infrapm.exercises._numbers import filled
from infrapm.models.availability import allowed_downtime, composite_availability, repairable
from tests.bench_pages import wait_for_quiet
from tests.conftest import ROOT

CHAPTER = "availability"  # copied for the pages that are added
MORE_PAGES = 20
ROUNDS = 2


# --- Builds


@dataclass(frozen=True)
class Took:
    """Seconds by the clock, and of processor time. On a busy machine the first grows more than the second."""

    clock_s: float
    processor_s: float

    def __str__(self) -> str:
        return f"{self.clock_s:.2f} s ({self.processor_s:.2f} s of processor)"


def best(times: list[Took]) -> Took:
    return Took(min(took.clock_s for took in times), min(took.processor_s for took in times))


def run(*command: str | Path, folder: Path) -> Took:
    """What a command takes in a folder, without a way to other hosts."""
    wait_for_quiet()
    blocked = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}
    began = time.perf_counter(), processor_s()
    done = subprocess.run(command, cwd=folder, env=os.environ | blocked | {"PYTHONPATH": str(folder)}, capture_output=True, text=True)
    took = Took(time.perf_counter() - began[0], processor_s() - began[1])
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{(done.stdout + done.stderr)[-2000:]}")
    return took


def processor_s() -> float:
    """Processor time of all commands that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def build(folder: Path) -> Took:
    return run(Path(sys.executable).with_name("jupyter-book"), "build", "-q", "--path-output", ".", ".", folder=folder)


def clean_build(folder: Path) -> Took:
    for built in ("html", ".doctrees"):
        shutil.rmtree(folder / "_build" / built, ignore_errors=True)
    return build(folder)


def add_pages(folder: Path, more: int) -> None:
    """Copies of the chapter, as pages of the book in a folder."""
    extra = [f"book/copy{number:02}/{CHAPTER}" for number in range(more)]
    for page in extra:
        (folder / page).parent.mkdir()
        shutil.copy(folder / "book" / f"{CHAPTER}.md", folder / f"{page}.md")
    if extra:
        with open(folder / "_toc.yml", "a") as toc:
            toc.write("  - caption: Copies\n    chapters:\n" + "".join(f"      - file: {page}\n" for page in extra))


def ours(folder: Path, more: int) -> Path:
    """A copy of the book with so many pages more, not built."""
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("book", "notebooks", "infrapm", "_build/runtime"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(ROOT / name, folder)
    add_pages(folder, more)
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
PEER_TOC = """format: jb-book
root: book/index
parts:
  - caption: Chapters
    chapters:
      - file: book/CHAPTER
"""


def peer_source(folder: Path, more: int, slug: str = CHAPTER) -> Path:
    """The chapter's text, numbers filled in and exercises left out, with Jupyter Book's defaults; and so many pages more."""
    (folder / "book" / "data").mkdir(parents=True)
    shutil.copy(ROOT / "book" / "data" / "references.bib", folder / "book" / "data")
    (folder / "_config.yml").write_text(PEER_CONFIG)
    (folder / "_toc.yml").write_text(PEER_TOC.replace("CHAPTER", slug))
    (folder / "book" / "index.md").write_text("# The same text\n")
    text = (ROOT / "book" / f"{slug}.md").read_text(encoding="utf-8")
    text = filled(text, slug.replace("-", "_"))
    # What Jupyter Book has no word for: our parts, and links to pages that the peer lacks.
    text = re.sub(r"```\{[\w-]+\}.*?\n```\n", "", text, flags=re.S)
    text = re.sub(r"\{term\}`(?:([^`<]+) <[^`]+>|([^`]+))`", lambda found: found[1] or found[2], text)
    text = re.sub(r"\[([^\]]+)\]\(reference/[^)]*\)", r"\1", text)
    (folder / "book" / f"{slug}.md").write_text(text, encoding="utf-8")
    add_pages(folder, more)
    return folder


def peer(folder: Path, slug: str) -> Path:
    """The built pages of the peer."""
    build(peer_source(folder, more=0, slug=slug))
    return folder / "_build" / "html"


def builds(work: Path) -> dict[str, Took]:
    """Each page more, for us and the peer; the whole book; and one page edited."""
    books = {(who.__name__, more): who(work / f"{who.__name__}-{more}", more) for who in (ours, peer_source) for more in (0, MORE_PAGES)}
    took: dict[tuple[str, int], list[Took]] = {key: [] for key in books}
    for _ in range(ROUNDS):
        for key, folder in books.items():
            took[key].append(clean_build(folder))

    def each_page(who: str) -> Took:
        larger, smaller = best(took[who, MORE_PAGES]), best(took[who, 0])
        return Took(*((getattr(larger, kind) - getattr(smaller, kind)) / MORE_PAGES for kind in ("clock_s", "processor_s")))

    edited = []
    for number in range(ROUNDS):
        with open(books["ours", MORE_PAGES] / "book" / f"copy{number:02}" / f"{CHAPTER}.md", "a") as page:
            page.write("\nOne more sentence.\n")
        edited.append(build(books["ours", MORE_PAGES]))
    return {
        "page": each_page("ours"),
        "all": best(took["ours", 0]),
        "peer page": each_page("peer_source"),
        "edited": best(edited),
    }


# --- Notebooks and models


ONE_CELL = """{"cells": [{"cell_type": "code", "execution_count": 1, "id": "one", "metadata": {}, "source": "1 + 1",
"outputs": [{"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": "2"}}]}],
"metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}, "nbformat": 4, "nbformat_minor": 5}"""


def notebooks() -> dict[str, Took]:
    """What nbval takes for a notebook with one cell, and for each of ours on average in one run."""
    floor = ROOT / "_build" / "bench-one-cell.ipynb"
    floor.write_text(ONE_CELL)
    sources = sorted((ROOT / "notebooks").glob("*.ipynb"))
    nbval = (sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env")
    one_cell = best([run(*nbval, floor, folder=ROOT) for _ in range(ROUNDS)])
    all_of_them = run(*nbval, *sources, folder=ROOT)
    floor.unlink()
    return {"floor": one_cell, "ours": Took(all_of_them.clock_s / len(sources), all_of_them.processor_s / len(sources))}


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
