"""What `tests.bench` measures in Chromium: weights, first pictures, first answers, moves."""

from __future__ import annotations

import gc
import gzip
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any, Iterator

import psutil
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route

from infrapm.exercises import chapter, find
from infrapm.site.chapters import slugs
from tests.conftest import NO_GATES, ROOT, SAVE_DATA, SNAPSHOT_KEPT, Site

FRONT, CUT = "book/index.html", "book/cut.html"
BARE = "runtime/bare-00000000"  # named so that the server sends it like our own runtime
MOVES, MOVES_S, LEAST_MOVES = 40, 6, 12  # for each explorer: so many, or for so long, but never fewer


def heaviest_chapter(book: Path) -> str:
    """The slug of the chapter with the largest page."""
    return max(slugs(), key=lambda slug: len(gzip.compress((book / "book" / f"{slug}.html").read_bytes(), 6)))

BARE_PAGE = """<!doctype html><html lang="en"><title>Bare</title><link rel="icon" href="data:,">
<p class="ip-explorer"><input class="ip-slider" type="range" max="40" value="20" aria-label="Sum"> <output></output></p>
<script>function start() { return new Promise(resolve => {
    const began = performance.now();
    const part = document.querySelector('.ip-explorer');
    const worker = new Worker('worker.mjs', { type: 'module' });
    worker.onmessage = ({ data }) => requestAnimationFrame(() => resolve([performance.now() - began, data]));
    part.addEventListener('input', ({ target }) => {
        worker.onmessage = ({ data }) => { part.lastElementChild.textContent = data; part.dataset.drawn = data; };
        worker.postMessage({ type: 'call', sum: `1 + ${target.value}` });
    });
}); }</script>"""
BARE_WORKER = """import { loadPyodide } from './pyodide.mjs';
const python = await loadPyodide({ indexURL: new URL('.', import.meta.url).href });
onmessage = ({ data }) => postMessage(python.runPython(data.sum));
postMessage(python.runPython('1 + 1'));"""


QUIET: Counter[bool] = Counter()  # how many measurements began on an idle machine, and how many did not


PATIENCE_S = [120.0]  # what all waiting of a run may take


def wait_for_quiet(limit_s: float = 10) -> None:
    """Wait until other work leaves the processors idle, or until the limit or the run's patience is over."""
    began = time.monotonic()
    while (busy := psutil.cpu_percent(interval=0.3) > 20) and time.monotonic() - began < min(limit_s, PATIENCE_S[0]):
        pass
    PATIENCE_S[0] -= time.monotonic() - began
    QUIET[not busy] += 1


def stand(book: Path, folder: Path) -> None:
    """A copy of the book with, beside it, the front page without exercises and a bare Pyodide."""
    shutil.copytree(book, folder)
    html = (folder / FRONT).read_text(encoding="utf-8")
    cut = re.sub(r'<section class="ip-(?:explorer|task)".*?</section>', '<p class="bench-line">A picture.</p>', html, flags=re.S)
    cut = re.sub(r'<script type="application/json" id="ip-runtime">.*?</script>|<script[^>]*page\.js[^>]*></script>', "", cut)
    assert cut.count("bench-line") == html.count('class="ip-explorer"') > 0 and "page.js" not in cut and "ip-runtime" not in cut
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
    """The 95th percentiles of a move's parts, in ms. random: whether the model draws at random."""

    random: bool
    all_ms: float
    python_ms: float
    drawing_ms: float
    frame_ms: float


# --- What runs in the page

FIRST_PICTURE = """const look = () => {
    const seen = [...document.querySelectorAll('.ip-explorer .ip-picture, .bench-line')].some(box => box.getBoundingClientRect().height);
    seen ? (window.layout = performance.now()) : requestAnimationFrame(look);
};
requestAnimationFrame(look);"""

PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"

