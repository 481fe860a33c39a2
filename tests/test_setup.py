"""The two commands on a fresh machine: pins, `make`, the server, continuous integration."""

from __future__ import annotations

import ast
import gzip
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import infrapm

ROOT = Path(__file__).resolve().parents[1]
# What an outer make tells an inner one would change what the inner one does.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "PORT", "CHAPTER")}


def requirements(name: str) -> list[Requirement]:
    """The requirements in one of the files."""
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("-c ")]


DIRECT = requirements("requirements.txt") + requirements("requirements-test.txt")
LOCKED = {canonicalize_name(r.name): str(r.specifier) for r in requirements("constraints.txt")}


# Pins


@pytest.mark.parametrize("requirement", DIRECT, ids=lambda r: r.name)
def test_requirement_is_exact_locked_and_installed(requirement: Requirement) -> None:
    assert re.fullmatch(r"==[^*,]+", str(requirement.specifier))
    assert LOCKED[canonicalize_name(requirement.name)] == str(requirement.specifier)
    if requirement.marker is None or requirement.marker.evaluate():
        assert metadata.version(requirement.name) == str(requirement.specifier)[2:]


def test_everything_that_the_requirements_bring_along_is_locked() -> None:
    assert all(re.fullmatch(r"==[^*,]+", specifier) for specifier in LOCKED.values())
    seen: set[str] = set()
    waiting = [r for r in DIRECT if r.marker is None or r.marker.evaluate()]
    while waiting:
        requirement = waiting.pop()
        extras = requirement.extras or {""}
        key = f"{canonicalize_name(requirement.name)}{sorted(extras)}"
        if key in seen:
            continue
        seen.add(key)
        assert metadata.version(requirement.name) == LOCKED.get(
            canonicalize_name(requirement.name), "==nothing"
        ).removeprefix("=="), requirement.name
        needs = [Requirement(text) for text in metadata.requires(requirement.name) or []]
        waiting += [
            need
            for need in needs
            if need.marker is None or any(need.marker.evaluate({"extra": e}) for e in extras)
        ]
    assert len(seen) > len(DIRECT)


def test_every_import_is_a_pinned_requirement() -> None:
    distributions = metadata.packages_distributions()
    pinned = {canonicalize_name(r.name) for r in DIRECT}
    missing = []
    for path in [*ROOT.glob("infrapm/**/*.py"), *ROOT.glob("tests/**/*.py")]:
        if path.name.endswith("_in_pyodide.py"):
            continue  # runs in a browser's Python, which has other modules
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for top in {name.split(".")[0] for name in names} - set(sys.stdlib_module_names):
                owners = {canonicalize_name(d) for d in distributions.get(top, [])}
                if top not in ("infrapm", "tests") and not owners & pinned:
                    missing.append(f"{path.relative_to(ROOT)} imports {top}")
    assert not missing


def test_no_file_names_a_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True,
    ).stdout.split(b"\0")
    files = [ROOT / os.fsdecode(name) for name in listed if name]
    assert ROOT / "Makefile" in files
    hosts = [
        b".".join(parts)
        for parts in [(b"pypi", b"org"), (b"pythonhosted", b"org"), (b"npmjs", b"org"),
                      (b"npmjs", b"com"), (b"yarnpkg", b"com"), (b"deb", b"debian", b"org")]
    ]
    for path in files:
        if path.is_file():
            content = path.read_bytes()
            assert not [host for host in hosts if host in content], path


def test_no_installer_is_told_where_to_look() -> None:
    for name in ("requirements.txt", "requirements-test.txt", "constraints.txt", "Makefile",
                 ".ci/run", ".npmrc", "tests/chromium.py"):
        told = re.search(r"index-url|find-links|registry *=|--registry", (ROOT / name).read_text())
        assert told is None, f"{name}: {told}"


# make


def make(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *words],
        cwd=folder, env=ENVIRONMENT | environment, capture_output=True, text=True, timeout=60,
    )


def test_help_lists_every_target_that_a_user_may_call() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.M)
    assert phony
    listed = dict(re.findall(r"^ *make (\w+) +(\S.*)$", make(ROOT, "help").stdout, re.M))
    assert set(listed) == set(phony[1].split()) >= {"serve", "test", "lab", "bench", "outputs"}
    assert make(ROOT).stdout == make(ROOT, "help").stdout


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A copy of what `make book` reads, with stand-ins for Python, pip, npm and Jupyter Book.

    Each call of these is written to calls.txt; a file fail-<name> makes the call fail.
    """
    folder = tmp_path / "a folder"
    folder.mkdir()
    for name in ("Makefile", "requirements.txt", "requirements-test.txt", "constraints.txt",
                 "pyproject.toml", "package.json", "package-lock.json"):
        shutil.copy(ROOT / name, folder)
    for name in ("_config.yml", "_toc.yml", "book/index.md", "notebooks/a.ipynb", "infrapm/a.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    script(folder / "stand-in", """
