"""The browser's Python: what the build writes, and what the worker does with it in Chromium."""

import gzip
import json
import re
import shutil
import time
import zipfile
from collections.abc import Iterable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from infrapm.exercises import CHAPTERS, call
from infrapm.site import runtime
from tests.chromium import find_chromium

VIEW = {"kind": "view", "slug": "availability", "id": "nines", "typed": {}, "changed": "", "width": 640}
# A second chapter, with a model of its own and one of the first.
SECOND = """
from dataclasses import replace
from infrapm.exercises.availability import NINES
from infrapm.models.second import TWO
EXPLORERS = (replace(NINES, id=f"nines{TWO}"),)
TASKS = ()
"""


# --- The build


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder that the book uses, up to date."""
    out = runtime.ROOT / "_build" / "runtime"
    runtime.build(out)
    return out


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    """A copy of what the build reads, to change at will; the compiled library is at hand."""
    shutil.copy(runtime.ROOT / "package.json", tmp_path)
    shutil.copytree(runtime.ROOT / "infrapm", tmp_path / "infrapm")
    (tmp_path / "node_modules").symlink_to(runtime.ROOT / "node_modules")
    shutil.copytree(built.with_name("runtime-cache"), tmp_path / "_build" / "runtime-cache")
    return tmp_path


def test_the_same_sources_give_the_same_names_and_bytes(built: Path, project: Path) -> None:
    told = runtime.build(project / "_build" / "runtime", project)
    assert told == json.loads((built / "runtime.json").read_text())
    files = [path.relative_to(built) for path in built.rglob("*") if path.is_file()]
    assert len(files) == 9 + len(told["chapters"])
    for file in files:
        assert (project / "_build" / "runtime" / file).read_bytes() == (built / file).read_bytes(), file


def names_in(built: Path, part: str) -> set[str]:
    """The files in the base ("package") or in a chapter's zip file, without the ending of bytecode."""
    told = json.loads((built / "runtime.json").read_text())
    names = zipfile.ZipFile(built / (told.get(part) or told["chapters"][part])).namelist()
    assert all(name.endswith(".pyc") for name in names)
    return {name.removesuffix("c") for name in names}


def test_the_base_holds_what_chapters_share_and_a_chapter_its_own(built: Path) -> None:
    base = names_in(built, "package")
    assert {"infrapm/__init__.py", "infrapm/exercises/__init__.py", "infrapm/explore/tasks.py", "infrapm/models/_validate.py"} <= base
    for name in base:
        *_, folder, file = name.split("/")
        assert file.startswith("_") or folder == "explore", f"{name} is no chapter's own"
    # What only a notebook or the build needs stays at home.
    assert not base & {"infrapm/exercises/_content.py", "infrapm/exercises/_numbers.py"}
    assert set(CHAPTERS) == set(json.loads((built / "runtime.json").read_text())["chapters"])
    assert names_in(built, "availability") == {"infrapm/exercises/availability.py", "infrapm/models/availability.py"}


def test_a_chapter_s_file_holds_all_that_it_imports_however_far(project: Path) -> None:
    (project / "infrapm" / "exercises" / "second.py").write_text(SECOND)
    (project / "infrapm" / "models" / "second.py").write_text("def later():\n    from .third import THREE\nTWO = 2\n")
    (project / "infrapm" / "models" / "third.py").write_text("THREE = 3\n")
    (project / "infrapm" / "models" / "unused.py").write_text("FOUR = 4\n")
    out = project / "_build" / "runtime"
    runtime.build(out, project)
    of_first = names_in(out, "availability")
    of_second = {f"infrapm/{name}.py" for name in ("exercises/second", "models/second", "models/third")}
    assert names_in(out, "second") == of_first | of_second
    assert not any("unused" in name for part in ("package", "availability", "second") for name in names_in(out, part))


