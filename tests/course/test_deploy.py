"""The hubs of deploy/: settings load, name what exists, keep what students have; and their folders can be graded."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlparse

import jsonschema
import pytest
import yaml
from traitlets.config import Config, PyFileConfigLoader

from infrapm.course.collect import collect
from infrapm.course.folder import Course, new_course
from infrapm.course.roster import Student
from infrapm.site.chapters import ROOT
from tests.course import pupils
from tests.course.pupils import SLUG, released

DEPLOY = ROOT / "deploy"
GUIDES = sorted(DEPLOY.rglob("*.md"))
VALUES = yaml.safe_load((DEPLOY / "kubernetes" / "values.yaml").read_text(encoding="utf-8"))
SCHEMA = yaml.safe_load((ROOT / "tests" / "fixtures" / "z2jh.schema.yaml").read_text(encoding="utf-8"))


# --- The trial


@pytest.fixture
def trial(course: Course, monkeypatch: pytest.MonkeyPatch) -> Config:
    """The trial's settings, for a course that is handed out."""
    monkeypatch.setenv("INFRAPM_COURSE", str(course.path))
    monkeypatch.setenv("INFRAPM_STUDENTS", "Ann,bob,cem,dana")
    monkeypatch.setenv("PORT", "9100")
    return PyFileConfigLoader("jupyterhub_config.py", path=str(DEPLOY / "trial")).load_config()


def test_the_trial_listens_on_this_machine_alone_and_lets_in_the_roster(trial: Config) -> None:
    addresses = [trial.JupyterHub.bind_url, trial.JupyterHub.hub_bind_url, trial.ConfigurableHTTPProxy.api_url]
    assert {urlparse(address).hostname for address in addresses} == {"127.0.0.1"} and "ip" not in trial.Spawner
    assert [urlparse(address).port for address in addresses] == [9100, 9101, 9102]
    assert trial.Authenticator.allowed_users == {"ann", "bob", "cem", "dana"} and "allow_all" not in trial.Authenticator


def test_the_trial_gives_each_student_the_chapter_and_never_writes_over_a_file(trial: Config, course: Course) -> None:
    spawner = SimpleNamespace(user=SimpleNamespace(name="ann"))
    trial.Spawner.pre_spawn_hook(spawner)
    home = course.path / "hub" / "homes" / "ann"
    files = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
    assert {f"{SLUG}/{SLUG}.ipynb", f"{SLUG}/requirements.txt", f"{SLUG}/README.md"} < files
    (home / SLUG / f"{SLUG}.ipynb").write_text("mine")
    (home / SLUG / "README.md").unlink()
    trial.Spawner.pre_spawn_hook(spawner)
    assert (home / SLUG / f"{SLUG}.ipynb").read_text() == "mine" and (home / SLUG / "README.md").exists()


def test_the_trial_gives_only_ones_own_of_archives_for_each_student(trial: Config, course: Course) -> None:
    (course.path / "handout" / "economics").mkdir()
    for student in ("Ann", "bob"):
        shutil.copy(course.path / "handout" / f"{SLUG}.zip", course.path / "handout" / "economics" / f"{student}.zip")
    (course.path / "handout" / f"{SLUG}.zip").unlink()
    for name, has in (("ann", True), ("cem", False)):
        trial.Spawner.pre_spawn_hook(SimpleNamespace(user=SimpleNamespace(name=name)))
        assert (course.path / "hub" / "homes" / name).exists() is has


