"""The sandbox: one notebook, one process, in namespaces of its own (bubblewrap, Linux).

Inside there is no network, no file but Python and the students' package, no other process, and no way to
start one. Memory, time, file sizes and what comes out are limited. What comes out is read as data.
"""

import atexit
import compileall
import json
import os
import platform
import selectors
import shutil
import signal
import struct
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from .files import Stop, digest
from .package import student_files, write_files

RUNNER = Path(__file__).parent / "runner.py"
_MOST_BYTES = 4_000_000  # of results from one notebook
_WRITABLE = 64 * 2**20  # bytes of files that a notebook can write, in each of two places


@dataclass(frozen=True)
class Limits:
    """What one submission may take. cell_s, cpu_s: seconds of the processor for a cell of the student's and for
    all, which a busy machine does not shorten. total_s: seconds on the clock for all."""

    memory_mb: int = 1024
    cell_s: int = 10
    cpu_s: int = 30
    total_s: int = 120


@dataclass(frozen=True)
class Outcome:
    """What came out of a run. lines: what the runner sent. ended: done, crashed, too long, too much.
    took_s: seconds on the clock."""

    lines: list[dict[str, Any]]
    ended: str
    took_s: float


def problem() -> str:
    """Why there is no sandbox here, with what to do; empty when there is one."""
    if platform.system() != "Linux":
        return (
            "Submissions are run in a sandbox, and that needs Linux with bubblewrap. On macOS or Windows, grade in a Linux "
            "virtual machine, or on a cluster: --scheduler ADDRESS."
        )
    program = shutil.which("bwrap")
    if not program:
        return (
            "Submissions are run in a sandbox, and bubblewrap is not installed. Debian and Ubuntu: sudo apt install bubblewrap. "
            "Fedora: sudo dnf install bubblewrap."
        )
    tried = subprocess.run([program, *_NAMESPACES, "--ro-bind", "/", "/", "true"], capture_output=True, text=True)
    if tried.returncode:
        return (
            f"bubblewrap cannot make a sandbox on this machine: {tried.stderr.strip()}. Often the system forbids namespaces to "
            "users: on Ubuntu 24.04 see its release notes on “unprivileged user namespaces”; in a container, start it so that "
            "it may make them."
        )
    return ""


_NAMESPACES = ("--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
               "--uid", "65534", "--gid", "65534", "--hostname", "sandbox")  # fmt: skip


def run(slugs: Sequence[str], job: dict[str, Any], limits: Limits, unsafe: bool = False) -> Outcome:
    """Run a notebook's cells and return what came out.

    Never raises for what the notebook does; raises RuntimeError when the runner did not even start, which is
    the machine's fault and must cost nobody a mark.

    job: slug and cells, each with source, and value (the name of the variable to carry out) or None.
    """
    place = _place(tuple(slugs))
    full = job | {
        "cell_s": limits.cell_s,
        "cell_clock_s": limits.total_s / 2,
        "limits": {
            "AS": limits.memory_mb * 2**20,
            "CPU": limits.cpu_s,
            "FSIZE": _WRITABLE,
            "NOFILE": 256,
            "NPROC": 64,
            "CORE": 0,
        },
    }
    if unsafe:
        full["limits"].pop("NPROC")  # counts all that this user runs
    read_end, write_end = os.pipe()
    with tempfile.TemporaryDirectory(prefix="infrapm-") as work, tempfile.TemporaryFile() as filter_file, tempfile.TemporaryFile() as complaints:
        (Path(work) / "job.json").write_text(json.dumps(full), encoding="utf-8")
        filter_file.write(seccomp_filter())
        filter_file.seek(0)
        started = time.monotonic()
        if unsafe:
            command = [sys.executable, "-I", "-S", str(RUNNER), str(write_end), json.dumps([str(place), *_site_packages()])]
            environment = os.environ | _ENVIRONMENT | {name: work for name in ("HOME", "IPYTHONDIR", "MPLCONFIGDIR")}
        else:
            command, environment = _bwrap(place, filter_file.fileno(), write_end), {}
        with (Path(work) / "job.json").open("rb") as given:  # to be read, not written, by whoever has it
            process = subprocess.Popen(
                command, stdin=given, stdout=subprocess.DEVNULL, stderr=complaints, cwd=work, env=environment,
                pass_fds=(write_end, filter_file.fileno()), start_new_session=True,
            )  # fmt: skip
        os.close(write_end)
        try:
            data, ended = _read(read_end, started + limits.total_s)
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # with bubblewrap's process, everything in the sandbox ends
            process.wait()
            os.close(read_end)
        lines = _lines(data)
        if not any(line.get("started") is True for line in lines):
            complaints.seek(0)
            told = complaints.read(1000).decode(errors="replace").strip().splitlines()
            raise RuntimeError(f"the sandbox did not start: {told[-1] if told else 'it said nothing'}")
    if ended == "closed":
        ended = "done" if any(line.get("done") is True for line in lines) else "crashed"
    return Outcome(lines, ended, time.monotonic() - started)


