"""Numbers in prose: what they show, and that a slip of the author stops the build with file and line."""

from __future__ import annotations

import pytest

from infrapm.exercises._numbers import computed, names_for
from tests.fixtures.small_book import SmallBook

CHAPTER = "availability"


@pytest.mark.parametrize(
    "expression, shown",
    [
        ("0.75", "0.75"),
        ("2 / 3", "0.6667"),
        ("1234567", "1234567"),
        ("'as it is'", "as it is"),
        ("nines_of(1).nines", "unlimited"),
        # A format after a colon, as in an f-string
        ("0.75:.0%", "75%"),
        ("2 / 3:.2f", "0.67"),
        ("1234567:,", "1,234,567"),
        ("{'a': 2}['a']:.1f", "2.0"),
        # The chapter's own models by name, others by module, and the formatters
        ("allowed_downtime(0.999, 'month').downtime_s / 60", "43.2"),
        ('allowed_downtime(0.999, "month").downtime_s / 60:.3f', "43.200"),
        ("availability.allowed_downtime(0.999, 'year').downtime_s / 3600", "8.76"),
        ("duration_text(2592)", "43.2 min"),
        ("percent_text(0.9999 ** 12)", "99.88%"),
        ("number_text(math.pi, 3)", "3.14"),
        ("count_text(1, 'copy', 'copies')", "1 copy"),
        ("max(1, 3) - min(1, 3) + round(0.6) + sum([1])", "4"),
    ],
)
def test_what_is_shown(expression: str, shown: str) -> None:
    assert computed(expression, CHAPTER) == shown


def test_a_page_without_models_has_all_modules_and_no_functions() -> None:
    names = names_for("index")
    assert computed("availability.nines_of(0.99).nines", "index") == "2"
    assert "nines_of" not in names and "_validate" not in names


@pytest.mark.parametrize("expression", ["open('x')", "__import__('os')", "eval('1')", "print(1)"])
def test_prose_only_computes(expression: str) -> None:
    with pytest.raises(NameError):
        computed(expression, CHAPTER)


# What an author may get wrong: each on a page of its own, on line 3.
FAULTS: dict[str, tuple[str, str]] = {
    "unknown-name": ("allowed_down(0.999)", "NameError: name 'allowed_down' is not defined"),
    "percent": (
        "allowed_downtime(99.9, 'month').downtime_s",
        "ValueError: availability must be a number from 0 to 1; got 99.9 (did you mean 0.999?)",
    ),
    "unknown-argument": ("allowed_downtime(0.999, period='month')", "TypeError: allowed_downtime() got an unexpected"),
    "whole-result": ("allowed_downtime(0.999, 'month')", "TypeError: "),
    "unknown-field": ("nines_of(0.999).nine", "AttributeError: 'Nines' object has no attribute 'nine'"),
    "division": ("1 / 0", "ZeroDivisionError: division by zero"),
    "division-formatted": ("1 / 0:.2f", "ZeroDivisionError: division by zero"),
    "open-bracket": ("nines_of(0.999", "SyntaxError: "),
    "format": ("0.5:.2q", "ValueError: "),
    "nothing": ("None", "TypeError: "),
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    pages = {f"{name}/availability.md": f"# T\n\nIt is {{calc}}`{slip}` so.\n" for name, (slip, _) in FAULTS.items()}
    pages["table/availability.md"] = "# T\n\n| a | b |\n| - | - |\n| 1 | {calc}`2 / 4` |\n| 2 | {calc}`lost` |\n"
    pages["list/availability.md"] = "# T\n\n- {calc}`math.sqrt(16)`\n- {calc}`lost`\n"
    pages["right/availability.md"] = "# T\n\nThree nines: {calc}`duration_text(allowed_downtime(0.999, 'year').downtime_s)`.\n"
    return SmallBook(tmp_path_factory.mktemp("numbers"), pages)


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_computed_is_told_with_file_and_line(book: SmallBook, name: str) -> None:
    slip, problem = FAULTS[name]
    (told,) = book.told(f"{name}/availability.md", "ERROR")
    assert told.startswith(f"3: cannot compute {slip!r}: {problem}")


@pytest.mark.parametrize("page, line", [("table", 6), ("list", 4)])
def test_the_line_is_that_of_the_number_not_of_the_table(book: SmallBook, page: str, line: int) -> None:
    told = book.told(f"{page}/availability.md", "ERROR")
    assert told == [f"{line}: cannot compute 'lost': NameError: name 'lost' is not defined"]


def test_another_chapter_s_model_is_told_with_its_module() -> None:
    with pytest.raises(NameError, match="name 'error_budget' is not defined; it may be slo.error_budget$"):
        computed("error_budget(0.999, 1, 0).budget_events", CHAPTER)
    # Not consistency.composite_availability, which that module imports.
    with pytest.raises(NameError, match="'composite_availability' is not defined; it may be availability.composite_availability$"):
        computed("composite_availability(k=1, n=2, availability=0.999).availability:.3f", "slo")


def test_such_a_build_fails(book: SmallBook) -> None:
    assert book.failed


def test_what_can_be_computed_stands_in_the_text(book: SmallBook) -> None:
    assert "Three nines: 8.76 h." in book.text("right/availability.md")
    assert "0.5" in book.text("table/availability.md")
    assert book.told("right/availability.md", "ERROR") == []