def test_what_the_trial_installs_is_pinned() -> None:
    lines = (DEPLOY / "trial" / "requirements.txt").read_text().splitlines()
    wanted = [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]
    assert wanted[0] == "-c ../../constraints.txt" and all(re.fullmatch(r"[\w-]+==[\w.]+", line) for line in wanted[1:])
    package = json.loads((DEPLOY / "trial" / "package.json").read_text())
    lock = json.loads((DEPLOY / "trial" / "package-lock.json").read_text())
    assert lock["packages"][""]["dependencies"] == package["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in package["dependencies"].values())
    assert all(found["integrity"] for name, found in lock["packages"].items() if name)


# --- Kubernetes


def test_the_values_are_of_the_charts_schema() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    jsonschema.validate(VALUES, SCHEMA)


@pytest.mark.parametrize(
    ("path", "value"),
    [(("singleuser", "memory", "limits"), "1G"), (("singleuser", "defaultUrl"), 7), (("cull", "timeout"), "3600"), (("singleuser", "storage", "type"), "shared")],
    ids=lambda given: ".".join(given) if isinstance(given, tuple) else None,
)
def test_a_slip_in_the_values_would_be_found(path: tuple[str, ...], value: Any) -> None:
    values = deepcopy(VALUES)
    place = values
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(values, SCHEMA)


def test_the_container_unpacks_the_hand_out_and_keeps_what_is_there(tmp_path: Path) -> None:
    program, flag, line = VALUES["singleuser"]["lifecycleHooks"]["postStart"]["exec"]["command"]
    handout, home = tmp_path / "handout", tmp_path / "home"
    for name in ("availability/availability.ipynb", "availability/README.md"):
        (handout / name).parent.mkdir(parents=True, exist_ok=True)
        (handout / name).write_text("ours")
    (home / "availability").mkdir(parents=True)
    (home / "availability" / "availability.ipynb").write_text("mine")
    line = line.replace("/opt/handout", str(handout)).replace(VALUES["singleuser"]["storage"]["homeMountPath"], str(home))
    subprocess.run([program, flag, line], check=True, capture_output=True)
    assert (home / "availability" / "availability.ipynb").read_text() == "mine"
    assert (home / "availability" / "README.md").read_text() == "ours"


def test_the_lti_settings_are_the_same_in_the_guide_and_in_the_values() -> None:
    [code] = re.findall(r"```python\n(.*?)```", (DEPLOY / "README.md").read_text(encoding="utf-8"), re.S)
    c = Config()
    exec(code, {"c": c})
    assert {name: dict(part) for name, part in c.items()} == VALUES["hub"]["config"]


# --- Work comes back


@pytest.fixture
def homes(course: Course, tmp_path: Path) -> Path:
    """Homes as hubs name them, with what lies about in a home."""
    copy, code = released(course), course.code(SLUG)
    homes = tmp_path / "homes"
    for name in ("ann", "jupyter-bob", "cem-example-edu---1a2b3c4d"):
        pupils.save(pupils.right(SLUG, copy, code), homes / name / SLUG / f"{SLUG}.ipynb")
        pupils.save(pupils.blank(copy), homes / name / SLUG / ".ipynb_checkpoints" / f"{SLUG}-checkpoint.ipynb")
        (homes / name / SLUG / "README.md").write_text("to read")
        (homes / name / ".config").mkdir()
    (homes / "dana" / SLUG).mkdir(parents=True)
    (homes / "dana" / SLUG / f"{SLUG}.ipynb").symlink_to(homes / "ann" / SLUG / f"{SLUG}.ipynb")
    return homes


def collected(course: Course, homes: Path) -> list[str]:
    told = collect(course, SLUG, homes)
    assert not told.unknown
    return sorted(told.new)


def test_a_hubs_homes_can_be_graded_as_they_are(course: Course, homes: Path) -> None:
    assert collected(course, homes) == ["ann", "bob", "cem"]


def test_the_command_that_collects_takes_the_notebooks_with_their_dates_and_nothing_else(course: Course, homes: Path, tmp_path: Path) -> None:
    [command] = re.findall(r"```sh\n(mkdir .*?)```", (DEPLOY / "README.md").read_text(encoding="utf-8"), re.S)
    downloads = tmp_path / "downloads"
    subprocess.run(["sh", "-c", command.replace("~/downloads", str(downloads)).replace("HOMES", str(homes))], check=True)
    files = {path.relative_to(downloads).as_posix() for path in downloads.rglob("*") if not path.is_dir()}
    assert files == {f"{name}/{SLUG}/{SLUG}.ipynb" for name in ("ann", "jupyter-bob", "cem-example-edu---1a2b3c4d")}
    assert all((downloads / name).stat().st_mtime_ns == (homes / name).stat().st_mtime_ns for name in files)
    assert collected(course, downloads) == ["ann", "bob", "cem"]


def test_a_home_whose_student_is_not_clear_is_asked_for(homes: Path, tmp_path: Path) -> None:
    course = new_course(tmp_path / "other", [SLUG], [Student("x1", "Ann Lee", {}), Student("x2", "Ann Ray", {})])
    told = collect(course, SLUG, homes)
    assert f"ann/{SLUG}/{SLUG}.ipynb" in dict(told.unknown) and not told.new


# --- The guides


def links() -> Iterator[tuple[Path, str]]:
    for guide in GUIDES:
        yield from ((guide, link) for link in re.findall(r"\]\(([^)]+)\)", guide.read_text(encoding="utf-8")))


@pytest.mark.parametrize(("guide", "link"), list(links()), ids=lambda given: getattr(given, "name", given))
def test_a_link_of_the_guides_leads_somewhere(guide: Path, link: str) -> None:
    if urlparse(link).scheme:
        assert urlparse(link).scheme == "https"
        return
    path, _, heading = link.partition("#")
    target = guide.parent / path if path else guide
    assert target.exists()
    headings = {re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-") for line in target.read_text(encoding="utf-8").splitlines() if line.startswith("#")}
    assert not heading or heading in headings
