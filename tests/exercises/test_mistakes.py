"""The exercises of "Eight ways to lose": explorers and tasks against arithmetic written here, the red team's flaws
against independent libraries and paper, the score of a review against a count by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import power_proportions_2indep

from infrapm.exercises import call, page_picture
from infrapm.exercises import mistakes as chapter
from infrapm.exercises._content import content
from infrapm.exercises._numbers import filled
from infrapm.exercises._red_team import CLASSES, number, red_document, result
from infrapm.exercises._review import FIRST_TOKENS, LATER_TOKENS, Flag, red_team, score, share_text
from infrapm.exercises.mistakes import (
    BILL,
    COSTS,
    EXPLORERS,
    FADE,
    GUARD,
    ORDER,
    PAYS,
    RANK,
    ROOM,
    SOUND,
    TASKS,
    TRAFFIC,
)
from infrapm.explore.tasks import NumericTask, Task
from infrapm.site.pages import _VEGA_LITE_VERSION
from infrapm.site.red_team import document_problems
from infrapm.site.study import ROOT

SEEDS = range(120)
LETTERS = chapter.DOCUMENTS
by_letter = pytest.mark.parametrize("id", LETTERS)
PB = 1024**2  # GB


def document(id: str) -> Any:
    return red_document("mistakes", id)


def members(task: Task) -> list[int]:
    """One seed for each member of the family that the seeds give."""
    return list({repr(task.parameters(seed)): seed for seed in reversed(SEEDS)}.values())


# --- The documents


@by_letter
def test_a_document_keeps_to_the_schema(id: str) -> None:
    assert document_problems(ROOT / "infrapm" / "data" / f"mistakes-{id}.toml") == []


@by_letter
def test_a_document_has_four_flaws_and_two_decoys_in_about_600_words(id: str) -> None:
    doc = document(id)
    words = sum(len(doc.filled(sentence, doc.book).split()) for sentence in doc.sentences)
    assert 550 <= words <= 650
    assert len(doc.flaws) == 4 and len(doc.decoys) == 2
    assert {flaw.tell for flaw in doc.flaws} == {1, 2, 3}, "easy and hard to see"
    assert all(flaw.id == f"{id.upper()}{place}" for place, flaw in enumerate(doc.flaws, 1))


@by_letter
def test_no_paragraph_holds_two_of_them(id: str) -> None:
    doc = document(id)
    paragraphs = [paragraph for _, section in doc.sections for paragraph in section]
    paragraph_of = [at for at, paragraph in enumerate(paragraphs) for _ in paragraph]
    planted = [{paragraph_of[n - 1] for n in flaw.sentences} for flaw in doc.flaws]
    planted += [{paragraph_of[decoy.sentence - 1]} for decoy in doc.decoys]
    assert all(not one & other for one, other in combinations(planted, 2))


def test_every_class_of_mistake_is_planted() -> None:
    assert {flaw.kind for letter in LETTERS for flaw in document(letter).flaws} == set(CLASSES)


@by_letter
def test_the_numbers_of_a_flaw_are_spread_over_the_text(id: str) -> None:
    """Whatever an input needs stands somewhere in the document, and never all in the flaw's own paragraph but for one flaw."""
    doc = document(id)
    told = set(re.findall(r"\{calc\}`([^`]*)`", " ".join(doc.sentences)))
    names = {name for expression in told for name in re.findall(r"[a-z_0-9]+", expression)}
    for flaw in doc.flaws:
        asked = {name for given in flaw.inputs.values() if isinstance(given, str) for name in re.findall(r"[a-z_0-9]+", given)}
        assert asked & set(doc.book) <= names | {"layers"}, flaw.id  # three layers are named one by one