# From the event to the frame after the picture has been drawn.
TOUCH = """() => new Promise(resolve => {
    const part = document.querySelector('.ip-explorer:has(.ip-slider)');
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

    def __init__(self, browser: Browser, site: Site, chapter: str) -> None:
        self.browser = browser
        self.site = site
        self.page = f"book/{chapter}.html"  # the heaviest

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
            self.visit(reader, self.page)
        paths = {address.removeprefix(f"{self.site.address}/").split("?")[0] for address in here}
        assert not any(path.startswith("runtime/") for path in paths), "nothing of the runtime before touch"
        contents = [(self.site.folder / path).read_bytes() for path in paths]
        return Weight(sum(min(len(content), len(gzip.compress(content, 6))) for content in contents), sorted(elsewhere))

    def first_picture(self, rounds: int = 5) -> dict[str, float]:
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

    def starts(self, rounds: int = 3) -> dict[str, float]:
        """Medians from the first touch to the first answer, in ms."""
        took: dict[str, list[float]] = {"bare": [], "cold": [], "warm": [], "later": [], "another": []}
        for _ in range(rounds):
            with self.reader() as reader:
                page = self.visit(reader, f"{BARE}/index.html")
                wait_for_quiet()
                time_ms, answer = page.evaluate("start()")
                assert answer == 2
                took["bare"].append(time_ms)
            for first, kind in ((self.page, "later"), (FRONT, "another")):
                with self.reader(SAVE_DATA) as reader:
                    page = self.visit(reader, first)
                    wait_for_quiet()
                    time_ms = page.evaluate(TOUCH)
                    if first == self.page:
                        took["cold"].append(time_ms)
                    assert page.evaluate("document.documentElement.dataset.python") == "fresh"
                    assert page.evaluate(SNAPSHOT_KEPT)
                    page.close()
                    page = self.visit(reader, self.page)
                    wait_for_quiet()
                    took[kind].append(page.evaluate(TOUCH))
                    assert page.evaluate("document.documentElement.dataset.python") == "snapshot"
            with self.reader() as reader:
                page = self.visit(reader, self.page)
                page.locator(".ip-explorer").first.scroll_into_view_if_needed()
                page.wait_for_selector("html[data-python]", state="attached")
                wait_for_quiet()
                took["warm"].append(page.evaluate(TOUCH))
        return {name: median(times) for name, times in took.items()}

    def bare_moves(self) -> Moves:
        """The same on a page with nothing but a slider and a sum in Python."""
        with self.reader(WATCH_MOVES) as reader:
            page = self.visit(reader, f"{BARE}/index.html")
            page.evaluate("start()")
            return moves_p95(self.moves_of(page, page.locator(".ip-explorer")), random=False)

    def moves(self) -> dict[str, Moves]:
        """The 95th percentiles over many moves of each explorer of the book, after the first few."""
        found = {}
        with self.reader(WATCH_MOVES) as reader:
            for slug in slugs():
                page = self.visit(reader, f"book/{slug}.html")
                for part in page.locator(f".ip-explorer[data-slug={slug}]").all():
                    id = part.get_attribute("data-id")
                    taken = self.moves_of(page, part)
                    if taken:
                        found[f"{slug}/{id}"] = moves_p95(taken, draws_at_random(slug, id))
                page.close()
        return found

    def moves_of(self, page: Page, part: Locator) -> list[dict[str, float]]:
        """The moves of an explorer's first slider, or else check box or choice; none where it has only fields."""
        kinds = ((".ip-slider", "ArrowRight", "ArrowLeft"), ("[type=checkbox]", "Space", "Space"), ("select", "ArrowDown", "ArrowUp"))
        there_are = [kind for kind in kinds if part.locator(kind[0]).count()]
        if not there_are:
            return []
        selector, there, back = there_are[0]
        control = part.locator(selector).first
        steps = int(control.get_attribute("max") or 1)
        for key in 2 * [there, back]:
            self.press(page, control, key)
        page.evaluate("moves.length = 0")
        wait_for_quiet()
        began = time.monotonic()
        forward = True
        for number in range(MOVES):
            if number > LEAST_MOVES and time.monotonic() - began > MOVES_S:
                break
            if steps > 1:
                at = int(control.input_value())
                forward = at < steps if forward else at == 0
            self.press(page, control, there if forward else back)
            forward = forward if steps > 1 else not forward
        return page.evaluate("moves.splice(0)")

    def press(self, page: Page, control: Locator, key: str) -> None:
        """Press a key, and wait for the picture; a key that moves nothing, at the end of a choice, is not a move."""
        before = control.evaluate("field => [field.value, field.checked].join()"), page.evaluate("moves.length")
        control.press(key)
        if control.evaluate("field => [field.value, field.checked].join()") != before[0]:
            page.wait_for_function("before => moves.length > before", arg=before[1])

    def runtime_files(self, path: str) -> list[str]:
        """The files of the runtime that a first touch asks for."""
        with self.reader(SAVE_DATA) as reader:
            self.site.sent.clear()
            self.visit(reader, path).evaluate(TOUCH)
            return [sent.removeprefix("/") for sent in self.site.sent if sent.startswith("/runtime/")]

    def later_files(self) -> list[str]:
        """The files of the runtime that a touch on a later visit asks for."""
        with self.reader(SAVE_DATA) as reader:
            page = self.visit(reader, self.page)
            page.evaluate(TOUCH)
            assert page.evaluate(SNAPSHOT_KEPT)
            self.site.sent.clear()
            self.visit(reader, self.page).evaluate(TOUCH)
            return [sent for sent in self.site.sent if sent.startswith("/runtime/")]

    def sizes(self) -> dict[str, Size]:
        """Bytes of the runtime on a first visit: Python, the chart library, and Python as Pyodide ships it."""
        files = self.runtime_files(self.page)
        uncut = [f"{BARE}/{name}" for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")]
        parts = {
            "python": [path for path in files if "/vega-" not in path],
            "charts": [path for path in files if "/vega-" in path],
            "chapter": [path for path in files if "/chapter-" in path],
            "python, uncut": uncut,
        }
        assert len(parts["python"]) >= 7 and len(parts["charts"]) == 1
        return {part: size([self.site.folder / path for path in paths]) for part, paths in parts.items()}


def moves_p95(moves: list[dict[str, float]], random: bool) -> Moves:
    assert len(moves) >= LEAST_MOVES

    def p95(start: str, end: str) -> float:
        return quantiles([move[end] - move[start] for move in moves], n=20, method="inclusive")[-1]

    return Moves(random, p95("began", "drawn"), p95("asked", "answered"), p95("answered", "drawn"), p95("began", "frame"))


def draws_at_random(slug: str, id: str) -> bool:
    """Whether an explorer's model draws random numbers: it is run here, and its calls are watched."""
    explorer = find(chapter(slug).EXPLORERS, id)
    drawn = False
    for kept in gc.get_objects():  # trials that an explorer before it has left
        if isinstance(kept, type(lru_cache(len))):
            kept.cache_clear()

    def watch(_frame: Any, event: str, function: Any) -> None:
        nonlocal drawn
        drawn = drawn or (event == "c_call" and isinstance(getattr(function, "__self__", None), Random))

    sys.setprofile(watch)
    try:
        explorer.answer(explorer.defaults)
    finally:
        sys.setprofile(None)
    return drawn


BROTLI = """import { readFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
console.log(brotliCompressSync(readFileSync(0)).length);"""


def size(files: list[Path]) -> Size:
    contents = [file.read_bytes() for file in files]
    return Size(sum(map(len, contents)), sum(min(len(content), len(gzip.compress(content, 9))) for content in contents), sum(map(brotli, contents)))


@lru_cache(maxsize=None)
def brotli(content: bytes) -> int:
    """The size of a file compressed with brotli, level 11: half a minute for ten megabytes, so each is compressed once."""
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    return int(subprocess.run([node, "--input-type=module", "--eval", BROTLI], input=content, check=True, capture_output=True).stdout)
