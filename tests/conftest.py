"""What tests share that open the book: its folder, a server for it, and Chromium."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tornado.web import RequestHandler

from infrapm.serve import book_app, listen
from tests.chromium import find_chromium

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "_build" / "html"
SOURCES = ("_config.yml", "_toc.yml", "book", "notebooks", *(f"infrapm/{part}" for part in ("models", "explore", "exercises", "site")))

# Chromium as root needs the first; the others keep it from asking for anything by itself.
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong

# Runs before a page's own scripts: a connection that saves data, for which Chromium has no switch.
# Python then sleeps until the first touch.
SAVE_DATA = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } });"

# The same for a reader who has said once that predictions before an explorer are not wanted.
NO_GATES = """
    if (location.protocol.startsWith("http")) {
        localStorage.infrapm ??= JSON.stringify({version: 1, settings: {skip_gates: true}, chapters: {}});
    }
"""

# Runs in a page: whether a snapshot of Python is kept, after waiting a minute at most. (Playwright's own
# waiting takes a promise for an answer.)
SNAPSHOT_KEPT = """async () => {
    for (let tries = 0; tries < 1200; tries++) {
        if (await caches.match('/runtime/snapshot')) return true;
        await new Promise(resolve => setTimeout(resolve, 50));
    }
    return false;
}"""


CUT_OFF = """() => [...document.querySelectorAll('a, button, input, select, summary, label, h1, h2, p, svg')]
    .filter(item => item.checkVisibility({ visibilityProperty: true }) && !item.closest('.ip-scroll, .pst-scrollable-table-container, pre, .skip-link'))
    .filter(item => {
        const { left, right, width } = item.getBoundingClientRect();
        const text_cut = item.matches('.ip-exercise input[type=text]') && item.scrollWidth > item.clientWidth;
        return width && (left < -0.5 || right > innerWidth + 0.5 || text_cut);
    })
    .map(item => item.outerHTML.slice(0, 120))"""

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def axe_violations(page: Page) -> list[str]:
    found = page.evaluate("rules => axe.run({ runOnly: rules, resultTypes: ['violations'] })", RULES)
    assert len(found["passes"]) > 10, "axe looked at the page"
    return [f"{problem['id']}: {node['html'][:150]}" for problem in found["violations"] for node in problem["nodes"]]


@dataclass(frozen=True)
class Site:
    """A folder that is being served. sent: the paths whose contents went out (not: 304)."""

    folder: Path
    address: str
    sent: list[str]

    def pages(self) -> list[str]:
        """The paths of all pages but the first, which only leads to book/index.html."""
        found = (path.relative_to(self.folder).as_posix() for path in sorted(self.folder.rglob("*.html")))
        return [path for path in found if not path.startswith("_static/") and path != "index.html"]

    def page_with(self, slug: str, part: str) -> str:
        """The first page with a chapter's explorer or task, named as in "explorer-nines"."""
        for path in self.pages():
            if f'id="{part}" data-slug="{slug}"' in (self.folder / path).read_text(encoding="utf-8"):
                return path
        raise LookupError(f"{part} of the chapter {slug} stands on no page")


def book_problem(folder: Path = BOOK) -> str:
    """Why the built book cannot be tested, as a sentence; empty when it can."""
    if not (folder / "index.html").is_file():
        return "There is no built book: run `make book`."
    # Each build puts the runtime in place anew, last of all, and so changes the folder.
    built = folder.stat().st_mtime
    sources = [ROOT / name for name in SOURCES]
    files = [file for source in sources for file in (source.rglob("*") if source.is_dir() else [source])]
    newer = [file for file in files if file.is_file() and "__pycache__" not in file.parts and file.stat().st_mtime > built]
    return f"The built book is older than {newer[0].relative_to(ROOT)}: run `make book`." if newer else ""


@contextmanager
def serving(folder: Path) -> Iterator[Site]:
    """Serve a folder on a free port, as `make serve` does."""
    sent: list[str] = []

    def note(handler: RequestHandler) -> None:
        if handler.get_status() == 200:
            sent.append(handler.request.path)

    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin() -> int:
        app = book_app(folder)
        app.settings["log_function"] = note
        return listen(app, 0)

    port = asyncio.run_coroutine_threadsafe(begin(), loop).result()
    yield Site(folder, f"http://127.0.0.1:{port}", sent)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


@contextmanager
def browsing() -> Iterator[Browser]:
    """Chromium, without a window."""
    program = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def book() -> Path:
    """The folder of the built book."""
    problem = book_problem()
    if problem:
        pytest.fail(problem, pytrace=False)
    return BOOK


@pytest.fixture(scope="module")
def site(book: Path) -> Iterator[Site]:
    """The built book, on a port of its own."""
    with serving(book) as site:
        yield site


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browsing() as browser:
        yield browser


@pytest.fixture
def new_reader(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Make readers, each with a browser that has never seen the book. No script may fail on them."""
    readers: list[BrowserContext] = []
    uncaught: list[str] = []

    def new(**options: Any) -> BrowserContext:
        reader = chromium.new_context(**options)
        reader.set_default_timeout(60_000)
        reader.on("weberror", lambda error: uncaught.append(str(error.error)))
        readers.append(reader)
        return reader

    yield new
    for reader in readers:
        reader.close()
    assert uncaught == []


@pytest.fixture
def reader(new_reader: Callable[..., BrowserContext]) -> BrowserContext:
    """A reader at a desk."""
    return new_reader(viewport={"width": 1440, "height": 900})