# What each flaw's number and damage are, from the parameters alone and without our models.
def _sums(p: dict[str, Any]) -> dict[str, tuple[Callable[[], float], Callable[[float], float]]]:
    def survival() -> float:
        days = np.repeat([2, 6, 14, 30], [p["by_day_2"], p["by_day_6"], p["by_day_14"], p["stalled"]])
        return SurvfuncRight(days, (days < 30).astype(int)).quantile(0.5)

    def power() -> float:
        n = round(p["rps"] * p["canary"] * p["bake_min"] * 60)
        return power_proportions_2indep(
            diff=p["base"], prop2=p["base"], nobs1=n, alpha=0.025, alternative="larger"
        ).power

    return {
        "A1": (lambda: p["users"] * (p["detect_min"] + p["undo_min"]), lambda value: value * (1 - p["first_wave"]) * p["bad_values"]),
        "A2": (
            lambda: 43_200 * float(1 - Fraction(repr(p["each"])) ** p["dependencies"]),
            lambda value: (value - 43_200 * (1 - p["each"])) / 30 * 365 * p["users"] * p["cold_share"],
        ),
        "A3": (lambda: (p["retries"] + 1) ** 3, lambda value: 2 * 25 * p["users"] * p["cold_share"]),
        "A4": (
            lambda: 1 / ((1 - p["objective"]) * p["undo_per_day"] * 28),
            lambda value: p["undo_per_day"] * 365 * 0.001 / 2 * 20_000 * 30,
        ),
        "B1": (lambda: p["pb_per_month"] * PB * p["usd_per_gb"] * 12, lambda value: value),
        "B2": (
            lambda: 1 - p["scan_share"] + p["scan_share"] * p["refresh_from"],
            lambda value: p["invoice_usd"] * (value - 1) * 40 * 2,
        ),
        "B3": (
            lambda: 200 * p["hosts"] * 5 * 6 * p["accounts"],
            lambda value: (value - value / p["accounts"]) * 0.01 * 0.5 / 1000 * 12,
        ),
        "B4": (survival, lambda value: p["stalled"] / 3 * 1_500 * 12),
        "C1": (
            lambda: (p["before_min"] - 16) / 60 * p["runs"] * p["blocked"] * 110,
            lambda value: 640_000 - value,
        ),
        "C2": (power, lambda value: 4 * (1 - value) * p["rps"] * 0.001 * 864_000 * 5),
        "C3": (lambda: p["missed_nights"] * 500 - p["voters_usd"], lambda value: -value),
        "C4": (lambda: p["services"] * (1 - p["weekly"]) ** 52, lambda value: value * 16 * 110),
    }


ALL_FLAWS = [(letter, place) for letter in LETTERS for place in range(4)]


@pytest.mark.parametrize("letter, place", ALL_FLAWS)
def test_every_flaw_s_number_and_damage_by_other_means(letter: str, place: int) -> None:
    doc = document(letter)
    flaw = doc.flaws[place]
    assert number(flaw, doc.book) == pytest.approx(flaw.expected, rel=1e-5), "as printed in the file"
    for seed in SEEDS:
        p = {**{name: 0 for other in LETTERS for name in document(other).book}, **doc.parameters(seed)}
        paper, damage = _sums(p)[flaw.id]
        assert number(flaw, doc.parameters(seed)) == pytest.approx(paper(), rel=1e-9), seed
        assert doc.damages(doc.parameters(seed))[flaw.id] == pytest.approx(damage(paper()), rel=1e-6), seed


# What makes the sentence wrong, for whatever seed: a condition on the number and the parameters.
WRONG = {
    "A1": lambda value, p: value > 50 * p["users"] * p["first_wave"],
    "A2": lambda value, p: value > 5 * 43_200 * (1 - p["each"]),
    "A3": lambda value, p: value > 20,
    "A4": lambda value, p: value > 1,  # one failure misses the objective
    "B1": lambda value, p: value > 0.5 * (p["compute_usd"] + p["storage_usd"]),
    "B2": lambda value, p: value > 5,
    "B3": lambda value, p: value > 1e9,
    "B4": lambda value, p: value > 2,
    "C1": lambda value, p: value < min(0.6 * p["project_usd"], 0.2 * (p["before_min"] - 16) / 60 * p["runs"] * 200),
    "C2": lambda value, p: value < 0.2,
    "C3": lambda value, p: value < -40_000,
    "C4": lambda value, p: value > 50,
}


