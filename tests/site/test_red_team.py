"""The red team's documents are checked with file and line, and stand on the page with their ledgers."""

import html
import re
import shutil

import pytest

from infrapm.exercises._red_team import CLASSES, red_document
from infrapm.site.chapters import ROOT
from infrapm.site.red_team import document_problems

DATA = ROOT / "infrapm" / "data"


@pytest.fixture
def spoiled(tmp_path):
    """A function that replaces a text in a copy of document A, and tells the problems and the line of the new text."""

    def spoil(old, new):
        file = tmp_path / "mistakes-a.toml"
        shutil.copy(DATA / "mistakes-a.toml", file)
        text = file.read_text(encoding="utf-8")
        assert text.count(old) >= 1, old
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        line = text[: text.index(old)].count("\n") + 1
        return document_problems(file), line

    return spoil


@pytest.mark.parametrize(
    "old, new, words",
    [
        ("tell = 1", "tell = 4", "4 is not one of [1, 2, 3]"),
        ('class = "weak-observability"', 'class = "bad"', "'bad' is no class of mistake"),
        ('span = ["For resilience the library, the sidecar and the gateway"]', 'span = ["For resilience we"]', "0 sentences open with"),
        ('span = ["For resilience the library, the sidecar and the gateway"]', 'span = ["Time-outs", "The "]', "sentences open with 'The '"),
        ('span = ["For resilience the library, the sidecar and the gateway"]', 'span = ["The catalog of services"]', "A2 stands in the same paragraph"),
        ("question = \"What would you do differently after one failed undo?\"", 'question = "Do better."', "does not match"),
        ("retries = [2, 3, 4]", "tries = [2, 3, 4]", "is no parameter"),
        ("expected = 64", "", "'expected' is a required property"),
        ('title = "Availability"', "title = 3", "3 is not of type 'string'"),
        ("[parameters]", "[parameters", "Expected"),
    ],
)
def test_a_slip_is_told_with_its_file_and_line(spoiled, old, new, words):
    problems, line = spoiled(old, new)
    assert len(problems) == 1 and words in problems[0], problems
    told = int(re.match(r"mistakes-a\.toml:(\d+): ", problems[0])[1])
    assert line - 9 <= told <= line + 1, (told, line)  # of a missing key, the head of its table


def test_a_decoy_beside_a_flaw_is_told(spoiled):
    problems, _ = spoiled('span = "If the zones lose sight of each other, the side without a majority"', 'span = "Time-outs are"')
    assert len(problems) == 1 and "A3 stands in the same paragraph" in problems[0]


def test_whole_files_have_no_problem():
    assert [document_problems(DATA / f"mistakes-{letter}.toml") for letter in "abc"] == [[], [], []]


@pytest.fixture(scope="module")
def page(book):
    return (book / "book" / "mistakes.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("letter", "abc")
def test_the_page_reads_without_a_script(page, letter):
    part = re.search(rf'<section class="ip-redteam" id="red-team-{letter}".*?</section>\s*</div>', page, re.S)[0]
    doc = red_document("mistakes", letter)
    said = [re.sub(r"<[^>]+>", "", sentence) for sentence in re.findall(r'<label class="rt-sentence".*?</label>', part, re.S)]
    assert len(said) == len(doc.sentences)
    assert html.unescape(said[0]).strip() == doc.filled(doc.sentences[0], doc.book)
    assert part.count('type="checkbox" hidden') == len(doc.sentences), "the script makes them selectable"
    assert '<details class="rt-ledger"><summary>' in part, "the ledger is folded"
    assert "{calc}" not in part and "Made up for this book" in part
    for flaw in doc.flaws:
        assert CLASSES[flaw.kind] in part and f'id="task-{flaw.id.lower()}"' in part
    assert part.count("<textarea") == 4


def test_a_task_of_the_ledger_stands_on_the_page_once(page):
    for letter in "abc":
        for flaw in red_document("mistakes", letter).flaws:
            assert page.count(f'id="task-{flaw.id.lower()}"') == 1


def test_the_script_is_on_pages_with_the_part_alone(book):
    with_script = [path.name for path in (book / "book").rglob("*.html") if "red-team.js" in path.read_text(encoding="utf-8")]
    assert with_script == ["mistakes.html"]