@pytest.mark.parametrize(
    "source, found",
    [
        ("import infrapm.models.a", {"infrapm.models.a"}),
        ("from infrapm.models import a, b", {"infrapm.models", "infrapm.models.a", "infrapm.models.b"}),
        ("from infrapm.models.a import f", {"infrapm.models.a", "infrapm.models.a.f"}),
        ("from ..models.a import f", {"infrapm.models.a", "infrapm.models.a.f"}),
        ("from . import _drawings", {"infrapm.exercises", "infrapm.exercises._drawings"}),
        ("def f():\n    import statistics", {"statistics"}),
    ],
)
def test_imports_of_a_source(source: str, found: set[str]) -> None:
    assert runtime.imports("infrapm/exercises/second.py", source.encode()) == found


def test_a_first_visit_keeps_within_its_bytes(built: Path) -> None:
    """The goal for Python, whatever chapter comes first: 4.7 MB with gzip."""
    told = json.loads((built / "runtime.json").read_text())
    files = [built / told["worker"], built / told["package"], *(built / told["pyodide"]).iterdir()]
    sizes = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in files}
    largest = max((built / name).stat().st_size for name in told["chapters"].values())
    assert sum(sizes.values()) + largest < 4_700_000, sizes


def test_the_library_is_cut_to_what_the_exercises_need(built: Path, project: Path) -> None:
    def library(folder: Path) -> set[str]:
        told = json.loads((folder / "runtime.json").read_text())
        return set(zipfile.ZipFile(folder / told["pyodide"] / "python_stdlib.zip").namelist())

    assert {"json/__init__.pyc", "random.pyc", "traceback.pyc"} <= library(built)
    assert not any(name.startswith(("unittest/", "xml/", "sqlite3/")) for name in library(built))
    with open(project / "infrapm" / "models" / "availability.py", "a") as model:
        model.write("\n\ndef rarely_used():\n    import colorsys\n    import matplotlib\n")
    runtime.build(project / "_build" / "runtime", project)
    assert library(project / "_build" / "runtime") - library(built) == {"colorsys.pyc"}


def test_a_changed_source_changes_its_part_and_the_snapshot(built: Path, project: Path) -> None:
    before = json.loads((built / "runtime.json").read_text())
    with open(project / "infrapm" / "models" / "availability.py", "a") as model:
        model.write("CHANGED = True\n")
    after = runtime.build(project / "_build" / "runtime", project)
    changed = {part for part in before if before[part] != after[part]}
    assert changed == {"chapters", "snapshot_key", "inputs"}
    with open(project / "infrapm" / "explore" / "text.py", "a") as shared:
        shared.write("CHANGED = True\n")
    shared = runtime.build(project / "_build" / "runtime", project)
    assert {part for part in after if after[part] != shared[part]} == {"package", "snapshot_key", "inputs"}


def test_a_second_build_writes_nothing_and_a_lost_file_is_built_again(project: Path) -> None:
    out = project / "_build" / "runtime"
    told = runtime.build(out, project)
    written = out.stat().st_ino
    assert runtime.build(out, project) == told and out.stat().st_ino == written
    (out / told["worker"]).unlink()
    assert runtime.build(out, project) == told and (out / told["worker"]).exists()


def test_an_interrupted_build_leaves_the_old_one(tmp_path: Path) -> None:
    out = tmp_path / "runtime"
    runtime.put_in_place({"kept": b"old", "folder/file": b"old"}, out)
    with pytest.raises(TypeError):
        runtime.put_in_place({"kept": b"new", "folder/file": None}, out)  # fails half-way
    assert (out / "kept").read_bytes() == b"old" and (out / "folder" / "file").read_bytes() == b"old"
    runtime.put_in_place({"other": b"new"}, out)
    assert [path.name for path in tmp_path.iterdir()] == ["runtime"]
    assert [path.name for path in out.iterdir()] == ["other"]


def test_a_comment_changes_nothing_for_the_browser(built: Path, project: Path) -> None:
    before = json.loads((built / "runtime.json").read_text())
    with open(project / "infrapm" / "models" / "availability.py", "a") as model:
        model.write("# a remark\n")
    after = runtime.build(project / "_build" / "runtime", project)
    assert {part for part in before if before[part] != after[part]} == {"inputs"}