@by_letter
def test_a_seed_varies_the_numbers_and_keeps_the_lesson(id: str) -> None:
    doc = document(id)
    drawn = [doc.parameters(seed) for seed in SEEDS]
    assert drawn[0] == doc.book and drawn[5] == doc.parameters(5)
    assert len({repr(p) for p in drawn}) > 100
    costliest = max(doc.damages(doc.book).items(), key=lambda item: item[1])[0]
    for p in drawn:
        damages = doc.damages(p)
        assert min(damages.values()) > 0
        assert max(damages, key=damages.__getitem__) == costliest, "the calm sentence carries most, whatever the seed"
        for flaw in doc.flaws:
            assert WRONG[flaw.id](number(flaw, p), p), (flaw.id, p)
    varied = {flaw.id: len({number(flaw, p) for p in drawn}) for flaw in doc.flaws}
    assert min(varied.values()) >= 2, varied


@by_letter
def test_the_costliest_is_not_the_easiest_to_see(id: str) -> None:
    doc = document(id)
    damages = doc.damages(doc.book)
    total = sum(damages.values())
    assert next(flaw.tell for flaw in doc.flaws if damages[flaw.id] == max(damages.values())) > 1
    two = sorted(doc.flaws, key=lambda flaw: flaw.tell)[:2]
    assert sum(damages[flaw.id] for flaw in two) / total == pytest.approx(1 / 3, abs=0.01), "as the prediction says"


@by_letter
def test_every_text_of_a_document_can_be_filled_for_every_seed(id: str) -> None:
    doc = document(id)
    for seed in range(20):
        p = doc.parameters(seed)
        texts = [doc.filled(text, p) for text in (*doc.sentences, doc.conversion, *(decoy.why for decoy in doc.decoys))]
        for flaw in doc.flaws:
            own = (flaw.prompt, *flaw.hints, flaw.right, flaw.why, flaw.question, flaw.fix, flaw.rewrite)
            texts += [doc.filled(text, p, flaw) for text in own]
        for text in texts:
            assert "{" not in text and "  " not in text and text.strip() == text, text


@pytest.mark.parametrize(
    "letter, flaw, words",
    [
        ("a", "A1", "50 million user-minutes, against 0.5 million"),
        ("a", "A2", "99.88%, or 51.8 minutes in 30 days against 4.3 promised"),
        ("a", "A3", "up to 64 attempts"),
        ("a", "A3", "would make 1.33."),
        ("a", "A4", "700 undos in 28 days allow 0.7 failures: the first one spends 143% of the budget"),
        ("b", "B1", "754,975 USD a year, 1.2 times the table"),
        ("b", "B2", "15 times as many. 3,000 USD a month become 32,400"),
        ("b", "B3", "180,000 series become 9.0 billion"),
        ("b", "B4", "Of the 100 teams that began, half had a board by day 6, and 40 never had one"),
        ("c", "C1", "176,000 USD a year, against a move that costs 640,000: as a saving it loses 464,000"),
        ("c", "C2", "are 900 requests. With so few, the test sees a doubling in at most 8% of cases"),
        ("c", "C2", "it needs 23,511, which take 13 hours"),
        ("c", "C3", "avoid 2 hours a year at 500 USD and cost 60,000 USD: a loss of 59,000"),
        ("c", "C4", "leaves 139 of 2,000 after a year"),
        ("c", "C4", "at 1% a week and the rest at 8%, it is 258."),
    ],
)  # fmt: skip
def test_what_the_ledger_says(letter: str, flaw: str, words: str) -> None:
    doc = document(letter)
    one = next(one for one in doc.flaws if one.id == flaw)
    assert words in doc.filled(one.why, doc.book, one)


def test_the_last_wave_of_the_decoy_by_hand() -> None:
    assert "790 of 2,000 are in the last" in document("c").filled(document("c").decoys[0].why, document("c").book)
    assert 10 + 30 + 90 + 270 + 810 + 790 == 2_000


