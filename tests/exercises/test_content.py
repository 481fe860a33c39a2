"""The words to work with: every chapter's file is whole, and what it says is computed and true."""

import re

import pytest
from scipy.stats import chi2

from infrapm.exercises import chapter
from infrapm.exercises._content import LABELS, content, spine
from infrapm.exercises._numbers import computed, filled
from infrapm.explore.tasks import NumericTask
from infrapm.site.chapters import ROOT, slugs
from infrapm.site.study import data_problems, line_of

CHAPTERS = slugs()


def texts(value):
    """Every text in a structure of dataclasses, tuples and dicts."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for inner in value.values() for text in texts(inner))
    elif isinstance(value, tuple):
        yield from (text for inner in value for text in texts(inner))
    elif hasattr(value, "__dataclass_fields__"):
        yield from (text for name in value.__dataclass_fields__ for text in texts(getattr(value, name)))


@pytest.mark.parametrize("slug", CHAPTERS)
def test_the_file_keeps_to_the_schema(slug):
    assert data_problems(ROOT / "infrapm" / "data" / f"{slug}.toml") == []


@pytest.mark.parametrize("slug", CHAPTERS)
def test_every_number_can_be_computed(slug):
    for text in texts(content(slug)):
        assert "{calc}" not in filled(text, slug.replace("-", "_"))


@pytest.mark.parametrize("slug", CHAPTERS)
def test_lengths(slug):
    module = slug.replace("-", "_")
    assert len(filled(content(slug).decision.case, module).split()) <= 120
    judgment = content(slug).judgment
    for anchor in judgment.anchors:
        assert len(filled(anchor.text, module).split()) <= judgment.words
    assert len(filled(judgment.model_answer, module).split()) <= judgment.words


@pytest.mark.parametrize("slug", CHAPTERS)
def test_anchors_are_of_three_bands_and_not_in_order(slug):
    bands = [anchor.band for anchor in content(slug).judgment.anchors]
    assert sorted(bands) == [2, 3, 5]
    assert bands != sorted(bands)


@pytest.mark.parametrize("slug", CHAPTERS)
def test_the_deciding_sentence_stands_in_the_anchor(slug):
    module = slug.replace("-", "_")
    for anchor in content(slug).judgment.anchors:
        quoted = re.match(r"“([^”]+)”", filled(anchor.deciding, module))
        assert quoted, anchor.deciding
        assert quoted[1].rstrip(".") in re.sub(r"\s+", " ", filled(anchor.text, module))


@pytest.mark.parametrize("slug", CHAPTERS)
def test_predictions_open_explorers_that_exist(slug):
    explorers = {explorer.id for explorer in chapter(slug).EXPLORERS}
    assert {prediction.explorer for prediction in content(slug).predictions} <= explorers


NUMERIC = [(slug, task) for slug in CHAPTERS for task in chapter(slug).TASKS if isinstance(task, NumericTask)]


@pytest.mark.parametrize("slug", CHAPTERS)
def test_a_chapter_names_wrong_numbers_to_expect(slug):
    numeric = [task for of, task in NUMERIC if of == slug]
    assert any(task.slips(task.parameters()) for task in numeric) or not numeric


def typed(task, value):
    """A number as a reader types it."""
    return f"{100 * value!r}%" if task.unit == "%" else f"{value!r} {task.unit}"


@pytest.mark.parametrize("slug, task", NUMERIC, ids=lambda value: getattr(value, "id", value))
@pytest.mark.parametrize("seed", range(6))
def test_a_wrong_number_to_expect_is_named_and_the_right_one_is_not_told(slug, task, seed):
    parameters = task.parameters(seed)
    said = [slip.feedback for slip in task.slips(parameters)]
    for place, slip in enumerate(task.slips(parameters)):
        judged = task.check(typed(task, slip.value), seed)
        # With some parameters a wrong way leads to the right number, or to that of an earlier one; in the book's, never.
        assert judged.message in said[: place + 1] or (seed and judged.status == "right")
        assert judged.message == slip.feedback or seed
        assert task.shown(task.expected(parameters)) not in re.findall(r"[\d,.]*\d%?", slip.feedback)


@pytest.mark.parametrize("slug", CHAPTERS)
def test_every_objective_is_exercised(slug):
    page = (ROOT / "book" / f"{slug}.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\d+\. ", page.split("## After this chapter you can")[1].split("##")[0], re.M)
    exercised = {question.objective for question in content(slug).questions} | {task.objective for task in chapter(slug).TASKS}
    assert exercised | {content(slug).judgment.objective} == set(range(1, len(listed) + 1))


@pytest.mark.parametrize("slug", CHAPTERS)
def test_every_misconception_is_met(slug):
    filling = content(slug)
    met = {option.misconception for choice in filling.choices for option in choice.options} - {""}
    assert met == set(filling.misconceptions)


def test_the_spine_has_five_bands_and_traits():
    assert list(spine()["bands"]) == [1, 2, 3, 4, 5]
    assert spine()["traits"] == ("Decision", "Numbers", "Harm", "Trade-off", "Reversal")
    assert len(LABELS) == 6


# The numbers that the availability chapter rests on, by arithmetic written here.
PAIR_DOWN = 0.1 * 0.001 + (1 - 0.1 * 0.001) * (0.9 * 0.001) ** 2
THREE_DOWN = 0.1 * 0.001 + (1 - 0.1 * 0.001) * (0.9 * 0.001) ** 3
HALF_DOWN = 0.05 * 0.001 + (1 - 0.05 * 0.001) * (0.95 * 0.001) ** 2
YEAR_MIN = 365 * 1440


@pytest.mark.parametrize(
    "place, number",
    [
        (lambda c: c.decision.case, f"{100 * (1 - PAIR_DOWN) * 0.9999**3:.4f}%"),
        (lambda c: c.decision.after, f"third copy saves {YEAR_MIN * (PAIR_DOWN - THREE_DOWN):.2f}"),
        (lambda c: c.decision.after, f"staging {YEAR_MIN * (PAIR_DOWN - HALF_DOWN):.0f}"),
        (lambda c: c.decision.after, f"the cache up to {YEAR_MIN * 0.0001:.0f}"),
        (lambda c: c.prediction("third-copy").after, f"{60 * YEAR_MIN * (PAIR_DOWN - THREE_DOWN):.0f} seconds"),
        (lambda c: c.judgment.facts[0], f"{100 * (1 - (18 + 41 + 9) / YEAR_MIN):.4f}%"),
        (lambda c: c.judgment.facts[1], f"{(1 - 0.9999**3) * 43200:.1f} minutes"),
        (lambda c: c.judgment.facts[2], f"{0.00001 * 43200 * 60:.1f} seconds"),
        (lambda c: c.judgment.facts[2], f"{25 / (0.00001 * 43200):.0f} months"),
        (lambda c: c.judgment.facts[3], f"{3 * 0.25 * 100_000:,.0f} USD"),
    ],
)
def test_numbers_of_the_availability_chapter(place, number):
    assert number in filled(place(content("availability")), "availability")


def test_intervals_of_a_poisson_count():
    """Stated in the chapter and in a question; the exact interval from the chi-squared distribution."""
    page = (ROOT / "book" / "availability.md").read_text(encoding="utf-8")
    low, high = chi2.ppf(0.025, 2 * 3) / 2, chi2.ppf(0.975, 2 * 3 + 2) / 2
    assert f"from {low:.1f} to {high:.1f} a year (95% interval for a Poisson count)" in page
    low, high = chi2.ppf(0.025, 2) / 2, chi2.ppf(0.975, 4) / 2
    said = next(question for question in content("availability").questions if question.id == "delivered").options[1].feedback
    assert f"from {low:.2f} to {high:.1f} a year (95% interval for a Poisson count)" in said


def test_what_a_reader_is_told_to_try():
    """After the prediction of the next step: another setting, another leader."""

    def saved(dependencies, copy_down, beta):
        def down(copies, share):
            common = share * copy_down
            return common + (1 - common) * ((1 - share) * copy_down) ** copies

        now = 1 - (1 - down(2, beta)) ** dependencies
        return {
            "more": now - (1 - (1 - down(3, beta)) ** dependencies),
            "half": now - (1 - (1 - down(2, beta / 2)) ** dependencies),
            "fewer": now - (1 - (1 - down(2, beta)) ** (dependencies - 1)),
        }

    def leader(*setting):
        return max(saved(*setting), key=saved(*setting).get)

    assert leader(3, 0.001, 0.1) == "half"
    assert leader(2, 0.001, 0.1) == "fewer"
    assert leader(3, 0.03, 0.02) == "more"


def test_the_authors_choice_of_the_decision_saves_most():
    saved = {"copy": PAIR_DOWN - THREE_DOWN, "staged": PAIR_DOWN - HALF_DOWN, "cache": 0.0001, "sign": 0.0}
    assert content("availability").decision.right == max(saved, key=saved.get)


def test_the_prediction_of_the_next_step():
    saved = {"more": 3 * (PAIR_DOWN - THREE_DOWN), "half": 3 * (PAIR_DOWN - HALF_DOWN), "fewer": PAIR_DOWN}
    assert content("availability").prediction("next-step").right == max(saved, key=saved.get)


WHOLE = (ROOT / "infrapm" / "data" / "availability.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "old, new, said",
    [
        ('right = "cache"', 'right = "none"', "'none' is not the key of an option"),
        ('misconception = "M4"', 'misconception = "M9"', "'M9' is not in [misconceptions]"),
        ("objective = 3\n", "objective = 9\n", "9 is greater than the maximum of 5"),
        ("objective = 3\n", "", "'objective' is a required property"),
        ("band = 3\n", "band = 4\n", "4 is not one of [2, 3, 5]"),
        ('words = 150', 'words = "many"', "'many' is not of type 'integer'"),
        ("[card]", "[cards]", "Additional properties are not allowed"),
        ("needs_model = true", "needs_model = false", "at least two questions need a model"),
        ("[judgment]\n", "[judgment\n", "Expected ']'"),
    ],
)
def test_a_slip_in_a_data_file_is_named_with_its_line(tmp_path, old, new, said):
    assert old in WHOLE
    file = tmp_path / "made-up.toml"
    file.write_text(WHOLE.replace(old, new), encoding="utf-8")
    problems = "\n".join(data_problems(file))
    assert said in problems
    assert re.search(r"^made-up\.toml:\d+: ", problems, re.M)


def test_line_of_counts_tables_and_keys():
    text = '[a]\nx = 1\n[[b]]\ny = 1\n[[b]]\ny = 2\n[[b.c]]\nz = 3\n'
    assert line_of(text, ["a", "x"]) == 2
    assert line_of(text, ["b", 1, "y"]) == 6
    assert line_of(text, ["b", 1, "c", 0, "z"]) == 8


def test_a_number_that_cannot_be_computed_says_why():
    with pytest.raises(NameError, match="no_such_model"):
        computed("no_such_model(1)", "availability")
