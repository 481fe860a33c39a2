"""What `tests.bench` measures in Chromium: weights, first pictures, first answers, moves."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Iterator

import psutil
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.conftest import NO_GATES, ROOT, SAVE_DATA, SNAPSHOT_KEPT, Site

FRONT, CHAPTER, CUT = "book/index.html", "book/availability.html", "book/cut.html"
BARE = "runtime/bare-00000000"  # named so that the server sends it like our own runtime
MOVES = 60

BARE_PAGE = """<!doctype html><html lang="en"><title>Bare</title><link rel="icon" href="data:,">
<script>function start() { return new Promise(resolve => {
    const began = performance.now();
    const worker = new Worker('worker.mjs', { type: 'module' });
    worker.onmessage = ({ data }) => requestAnimationFrame(() => resolve([performance.now() - began, data]));
}); }</script>"""
BARE_WORKER = """import { loadPyodide } from './pyodide.mjs';
const python = await loadPyodide({ indexURL: new URL('.', import.meta.url).href });
postMessage(python.runPython('1 + 1'));"""


QUIET: Counter[bool] = Counter()  # how many measurements began on an idle machine, and how many did not


def wait_for_quiet(limit_s: float = 30) -> None:
    """Wait until other work leaves the processors idle, or until the limit has passed."""
    end = time.monotonic() + limit_s
    while (busy := psutil.cpu_percent(interval=0.5) > 20) and time.monotonic() < end:
        pass
    QUIET[not busy] += 1


def stand(book: Path, folder: Path) -> None:
    """A copy of the book with, beside it, the front page without exercises and a bare Pyodide."""
    shutil.copytree(book, folder)
    html = (folder / FRONT).read_text(encoding="utf-8")
    cut = re.sub(r'<section class="ip-(?:explorer|task)".*?</section>', '<p class="ip-picture">A picture.</p>', html, flags=re.S)
    cut = re.sub(r'<script type="application/json" id="ip-runtime">.*?</script>|<script[^>]*page\.js[^>]*></script>', "", cut)
    assert cut.count("ip-picture") == html.count('class="ip-explorer"') and "page.js" not in cut and "ip-runtime" not in cut
    (folder / CUT).write_text(cut, encoding="utf-8")
    shutil.copytree(ROOT / "node_modules" / "pyodide", folder / BARE, ignore=shutil.ignore_patterns("*.d.ts", "*.md", "node_modules"))
    (folder / BARE / "index.html").write_text(BARE_PAGE)
    (folder / BARE / "worker.mjs").write_text(BARE_WORKER)


@dataclass(frozen=True)
class Weight:
    """Bytes of what a page asks of its own host, compressed; and what it asks of others."""

    gzip: int
    elsewhere: list[str]


@dataclass(frozen=True)
class Size:
    raw: int
    gzip: int
    brotli: int


@dataclass(frozen=True)
class Moves:
    """The 95th percentiles of a move's parts, in ms."""

    all_ms: float
    python_ms: float
    drawing_ms: float
    frame_ms: float


# --- What runs in the page

FIRST_PICTURE = """const look = () => {
    const seen = [...document.querySelectorAll('.ip-picture')].some(box => box.getBoundingClientRect().height);
    seen ? (window.layout = performance.now()) : requestAnimationFrame(look);
};
requestAnimationFrame(look);"""

PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"

# From the event to the frame after the picture has been drawn.
TOUCH = """() => new Promise(resolve => {
    const part = document.querySelector('.ip-explorer');
    const slider = part.querySelector('.ip-slider');
    let began;
    new MutationObserver(() => requestAnimationFrame(() => resolve(performance.now() - began))).observe(part, { attributeFilter: ['data-drawn'] });
    slider.value = Number(slider.value) + 1;
    began = performance.now();
    slider.dispatchEvent(new Event('input', { bubbles: true }));
})"""

# The moments of each move, noted from outside the page's own script.
WATCH_MOVES = """let move = null;
window.moves = [];
addEventListener('input', () => { move = { began: performance.now() }; }, true);
window.Worker = class extends Worker {
    constructor(...given) {
        super(...given);
        this.addEventListener('message', () => { if (move) move.answered = performance.now(); });
    }
    postMessage(message) {
        if (message.type === 'call' && move) move.asked = performance.now();
        super.postMessage(message);
    }
};
new MutationObserver(() => {
    move.drawn = performance.now();
    requestAnimationFrame(() => { move.frame = performance.now(); window.moves.push(move); });
}).observe(document, { subtree: true, attributeFilter: ['data-drawn'] });"""


