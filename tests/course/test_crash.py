"""Killed at any moment, a run of grading is repeated and ends with the same grade book."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from infrapm.course.files import write_bytes
from infrapm.site.chapters import ROOT
from tests.course.pupils import needs_sandbox

KILLS = 50


@needs_sandbox
def test_fifty_kills_at_random_points_change_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.course.kills", str(tmp_path), str(KILLS), "a seed of this test"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["differing"] == []
    assert told["counts"]["killed in a step"] >= 35 and told["counts"]["killed at a time"] >= 3
    assert min(told["steps"].values()) >= 15  # files put in place and transactions, in each of the two stages


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "marks.csv"
    assert write_bytes(path, b"first") and not write_bytes(path, b"first")
    assert write_bytes(path, b"second") and path.read_bytes() == b"second"
    assert [file.name for file in path.parent.iterdir()] == ["marks.csv"]