# --- The tasks for what a flaw costs


@pytest.mark.parametrize("task", COSTS, ids=lambda task: task.id)
def test_a_cost_task_takes_the_flaw_s_number_and_names_slips(task: NumericTask) -> None:
    doc = document(task.id[0])
    flaw = next(flaw for flaw in doc.flaws if flaw.id.lower() == task.id)
    for seed in (0, 3, 8):
        p = task.parameters(seed)
        assert p == doc.parameters(seed), "a seed gives the task and the document the same numbers"
        right = number(flaw, p)
        assert task.check(right, seed).status == "right" and task.check(right, seed).message
        assert task.check(right * 1.05, seed).status == "wrong"
        assert len(set(task.hints(p))) == len(flaw.hints) >= 2
        assert [task.check(right * 1.3, seed, attempt).hint for attempt in (1, 2, 9)] == [0, 1, len(flaw.hints) - 1]
    assert task.check("one", 0).status == "wrong" and task.check("", 0).status == "unanswered"


@pytest.mark.parametrize("id, typed", [("a1", "50000000"), ("a4", "1.43"), ("b2", "10.8 times"), ("c2", "7.9"), ("c3", "−59000")])
def test_a_cost_typed_on_the_page(id: str, typed: str) -> None:
    asked = {"kind": "check", "slug": "mistakes", "id": id, "answer": typed, "attempt": 1}
    assert json.loads(call(json.dumps(asked)))["status"] == "right"


# --- The score


def by_hand(doc: Any, flags: dict[int, Flag]) -> tuple[int, int, int, float, float | None]:
    """Hits, rightly named, false alarms, share caught, share per token: counted token by token."""
    damages = doc.damages(doc.book)
    total = sum(damages.values())
    tokens = [place for place, flag in flags.items() for _ in range(flag.tokens)]
    carries = {n: damages[flaw.id] / total for flaw in doc.flaws for n in flaw.sentences}
    hit = [flaw for flaw in doc.flaws if any(n in flags for n in flaw.sentences)]
    named = [flaw for flaw in hit if any(n in flags and flags[n].kind == flaw.kind for n in flaw.sentences)]
    alarms = sum(n not in carries for n in flags)
    mean = sum(carries.get(n, 0) for n in tokens) / len(tokens) if tokens else None
    return len(hit), len(named), alarms, sum(damages[flaw.id] for flaw in hit) / total, mean


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.sampled_from(LETTERS),
    st.dictionaries(st.integers(1, 42), st.builds(Flag, st.sampled_from(list(CLASSES)), st.integers(1, 5)), max_size=8),
)
def test_the_score_against_a_count(letter: str, flags: dict[int, Flag]) -> None:
    doc = document(letter)
    got = score(doc, flags, doc.book)
    hits, named, alarms, caught, mean = by_hand(doc, flags)
    assert (got.hits, got.named, got.alarms) == (hits, named, alarms)
    assert got.caught == pytest.approx(caught)
    assert got.per_token == (None if mean is None else pytest.approx(mean))
    assert got.tokens == sum(flag.tokens for flag in flags.values())


@by_letter
def test_one_token_on_each_flaw_catches_all_at_a_quarter_a_token(id: str) -> None:
    doc = document(id)
    got = score(doc, {flaw.sentences[0]: Flag(flaw.kind, 1) for flaw in doc.flaws}, doc.book)
    assert (got.hits, got.named, got.alarms, got.caught) == (4, 4, 0, pytest.approx(1))
    assert got.per_token == pytest.approx(0.25)


def test_both_sentences_of_a_flaw_are_one_hit() -> None:
    doc = document("b")
    both = {n: Flag("ignored-cost", 1) for n in doc.flaws[0].sentences}
    one = score(doc, {doc.flaws[0].sentences[1]: Flag("ignored-cost", 2)}, doc.book)
    assert len(both) == 2
    assert score(doc, both, doc.book) == one


