"""What the build of the browser's Python asks of Pyodide itself; it runs there, in Node, not here.

Only Pyodide can compile for Pyodide, and only a run shows which files of the standard library our
exercises touch. Compiling is worth it: a browser that starts from sources compiles them at each start,
and takes three times as long.
"""

import ast
import importlib
import json
import sys
import zipfile
from importlib._bootstrap_external import _code_to_hash_pyc
from pathlib import Path
from types import CodeType

LIBRARY = f"/lib/python{sys.version_info.major}{sys.version_info.minor}.zip"


def compile_library(target: str) -> None:
    """Write the standard library as bytecode to the zip file *target*.

    Docstrings and line numbers stay out: nobody reads them in a browser, and they are a third of the size.
    """
    with zipfile.ZipFile(LIBRARY) as source, zipfile.ZipFile(target, "w") as compiled:
        for name in sorted(name for name in source.namelist() if name.endswith(".py")):
            code = compile(source.read(name), name, "exec", dont_inherit=True, optimize=2)
            compiled.writestr(name + "c", bytecode_file(without_lines(code)))


def without_lines(code: CodeType) -> CodeType:
    """The code, and all code within it, without its table of line numbers."""
    constants = (without_lines(item) if isinstance(item, CodeType) else item for item in code.co_consts)
    return code.replace(co_linetable=b"", co_consts=tuple(constants))


def compile_package(package: str, target: str) -> None:
    """Write our package, with its modules as bytecode and its data, to the zip file *target*; lines keep their numbers."""
    with zipfile.ZipFile(package) as source, zipfile.ZipFile(target, "w") as compiled:
        for name in source.namelist():
            if not name.endswith(".py"):
                compiled.writestr(name, source.read(name))
                continue
            code = compile(without_docstrings(source.read(name)), name, "exec", dont_inherit=True)
            compiled.writestr(name + "c", bytecode_file(code))


def without_docstrings(source: bytes) -> ast.Module:
    """The module without its docstrings, a third of the size.

    A class keeps one character: a dataclass without a docstring would work one out when it is made.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node, clean=False):
            node.body[0].value.value = "." if isinstance(node, ast.ClassDef) else ""
    return tree


def bytecode_file(code: CodeType) -> bytes:
    """The contents of a .pyc file that is never compared with its source."""
    return bytes(_code_to_hash_pyc(code, bytes(8), False))


def library_files_used(package: str, imports: list[str]) -> list[str]:
    """The library's files that our exercises touch, and those that print an error.

    *package* is the zip file of our package. *imports* are the modules that our sources name anywhere,
    also in functions that the run below may not reach; those that no browser has are passed over.
    """
    sys.path.append(package)
    exercises = importlib.import_module("infrapm.exercises")
    for name in imports:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    for request in requests(exercises):
        exercises.call(json.dumps(request))
    try:
        exercises.call("{}")
    except KeyError as error:
        importlib.import_module("traceback").format_exception(error)
    return sorted(
        module.__spec__.origin.removeprefix(LIBRARY + "/")
        for module in list(sys.modules.values())
        if module.__spec__ and (module.__spec__.origin or "").startswith(LIBRARY) and module.__spec__.has_location
    )


def requests(exercises) -> list[dict]:
    """The first view and bad values for each explorer; no answer, a wrong and the right one for each task."""
    made = []
    for slug in exercises.CHAPTERS:
        chapter = exercises.chapter(slug)
        for explorer in chapter.EXPLORERS:
            view = {"kind": "view", "slug": slug, "id": explorer.id, "changed": "", "width": 640}
            made += [view | {"typed": {}}, view | {"typed": {control.name: "x" for control in explorer.controls}}]
        for task in chapter.TASKS:
            check = {"kind": "check", "slug": slug, "id": task.id, "attempt": 1}
            right = task.expected(task.parameters())
            right = sorted(right) if isinstance(right, set | frozenset) else right
            made += [check | {"answer": answer} for answer in ("", "x", right)]
    return made


def main(step: str, folder: str) -> None:
    """Do one step of the build with the files in a folder of the machine that builds."""
    if step == "library":
        compile_library(f"{folder}/library.zip")
    else:
        compile_package(f"{folder}/sources.zip", f"{folder}/package.zip")
        imports = json.loads(Path(folder, "imports.json").read_text())
        used = library_files_used(f"{folder}/package.zip", imports)
        Path(folder, "used.json").write_text(json.dumps(used))
