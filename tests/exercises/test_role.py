"""The exercises of "Products whose success is silence": every explorer and every card at the ends and the middle of
every control, every task, and the numbers that the chapter prints, against arithmetic written here."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any
from xml.etree import ElementTree

import pytest
import vl_convert
from scipy.stats import norm, poisson

from infrapm.exercises import call, page_picture
from infrapm.exercises._claims import claims, holds
from infrapm.exercises._content import content
from infrapm.exercises._numbers import filled
from infrapm.exercises.role import (
    BACKWARDS,
    BLOCKED,
    BREAK_EVEN,
    EXPLORERS,
    GAMED,
    GAMES,
    OWN,
    QUIET,
    RECOMPUTE,
    SLIP,
    SURVEY,
    TASKS,
    audit,
)
from infrapm.explore.controls import Choice, Control
from infrapm.explore.explorer import Answer, Explorer
from infrapm.explore.tasks import Task
from infrapm.site.chapters import ROOT
from infrapm.site.pages import _VEGA_LITE_VERSION

SEEDS = range(101)
CARDS = {explorer.id: explorer for explorer in RECOMPUTE}
by_explorer = pytest.mark.parametrize("explorer", (*EXPLORERS, *RECOMPUTE), ids=lambda explorer: explorer.id)
by_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)


def members(task: Task) -> list[int]:
    """One seed for each member of the family that the seeds give."""
    return list({repr(task.parameters(seed)): seed for seed in reversed(SEEDS)}.values())


def number(text: str) -> float:
    return float(text.replace(",", ""))


def numbers(text: str) -> list[float]:
    """All numbers in a text, in their order."""
    return [number(found) for found in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


def shown(value: float | Fraction) -> Any:
    """A value as three digits, or a whole number, may show it."""
    return pytest.approx(float(value), rel=0.0051, abs=1e-9)


# --- Driving


def settings(control: Control) -> list[str]:
    """Both ends and the middle of a control, or every option, as a reader would type them."""
    if isinstance(control, Choice):
        return [key for key, _ in control.options]
    middle = control.stops[len(control.stops) // 2] if control.stops else control.default
    return [control.shown(value) for value in (control.low, middle, control.high)]


@cache
def drives(explorer: Explorer) -> list[tuple[dict[str, str], Answer]]:
    """Every combination of settings; of more than three controls, each setting of each with the others in the middle,
    and all at an end."""
    names = [control.name for control in explorer.controls]
    each = [settings(control) for control in explorer.controls]
    if len(each) <= 3:
        every = [dict(zip(names, texts)) for texts in product(*each)]
    else:
        every = [{name: text} for name, texts in zip(names, each) for text in texts]
        every += [dict(zip(names, (texts[end] for texts in each))) for end in (0, -1)]
    return [(typed, explorer.answer(explorer.defaults | typed)) for typed in every]


@by_explorer
def test_every_setting_gives_a_whole_view(explorer: Explorer, capfd: pytest.CaptureFixture[str]) -> None:
    pictures = set()
    for typed, answer in drives(explorer):
        assert answer.errors == {}, typed
        view = answer.view
        assert view.reading[-1] in ".?" and not re.search(r"nan|inf\b|None|unlimited|\d[eE][-+]?\d", view.reading), view.reading
        assert {len(row) for row in view.table.rows} == {len(view.table.header)}, typed
        assert all(row[0] for row in view.table.rows), "the first cell names the row"
        picture = page_picture(view.picture, width=340)
        pictures.add(json.dumps(picture, allow_nan=False))
        if isinstance(picture, str):
            ElementTree.fromstring(picture)
        else:
            vega = vl_convert.vegalite_to_vega(picture, vl_version=_VEGA_LITE_VERSION, show_warnings=True)
            assert vega["marks"]
    assert len(pictures) >= min(5, 3 ** len(explorer.controls)), "the controls move the picture"
    said = capfd.readouterr()
    assert said.out + said.err == "", "the chart library has nothing to complain of"


@by_explorer
def test_a_page_gets_the_same_view_as_text(explorer: Explorer) -> None:
    for typed, answer in drives(explorer)[::3]:
        request = {"kind": "view", "slug": "role", "id": explorer.id, "typed": typed, "changed": "", "width": 500}
        told = json.loads(call(json.dumps(request)))
        assert told["view"]["reading"] == answer.view.reading
        assert told["controls"] == answer.controls


@by_explorer
def test_a_bad_value_gets_a_sentence_and_no_view(explorer: Explorer) -> None:
    for control in explorer.controls:
        bad = ["no-such"] if isinstance(control, Choice) else ["", "many", "-1", "1e99", "5 elephants"]
        for text in bad:
            answer = explorer.answer(explorer.defaults | {control.name: text}, changed=control.name)
            assert answer.view is None and list(answer.errors) == [control.name], (control.name, text)
            assert len(answer.errors[control.name]) > 15


# --- A claim run backwards


def test_backwards_solves_for_what_the_claim_leaves_out() -> None:
    for typed, answer in drives(BACKWARDS):
        kind, saving, step = typed["kind"], Fraction(typed["saving"]), Fraction(typed["step"])
        if kind in ("base", "latency") and step > 100:
            assert "no base makes this claim true" in answer.view.reading
            continue
        expected = {"runs": saving * 60 / step, "rate": saving / 12 / step, "base": saving / step * 100, "latency": saving / step * 100}[kind]
        claimed = next(row for row in answer.view.table.rows if row[0] == "as claimed")
        assert numbers(claimed[2])[0] == shown(expected)
        if kind == "runs":
            assert numbers(answer.view.reading.split("year: ")[1])[0] == shown(expected / 250)
        double = next(row for row in answer.view.table.rows if row[0] == "twice as much")
        assert double[2] == "nothing" or numbers(double[2])[0] == shown(expected / 2)


def test_another_kind_of_claim_brings_its_numbers() -> None:
    for kind, words in {"rate": "200 USD an hour", "base": "120,000,000 USD a year", "latency": "a request of 500 ms"}.items():
        answer = BACKWARDS.answer(BACKWARDS.defaults | {"kind": kind}, changed="kind")
        assert words in answer.view.reading and answer.controls["saving"] != "8000"
        kept = BACKWARDS.answer(answer.controls | {"saving": "77"}, changed="saving")
        assert kept.controls["saving"] == "77", "only another kind brings other numbers"


def test_the_claim_of_the_prediction() -> None:
    assert "60,000 runs a year: 240 on each of 250 working days" in BACKWARDS.answer(BACKWARDS.defaults).view.reading


# --- Your own metric


def own_drives() -> Iterator[tuple[dict[str, Fraction], Answer]]:
    extra = [{"before_min": "30", "after_min": "22", "runs_per_month": "3750", "low": "10", "likely": "20", "high": "40", "hourly_usd": "110", "cost_usd": "90000"}]
    for typed in [{}, *extra]:
        full = OWN.defaults | typed
        yield {name: Fraction(text) for name, text in full.items()}, OWN.answer(full)


def test_the_line_says_what_paper_says() -> None:
    for p, answer in own_drives():
        hours = (p["before_min"] - p["after_min"]) / 60 * p["runs_per_month"] * 12
        low, likely, high = (hours * p[name] / 100 * p["hourly_usd"] for name in ("low", "likely", "high"))
        line = answer.view.reading
        told = re.search(r"people wait (\S+) hours a year less.*?from working: (\S+) hours, worth (\S+) USD a year at (\S+) USD an hour \((\S+) to (\S+)\)", line)
        assert [number(text) for text in told.groups()] == [
            shown(value) for value in (hours, hours * p["likely"] / 100, likely, p["hourly_usd"], low, high)]
        back = re.search(r"It costs (\S+) USD a year: (\S+) USD back for each \((\S+) to (\S+)\)", line)
        assert [number(text) for text in back.groups()] == [
            pytest.approx(float(value), rel=0.05) for value in (p["cost_usd"], likely / p["cost_usd"], low / p["cost_usd"], high / p["cost_usd"])]
        share = number(re.search(r"from a blocked share of (\S+)% on", line)[1])
        assert share == shown(100 * p["cost_usd"] / (hours * p["hourly_usd"]))
        assert "capacity, not cash" in line
        rows = answer.view.table.rows
        assert [number(row[3]) for row in rows] == [shown(value) for value in (low, likely, high)]
        marks = {mark["row"]: mark["usd"] for mark in answer.view.picture["datasets"]["marks"]}
        assert marks == {"every minute": shown(hours * p["hourly_usd"]), "what blocked work": shown(likely), "what it costs": float(p["cost_usd"])}


@pytest.mark.parametrize("typed, words", [
    ({"after_min": "25"}, "nothing is saved"),
    ({"after_min": "40"}, "nothing is saved"),
    ({"runs_per_month": "0"}, "nothing is saved"),
    ({"cost_usd": "1000000"}, "does not pay even if all of the wait blocked"),
    ({"cost_usd": "0"}, "(22,800 to 91,200). This is capacity"),
])
def test_lines_that_have_less_to_say(typed: dict[str, str], words: str) -> None:
    assert words in OWN.answer(OWN.defaults | typed).view.reading


def test_shares_out_of_order_are_put_in_order_and_said_so() -> None:
    view = OWN.answer(OWN.defaults | {"low": "50", "likely": "10", "high": "30"}).view
    assert "An estimated 30% of it (10% to 50%)" in view.reading and "in the order of their size" in view.warning
    assert OWN.answer(OWN.defaults).view.warning == ""


# --- A quiet year


def test_a_quiet_year_against_scipy() -> None:
    for typed, answer in drives(QUIET):
        rate, share = float(typed["incidents_per_year"]), float(typed["prevented_share"]) / 100
        without, with_ = poisson.pmf(0, rate), poisson.pmf(0, rate * (1 - share))
        told = re.search(r"with a chance of (\S+)%; one that prevents \S+% of them, of (\S+)%\. .*? works by (\S+): from even odds to (\S+)%", answer.view.reading)
        expected = (100 * without, 100 * with_, with_ / without, 100 * with_ / (with_ + without))
        assert [number(text) for text in told.groups()] == [shown(value) for value in expected]
        five = answer.view.table.rows[-1]
        assert five[0] == "5" and number(five[1].rstrip("%")) == shown(100 * poisson.pmf(0, 5 * rate))


# --- The cards


def test_every_card_has_its_claim_and_its_recomputation() -> None:
    deck = [card.claim for card in content("role").audit]
    assert deck == list(dict.fromkeys(deck)) and set(deck) == set(CARDS) and len(deck) >= 12
    scored = [holds(claims()[id]["verdict"]) for id in deck]
    assert scored.count(True) >= 4 and scored.count(False) >= 4 and None in scored


def exponential_quantile(mean: float, n: float, q: float) -> float:
    return -mean * math.log(-math.expm1(math.log(q) / n))


def margin(p: int, n: int, d: int) -> float:
    total = p + n + d
    variance = (p + d) / total - ((p - d) / total) ** 2
    return 100 * norm.ppf(0.975) * math.sqrt(variance / total)


@pytest.mark.parametrize("claim, words", [
    # each by arithmetic in the comment
    ("B016", "the model finds 52.56 min a year. Consistent: 1.07% less"),  # 525,600 / 10,000; 0.56 of 52.56
    ("A028", "53.6 times the model's number. The factor is near 60"),  # 300,000 / 5,600
    ("A028", "5,600 USD a minute are 336,000 USD an hour"),
    ("A035", "a score of 800. Twice the effort leaves 400"),  # 2,000 x 2 x 0.8 / 4
    ("A037", "price an hour at 200 USD"),  # 1,200,000 / 6,000
    ("A037", "the same sum needs 1,000 USD an hour"),  # a fifth of the hours
    ("A064", "160 ms with TLS 1.2 and 80 ms with TLS 1.3: one round trip, 80 ms, less"),
    ("A065", "only of a request of 500 ms"),  # 60 / 0.12
    ("A065", "each saves 0.6 ms: 0.12% of it"),
    ("A014", "only of a spend of 120,000,000 USD"),
    ("A043", "spends 100% of that budget alone"),  # 0.1% of 0.1%
    ("B022", "63.4% of requests meet a slow one"),  # 1 - 0.99^100
    ("B024", "bring 117% of last year's revenue"),  # 0.9 x 1.3
    ("A034", "As ease, B comes first; as effort, A."),
    ("B042", "the model finds 1.7 times the bill. Inconsistent: the claim is 17.6% too high"),  # 0.3 + 0.7 x 2; 2 / 1.7
    ("B021", f"P99 is {exponential_quantile(10, 1, 0.99):.1f} ms, and 10,000 of 1,000,000 requests are slower"),
    ("B021", f"more than {exponential_quantile(10, 10**6, 0.5):.0f} ms"),
    ("A015", f"a score of 31.7, give or take {margin(30, 19, 11):.1f} points"),
])
def test_what_a_card_finds(claim: str, words: str) -> None:
    assert words in CARDS[claim].answer(CARDS[claim].defaults).view.reading


@pytest.mark.parametrize("claim, typed, words", [
    ("B016", {"availability": "99.999"}, "the claim is 9.89 times"),
    ("B016", {"availability": "100"}, "nothing to compare it with"),
    ("A028", {"usd_per_min": "290000"}, "Consistent: 3.45% more than the model"),
    ("A028", {"usd_per_min": "300000"}, "The same."),
    ("A028", {"usd_per_min": "3600000"}, "near 12: somebody may have taken a year for a month, or the other way round"),
    ("A037", {"blocked_share": "0"}, "count every hour saved as an hour worked."),
    ("A034", {"third_b": "3"}, "As ease, neither comes first; as effort, neither."),
    ("A065", {"requests": "1"}, "With 1 request on a connection, each saves 60 ms: 12% of it."),
    ("A043", {"slo": "99.99"}, "spends 1000% of that budget"),
    ("B042", {"compute_share": "100"}, "The same."),
    ("A015", {"promoters": "0", "passives": "0", "detractors": "0"}, "Without answers there is no score."),
    ("A015", {"promoters": "9", "passives": "0", "detractors": "0"}, "give or take 0 points"),
])
def test_a_card_with_other_numbers(claim: str, typed: dict[str, str], words: str) -> None:
    assert words in CARDS[claim].answer(CARDS[claim].defaults | typed).view.reading


def test_the_deck_in_a_notebook() -> None:
    assert all(f"**{id}.**" in str(audit()) for id in CARDS)
    assert "How likely is it to hold up?" in str(audit("A028"))
    assert str(audit("A028", None)) == "Not answered yet."
    assert "with one of: 10, 30, 50, 70, 90" in str(audit("A028", 60))
    assert "Choose a claim of the deck: B016" in str(audit("A001"))
    told = str(audit("A028", 70))
    assert told.startswith("You: 70%. The ledger: corrected. It does not hold up.") and "Lerner" in told and "*What you may say:*" in told
    assert "not scored" in str(audit("A014", 70)) and "It holds up" in str(audit("B016", 70))


def test_trust_by_verdict_in_a_notebook() -> None:
    told = str(audit({"B016": 90, "B022": 30, "A028": 70, "A014": None}))
    assert "You have audited 3 of 14 claims. Those that hold up (2) had 60% of your trust on average. Those that do not (1) had 70%" in told
    assert "| verified | 60% | B016 90%, B022 30% |" in told and "| opinion | none yet |  |" in told
    assert "A999: give claims of the deck" in str(audit({"A999": 50})) and "B016: give claims" in str(audit({"B016": 55}))
    assert "0 of 14" in str(audit({}))


# --- Tasks


def on_paper(task: Task, seed: int) -> Any:
    p = task.parameters(seed)
    if task is BLOCKED:
        return float(Fraction(p["before_min"] - p["after_min"], 60) * p["runs_per_month"] * 12 * Fraction(str(p["share"])) * p["hourly_usd"])
    if task is BREAK_EVEN:
        return p["cost_usd"] / (p["hours_per_year"] * p["hourly_usd"])
    if task is SLIP:
        ratio = p["claimed"] / p["found"]
        nearest = min((60, 24, 12, 7, 30, 1000, 1024), key=lambda size: abs(math.log(ratio / size)))
        return {60: "hour", 12: "year", 7: "week", 1000: "thousand"}[nearest]
    if task is SURVEY:
        return math.hypot(margin(*p["before"]), margin(*p["after"]))
    # Here the chapter decides; a reader can follow from what each option says.
    return {"pages", "config", "guide", "maintenance"} & set(p["keys"])


@by_task
def test_the_expected_answer_is_that_on_paper(task: Task) -> None:
    for seed in members(task):
        expected = task.expected(task.parameters(seed))
        paper = on_paper(task, seed)
        assert expected == (pytest.approx(paper, rel=1e-9) if isinstance(paper, float) else paper), seed
        answer = list(paper) if isinstance(paper, set) else paper
        assert task.check(answer, seed).status == "right"


@by_task
def test_the_seeds_vary_the_numbers(task: Task) -> None:
    assert len({repr(task.parameters(seed)) for seed in SEEDS}) >= 10
    assert task.parameters(0) == task.book and task.parameters(7) == task.parameters(7)


@by_task
def test_wrong_answers_get_hints_from_a_nudge_to_the_last_step(task: Task) -> None:
    wrong: Any = {BLOCKED.id: 7, BREAK_EVEN.id: 0.9999, SURVEY.id: 3}.get(task.id)
    for seed in members(task)[:20]:
        if task is SLIP:
            wrong = next(key for key in ("hour", "year", "week", "thousand") if key != on_paper(SLIP, seed))
        answer = [key for key in task.parameters(seed)["keys"] if not GAMES[key][1]] if task is GAMED else wrong
        hints = task.hints(task.parameters(seed))
        assert len(set(hints)) == len(hints) >= 2
        assert [task.check(answer, seed, attempt).hint for attempt in (1, 2, 3, 9)] == [min(n, len(hints)) - 1 for n in (1, 2, 3, 9)]


def test_the_last_step_of_the_value_is_the_answer() -> None:
    for seed in members(BLOCKED):
        hours, share, rate = numbers(BLOCKED.hints(BLOCKED.parameters(seed))[-1])
        assert hours * share * rate == pytest.approx(on_paper(BLOCKED, seed), rel=0.005)


def test_every_slip_that_can_be_drawn_is_among_the_options() -> None:
    drawn = {on_paper(SLIP, seed) for seed in SEEDS}
    assert drawn == {option.key for option in SLIP.options(SLIP.book)}
    for seed in members(SLIP):
        said = {option.key: option.feedback for option in SLIP.options(SLIP.parameters(seed))}
        assert [key for key, text in said.items() if "That is this slip" in text] == [on_paper(SLIP, seed)]


def test_the_survey_is_told_apart_from_chance() -> None:
    for seed in members(SURVEY):
        p = SURVEY.parameters(seed)
        before, after = (100 * (group[0] - group[2]) / sum(group) for group in (p["before"], p["after"]))
        told = SURVEY.check(on_paper(SURVEY, seed), seed).message
        assert number(re.search(r"change of (-?[\d.]+)", told)[1]) == shown(after - before)
        assert ("larger than chance" in told) is (abs(after - before) > on_paper(SURVEY, seed))


@pytest.mark.parametrize("task, typed", [
    (BLOCKED, ["43200", "43,200 USD", "43200 USD", "43000"]),
    (BREAK_EVEN, ["18", "18%", "18.0 %"]),
    (SLIP, ["year", " year "]),
    (SURVEY, ["22.85", "22.9 points"]),
    (GAMED, [["pages", "config", "maintenance"]]),
])  # fmt: skip
def test_answers_as_typed_on_the_page(task: Task, typed: list[Any]) -> None:
    for answer in typed:
        request = {"kind": "check", "slug": "role", "id": task.id, "answer": answer, "attempt": 1}
        told = json.loads(call(json.dumps(request)))
        if answer == "43,200 USD":
            assert "Leave the comma out: did you mean 43200 USD?" in told["message"]
        else:
            assert told["status"] == "right", answer


def test_names_are_told_apart() -> None:
    ids = [item.id for item in (*EXPLORERS, *RECOMPUTE, *TASKS)]
    assert len(set(ids)) == len(ids)


# --- The numbers that the chapter prints


def page() -> str:
    return filled((ROOT / "book" / "role.md").read_text(encoding="utf-8"), "role")


@pytest.mark.parametrize("words", [
    "People wait 1,800 hours a year less",  # 6 min x 18,000
    "looks like 216,000 USD a year",
    "21,600 to 64,800 USD",  # 10% and 30% of 216,000
    f"about {margin(30, 18, 12):.0f} points either way",
    f"added as squares: about {math.sqrt(2) * margin(30, 18, 12):.0f}",
    f"two years without a loss have a chance of {100 * math.exp(-0.2):.0f}%",  # one in ten years
    "2,500 hours of waiting. At 30% blocked and 110 USD an hour, 82,500 USD",  # 6 min x 25,000; 750 x 110
    "41,250 to 123,750 USD. The cache pays from 26.2% on",  # 72,000 / 275,000
    "less than 26% blocked",
    "2,400 hours of waiting a year",  # 10 min x 14,400
    "57,000 USD of capacity at finance's 95 USD an hour, from 22,800 to 91,200, for 40,000. Below 17.5% blocked",
    "228,000 USD instead of 57,000",
    f"(margin: {margin(15, 9, 6):.0f} points)",
    f"at one outage a year: {100 * math.exp(-1):.0f}%)",
    "For 27 days nothing happened",  # 12 May to 8 June
    "eleven minutes after the onset, the setting was found after forty",  # 09:47, 09:58, 10:27
])
def test_numbers_in_the_text(words: str) -> None:
    assert words in page()


def test_incident_minutes() -> None:
    onset, post, found, recovering = 9 * 60 + 47, 9 * 60 + 58, 10 * 60 + 27, 10 * 60 + 36
    assert (post - onset, found - onset, recovering - onset) == (11, 40, 49)


C = content("role")
HOURS = 8 / 60 * 3_750 * 12


@pytest.mark.parametrize("text, number_", [
    (C.decision.after, "240,000 to 480,000 USD"),  # 3 x 20 and 3 x 40 minutes at 4,000
    (C.decision.after, "that would go costs 300,000"),
    (C.decision.options[0].feedback, f"{math.exp(-1):.0%}"),
    (C.prediction("runs").question, "8,000 hours a year"),
    (C.prediction("runs").after, "60,000 runs a year are 240 on each of 250 working days"),
    (C.prediction("runs").after, "a company of 48 engineers"),
    (C.prediction("runs").options[0].feedback, "800 hours"),  # 8 min x 24 x 250
    (C.prediction("runs").options[2].feedback, "80,000 hours"),
    (C.prediction("quiet-year").after, f"by only {math.exp(0.5):.2f}"),
    (C.prediction("quiet-year").options[0].feedback, f"{math.exp(-3):.0%}"),
    (C.prediction("quiet-year").options[1].feedback, f"{math.exp(-1):.1%}"),
    (C.evidence_pack("packets").after, "Of 5.05 seconds, 5.01 pass"),
    (C.evidence_pack("packets").options[0].feedback, "38 ms"),
    (C.questions[0].options[0].feedback, "6,000 hours"),
    (C.questions[0].options[1].feedback, "1,200 blocked hours. It pays from 25% on"),  # 150,000 / 600,000
    (C.questions[1].options[0].text, "360 ms"),
    (C.questions[2].options[2].feedback, f"margin of {margin(15, 9, 6):.0f}"),
    (C.judgment.case, "worth 1.2 M USD a year"),
    (C.judgment.facts[0], f"{HOURS:,.0f} hours"),
    (C.judgment.facts[1], f"{HOURS * 0.2 * 110:,.0f} USD a year, from {HOURS * 0.1 * 110:,.0f} to {HOURS * 0.4 * 110:,.0f}"),
    (C.judgment.facts[2], "90,000 USD is 1.5 to 1, not 13; at the low end it is 0.7. It pays from a blocked share of 13.6% on"),
    (C.judgment.facts[3], f"10 points, with a margin of {math.hypot(margin(27, 19, 14), margin(30, 19, 11)):.0f} (95%)"),
])
def test_numbers_in_the_data(text: str, number_: str) -> None:
    assert number_ in re.sub(r"\s+", " ", filled(text, "role"))


def test_the_old_scores_of_the_judgment() -> None:
    assert [round(100 * (p - d) / 60) for p, d in ((27, 14), (30, 11))] == [22, 32]