# --- A review in a notebook


@pytest.mark.parametrize("id", LETTERS)
def test_a_review_quotes_the_document_that_was_shown(id: str) -> None:
    show, flag, ledger, rewrite = red_team("mistakes", LETTERS)
    doc = document(id)
    p = doc.parameters(7)
    assert p != doc.parameters()
    show(id, seed=7)
    said = [flag(id, n, "ignored-cost", 1).text + flag(id, n, tokens=0).text for n in range(1, len(doc.sentences) + 1)]
    assert all(text.startswith(f"[{n}] {doc.filled(doc.sentences[n - 1], p)} ") for n, text in enumerate(said, 1))
    flag(id, 1, "ignored-cost")
    assert ledger(id).text == ledger(id, seed=7).text
    assert any(doc.filled(flaw.rewrite, p, flaw) in rewrite(flaw.id, "").text for flaw in doc.flaws)


def test_a_review_in_a_notebook() -> None:
    show, flag, ledger, rewrite = red_team("mistakes", LETTERS)
    text = show("a").text
    numbers = [int(n) for n in re.findall(r"\[(\d+)\]", text)]
    assert numbers == list(range(1, len(document("a").sentences) + 1))
    assert "{calc}" not in text and "made up" in text
    assert "No flags yet" in flag("a").text and all(f"`{key}`" in flag("a").text for key in CLASSES)
    assert "No flags yet" in ledger("a").text
    assert "Tokens: 4 of 10 staked." in flag("a", 18, "skipped-edge-case", 4).text
    assert "Tokens: 2 of 10 staked." in flag("a", 18, "skipped-edge-case", 2).text, "the same cell, run again"
    assert "Tokens: 3 of 10 staked." in flag("a", 1, "ignored-cost").text
    assert flag("a", 1, tokens=0).text == "Tokens: 2 of 10 staked."
    flag("a", 9, "features-over-reliability", 8)
    told = ledger("a").text
    assert "Hits: 1 of 4 flaws, 1 with the right class. False alarms: 1. **Damage caught: 28%.**" in told
    assert "Damage caught per token: 6%" in told and "(one token on each flaw and none elsewhere: 25%)" in told
    assert "You flagged it." in told and "You let it stand." in told and "{calc}" not in told
    # Round two has five tokens, and the first opening of a ledger counts.
    assert f"of {LATER_TOKENS} staked" in flag("b", 13, "pricing-feedback", 5).text
    flag("a", 28, "features-over-reliability", 0)
    flag("a", 9, tokens=0)
    flag("a", 28, "features-over-reliability", 8)
    ledger("a")
    rounds = ledger("b").text.split("**Your rounds")[1]
    assert "| 1 | A | 10 | 1 | 1 | 28% | 6% |" in rounds and "| 2 | B | 5 | 1 | 0 | 61% | 61% |" in rounds
    assert "**Yours.** Mine." in rewrite("A2", "Mine.").text and "starts from the copy on its disk" in rewrite("A2", "").text


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("d", 1, "ignored-cost", 1), "document must be one of a, b, c; got 'd'"),
        (("a", 0, "ignored-cost", 1), "sentence must be a whole number from 1 to 43; got 0"),
        (("a", 44, "ignored-cost", 1), "sentence must be a whole number from 1 to 43; got 44"),
        (("a", True, "ignored-cost", 1), "sentence must be a whole number"),
        (("a", "1", "ignored-cost", 1), "sentence must be a whole number"),
        (("a", 1, "cost", 1), "kind must be one of unquantified-impact, "),
        (("a", 1, "ignored-cost", 11), "tokens must be a whole number from 0 to 10; got 11"),
        (("a", 1, "ignored-cost", 1.5), "tokens must be a whole number"),
        (("a", 2, "ignored-cost", 4), "tokens must be at most 3, which is what is left; got 4"),
    ],
)
def test_a_flag_that_cannot_be_is_refused_in_words(arguments: tuple[Any, ...], words: str) -> None:
    _, flag, _, _ = red_team("mistakes", LETTERS)
    flag("a", 18, "ignored-cost", 7)
    with pytest.raises(ValueError) as refusal:
        flag(*arguments)
    assert words in str(refusal.value)
    assert "Tokens: 7 of 10" in flag("a").text, "and nothing is lost"


