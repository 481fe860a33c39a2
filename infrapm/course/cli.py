"""The command `infrapm`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .files import Stop

_EXIT = """exit codes:
  0  done
  1  stopped, and the sentence says why; nothing was lost
  2  the command was not understood
  3  done, and something waits for you: files without a student, marks that cannot be read, submissions that did not run
"""
_COURSE = "the course: its name, when its folder is courses/NAME, or the path of the folder"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        return given.act(given)
    except Stop as stop:
        print(f"infrapm: {stop}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as missing:
        print(f"infrapm: the package {missing.name} is missing. The commands for a class need all of requirements.txt.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninfrapm: stopped. Nothing was lost; the same command goes on from here.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 1


def _parser() -> argparse.ArgumentParser:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="infrapm", description="Hand chapters out to a class, grade them in safety, give feedback.", epilog=_EXIT, formatter_class=form)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    course = commands.add_parser("course", help="make a course, change its roster, see how it stands")
    parts = course.add_subparsers(metavar="COMMAND", required=True)

    new = parts.add_parser("new", help="make a folder for a course", formatter_class=form, epilog="example:\n  infrapm course new sre-2026 --roster students.csv --chapters availability consistency")
    new.add_argument("name", help="letters, digits, . _ -; or the path of a folder that is not there yet")
    new.add_argument("--roster", type=Path, metavar="CSV", help="the class: a list exported from the LMS, or one you typed, with a header")
    new.add_argument("--chapters", nargs="+", metavar="CHAPTER", help="the chapters of the course (default: all that there are)")
    new.add_argument("--seed", default="", help="a text from which all numbers are drawn (default: a random one)")
    new.set_defaults(act=_new)

    roster = parts.add_parser("roster", help="read the class list again: new students are added, names and columns brought up to date")
    roster.add_argument("file", type=Path, metavar="CSV")
    roster.add_argument("--course", required=True, help=_COURSE)
    roster.set_defaults(act=_roster)

    status = parts.add_parser("status", help="who handed in, what waits, how the class did, what looks odd")
    status.add_argument("--course", required=True, help=_COURSE)
    status.add_argument("chapters", nargs="*", metavar="CHAPTER", help="only these")
    status.set_defaults(act=_status)

    handout = commands.add_parser("handout", help="write a zip a chapter for the students", formatter_class=form, epilog="example:\n  infrapm handout availability consistency --course sre-2026")
    handout.add_argument("chapters", nargs="+", metavar="CHAPTER")
    handout.add_argument("--course", required=True, help=_COURSE)
    handout.add_argument("--per-student", action="store_true", help="other numbers for each student: one zip for each of the roster")
    handout.add_argument("--again", action="store_true", help="let it count although another version of the chapter was handed out before")
    handout.set_defaults(act=_handout)

    grade = commands.add_parser(
        "grade", help="grade a chapter; run it again after marking, and after resubmissions", formatter_class=form,
        epilog="examples:\n  infrapm grade availability --course sre-2026 --from downloads/\n"
        "  infrapm grade availability --course sre-2026        folds in the marks of marking/availability.csv\n\n" + _EXIT,
    )  # fmt: skip
    grade.add_argument("chapter", metavar="CHAPTER")
    grade.add_argument("--course", required=True, help=_COURSE)
    grade.add_argument("--from", dest="source", type=Path, metavar="PATH", help="a folder or zip with what was handed in, as the LMS gives it")
    grade.add_argument("--scheduler", default="", metavar="ADDRESS", help="grade on a Dask cluster, such as tcp://10.0.0.5:8786")
    grade.add_argument("--workers", type=_positive, default=0, metavar="N", help="submissions at once on this machine (default: its cores)")
    grade.add_argument("--time-limit", type=_positive, default=30, metavar="S", help="seconds of the processor for one submission (default: 30)")
    grade.add_argument("--memory-limit", type=_positive, default=1024, metavar="MB", help="memory for one submission (default: 1024 MB)")
    grade.add_argument("--unsafe", action="store_true", help="run submissions without a sandbox: they can then read and change all that you can")
    grade.set_defaults(act=_grade)
    return parser


def _positive(text: str) -> int:
    number = int(text) if text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 1")
    return number


def _course_path(name: str) -> Path:
    """courses/NAME, or the path when it is one."""
    return Path(name) if "/" in name or (Path(name) / "course.toml").exists() else Path("courses") / name


def _bar(what: str, total: int):
    from tqdm import tqdm

    return tqdm(total=total, desc=what, unit="", disable=None, leave=False, file=sys.stderr)  # quiet unless in a terminal


def _new(given: argparse.Namespace) -> int:
    from .folder import new_course
    from .gradebook import opened
    from .questions import chapters
    from .roster import import_roster

    students = import_roster(given.roster) if given.roster else ()
    path = _course_path(given.name)
    course = new_course(path, given.chapters or chapters(), students, given.seed)
    with opened(course):
        pass
    print(f"The course {course.name} is in {path}, with {len(students)} students and the chapters {', '.join(course.chapters)}.")
    print(f"Next: write the due dates into {path / 'chapters.csv'} and look at {path / 'points.csv'}; then infrapm handout CHAPTER --course {given.name}")
    if not students:
        print(f"The class is empty: infrapm course roster FILE --course {given.name}")
    return 0


def _roster(given: argparse.Namespace) -> int:
    from .folder import Course
    from .roster import import_roster, write_roster

    course = Course(_course_path(given.course))
    with course.alone():
        now = {student.id: student for student in import_roster(given.file)}
        before = {student.id: student for student in course.students}
        write_roster(course.path / "roster.csv", list((before | now).values()))
    added, gone = [id for id in now if id not in before], [id for id in before if id not in now]
    print(f"{len(added)} added, {len(now) - len(added)} there already.")
    if gone:
        print(f"Not in the new list, and kept: {', '.join(gone)}. To remove somebody, delete the line in {course.path / 'roster.csv'}.")
    return 0


def _handout(given: argparse.Namespace) -> int:
    from .folder import Course
    from .handout import hand_out

    course = Course(_course_path(given.course))
    with course.alone():
        for slug in dict.fromkeys(given.chapters):
            with _bar(f"Searching {slug}", len(course.students) if given.per_student else 1) as progress:

                def steps(items, progress=progress):
                    for item in items:
                        yield item
                        progress.update()

                made = hand_out(course, slug, given.per_student, given.again, steps)
            where = made.archives[0].parent if given.per_student else made.archives[0]
            count = f"{len(made.archives)} archives in {where}" if given.per_student else f"{where}"
            print(f"{count}: {made.secrets} secrets looked for in {made.files} files, none found." + (" (Nothing has changed since.)" if made.unchanged else ""))
    return 0


def _grade(given: argparse.Namespace) -> int:
    from .folder import Course
    from .grade import grade
    from .sandbox import Limits

    course = Course(_course_path(given.course))
    if given.unsafe:
        print("Without a sandbox: what students wrote can read and change all that you can, and reach the network.", file=sys.stderr)
    limits = Limits(given.memory_limit, cell_s=-(-given.time_limit // 3), cpu_s=given.time_limit, total_s=4 * given.time_limit)
    with course.alone():
        done = grade(course, given.chapter, given.source, _bar, given.scheduler, given.workers, limits, given.unsafe)
    waits = False
    if done.collected:
        came = done.collected
        print(f"{len(came.new)} new or changed, {came.unchanged} as before" + (f", {came.others} other files left alone" if came.others else "") + ".")
        if came.unknown:
            waits = True
            print(f"Whose file is this? Write the student into {course.path / 'names.csv'}, and run the command again:")
            print(*(f"  {path}: {why}" for path, why in came.unknown), sep="\n")
        if came.refused:
            waits = True
            print("Not taken:", *(f"  {path}: {why}" for path, why in came.refused), sep="\n")
        if came.instead:
            print(f"Nothing of {given.chapter}, but another file:", *(f"  {student}: {what}" for student, what in came.instead.items()), sep="\n")
        if came.older:
            print(f"Older than what is there, and kept aside in received/: {', '.join(came.older)}.")
    print(f"{done.submissions} submissions, {done.ran} of them run now, {len(done.changes)} marks changed.")
    if fallen := done.fallen:
        told = ", ".join(f"{student} (-{points:g})" for student, points in fallen.items())
        print(f"Fewer points than before, since the latest file counts; the earlier ones are in {course.path / 'received' / given.chapter}: {told}.")
    if done.failed:
        waits = True
        print("Not run, to be tried again:", *(f"  {student}: {why}" for student, why in done.failed), sep="\n")
    if done.problems:
        waits = True
        print("Marks that cannot be read, and were left as they were:", *(f"  {problem}" for problem in done.problems), sep="\n")
    if done.to_mark:
        print(f"{done.to_mark} answers wait for a mark: fill the column band in {done.sheet}, and run the same command again.")
    if done.without_band:
        print(f"A comment or a trait, and no band: {', '.join(done.without_band)}.")
    if done.flagged:
        print(f"{done.flagged} submissions are odd: infrapm course status --course {given.course}")
    print(f"Marks: {done.grades}. Feedback: {course.path / 'feedback'}.")
    return 3 if waits else 0


def _status(given: argparse.Namespace) -> int:
    from .folder import Course
    from .status import status_text

    course = Course(_course_path(given.course))
    for slug in given.chapters:
        course.chapter(slug)
    print(status_text(course, given.chapters or list(course.chapters)))
    return 0