_ENVIRONMENT = {
    "MPLBACKEND": "agg", "MPLCONFIGDIR": "/box/mpl", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8",
    "HOME": "/box", "IPYTHONDIR": "/box/ipython", "PATH": "/usr/bin", "PYTHONDONTWRITEBYTECODE": "1",
}  # fmt: skip


def _bwrap(place: Path, filter_fd: int, channel: int) -> list[str]:
    """The command that starts the runner in the sandbox."""
    python = Path(sys.executable)
    command = [shutil.which("bwrap") or "bwrap", *_NAMESPACES, "--seccomp", str(filter_fd), "--clearenv"]
    for name, value in _ENVIRONMENT.items():
        command += ["--setenv", name, value]
    for folder in ("/usr", "/lib", "/lib64", "/bin"):
        path = Path(folder)
        if path.is_symlink():
            command += ["--symlink", os.readlink(path), folder]
        elif path.is_dir():
            command += ["--ro-bind", folder, folder]
    # Before the folders of Python, which may lie in one of them.
    command += ["--size", str(_WRITABLE), "--tmpfs", "/tmp", "--size", str(_WRITABLE), "--tmpfs", "/box"]
    command += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache", "--ro-bind-try", "/etc/localtime", "/etc/localtime"]
    for folder in _python_folders():
        command += ["--ro-bind", folder, folder]
    for folder in _to_hide():
        command += ["--tmpfs", folder, "--remount-ro", folder]
    command += ["--proc", "/proc", "--dev", "/dev", "--size", str(2**20), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
    command += ["--ro-bind", str(place), "/course", "--ro-bind", str(RUNNER), "/course-runner.py"]
    for cached in place.glob("fontlist-*.json"):
        command += ["--ro-bind", str(cached), f"/box/mpl/{cached.name}"]
    command += ["--remount-ro", "/", "--chdir", "/box"]
    return [*command, str(python), "-I", "-S", "/course-runner.py", str(channel), json.dumps(["/course", *_site_packages()])]


def _site_packages() -> list[str]:
    """The folders of installed packages, of this environment and of those it borrows from."""
    return [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages") and Path(path).is_dir()]


def _python_folders() -> list[str]:
    """What Python needs: itself, its library, installed packages. Never the folder that this was started in."""
    folders = {sys.prefix, sys.base_prefix, *_site_packages(), str(Path(sys.executable).parent)}
    folders |= {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    return sorted(folder for folder in folders if Path(folder).is_dir() and Path(folder) != Path("/") and not Path(folder).is_relative_to("/usr"))


def _to_hide() -> list[str]:
    """Folders with solutions that lie among Python's own: an installed infrapm and its notebooks."""
    installed = [Path(folder) / "infrapm" for folder in _site_packages()]
    shared = [Path(prefix) / "share" / "infrapm" for prefix in {sys.prefix, sys.base_prefix, sysconfig.get_path("data")}]
    return [str(folder) for folder in [*installed, *shared] if folder.is_dir()]


@lru_cache
def _place(slugs: tuple[str, ...]) -> Path:
    """A folder with the students' package and matplotlib's list of fonts, made once for each process."""
    files = student_files(slugs)
    place = Path(tempfile.mkdtemp(prefix="infrapm-package-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    write_files(files, place)
    compileall.compile_dir(place, quiet=1)  # once, in place of once in each sandbox
    # Without the list, matplotlib would look for all fonts again in each sandbox: a second or more.
    code = "import json, sys; sys.path[:0] = json.loads(sys.argv[1]); import matplotlib.font_manager"
    environment = os.environ | _ENVIRONMENT | {"MPLCONFIGDIR": str(place)}
    subprocess.run([sys.executable, "-I", "-S", "-c", code, json.dumps(_site_packages())], env=environment, capture_output=True)
    return place


def package_digest(slugs: Sequence[str]) -> str:
    """A short name for what a submission is run with."""
    parts = [name.encode() + b"\0" + data for name, data in student_files(slugs).items()]
    return digest(b"\0".join([*parts, RUNNER.read_bytes()]))


def _read(fd: int, until: float) -> tuple[bytes, str]:
    """What comes through the pipe until it is closed, the time is over, or it is too much."""
    parts: list[bytes] = []
    size = 0
    os.set_blocking(fd, False)
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        while True:
            left = until - time.monotonic()
            if left <= 0:
                return b"".join(parts), "too long"
            if not selector.select(left):
                continue
            part = os.read(fd, 65536)
            if not part:
                return b"".join(parts), "closed"
            size += len(part)
            if size > _MOST_BYTES:
                return b"".join(parts), "too much"
            parts.append(part)


def _lines(data: bytes) -> list[dict[str, Any]]:
    """The lines that are JSON objects; anything else was not sent by the runner."""
    lines = []
    for raw in data.split(b"\n"):
        try:
            line = json.loads(raw)
        except (ValueError, RecursionError):
            continue
        if isinstance(line, dict):
            lines.append(line)
    return lines


# --- Which calls of the system the sandbox may make

_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_THREAD = 0x00010000  # CLONE_THREAD
# Starting programs, reaching into others, and memory that the limit does not count.
_FORBIDDEN = {
    "x86_64": {"fork": 57, "vfork": 58, "ptrace": 101, "shmget": 29, "memfd_create": 319, "unshare": 272, "setns": 308, "mount": 165,
               "keyctl": 250, "add_key": 248, "request_key": 249, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323,
               "io_uring_setup": 425, "memfd_secret": 447, "process_vm_readv": 310, "process_vm_writev": 311, "msgget": 68},
    "aarch64": {"ptrace": 117, "shmget": 194, "memfd_create": 279, "unshare": 97, "setns": 268, "mount": 40, "keyctl": 219,
                "add_key": 217, "request_key": 218, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "io_uring_setup": 425,
                "memfd_secret": 447, "process_vm_readv": 270, "process_vm_writev": 271, "msgget": 186},
}  # fmt: skip
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435
_EPERM, _ENOSYS = 1, 38


def seccomp_filter(machine: str = platform.machine()) -> bytes:
    """The filter for --seccomp, as the kernel reads it (classic BPF): no new processes, threads yes.

    Raises Stop on a processor for which the numbers of the calls are not written down here.
    """
    if machine not in _ARCHITECTURE:
        raise Stop(f"The sandbox knows the processors {', '.join(_ARCHITECTURE)}, and this is {machine}.")

    def instruction(code: int, k: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("=HBBI", code, if_true, if_false, k)

    load, equal, masked, give = 0x20, 0x15, 0x45, 0x06
    allow, kill = 0x7FFF0000, 0x80000000
    deny, unknown = 0x00050000 | _EPERM, 0x00050000 | _ENOSYS
    rules = [
        instruction(load, 4),  # the architecture that the call is made for
        instruction(equal, _ARCHITECTURE[machine], 1, 0),
        instruction(give, kill),
        instruction(load, 0),  # the number of the call
    ]
    if machine == "x86_64":  # the same calls under other numbers
        rules += [instruction(0x35, 0x40000000, 0, 1), instruction(give, kill)]
    for number in _FORBIDDEN[machine].values():
        rules += [instruction(equal, number, 0, 1), instruction(give, deny)]
    # clone3 hides its flags from a filter; the C library then takes clone.
    rules += [instruction(equal, _CLONE3, 0, 1), instruction(give, unknown)]
    rules += [instruction(equal, _CLONE[machine], 0, 3), instruction(load, 16), instruction(masked, _THREAD, 1, 0), instruction(give, deny)]
    return b"".join([*rules, instruction(give, allow)])