def test_flags_made_before_another_ledger_was_opened_must_fit_its_round() -> None:
    _, flag, ledger, _ = red_team("mistakes", LETTERS)
    flag("b", 13, "pricing-feedback", FIRST_TOKENS)
    flag("a", 18, "skipped-edge-case", 1)
    ledger("a")
    assert ledger("b").text == "You staked 10 tokens, and this round has 5. Take 5 back."
    with pytest.raises(ValueError, match="id must be that of a flaw"):
        red_team("mistakes", LETTERS)[3]("Z9", "")
    assert share_text(None) == "none"


# --- The explorers


@pytest.mark.parametrize("flaws", [0, 1, 2, 3, 4])
def test_order_shows_the_sums_of_the_documents(flaws: int) -> None:
    answer = ORDER.answer({"flaws": str(flaws)})
    means = []
    for by in ("tell", "cost"):
        shares = []
        for letter in LETTERS:
            doc = document(letter)
            damages = doc.damages(doc.book)
            order = sorted(doc.flaws, key=lambda flaw: flaw.tell if by == "tell" else -damages[flaw.id])
            shares.append(sum(damages[flaw.id] for flaw in order[:flaws]) / sum(damages.values()))
        means.append(sum(shares) / 3)
    assert re.findall(r"(\d+)%", answer.view.reading) == [f"{100 * mean:.0f}" for mean in means]
    assert answer.view.table.rows[flaws][1:] == tuple(f"{100 * mean:.0f}%" for mean in means)
    here = {row["order"]: row["caught"] for row in answer.view.picture["datasets"]["here"]}
    assert list(here.values()) == [pytest.approx(mean) for mean in means]
    assert means[0] <= means[1] + 1e-12


@pytest.mark.parametrize("percent", [0, 10, 35, 70, 100])
def test_bill_doubles_only_its_own_line(percent: int) -> None:
    answer = BILL.answer({"compute_share": str(percent)})
    new = 1_000 + 10 * percent
    assert f"into {new:,}: " in answer.view.reading
    assert answer.view.table.rows[2] == ("Together", "1,000", f"{new:,}")
    parts = answer.view.picture["datasets"]["parts"]
    assert [sum(row["usd"] for row in parts if row["when"] == when) for when in ("before", "after")] == [
        pytest.approx(1_000), pytest.approx(new),
    ]  # fmt: skip


@pytest.mark.parametrize("percent", [2, 6, 11, 20])
def test_fade_leaves_the_slow(percent: int) -> None:
    answer = FADE.answer({"eager_rate": str(percent)})
    alike = slow = eager = 0.0
    alike, slow, eager = 1_500.0, 300.0, 1_200.0
    for _ in range(52):  # week by week
        alike, slow, eager = alike * (1 - percent / 100), slow * 0.99, eager * (1 - percent / 100)
    assert f"{alike:.0f} are left" in answer.view.reading and f"{slow + eager:.0f} if a fifth" in answer.view.reading
    assert answer.view.table.rows[-1] == ("52", f"{alike:,.0f}", f"{slow + eager:,.0f}")
    labels = {row["label"] for row in answer.view.picture["datasets"]["end"]}
    assert labels == {f"{alike:.0f}", f"{slow + eager:.0f}"}