case "$*" in
  *"-m venv"*)
    rm -rf .venv; mkdir -p .venv/bin
    cp stand-in .venv/bin/python; cp stand-in .venv/bin/npm; cp stand-in .venv/bin/jupyter-book
    call=venv ;;
  *"-m pip"*requirements.txt) call=pip; touch .venv/half-done ;;
  *"-m pip"*) call=pip-rest ;;
  *infrapm.site.precheck*) call=precheck ;;
  *infrapm.site.runtime*) call=runtime ;;
  ci*) call=npm; mkdir -p node_modules ;;
  *"-m ruff"*) call=ruff ;;
  *--nbval*) call=nbval ;;
  *"-m pytest"*) call=pytest ;;
  build*) call=pages; mkdir -p _build/html _build/.doctrees ;;
  *) exit 0 ;;
esac
echo $call >> calls.txt
test ! -e fail-$call || { echo "$call has failed"; exit 1; }
""")
    return folder


def script(path: Path, text: str) -> None:
    path.write_text("#!/bin/sh" + text)
    path.chmod(0o755)


def change(path: Path) -> None:
    """Make a file newer than everything that was built."""
    later = time.time() + 5
    os.utime(path, (later, later))


def calls(folder: Path) -> list[str]:
    """What was called since the last look."""
    path = folder / "calls.txt"
    found = path.read_text().split() if path.exists() else []
    path.unlink(missing_ok=True)
    return found


def test_a_second_build_has_nothing_to_do(fresh: Path) -> None:
    first = make(fresh, "book", "PYTHON=./stand-in")
    assert first.returncode == 0, first.stderr
    assert re.findall(r"^\d/\d", first.stdout, re.M) == ["1/4", "2/4", "3/4", "4/4"]
    assert calls(fresh) == ["venv", "pip", "pip-rest", "npm", "precheck", "runtime", "pages"]
    make(fresh, "test", "PYTHON=./stand-in")
    calls(fresh)
    again = make(fresh, "book", "PYTHON=./stand-in")
    assert (again.returncode, again.stderr, calls(fresh)) == (0, "", [])


@pytest.mark.parametrize("name", ["_toc.yml", "book/index.md", "notebooks/a.ipynb", "infrapm/a.py"])
def test_a_changed_source_builds_the_pages(fresh: Path, name: str) -> None:
    make(fresh, "book", "PYTHON=./stand-in")
    calls(fresh)
    change(fresh / name)
    make(fresh, "book", "PYTHON=./stand-in")
    assert calls(fresh) == ["precheck", "runtime", "pages"]


def test_changed_requirements_are_installed_again(fresh: Path) -> None:
    make(fresh, "book", "PYTHON=./stand-in")
    calls(fresh)
    change(fresh / "constraints.txt")
    make(fresh, "book", "PYTHON=./stand-in")
    assert calls(fresh) == ["pip", "pip-rest", "precheck", "runtime", "pages"]


@pytest.mark.parametrize("cut_short", ["pip", "pip-rest"])
def test_an_install_cut_short_starts_clean(fresh: Path, cut_short: str) -> None:
    (fresh / f"fail-{cut_short}").touch()
    failed = make(fresh, "book", "PYTHON=./stand-in")
    assert failed.returncode != 0 and f"{cut_short} has failed" in failed.stdout
    assert (fresh / ".venv/half-done").exists()
    calls(fresh)
    (fresh / f"fail-{cut_short}").unlink()
    assert make(fresh, "book", "PYTHON=./stand-in").returncode == 0
    assert calls(fresh) == ["venv", "pip", "pip-rest", "npm", "precheck", "runtime", "pages"]


def test_a_change_of_requirements_cut_short_starts_clean(fresh: Path) -> None:
    make(fresh, "book", "PYTHON=./stand-in")
    change(fresh / "constraints.txt")
    (fresh / "fail-pip").touch()
    assert make(fresh, "book", "PYTHON=./stand-in").returncode != 0
    (fresh / "fail-pip").unlink()
    calls(fresh)
    assert make(fresh, "book", "PYTHON=./stand-in").returncode == 0
    assert calls(fresh)[:3] == ["venv", "pip", "pip-rest"]


def test_an_npm_install_cut_short_is_done_again(fresh: Path) -> None:
    (fresh / "fail-npm").touch()
    assert make(fresh, "book", "PYTHON=./stand-in").returncode != 0
    calls(fresh)
    (fresh / "fail-npm").unlink()
    assert make(fresh, "book", "PYTHON=./stand-in").returncode == 0
    assert calls(fresh) == ["npm", "precheck", "runtime", "pages"]


def test_pages_cut_short_are_not_trusted(fresh: Path) -> None:
    make(fresh, "book", "PYTHON=./stand-in")
    stale = [fresh / "_build/html/stale.html", fresh / "_build/.doctrees/stale"]
    for path in stale:
        path.touch()
    change(fresh / "_toc.yml")
    make(fresh, "book", "PYTHON=./stand-in")
    assert all(path.exists() for path in stale)  # a good build is built upon
    (fresh / "fail-pages").touch()
    change(fresh / "_toc.yml")
    failed = make(fresh, "book", "PYTHON=./stand-in")
    assert failed.returncode != 0 and "pages has failed" in failed.stdout
    (fresh / "fail-pages").unlink()
    assert make(fresh, "book", "PYTHON=./stand-in").returncode == 0
    assert not any(path.exists() for path in stale)


def test_a_slip_in_a_chapter_is_told_before_anything_is_built(fresh: Path) -> None:
    make(fresh, "book", "PYTHON=./stand-in")
    calls(fresh)
    (fresh / "fail-precheck").touch()
    change(fresh / "_toc.yml")
    failed = make(fresh, "book", "PYTHON=./stand-in")
    assert failed.returncode != 0 and failed.stdout.endswith("precheck has failed\n") and calls(fresh) == ["precheck"]


@pytest.mark.parametrize("failing", ["ruff", "pytest", "nbval", None])
def test_make_test_runs_every_part_and_fails_if_one_does(fresh: Path, failing: str | None) -> None:
    if failing:
        (fresh / f"fail-{failing}").touch()
    done = make(fresh, "test", "PYTHON=./stand-in")
    assert calls(fresh)[-3:] == ["ruff", "pytest", "nbval"]
    assert (done.returncode == 0) == (failing is None)
    assert done.stdout.splitlines()[-1].startswith(f"FAILED: {failing}" if failing else "All is well")


@pytest.mark.parametrize(
    "words, notebooks, chosen",
    [((), "notebooks/*.ipynb", ""), (("CHAPTER=data-path",), "notebooks/data-path.ipynb", ' -k "data-path or data_path"')],
)
def test_a_chapter_can_be_run_and_proved_alone(words: tuple[str, ...], notebooks: str, chosen: str) -> None:
    done = re.sub(r"\s+", " ", make(ROOT, "--dry-run", "outputs", "test", *words).stdout.replace("\\\n", ""))
    assert f"--ExecutePreprocessor.store_widget_state=False {notebooks}" in done
    assert f"--nbval-current-env {notebooks} ||" in done
    assert f"--dist loadfile{chosen} ||" in done


def test_an_environment_that_was_moved_is_made_anew(fresh: Path) -> None:
    make(fresh, "book", "PYTHON=./stand-in")
    moved = fresh.rename(fresh.with_name("elsewhere"))
    calls(moved)
    make(moved, "book", "PYTHON=./stand-in")
    assert calls(moved)[:3] == ["venv", "pip", "pip-rest"]


def test_a_machine_without_python_or_venv_gets_a_sentence(fresh: Path) -> None:
    none = make(fresh, "book", "PYTHON=no-such-python")
    assert none.returncode != 0 and "Python 3.11" in none.stdout and "apt install" in none.stdout
    script(fresh / "old", "\nexit 1\n")  # refuses the question for its version
    assert "is needed and was not found" in make(fresh, "book", "PYTHON=./old").stdout
    script(fresh / "bare", '\ncase "$*" in *ensurepip*) exit 1 ;; esac\n')
    bare = make(fresh, "book", "PYTHON=./bare")
    assert bare.returncode != 0 and "./bare lacks the module venv" in bare.stdout
    # One that will do is found behind those.
    found = make(fresh, "book", "PYTHON=no-such-python ./old ./bare ./stand-in")
    assert found.returncode == 0, found.stdout


def test_continuous_integration_runs_make_test(tmp_path: Path) -> None:
    script(tmp_path / "make", f'\necho "$PWD: $*" > "{tmp_path}/said"\nexit 3\n')
    path = f"{tmp_path}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(["bash", ROOT / ".ci/run"], cwd=tmp_path, env=ENVIRONMENT | {"PATH": path})
    assert done.returncode == 3  # what make says is what the run says
    assert (tmp_path / "said").read_text() == f"{ROOT}: test\n"
    assert (ROOT / ".ci/run").stat().st_mode & stat.S_IXUSR


# The server


@contextmanager
def served(folder: Path, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Serve a folder in another process; yield the process, what it said and its address."""
    with subprocess.Popen(
        [sys.executable, "-m", "infrapm.serve", str(folder)],
        cwd=ROOT, env=ENVIRONMENT | environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout
        said = ""
        while "http" not in said:
            line = process.stdout.readline()
            assert line, f"the server stopped: {said}"
            said += line
        try:
            yield process, said, re.findall(r"http://[^ ]+/", said)[0]
        finally:
            process.kill()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "html"
    for name in ("index.html", "book/page-0123abcd.html", "_static/page.js", "runtime/runtime.json",
                 "runtime/worker-0123abcd.mjs", "runtime/pyodide-314.0.7-0123abcd/a.wasm",
                 "runtime/plain.wasm"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"what this file holds. " * 1000)
    return folder


def get(address: str, **headers: str) -> tuple[dict[str, str], bytes]:
    request = urllib.request.Request(
        address, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return dict(answer.headers), answer.read()


def test_serve_takes_the_next_port_and_says_so(site: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with served(site, PORT=str(port)) as (_, said, address):
            found = int(address.rstrip("/").rsplit(":", 1)[1])
            assert f"Port {port} is taken" in said and port < found <= port + 20
            assert get(address)[1].startswith(b"what this file holds")


def test_serve_stops_politely(site: Path) -> None:
    with served(site, PORT="0") as (process, _, _address):
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=10)
    assert process.returncode == 0 and rest.strip() == "Stopped."


@pytest.mark.parametrize(
    ("name", "kind", "kept"),
    [
        ("", "text/html", False),
        ("book/page-0123abcd.html", "text/html", False),
        ("_static/page.js", "text/javascript", False),
        ("runtime/runtime.json", "application/json", False),
        ("runtime/plain.wasm", "application/wasm", False),
        ("runtime/worker-0123abcd.mjs", "text/javascript", True),
        ("runtime/pyodide-314.0.7-0123abcd/a.wasm", "application/wasm", True),
    ],
)
def test_types_caching_and_compression(site: Path, name: str, kind: str, kept: bool) -> None:
    with served(site, PORT="0") as (_, _said, address):
        headers, body = get(address + name)
        packed_headers, packed = get(address + name, Accept_Encoding="gzip, br")
    assert headers["Content-Type"].split(";")[0] == kind
    assert packed_headers["Content-Type"].split(";")[0] == kind
    assert body == (site / (name or "index.html")).read_bytes()
    if name != "runtime/plain.wasm":  # only what stays in the browser is worth the second
        assert packed_headers["Content-Encoding"] == "gzip" and gzip.decompress(packed) == body
    for answered in (headers, packed_headers):
        assert ("immutable" in answered["Cache-Control"]) == kept
        assert ("no-cache" in answered["Cache-Control"]) != kept


def test_an_unchanged_page_is_not_sent_again_and_a_new_one_is(site: Path) -> None:
    with served(site, PORT="0") as (_, _said, address):
        headers, old = get(address)
        with pytest.raises(urllib.error.HTTPError, match="304"):
            get(address, If_None_Match=headers["Etag"])
        (site / "index.html").write_bytes(old.swapcase())  # built anew, of the same size
        assert get(address, If_None_Match=headers["Etag"])[1] == old.swapcase()


def test_files_outside_the_book_stay_private(site: Path) -> None:
    (site.parent / "secret.txt").write_text("private")
    with served(site, PORT="0") as (_, _said, address):
        for path in ("../secret.txt", "%2e%2e/secret.txt", "book/../../secret.txt"):
            with pytest.raises(urllib.error.HTTPError, match="403|404"):
                get(address + path)


@pytest.mark.parametrize("port", ["abc", "-1", "65536", "80.5", "²"])
def test_a_bad_port_gets_a_sentence(site: Path, port: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infrapm.serve", str(site)],
        cwd=ROOT, env=ENVIRONMENT | {"PORT": port}, capture_output=True, text=True,
    )
    assert done.returncode != 0 and "whole number from 0 (any free one) to 65535" in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_without_a_book_says_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infrapm.serve", str(tmp_path)],
        cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True,
    )
    assert done.returncode != 0 and "make book" in done.stderr and "Traceback" not in done.stderr


# Citation


def test_citation_names_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["version"] == infrapm.__version__ == metadata.version("infrapm")
    assert citation["license"] == ["MIT", "CC-BY-4.0"]
    assert "MIT License" in (ROOT / "LICENSE").read_text()
    assert "Attribution 4.0 International" in (ROOT / "LICENSE-TEXT").read_text(encoding="utf-8")