class Bench:
    """Measurements of the pages of one site."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser = browser
        self.site = site

    @contextmanager
    def reader(self, script: str = "") -> Iterator[BrowserContext]:
        """A browser that has never seen the book, with a script that runs before the page's own."""
        reader = self.browser.new_context(viewport={"width": 1440, "height": 900})
        reader.set_default_timeout(120_000)
        reader.add_init_script(NO_GATES + script)
        yield reader
        reader.close()

    def visit(self, reader: BrowserContext, path: str) -> Page:
        page = reader.new_page()
        page.goto(f"{self.site.address}/{path}")
        page.wait_for_load_state("networkidle")
        return page

    def weight(self) -> Weight:
        """The chapter's page, before anything is touched."""
        here: set[str] = set()
        elsewhere: set[str] = set()

        def answer(route: Route) -> None:
            address = route.request.url
            ours = address.startswith(f"{self.site.address}/")
            (here if ours else elsewhere).add(address)
            route.continue_() if ours else route.abort()

        with self.reader(SAVE_DATA) as reader:
            reader.route("**/*", answer)
            self.visit(reader, CHAPTER)
        paths = {address.removeprefix(f"{self.site.address}/").split("?")[0] for address in here}
        assert not any(path.startswith("runtime/") for path in paths), "nothing of the runtime before touch"
        contents = [(self.site.folder / path).read_bytes() for path in paths]
        return Weight(sum(min(len(content), len(gzip.compress(content, 6))) for content in contents), sorted(elsewhere))

    def first_picture(self, rounds: int = 7) -> dict[str, float]:
        """Medians of the first paint and of the first picture in the layout, in ms, with and without exercises."""
        took: dict[str, list[float]] = {}
        for _ in range(rounds):
            for name, path in (("ours", FRONT), ("cut", CUT)):
                with self.reader(FIRST_PICTURE) as reader:
                    page = reader.new_page()
                    wait_for_quiet()
                    page.goto(f"{self.site.address}/{path}")
                    took.setdefault(f"{name} paint", []).append(page.wait_for_function(PAINT).json_value())
                    took.setdefault(f"{name} layout", []).append(page.wait_for_function("window.layout").json_value())
        return {name: median(times) for name, times in took.items()}

    def starts(self, rounds: int = 5) -> dict[str, float]:
        """Medians from the first touch to the first answer, in ms."""
        took: dict[str, list[float]] = {"bare": [], "cold": [], "warm": [], "later": []}
        for _ in range(rounds):
            with self.reader() as reader:
                page = self.visit(reader, f"{BARE}/index.html")
                wait_for_quiet()
                time_ms, answer = page.evaluate("start()")
                assert answer == 2
                took["bare"].append(time_ms)
            with self.reader(SAVE_DATA) as reader:
                page = self.visit(reader, FRONT)
                wait_for_quiet()
                took["cold"].append(page.evaluate(TOUCH))
                assert page.evaluate("document.documentElement.dataset.python") == "fresh"
                assert page.evaluate(SNAPSHOT_KEPT)
                page.close()
                page = self.visit(reader, CHAPTER)
                wait_for_quiet()
                took["later"].append(page.evaluate(TOUCH))
                assert page.evaluate("document.documentElement.dataset.python") == "snapshot"
            with self.reader() as reader:
                page = self.visit(reader, FRONT)
                page.wait_for_selector("html[data-python]", state="attached")
                wait_for_quiet()
                took["warm"].append(page.evaluate(TOUCH))
        return {name: median(times) for name, times in took.items()}

    def moves(self) -> dict[str, Moves]:
        """The 95th percentiles over many moves of each explorer's first slider, after the first few."""
        found = {}
        with self.reader(WATCH_MOVES) as reader:
            page = self.visit(reader, CHAPTER)
            for part in page.locator(".ip-explorer").all():
                slider = part.locator(".ip-slider").first
                steps = int(slider.get_attribute("max"))
                slider.press("Home")
                page.wait_for_function("moves.length")
                for key in 3 * ["ArrowRight", "ArrowLeft"]:
                    self.press(page, slider.press, key)
                page.evaluate("moves.length = 0")
                for number in range(MOVES):
                    if number % 10 == 0:
                        wait_for_quiet()
                    self.press(page, slider.press, "ArrowLeft" if number // steps % 2 else "ArrowRight")
                found[part.get_attribute("data-id")] = moves_p95(page.evaluate("moves"))
                page.evaluate("moves.length = 0")
        return found

    def press(self, page: Page, press: Callable[[str], None], key: str) -> None:
        before = page.evaluate("moves.length")
        press(key)
        page.wait_for_function("before => moves.length > before", arg=before)

    def runtime_files(self, path: str) -> list[str]:
        """The files of the runtime that a first touch asks for."""
        with self.reader(SAVE_DATA) as reader:
            self.site.sent.clear()
            self.visit(reader, path).evaluate(TOUCH)
            return [sent.removeprefix("/") for sent in self.site.sent if sent.startswith("/runtime/")]

    def later_files(self) -> list[str]:
        """The files of the runtime that a touch on a later page asks for."""
        with self.reader(SAVE_DATA) as reader:
            page = self.visit(reader, FRONT)
            page.evaluate(TOUCH)
            assert page.evaluate(SNAPSHOT_KEPT)
            self.site.sent.clear()
            self.visit(reader, CHAPTER).evaluate(TOUCH)
            return [sent for sent in self.site.sent if sent.startswith("/runtime/")]

    def sizes(self) -> dict[str, Size]:
        """Bytes of the runtime on a first visit: Python, the chart library, and Python as Pyodide ships it."""
        files = self.runtime_files(FRONT)
        uncut = [f"{BARE}/{name}" for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")]
        parts = {
            "python": [path for path in files if "/vega-" not in path],
            "charts": [path for path in files if "/vega-" in path],
            "python, uncut": uncut,
        }
        assert len(parts["python"]) >= 6 and len(parts["charts"]) == 1
        return {part: size([self.site.folder / path for path in paths]) for part, paths in parts.items()}


def moves_p95(moves: list[dict[str, float]]) -> Moves:
    assert len(moves) == MOVES

    def p95(start: str, end: str) -> float:
        return quantiles([move[end] - move[start] for move in moves], n=20, method="inclusive")[-1]

    return Moves(p95("began", "drawn"), p95("asked", "answered"), p95("answered", "drawn"), p95("began", "frame"))


BROTLI = """import { readFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
console.log(JSON.stringify(process.argv.slice(1).map(path => brotliCompressSync(readFileSync(path)).length)));"""


def size(files: list[Path]) -> Size:
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    brotli: list[Any] = json.loads(subprocess.run([node, "--input-type=module", "--eval", BROTLI, *files], check=True, capture_output=True, text=True).stdout)
    contents = [file.read_bytes() for file in files]
    return Size(sum(map(len, contents)), sum(min(len(content), len(gzip.compress(content, 9))) for content in contents), sum(brotli))