@pytest.mark.parametrize(
    "explorer, typed, name, words",
    [
        (ORDER, {"flaws": "5"}, "flaws", "Flaws found in each document goes from 0 to 4."),
        (ORDER, {"flaws": "1.5"}, "flaws", "Type a whole number."),
        (ORDER, {"flaws": "two"}, "flaws", "is not a number"),
        (BILL, {"compute_share": "101"}, "compute_share", "Metered by compute time goes from 0 to 100%."),
        (BILL, {"compute_share": ""}, "compute_share", "Type a number here."),
        (FADE, {"eager_rate": "1"}, "eager_rate", "Eager customers that move goes from 2 to 20%."),
        (FADE, {"eager_rate": "0.06"}, "eager_rate", "did you mean 6?"),
    ],
)
def test_what_an_explorer_says_to_a_bad_value(explorer: Any, typed: dict[str, str], name: str, words: str) -> None:
    answer = explorer.answer(typed)
    assert answer.view is None and words in answer.errors[name]


@pytest.mark.parametrize("explorer", EXPLORERS, ids=lambda explorer: explorer.id)
def test_a_picture_can_be_drawn(explorer: Any) -> None:
    picture = page_picture(explorer.answer(explorer.defaults).view.picture, 640)
    assert vl_convert.vegalite_to_svg(json.dumps(picture), vl_version=_VEGA_LITE_VERSION).startswith("<svg")


# --- The other tasks, from the words of their questions


def numbers_in(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in re.findall(r"\d[\d,]*\.?\d*", text)]


def on_paper(task: NumericTask, prompt: str) -> float:
    found = numbers_in(prompt)
    if task is TRAFFIC:
        usd, price, *_ = found
        return usd / 12 / price / PB
    if task is ROOM:
        regions, _, lost = found[:3]
        return (regions - lost) / regions
    if task is GUARD:
        points, days, promise, window = found
        return points * days / ((100 - promise) * window)
    cost, an_hour = found
    return cost / an_hour


@pytest.mark.parametrize("task", [TRAFFIC, ROOM, GUARD, PAYS], ids=lambda task: task.id)
def test_every_member_of_a_family_agrees_with_paper(task: NumericTask) -> None:
    assert len(members(task)) >= 5
    for seed in members(task):
        answer = on_paper(task, task.prompt(task.parameters(seed)))
        assert task.check(answer, seed).status == "right", (seed, answer)
        assert task.check(answer * 0.9, seed).status == "wrong"
        assert len(task.hints(task.parameters(seed))) >= 2


@pytest.mark.parametrize(
    "task, answer, words",
    [
        (TRAFFIC, 4_000_000 / 12 / 0.05 / PB, "6.36 PB a month: a steady 22 Gbit/s."),
        (ROOM, 0.5, "50%. At 60% the others would be 120% busy."),
        (GUARD, 14 * 0.1 / (30 * 0.05), "93% of the month's budget"),
        (PAYS, 120, "120 hours a year."),
    ],
    ids=lambda value: getattr(value, "id", ""),
)
def test_the_book_s_own_answers(task: NumericTask, answer: float, words: str) -> None:
    assert task.expected(task.book) == pytest.approx(answer)
    assert words in task.check(answer).message


def worth_on_paper(text: str) -> float:
    """What a comment's fix saves in a year, from its words."""
    found = numbers_in(text)
    if "voters" in text:
        cost, an_hour, times = found
        return cost - an_hour * times
    if "Exports" in text:
        tb, price = found[:2]
        return tb * 1024 * price * 12
    if "regions" in text:
        _, times, hours, a_minute, back = found
        return times * hours * 60 * a_minute * (1 - back / 100)
    endpoints, hosts, teams, price = found
    return endpoints * hosts * (teams - 1) / 1000 * price * 12


def test_comments_are_ordered_by_what_their_words_say() -> None:
    seen = set()
    for seed in members(RANK):
        options = RANK.options(RANK.parameters(seed))
        worth = {option.key: worth_on_paper(option.text) for option in options}
        order = sorted(worth, key=worth.__getitem__, reverse=True)
        seen.add(tuple(order))
        assert RANK.check(order, seed).status == "right", (seed, worth)
        assert RANK.check(list(reversed(order)), seed).status == "wrong"
        values = sorted(worth.values())
        assert min(more / less for less, more in zip(values, values[1:])) > 1.2
        for option in options:
            assert f"{worth[option.key]:,.0f} USD a year" in option.feedback
    assert len(seen) >= 5