@pytest.mark.parametrize("name", ["pyodide/python_stdlib.zip", "vega-embed/build/vega-embed.min.js"])
def test_a_missing_package_is_named_with_the_command_to_run(project: Path, name: str) -> None:
    (project / "node_modules").unlink()
    for package in ("pyodide", *runtime.CHARTS):
        shutil.copytree(runtime.ROOT / "node_modules" / package, project / "node_modules" / package)
    (project / "node_modules" / name).unlink()
    with pytest.raises(runtime.RuntimeBuildError, match=f"node_modules/{name} is missing. Run `npm ci"):
        runtime.build(project / "_build" / "runtime", project)


def test_another_version_than_the_pinned_one_is_refused(project: Path) -> None:
    pins = json.loads((project / "package.json").read_text())
    pins["dependencies"]["vega"] = "5.0.0"
    (project / "package.json").write_text(json.dumps(pins))
    with pytest.raises(runtime.RuntimeBuildError, match="vega 5.33.1, and package.json wants 5.0.0. Run `npm ci"):
        runtime.build(project / "_build" / "runtime", project)


def test_a_machine_without_node_is_told_so(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(runtime.RuntimeBuildError, match="Node is missing"):
        runtime.build(project / "_build" / "runtime", project)


def test_a_mistake_in_an_exercise_fails_the_build_with_its_traceback(project: Path) -> None:
    with open(project / "infrapm" / "exercises" / "availability.py", "a") as exercises:
        exercises.write("EXPLORERS[0].no_such_name\n")
    with pytest.raises(runtime.RuntimeBuildError, match="no_such_name"):
        runtime.build(project / "_build" / "runtime", project)
    assert not (project / "_build" / "runtime").exists()


# --- The worker


class Server(ThreadingHTTPServer):
    """A site with the browser's Python at /runtime/, as a static host would serve it.

    sent: the runtime's files whose contents went out (not: 304). instead: other contents for a file name, or
    None for an error 404, or "cut" for a connection that drops half-way.
    """

    daemon_threads = True

    def __init__(self, folder: Path, cache_control: str = "public, max-age=31536000, immutable") -> None:
        super().__init__(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self.cache_control = cache_control
        self.sent: list[str] = []
        self.instead: dict[str, bytes | str | None] = {}
        self.delay_s: dict[str, float] = {}
        Thread(target=self.serve_forever, daemon=True).start()

    def address(self, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server_port}"


class Handler(SimpleHTTPRequestHandler):
    server: Server
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript"}

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[-1]
        time.sleep(self.server.delay_s.get(name, 0))
        if self.path in ("/", "/favicon.ico"):
            self.answer(b"<!doctype html><title>A page</title>", "text/html")
        elif name not in self.server.instead:
            self.path = self.path.removeprefix("/runtime")
            super().do_GET()
        elif (other := self.server.instead[name]) is None:
            self.send_error(404)
        elif other == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(bytes(500))
            self.close_connection = True
        else:
            self.answer(other, self.guess_type(self.path))

    def answer(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def send_response(self, code: int, message: str | None = None) -> None:
        super().send_response(code, message)
        self.send_header("Cache-Control", self.server.cache_control)
        if code == 200 and self.path not in ("/", "/favicon.ico"):
            self.server.sent.append(self.path)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server(built: Path) -> Iterator[Server]:
    server = Server(built)
    yield server
    server.shutdown()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = find_chromium()
    with sync_playwright() as playwright:
        # book.test is an address without https, where a browser offers neither storage nor hashes.
        options = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP book.test 127.0.0.1"]
        browser = playwright.chromium.launch(executable_path=program, args=options)
        yield browser
        browser.close()


@pytest.fixture
def reader(chromium: Browser) -> Iterator[BrowserContext]:
    """A reader with a browser that has never seen the book."""
    context = chromium.new_context()
    yield context
    context.close()


def visit(
    reader: BrowserContext, server: Server, keep: bool = True, host: str = "127.0.0.1", chapters: Iterable[str] = ("availability",)
) -> tuple[Page, dict]:
    """Open a page of some chapters, start the worker, and return the page with the message that ended the start."""
    page = reader.new_page()
    page.goto(server.address(host))
    told = json.loads((Path(built_folder(server)) / "runtime.json").read_text())
    start = {part: f"{server.address(host)}/runtime/{told[part]}" for part in ("worker", "pyodide", "package")}
    page.evaluate(
        """({worker, ...start}) => {
            window.said = [];
            window.python = new Worker(worker, {type: 'module'});
            python.onmessage = ({data}) => said.push(data);
            python.onerror = event => said.push({type: 'failed', reason: 'the worker died: ' + event.message});
            python.postMessage({type: 'start', ...start});
        }""",
        start | {
            "chapters": {slug: f"{server.address(host)}/runtime/{told['chapters'][slug]}" for slug in chapters},
            "key": told["snapshot_key"],
            "keep": keep,
        },
    )
    return page, heard(page, "ready", "failed")


def built_folder(server: Server) -> str:
    return server.RequestHandlerClass.keywords["directory"]


def heard(page: Page, *kinds: str) -> dict:
    """The first message of one of these kinds, when it is there."""
    wanted = f"message => {json.dumps(kinds)}.includes(message.type)"
    page.wait_for_function(f"said.some({wanted})", timeout=120_000)
    return page.evaluate(f"said.find({wanted})")


def ask(page: Page, request: Any) -> dict:
    page.evaluate(
        "request => { said.length = 0; python.postMessage({type: 'call', id: 7, request}); }", json.dumps(request)
    )
    return heard(page, "answer", "error")


def pause(page: Page) -> None:
    """Tell the worker that the reader pauses, and wait until it is at rest again."""
    page.evaluate("python.postMessage({type: 'idle'})")
    page.evaluate(
        """async () => {
            for (let tries = 0; tries < 500; tries++) {
                const found = await globalThis.caches?.match('/runtime/snapshot');
                if (found) return;
                await new Promise(resolve => setTimeout(resolve, 20));
            }
        }"""
    )


@pytest.mark.browser
def test_a_first_visit_boots_and_a_second_starts_from_the_snapshot(reader: BrowserContext, server: Server) -> None:
    page, ready = visit(reader, server)
    assert (ready["type"], ready["from"]) == ("ready", "fresh")
    assert json.loads(ask(page, VIEW)["response"]) == json.loads(call(json.dumps(VIEW)))
    pause(page)
    page.close()
    server.sent.clear()
    page, ready = visit(reader, server)
    assert (ready["type"], ready["from"]) == ("ready", "snapshot")
    assert json.loads(ask(page, VIEW)["response"]) == json.loads(call(json.dumps(VIEW)))
    assert server.sent == [], "a later page downloads nothing of the runtime"


VIEW_2 = VIEW | {"slug": "second", "id": "nines2"}


@pytest.fixture
def two_chapters(project: Path) -> Iterator[Server]:
    """A book of two chapters."""
    (project / "infrapm" / "exercises" / "second.py").write_text(SECOND)
    (project / "infrapm" / "models" / "second.py").write_text("TWO = 2\n")
    runtime.build(project / "_build" / "runtime", project)
    server = Server(project / "_build" / "runtime")
    yield server
    server.shutdown()


@pytest.mark.browser
def test_one_snapshot_serves_all_chapters_and_another_chapter_loads_its_own_file_once(
    reader: BrowserContext, two_chapters: Server
) -> None:
    expected = json.loads(call(json.dumps(VIEW)))
    page, _ = visit(reader, two_chapters)
    assert json.loads(ask(page, VIEW)["response"]) == expected
    assert not any("chapter-second" in path for path in two_chapters.sent)
    pause(page)
    page.close()
    two_chapters.sent.clear()
    for loaded in (["second"], []):
        page, ready = visit(reader, two_chapters, chapters=["second"])
        assert ready["from"] == "snapshot"
        assert json.loads(ask(page, VIEW_2)["response"]) == expected
        assert [re.search(r"chapter-(\w+)-", path)[1] for path in two_chapters.sent] == loaded
        page.evaluate("python.postMessage({type: 'idle'})")
        kept = "async () => (await (await caches.open((await caches.keys())[0])).keys()).some(({url}) => url.includes('chapter-second'))"
        page.wait_for_function(f"({kept})().then(found => found || null)")
        page.close()
        two_chapters.sent.clear()
    page, ready = visit(reader, two_chapters, chapters=["availability", "second"])
    for request in (VIEW_2, VIEW):
        assert json.loads(ask(page, request)["response"]) == expected
    assert (ready["from"], two_chapters.sent) == ("snapshot", [])


@pytest.mark.browser
def test_a_host_that_asks_to_revalidate_sends_nothing_twice(reader: BrowserContext, server: Server) -> None:
    server.cache_control = "no-cache"
    page, _ = visit(reader, server)
    pause(page)
    page.close()
    server.sent.clear()
    assert visit(reader, server)[1]["from"] == "snapshot"
    assert server.sent == []


DAMAGE = """async resealed => {
    const [name] = await caches.keys();
    const cache = await caches.open(name);
    const found = await cache.match('/runtime/snapshot');
    const bytes = new Uint8Array(await found.arrayBuffer());
    bytes.fill(255, 100, bytes.length);
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    const seal = resealed ? navigator.userAgent + ' ' + hash : found.headers.get('seal');
    await cache.put('/runtime/snapshot', new Response(bytes, {headers: {seal}}));
}"""


@pytest.mark.browser
@pytest.mark.parametrize("resealed", [False, True], ids=["seal broken", "seal whole"])
def test_a_corrupt_snapshot_is_dropped_and_python_boots(
    reader: BrowserContext, server: Server, resealed: bool
) -> None:
    page, _ = visit(reader, server)
    pause(page)
    page.evaluate(DAMAGE, resealed)
    page.close()
    page, ready = visit(reader, server)
    assert (ready["type"], ready["from"]) == ("ready", "fresh")
    assert page.evaluate("caches.keys()") == []
    assert json.loads(ask(page, VIEW)["response"]) == json.loads(call(json.dumps(VIEW)))
    pause(page)
    page.close()
    assert visit(reader, server)[1]["from"] == "snapshot"


@pytest.mark.browser
def test_a_snapshot_taken_after_large_computations_is_of_use(
    reader: BrowserContext, server: Server, built: Path
) -> None:
    worker = json.loads((built / "runtime.json").read_text())["worker"]
    source = (built / worker).read_text()
    assert "python.makeMemorySnapshot()" in source
    large = "python.runPython('many = list(range(3_000_000))'), python.makeMemorySnapshot()"
    server.instead[worker] = source.replace("python.makeMemorySnapshot()", f"({large})").encode()
    page, _ = visit(reader, server)
    pause(page)
    assert page.evaluate("caches.match('/runtime/snapshot').then(found => found.blob()).then(it => it.size)") > 60e6
    page.close()
    page, ready = visit(reader, server)
    assert ready["from"] == "snapshot"
    assert json.loads(ask(page, VIEW)["response"]) == json.loads(call(json.dumps(VIEW)))


@pytest.mark.browser
def test_snapshots_of_older_versions_go_and_others_caches_stay(reader: BrowserContext, server: Server) -> None:
    page, _ = visit(reader, server)
    page.evaluate("Promise.all(['infrapm-runtime-old', 'another-site'].map(name => caches.open(name)))")
    pause(page)
    key = json.loads((Path(built_folder(server)) / "runtime.json").read_text())["snapshot_key"]
    assert sorted(page.evaluate("caches.keys()")) == ["another-site", f"infrapm-runtime-{key}"]


@pytest.mark.browser
def test_a_page_that_may_not_store_stores_nothing(reader: BrowserContext, server: Server) -> None:
    page, ready = visit(reader, server, keep=False)
    assert ready["from"] == "fresh"
    page.evaluate("python.postMessage({type: 'idle'})")
    assert json.loads(ask(page, VIEW)["response"])["errors"] == {}
    assert page.evaluate("caches.keys()") == []


@pytest.mark.browser
def test_a_browser_without_storage_boots_each_time(reader: BrowserContext, server: Server) -> None:
    for _ in range(2):
        page, ready = visit(reader, server, host="book.test")
        assert page.evaluate("globalThis.caches === undefined")
        assert (ready["type"], ready["from"]) == ("ready", "fresh")
        page.evaluate("python.postMessage({type: 'idle'})")
        assert json.loads(ask(page, VIEW)["response"])["errors"] == {}
        page.close()


@pytest.mark.browser
@pytest.mark.parametrize("how", [None, "cut"], ids=["missing", "cut off"])
@pytest.mark.parametrize("name", ["pyodide.asm.wasm", "pyodide.mjs", "pyodide.asm.mjs", "python_stdlib.zip", "package", "availability"])
def test_a_file_that_does_not_arrive_is_named(
    reader: BrowserContext, server: Server, name: str, how: str | None
) -> None:
    told = json.loads((Path(built_folder(server)) / "runtime.json").read_text())
    name = (told | told["chapters"]).get(name, name)
    server.instead[name] = how
    _, failed = visit(reader, server)
    assert failed["type"] == "failed"
    assert failed["reason"].startswith(f"Python could not be loaded: the file {name} did not arrive. ")


@pytest.mark.browser
@pytest.mark.parametrize("name", ["pyodide.asm.wasm", "pyodide.mjs", "pyodide.asm.mjs", "python_stdlib.zip", "package", "availability"])
def test_an_error_page_in_place_of_a_file_is_a_failure_in_words(
    reader: BrowserContext, server: Server, name: str
) -> None:
    told = json.loads((Path(built_folder(server)) / "runtime.json").read_text())
    server.instead[(told | told["chapters"]).get(name, name)] = b"<!doctype html><p>Please log in to this network."
    _, failed = visit(reader, server)
    assert failed["type"] == "failed"
    assert failed["reason"].startswith("Python ") and "\n" not in failed["reason"] and "Error" not in failed["reason"]


@pytest.mark.browser
def test_offline_a_snapshot_is_not_thrown_away(reader: BrowserContext, server: Server) -> None:
    server.cache_control = "no-store"
    page, _ = visit(reader, server)
    pause(page)
    page.close()
    server.instead["pyodide.mjs"] = None  # scripts come from the server, other files are stored
    page, failed = visit(reader, server)
    assert failed["type"] == "failed"
    page.close()
    server.instead.clear()
    assert visit(reader, server)[1]["from"] == "snapshot"


@pytest.mark.browser
def test_a_start_that_takes_long_says_so_and_goes_on(reader: BrowserContext, server: Server, built: Path) -> None:
    worker = json.loads((built / "runtime.json").read_text())["worker"]
    source = (built / worker).read_text()
    assert "SLOW_MS = 60_000" in source
    server.instead[worker] = source.replace("SLOW_MS = 60_000", "SLOW_MS = 200").encode()
    server.delay_s["pyodide.asm.wasm"] = 1.0
    page, ready = visit(reader, server)
    assert ready["type"] == "ready"
    kinds = page.evaluate("said.map(message => message.type)")
    assert kinds == ["slow", "ready"]
    assert "It goes on" in page.evaluate("said[0].reason")


@pytest.mark.browser
def test_a_mistake_in_the_book_is_plain_words_and_the_next_call_is_answered(
    reader: BrowserContext, server: Server
) -> None:
    for start in ("fresh", "snapshot"):
        page, ready = visit(reader, server)
        assert ready["from"] == start
        error = ask(page, VIEW | {"slug": "no-such-chapter"})
        assert error["type"] == "error" and error["id"] == 7
        assert "Traceback" not in error["message"] and "KeyError" not in error["message"]
        assert re.search(r'File "infrapm/exercises/__init__.py", line \d+, in chapter', error["detail"])
        assert "no exercises for the chapter 'no-such-chapter'" in error["detail"]
        assert ask(page, VIEW)["type"] == "answer"
        pause(page)
        page.close()