def sound_on_paper(text: str) -> bool:
    found = numbers_in(text)
    if "regions" in text:
        return 2 * found[0] <= 100
    if "canary" in text:
        requests, base = found[0], found[1] / 100
        z = norm.ppf(0.975) * np.sqrt(2 * 1.5 * base * (1 - 1.5 * base)) + norm.ppf(0.8) * np.sqrt(
            base * (1 - base) + 2 * base * (1 - 2 * base)
        )
        return requests >= (z / base) ** 2
    if "Cron" in text:
        hours, an_hour, cost = found
        return hours * an_hour <= cost
    promise, events = found
    return (100 - promise) / 100 * events > 5  # one failure spends less than a fifth


def test_sound_sentences_are_those_that_hold_on_paper() -> None:
    seen = set()
    for seed in members(SOUND):
        options = SOUND.options(SOUND.parameters(seed))
        sound = {option.key for option in options if sound_on_paper(option.text)}
        seen.add(frozenset(sound))
        assert sound, "an answer with nothing in it cannot be given"
        assert SOUND.check(sound, seed).status == "right", (seed, sound)
        assert SOUND.check(list(sound ^ {"canary"}) or ["regions"], seed).status == "wrong"
    assert len(seen) >= 5


# --- What the chapter says in words


def test_names_are_told_apart() -> None:
    ids = [item.id for item in (*EXPLORERS, *TASKS)]
    assert len(set(ids)) == len(ids)
    for explorer in EXPLORERS:
        assert len(explorer.controls) == 1


PAGE = (ROOT / "book" / "mistakes.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "words",
    [
        "2,333 hours are saved",  # 7 min x 20,000
        "worth 25,667 to 102,667 USD a year",  # a tenth and four tenths of it, at 110
        "loses 57,000.",  # 60,000 - 6 x 500
        "meets 20 times the load",
        "shows 505 ms",
        "percentile is 1,000.",
        "14,400 USD a year. A page elsewhere",  # 4 x 300 x 12
        "one incident a year (3,600 USD) to six (21,600 USD)",
        "fewer than 75 such calls",  # 900 / 12
        "27 minutes are 6.25 monthly budgets of 99.99%",  # of 4.32 min each
        "190 minutes: 44 monthly budgets",
        "Twice 60 is 120%",
        "108,000 USD a year",  # 0.5 x 180 x 3,000 x 0.4
        "cost 44,600 USD a year more",
    ],
)
def test_what_the_page_says(words: str) -> None:
    assert words in filled(PAGE, "mistakes")


def test_what_the_decision_and_the_memo_say() -> None:
    decision, memo = content("mistakes").decision, content("mistakes").judgment
    assert "voters 44,600, the traffic 27,648, the regions 108,000" in filled(decision.after, "mistakes")
    assert 45_000 - 4 * 100 == 44_600 and round(25 * 1024 * 0.09 * 12) == 27_648
    facts = " ".join(filled(fact, "mistakes") for fact in memo.facts)
    for value in (0.3 * 400 * 0.24 * 8_760, 0.1 * (6e6 / 200 / 3_600 - 1) * 60 * 3_000 * 0.4, 0.5 * 60 * 3_000 * 0.4):
        assert f"{value:,.0f} USD" in facts
    assert "take 8.3 hours" in facts and "meets 20 times" in facts and "right: 10,000" in facts


def test_what_a_reader_is_told_to_try() -> None:
    after = filled(content("mistakes").prediction("after-a-year").after, "mistakes")
    slow = 300 * 0.99**52
    assert f"ends at {slow + 1_200 * 0.88**52:.0f} instead of {slow + 1_200 * 0.94**52:.0f}, and nearly all" in after
    assert slow / (slow + 1_200 * 0.88**52) > 0.95


def test_the_result_of_a_flaw_is_its_model_s() -> None:
    flaw = document("a").flaws[3]
    assert result(flaw, document("a").book).budget_events == pytest.approx(0.7)
