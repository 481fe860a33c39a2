"""Exercises of the chapter "Products whose success is silence"."""

from collections.abc import Callable
from typing import Any

from infrapm.explore.charts import BLUE, GREEN, VERMILLION, chart, layer
from infrapm.explore.controls import Choice, Control, Number, even_stops, log_stops
from infrapm.explore.explorer import Explorer, Table, View
from infrapm.explore.kernel import notebook
from infrapm.explore.tasks import ChoiceTask, NumericTask, Option, SeveralTask, Slip
from infrapm.explore.text import count_text, number_text
from infrapm.models.availability import allowed_downtime
from infrapm.models.business import nrr_from_rates
from infrapm.models.economics import bill_shock
from infrapm.models.incidents import downtime_cost
from infrapm.models.latency import any_slow, handshake_saving, slowest_of_n
from infrapm.models.platform import nps, nps_change
from infrapm.models.prioritization import ice, ice_effort, rice
from infrapm.models.role import (
    WORKDAYS_PER_YEAR,
    audit_claim,
    blocked_value,
    implied_base_spend,
    implied_baseline,
    implied_hourly,
    implied_runs,
    quiet_period,
    time_saved,
)
from infrapm.models.slo import budget_spent

from ._drawings import bars, equation, interval
from ._study import auditor, study

SHARES = even_stops(0, 1, 0.05)


def pct(share: float, digits: int = 3) -> str:
    """A share in percent, with three digits."""
    return f"{number_text(100 * share, digits)}%"


def amount(value: float, digits: int = 3) -> str:
    """A number as a slide shows it: 60,000, and 13.3 where it is small."""
    return f"{value:,.0f}" if abs(value) >= 1000 else number_text(value, digits)


# --- A claim run backwards --------------------------------------------------------------------

# For each kind of claim: its name, the saving and the step that the chapter's claims state, and their units.
KINDS = {
    "runs": ("hours a year, from minutes a run", 8_000, 8, "h a year", "min a run"),
    "rate": ("dollars a year, from hours a month", 1_200_000, 500, "USD a year", "h a month"),
    "base": ("dollars a year, from percent", 12_000_000, 10, "USD a year", "%"),
    "latency": ("milliseconds, from percent", 60, 12, "ms", "%"),
}


def link_kind(changed: str, values: dict[str, Any]) -> dict[str, Any]:
    """Another kind of claim brings its own two numbers."""
    if changed != "kind":
        return {}
    _, saving, step, _, _ = KINDS[values["kind"]]
    return {"saving": saving, "step": step}


def unstated(kind: str, saving: float, step: float) -> float | None:
    """The input that a claim of this kind leaves out; None where no input makes it true."""
    if kind == "runs":
        return implied_runs(before_min=step, after_min=0, hours_saved=saving).implied_runs_per_year
    if kind == "rate":
        return implied_hourly(annual_value_usd=saving, hours_per_month=step).implied_hourly_usd
    if step > 100:
        return None
    if kind == "base":
        return implied_base_spend(saving_usd=saving, relative_reduction=step / 100).implied_base_spend_usd
    return implied_baseline(saved_ms=saving, relative_reduction=step / 100).implied_baseline_ms


def unstated_text(kind: str, value: float) -> str:
    """The unstated input in words."""
    return {
        "runs": f"{amount(value)} runs a year",
        "rate": f"{amount(value)} USD an hour",
        "base": f"a spend of {amount(value)} USD a year",
        "latency": f"a request of {amount(value)} ms",
    }[kind]


def view_backwards(kind: str, saving: float, step: float) -> View:
    """What would have to be true for a claimed saving."""
    _, _, _, saving_unit, step_unit = KINDS[kind]
    stated, result = f"{amount(step)}{'' if step_unit == '%' else ' '}{step_unit}", f"{amount(saving)} {saving_unit}"
    value = unstated(kind, saving, step)
    if value is None:
        table = Table(("Saved each time", "Takes for granted"), ((stated, "nothing makes this true"),))
        return View(equation(stated, "nothing", result), "Nobody saves more than 100% of anything: no base makes this claim true.", table)
    found = unstated_text(kind, value)
    reading = {
        "runs": f"{stated} saved make {result} only if there are {found}: {amount(value / WORKDAYS_PER_YEAR)} on each of {WORKDAYS_PER_YEAR} working days.",
        "rate": f"{stated} saved are {result} only at {found}, and only if every hour saved would have been worked.",
        "base": f"{result} are {stated} only of {found}.",
        "latency": f"{result} saved are {stated} only of {found}, which is then down to {amount(value - saving)} ms.",
    }[kind]
    rows = []
    for factor, name in ((0.5, "half of it"), (1, "as claimed"), (2, "twice as much")):
        other = unstated(kind, saving, step * factor)
        rows.append((name, f"{amount(step * factor)} {step_unit}", "nothing" if other is None else unstated_text(kind, other)))
    table = Table(("Case", "Saved each time", "Takes for granted"), tuple(rows))
    return View(equation(stated, found, result), f"{reading} Is that your company?", table)


BACKWARDS = Explorer(
    id="backwards",
    title="What would have to be true?",
    lead="Two numbers of a claim; the model solves for the one that it does not state.",
    controls=(
        Choice("kind", "The claim", tuple((key, words[0]) for key, words in KINDS.items()), "runs"),
        Number("saving", "Said to be saved", "", low=0.001, high=9e8, default=8_000,
               help="In the unit of the claim: hours a year, USD a year, or ms."),
        Number("step", "Said to come from", "", low=0.001, high=1e6, default=8,
               help="Minutes a run, hours a month, or percent."),
    ),
    view=view_backwards,
    link=link_kind,
)  # fmt: skip


# --- Your own metric --------------------------------------------------------------------------


def own_range(
    before_min: float, after_min: float, runs_per_month: float, low: float, likely: float, high: float, hourly_usd: float, cost_usd: float
) -> tuple[float, list[Any]]:
    """Hours saved a year, and the value at the low, likely and high blocked share."""
    hours = time_saved(before_min, after_min, 12 * runs_per_month, hourly_usd).hours_saved
    return hours, [blocked_value(hours, share, hourly_usd, cost_usd) for share in sorted((low, likely, high))]


def view_own(
    before_min: float, after_min: float, runs_per_month: float, low: float, likely: float, high: float, hourly_usd: float, cost_usd: float
) -> View:
    """A saving of time as a line that a finance director would accept."""
    hours, values = own_range(before_min, after_min, runs_per_month, low, likely, high, hourly_usd, cost_usd)
    shares = sorted((low, likely, high))
    names = ("low", "likely", "high")
    table = Table(
        ("Blocked share", "Share", "Hours blocked a year", "Worth, USD a year", "For each USD of cost"),
        tuple(
            (name, pct(share), amount(value.blocked_h), amount(value.value_usd),
             "no cost" if value.value_per_cost is None else number_text(value.value_per_cost, 2))
            for name, share, value in zip(names, shares, values)
        ),
    )  # fmt: skip
    worst, middle, best = values
    if hours <= 0:
        reading = f"From {amount(before_min)} to {amount(after_min)} min a run, nothing is saved: there is no line to write."
        return View(_own_picture(hours, values, hourly_usd, cost_usd), reading, table)
    line = (
        f"From {amount(before_min)} to {amount(after_min)} min a run, at {amount(runs_per_month)} runs a month, people wait "
        f"{amount(hours)} hours a year less. An estimated {pct(shares[1])} of it ({pct(shares[0])} to {pct(shares[2])}) kept them "
        f"from working: {amount(middle.blocked_h)} hours, worth {amount(middle.value_usd)} USD a year at {amount(hourly_usd)} USD an hour "
        f"({amount(worst.value_usd)} to {amount(best.value_usd)}). "
    )
    if cost_usd:
        line += (
            f"It costs {amount(cost_usd)} USD a year: {number_text(middle.value_per_cost, 2)} USD back for each "
            f"({number_text(worst.value_per_cost, 2)} to {number_text(best.value_per_cost, 2)}). "
        )
        if middle.break_even_share is not None and middle.break_even_share <= 1:
            line += f"It pays from a blocked share of {pct(middle.break_even_share)} on. "
        elif middle.break_even_share is not None:
            line += "It does not pay even if all of the wait blocked. "
    line += "This is capacity, not cash; the blocked share is the input to measure next."
    warning = "" if [low, likely, high] == shares else "Low, likely and high are taken in the order of their size."
    return View(_own_picture(hours, values, hourly_usd, cost_usd), line, table, warning)


def _own_picture(hours: float, values: list[Any], hourly_usd: float, cost_usd: float) -> dict[str, Any]:
    """The range of the value, against the cost and against counting every minute."""
    worst, middle, best = (value.value_usd for value in values)
    everything = max(0.0, hours * hourly_usd)
    rows = ["every minute", "what blocked work", "what it costs"]
    y = {"field": "row", "type": "nominal", "sort": None, "scale": {"domain": rows}, "axis": {"title": None}}

    def x(field: str) -> dict[str, Any]:
        return {"field": field, "type": "quantitative", "scale": {"domainMin": 0},
                "axis": {"title": "USD a year", "tickCount": 4, "format": ",.0f"}}  # fmt: skip

    marks = [
        {"row": rows[0], "usd": everything, "label": f"{amount(everything)}"},
        {"row": rows[1], "usd": max(0.0, middle), "label": f"{amount(middle)}"},
        {"row": rows[2], "usd": cost_usd, "label": f"{amount(cost_usd)}"},
    ]
    color = {"field": "row", "type": "nominal", "scale": {"domain": rows, "range": [VERMILLION, BLUE, GREEN]}, "legend": None}
    return chart(
        150,
        [
            layer("range", {"type": "rule", "strokeWidth": 6, "opacity": 0.4, "color": BLUE}, x=x("low"), x2={"field": "high"}, y=y),
            layer("marks", {"type": "point", "filled": True, "size": 130, "opacity": 1}, x=x("usd"), y=y, color=color,
                  shape={"field": "row", "type": "nominal", "scale": {"domain": rows, "range": ["cross", "circle", "diamond"]}, "legend": None}),
            layer("marks", {"type": "text", "dy": -15}, x=x("usd"), y=y, text={"field": "label"}),
        ],
        {"range": [{"row": rows[1], "low": max(0.0, worst), "high": max(0.0, best)}], "marks": marks},
    )  # fmt: skip


OWN = Explorer(
    id="own",
    title="Audit a metric of your own",
    lead="Replace the made-up numbers by yours. The words under the picture become your line.",
    controls=(
        Number("before_min", "Before", "min", low=0.01, high=10_000, default=25, help="Minutes a run: a build, a deploy, a wait for a review."),
        Number("after_min", "After", "min", low=0, high=10_000, default=15),
        Number("runs_per_month", "Runs a month", "", low=0, high=1e8, default=1_200, help="Counted from a log, not estimated."),
        Number("low", "Blocked share, low", "%", low=0, high=1, default=0.1),
        Number("likely", "Blocked share, likely", "%", low=0, high=1, default=0.25, help="Ask or trace a sample: what did people do meanwhile?"),
        Number("high", "Blocked share, high", "%", low=0, high=1, default=0.4),
        Number("hourly_usd", "Finance's rate for an hour", "USD", low=0, high=10_000, default=95, help="Ask finance; a rate of your own will be struck out."),
        Number("cost_usd", "What it costs a year", "USD", low=0, high=5e8, default=40_000, help="People, licenses and machines."),
    ),
    view=view_own,
)  # fmt: skip


# --- A quiet year -----------------------------------------------------------------------------


def view_quiet(incidents_per_year: float, prevented_share: float) -> View:
    """The chance of a quiet year without and with prevention."""
    result = quiet_period(incidents_per_year, prevented_share)
    without, prevented = pct(result.p_quiet_without), pct(result.p_quiet_with)
    after = result.likelihood_ratio / (1 + result.likelihood_ratio)
    drawing = bars([
        ("a team that prevents nothing", result.p_quiet_without, without),
        (f"a team that prevents {pct(prevented_share)}", result.p_quiet_with, prevented),
    ])  # fmt: skip
    reading = (
        f"Where {amount(incidents_per_year)} {'incident comes' if incidents_per_year == 1 else 'incidents come'} a year at random, a team that prevents nothing "
        f"still has a quiet year with a chance of {without}; one that prevents {pct(prevented_share)} of them, of {prevented}. A quiet year "
        f"multiplies the odds that the prevention works by {number_text(result.likelihood_ratio, 3)}: from even odds to {pct(after)}."
    )
    rows = []
    for years in (1, 2, 3, 5):
        later = quiet_period(incidents_per_year, prevented_share, years)
        rows.append((str(years), pct(later.p_quiet_without), pct(later.p_quiet_with), number_text(later.likelihood_ratio, 3)))
    table = Table(("Quiet years", "Prevents nothing", "Prevents its share", "Odds times"), tuple(rows))
    return View(drawing, reading, table)


QUIET = Explorer(
    id="quiet",
    title="A quiet year",
    lead="Two teams, one quiet year each. How well does it tell them apart?",
    controls=(
        Number("incidents_per_year", "Incidents a year without prevention", "", low=0.01, high=12, default=1,
               stops=log_stops(0.1, 10)),
        Number("prevented_share", "Share that the team prevents", "%", low=0, high=1, default=0.5, stops=SHARES),
    ),
    view=view_quiet,
)  # fmt: skip

EXPLORERS = (BACKWARDS, OWN, QUIET)


# --- What the cards of the claim auditor recompute ----------------------------------------------

# What a factor between claim and recomputation may mean.
SLIPS = {
    60: "an hour for a minute", 24: "a day for an hour", 12: "a year for a month", 7: "a week for a day",
    30: "a month for a day", 1000: "a thousand", 1024: "a binary thousand",
}  # fmt: skip


def slip_text(factor: float) -> str:
    """The slip behind a factor, in either direction."""
    size = max(factor, 1 / factor)
    return f"The factor is near {amount(size)}: somebody may have taken {SLIPS[round(size)]}{', or the other way round' if factor < 1 else ''}."


def compared(claimed: float, found: float, unit: str, more: str = "", tolerance: float = 0.05) -> View:
    """A claim's number against the model's, with the verdict of the audit."""
    audit = audit_claim(claimed, found, tolerance)
    said, model = f"{amount(claimed, 4)} {unit}", f"{amount(found, 4)} {unit}"
    if audit.verdict == "undefined":
        verdict = "There is nothing to compare it with."
    elif audit.verdict == "consistent":
        verdict = f"Consistent: {pct(abs(audit.relative_error))} {'more' if audit.relative_error > 0 else 'less'} than the model." if audit.relative_error else "The same."
    else:
        times = f"{number_text(audit.ratio, 3)} times the model's number" if audit.ratio >= 2 else f"{pct(abs(audit.relative_error))} too {'high' if audit.relative_error > 0 else 'low'}"
        verdict = f"Inconsistent: the claim is {times}."
        verdict += f" {slip_text(audit.unit_slip_factor)}" if audit.unit_slip_factor else ""
    reading = f"The claim says {said}; the model finds {model}. {verdict} {more}".rstrip()
    table = Table(("Number", "Value"), (("claimed", said), ("recomputed", model), ("claim / model", "" if audit.ratio is None else number_text(audit.ratio, 4))))
    return View(bars([("claimed", claimed, said), ("recomputed", found, model)]), reading, table)


def shown(rows: list[tuple[str, float, str]], reading: str) -> View:
    """Bars, their reading, and the same as a table."""
    return View(bars(rows), reading, Table(("Number", "Value"), tuple((label, text) for label, _, text in rows)))


def recompute_four_nines(availability: float) -> View:
    """B016: minutes a year at four nines."""
    return compared(52, allowed_downtime(availability, "year").downtime_s / 60, "min a year")


def recompute_outage(usd_per_min: float) -> View:
    """A028: the published figure by the minute and by the hour."""
    hour = downtime_cost(minutes=60, usd_per_min=usd_per_min).usd_per_h
    return compared(300_000, usd_per_min, "USD a minute", f"{amount(usd_per_min)} USD a minute are {amount(hour)} USD an hour.")


def recompute_build_value(annual_value_usd: float, hours_per_month: float, blocked_share: float) -> View:
    """A037: the price of an hour that the sum takes for granted."""
    plain = implied_hourly(annual_value_usd, hours_per_month).implied_hourly_usd
    reading = f"{amount(annual_value_usd)} USD a year for {amount(hours_per_month)} hours a month price an hour at {amount(plain)} USD, and count every hour saved as an hour worked."
    rows = [("if all of the wait blocked work", plain, f"{amount(plain)} USD an hour")]
    if blocked_share:
        needed = implied_hourly(annual_value_usd, hours_per_month * blocked_share).implied_hourly_usd
        rows.append((f"if {pct(blocked_share)} of it did", needed, f"{amount(needed)} USD an hour"))
        reading += f" If only {pct(blocked_share)} of the wait kept people from working, the same sum needs {amount(needed)} USD an hour."
    return shown(rows, reading)


def recompute_handshake(rtt_ms: float) -> View:
    """A064: what one round trip less saves."""
    saving = handshake_saving(rtt_ms, "tls1.2", "tls1.3")
    rows = [("handshake of TLS 1.2", saving.before_ms, f"{amount(saving.before_ms)} ms"), ("handshake of TLS 1.3", saving.after_ms, f"{amount(saving.after_ms)} ms")]
    return shown(rows, f"At a round trip of {amount(rtt_ms)} ms the handshake takes {amount(saving.before_ms)} ms with TLS 1.2 and {amount(saving.after_ms)} ms with TLS 1.3: one round trip, {amount(saving.saved_ms)} ms, less.")


def recompute_tls_story(saved_ms: float, share: float, requests: int) -> View:
    """A065: the request that the story takes for granted."""
    base = implied_baseline(saved_ms, share)
    each = saved_ms / requests
    reading = (
        f"{amount(saved_ms)} ms are {pct(share)} only of a request of {amount(base.implied_baseline_ms)} ms that opens a new connection each time. "
        f"With {count_text(requests, 'request', 'requests')} on a connection, each saves {amount(each)} ms: {pct(each / base.implied_baseline_ms)} of it."
    )
    return shown([("a request, before", base.implied_baseline_ms, f"{amount(base.implied_baseline_ms)} ms"), ("saved for each", each, f"{amount(each)} ms")], reading)


def recompute_worst(mean_ms: float, requests: int) -> View:
    """B021: P99 against the slowest request of many."""
    p99 = slowest_of_n(mean_ms, 1, 0.99).quantile_ms
    worst = slowest_of_n(mean_ms, requests, 0.5).quantile_ms
    reading = (
        f"With exponential times around a mean of {amount(mean_ms)} ms, P99 is {amount(p99)} ms, and {amount(requests / 100)} of {amount(requests)} requests are slower. "
        f"On half of the days the slowest takes more than {amount(worst)} ms: {number_text(worst / p99, 2)} times P99."
    )
    return shown([("P99", p99, f"{amount(p99)} ms"), (f"slowest of {amount(requests)}", worst, f"{amount(worst)} ms")], reading)


def recompute_tail(p: float, n: int) -> View:
    """B022: how often a request meets a slow call."""
    slow = any_slow(p, n).p_any_slow
    reading = f"If {pct(p)} of calls are slow and a request makes {count_text(n, 'call', 'calls')} at once, {pct(slow)} of requests meet a slow one."
    return shown([("of calls are slow", p, pct(p)), ("of requests meet one", slow, pct(slow))], reading)


def recompute_ice(third_a: float, third_b: float) -> View:
    """A034: the third score as ease, which multiplies, and as effort, which divides."""
    impact, confidence = 8, 7
    rows, first = [], {}
    for reading_as, score in (("ease (times)", ice), ("effort (divided by)", ice_effort)):
        scores = {name: score(impact, confidence, third).score for name, third in (("A", third_a), ("B", third_b))}
        rows += [(f"{name}, third score as {reading_as}", value, amount(value)) for name, value in scores.items()]
        first[reading_as] = "neither" if scores["A"] == scores["B"] else max(scores, key=scores.get)
    as_ease, as_effort = first.values()
    reading = f"Two items with impact {impact} and confidence {confidence}; the third score is {amount(third_a)} for A and {amount(third_b)} for B. As ease, {as_ease} comes first; as effort, {as_effort}."
    table = Table(("Item", "Score"), tuple((label, text) for label, _, text in rows))
    longest = max(value for _, value, _ in rows[:2]), max(value for _, value, _ in rows[2:])
    drawn = [(label, value / longest[at // 2], text) for at, (label, value, text) in enumerate(rows)]
    return View(bars(drawn), reading, table)


def recompute_rice(reach: float, effort: float) -> View:
    """A035: effort divides."""
    one, twice = rice(reach, 2, 0.8, effort).score, rice(reach, 2, 0.8, 2 * effort).score
    reading = f"Reach {amount(reach)}, impact 2, confidence 80%, effort {amount(effort)}: a score of {amount(one)}. Twice the effort leaves {amount(twice)}: reach, impact and confidence multiply, effort divides."
    return shown([("effort as given", one, amount(one)), ("twice the effort", twice, amount(twice))], reading)


def recompute_guard(slo: float, added: float) -> View:
    """A043: added errors against a month's budget."""
    spent = budget_spent(slo, added, incident_min=30 * 24 * 60).budget_consumed
    reading = f"A promise of {pct(slo, 6)} allows {pct(1 - slo)} of errors. A migration that adds {pct(added)} and stays for the month spends {pct(spent)} of that budget alone."
    return shown([("the whole budget", 1 - slo, pct(1 - slo)), ("added by the migration", added, pct(added))], reading)


def recompute_bill(compute_share: float, factor: float) -> View:
    """B042: the bill when a feature takes longer."""
    ratio = bill_shock(100, compute_share, factor).shock_ratio
    more = f"Only the compute part of the bill, {pct(compute_share)}, grows; storage, requests and traffic do not."
    return compared(2, ratio, "times the bill", more)


def recompute_base(saving_usd: float, share: float) -> View:
    """A014: the spend that the claim takes for granted."""
    base = implied_base_spend(saving_usd, share).implied_base_spend_usd
    reading = f"{amount(saving_usd)} USD a year are {pct(share)} only of a spend of {amount(base)} USD a year. Which spend is that?"
    table = Table(("Amount", "USD a year"), (("saving", amount(saving_usd)), ("takes for granted", amount(base))))
    return View(equation(pct(share), f"a spend of {amount(base)} USD a year", f"{amount(saving_usd)} USD a year"), reading, table)


def recompute_arpu(arpu_growth: float, churn: float) -> View:
    """B024: growth of those who stay, with those who leave."""
    kept = nrr_from_rates(churn, arpu_growth).nrr
    reading = f"Customers who stay spend {pct(arpu_growth)} more, and {pct(churn)} leave: last year's customers bring {pct(kept)} of last year's revenue."
    return shown([("last year", 1, "100%"), ("this year, the same customers", kept, pct(kept))], reading)


def recompute_nps(promoters: int, passives: int, detractors: int) -> View:
    """A015: a score with its margin."""
    if promoters + passives + detractors == 0:
        return View(interval(0, 0, 0, (-100, 100), ("", "no answers", "")), "Without answers there is no score.", Table(("Number", "Value"), (("answers", "0"),)))
    score = nps(promoters, passives, detractors)
    low, high = score.nps_points - score.margin_points, score.nps_points + score.margin_points
    answers = promoters + passives + detractors
    reading = f"{count_text(answers, 'answer', 'answers')} make a score of {amount(score.nps_points)}, give or take {amount(score.margin_points)} points (95%): from {amount(low)} to {amount(high)}."
    picture = interval(low, score.nps_points, high, (-100, 100), (amount(low), amount(score.nps_points), amount(high)))
    table = Table(("Number", "Value"), (("score", amount(score.nps_points)), ("margin, 95%", amount(score.margin_points)), ("answers", str(answers))))
    return View(picture, reading, table)


def card(claim: str, title: str, view: Callable[..., View], *controls: Control) -> Explorer:
    """What a card of the deck recomputes: an explorer that bears the claim's id."""
    return Explorer(id=claim, title=f"Recompute {claim}", lead=title, controls=controls, view=view)


def _count(name: str, label: str, default: int, low: int = 0, high: int = 100_000) -> Number:
    return Number(name, label, "", low=low, high=high, default=default, whole=True)


RECOMPUTE = (
    card("B016", "The model counts minutes in a year of 365 days.", recompute_four_nines,
         Number("availability", "Availability", "%", low=0.9, high=1, default=0.9999)),
    card("A028", "The source gives a figure for a minute; the claim gives one, too.", recompute_outage,
         Number("usd_per_min", "The source's figure", "USD", low=0, high=1e7, default=5_600)),
    card("A035", "Four inputs make a score: what does the last one do?", recompute_rice,
         Number("reach", "Reach", "", low=0, high=1e9, default=2_000), Number("effort", "Effort", "", low=0.1, high=1_000, default=4)),
    card("A037", "The model solves for the price of an hour.", recompute_build_value,
         Number("annual_value_usd", "Claimed worth", "USD", low=0, high=1e9, default=1_200_000),
         Number("hours_per_month", "Hours a month", "h", low=1, high=1e6, default=500),
         Number("blocked_share", "Share that blocks", "%", low=0, high=1, default=0.2)),
    card("A064", "Handshakes take round trips; the model counts them.", recompute_handshake,
         Number("rtt_ms", "Round trip", "ms", low=0, high=1_000, default=80)),
    card("A065", "The model solves for the request behind the percentage.", recompute_tls_story,
         Number("saved_ms", "Saved on a handshake", "ms", low=0.001, high=10_000, default=60),
         Number("share", "Said to be", "%", low=0.001, high=1, default=0.12),
         Number("requests", "Requests on a connection", "", low=1, high=100_000, default=100, whole=True)),
    card("A014", "The model solves for the spend behind the percentage.", recompute_base,
         Number("saving_usd", "Saving a year", "USD", low=1, high=1e12, default=12_000_000),
         Number("share", "Said to be", "%", low=0.001, high=1, default=0.1)),
    card("B021", "The model draws times and looks at the slowest.", recompute_worst,
         Number("mean_ms", "Mean time", "ms", low=0.1, high=60_000, default=10), _count("requests", "Requests a day", 1_000_000, low=1, high=10**9)),
    card("A043", "The model sets the added errors against a month's budget.", recompute_guard,
         Number("slo", "Promise", "%", low=0.9, high=0.99999, default=0.999), Number("added", "Errors added", "%", low=0, high=1, default=0.001)),
    card("B022", "A request that makes many calls waits for the slowest.", recompute_tail,
         Number("p", "Slow calls", "%", low=0, high=1, default=0.01), _count("n", "Calls of a request", 100)),
    card("B024", "The model puts growth and loss of customers together.", recompute_arpu,
         Number("arpu_growth", "Growth of those who stay", "%", low=0, high=3, default=0.3), Number("churn", "Share that leaves", "%", low=0, high=1, default=0.1)),
    card("A034", "Impact and confidence multiply. And the third score?", recompute_ice,
         Number("third_a", "Third score of A", "", low=1, high=10, default=3), Number("third_b", "Third score of B", "", low=1, high=10, default=6)),
    card("B042", "The model lets the compute part of a bill grow.", recompute_bill,
         Number("compute_share", "Compute, of the bill", "%", low=0, high=1, default=0.7), Number("factor", "Compute grows by", "times", low=0, high=100, default=2)),
    card("A015", "The model gives the score of a survey its margin.", recompute_nps,
         _count("promoters", "9 or 10", 30), _count("passives", "7 or 8", 19), _count("detractors", "0 to 6", 11)),
)  # fmt: skip


# --- Tasks ------------------------------------------------------------------------------------


def _hours(p: dict[str, Any]) -> float:
    return time_saved(p["before_min"], p["after_min"], 12 * p["runs_per_month"], p["hourly_usd"]).hours_saved


BLOCKED = NumericTask(
    id="blocked_value",
    title="What the wait is worth",
    objective=1,
    unit="USD",
    relative_tolerance=0.01,
    book={"before_min": 30, "after_min": 24, "runs_per_month": 2_000, "share": 0.15, "hourly_usd": 120},
    draw=lambda rng: {
        "before_min": (before := rng.choice([18, 20, 30, 40, 45])),
        "after_min": before - rng.choice([3, 5, 6, 9, 12]),
        "runs_per_month": rng.choice([800, 1_500, 2_500, 4_000, 6_000]),
        "share": rng.choice([0.1, 0.15, 0.2, 0.25, 0.3]),
        "hourly_usd": rng.choice([90, 100, 120, 140]),
    },
    prompt=lambda p: (
        f"A build (made up) takes {p['after_min']} minutes instead of {p['before_min']}, {amount(p['runs_per_month'])} times a month. In a sample, "
        f"{pct(p['share'])} of the wait kept people from working, and finance counts {p['hourly_usd']} USD an hour. "
        "What is the saving worth in a year, in USD?"
    ),
    expected=lambda p: blocked_value(_hours(p), p["share"], p["hourly_usd"]).value_usd,
    slips=lambda p: (
        Slip(blocked_value(_hours(p), 1, p["hourly_usd"]).value_usd, "That counts every minute as if it would have been worked."),
        Slip(blocked_value(_hours(p) / 12, p["share"], p["hourly_usd"]).value_usd, "That is a month. A year is asked."),
        Slip(
            blocked_value(12 * p["runs_per_month"] * p["after_min"] / 60, p["share"], p["hourly_usd"]).value_usd,
            "That is the worth of the wait that is left, not of the wait that is gone.",
        ),
    ),
    hints=lambda p: (
        "First the hours that people wait less in a year: minutes saved, times runs, times twelve months.",
        f"That is {amount(_hours(p))} hours. Which part of them would have been worked?",
        f"{amount(_hours(p))} h × {number_text(p['share'])} × {p['hourly_usd']} USD.",
    ),
    right=lambda p: (
        f"{amount(blocked_value(_hours(p), p['share'], p['hourly_usd']).value_usd)} USD a year. Counting every minute would have made it "
        f"{amount(_hours(p) * p['hourly_usd'])}."
    ),
)


def _break_even(p: dict[str, Any]) -> float:
    return blocked_value(p["hours_per_year"], 1, p["hourly_usd"], p["cost_usd"]).break_even_share


BREAK_EVEN = NumericTask(
    id="break_even",
    title="From which share on does it pay?",
    objective=1,
    unit="%",
    relative_tolerance=0.01,
    book={"hours_per_year": 4_000, "hourly_usd": 100, "cost_usd": 72_000},
    draw=lambda rng: {
        "hours_per_year": rng.choice([2_500, 4_800, 6_400, 9_000]),
        "hourly_usd": rng.choice([80, 100, 125]),
        "cost_usd": rng.choice([30_000, 45_000, 64_000, 90_000]),
    },
    prompt=lambda p: (
        f"A tool (made up) spares people {amount(p['hours_per_year'])} hours of waiting a year and costs {amount(p['cost_usd'])} USD a year. Finance counts "
        f"{p['hourly_usd']} USD an hour. From which blocked share on does it pay for itself?"
    ),
    expected=_break_even,
    hints=lambda p: (
        "At that share, the value of the blocked hours is the cost.",
        f"All of the wait would be worth {amount(p['hours_per_year'] * p['hourly_usd'])} USD.",
        f"{amount(p['cost_usd'])} of {amount(p['hours_per_year'] * p['hourly_usd'])} USD, as a share.",
    ),
    right=lambda p: f"{pct(_break_even(p))}. That is the number to measure against: a trace of two weeks can tell on which side you are.",
)


SLIP_OPTIONS = {
    "hour": (60, "an hour was taken for a minute"),
    "year": (12, "a year was taken for a month"),
    "week": (7, "a week was taken for a day"),
    "thousand": (1000, "thousands were counted twice"),
}


def _slip_options(p: dict[str, Any]) -> tuple[Option, ...]:
    ratio = p["claimed"] / p["found"]
    found = audit_claim(p["claimed"], p["found"]).unit_slip_factor
    reason = f"The claim is {number_text(ratio, 3)} times your number, near {amount(found)}."
    return tuple(
        Option(key, words, f"{reason} {'That is this slip.' if size == found else 'This slip would make it ' + amount(size) + ' times.'}")
        for key, (size, words) in SLIP_OPTIONS.items()
    )


SLIP = ChoiceTask(
    id="slip",
    title="Which slip is it?",
    objective=3,
    book={"claimed": 88_000, "found": 7_500, "what": "the cost of a support contract, in USD a month"},
    draw=lambda rng: {
        "claimed": (found := rng.choice([400, 2_400, 5_100, 9_600])) * rng.choice([57, 64, 11.4, 12.8, 6.6, 7.5, 950, 1_000]),
        "found": found,
        "what": rng.choice(["the cost of downtime, in USD a minute", "the size of a log, in GB a day", "the cost of a support contract, in USD a month"]),
    },
    prompt=lambda p: f"A slide (made up) gives {p['what']}, as {amount(p['claimed'])}. You recompute {amount(p['found'])} from the raw data. Which slip is the likeliest?",
    expected=lambda p: next(
        key for key, (size, _) in SLIP_OPTIONS.items() if size == audit_claim(p["claimed"], p["found"]).unit_slip_factor
    ),
    options=_slip_options,
    hints=lambda p: (
        "How many times your number is the number on the slide?",
        f"{number_text(p['claimed'] / p['found'], 3)} times. Minutes in an hour, months in a year, days in a week, thousands: which is near?",
    ),
)


def _change(p: dict[str, Any]) -> Any:
    return nps_change(*p["before"], *p["after"])


SURVEY = NumericTask(
    id="survey_margin",
    title="Did the survey move?",
    objective=4,
    unit="points",
    relative_tolerance=0.02,
    book={"before": (40, 25, 15), "after": (46, 24, 10)},
    draw=lambda rng: {
        "before": (rng.randint(20, 30), rng.randint(15, 25), rng.randint(12, 20)),
        "after": (rng.randint(26, 38), rng.randint(12, 22), rng.randint(6, 14)),
    },
    prompt=lambda p: (
        "A platform team (made up) asked its users twice, different people each time. The table has the answers. "
        "What is the margin (95%) of the change of the net promoter score, in points?"
    ),
    data=lambda p: Table(
        ("survey", "promoters", "passives", "detractors"),
        tuple((name, *map(str, p[name])) for name in ("before", "after")),
    ),
    expected=lambda p: _change(p).margin_points,
    slips=lambda p: (
        Slip(nps(*p["before"]).margin_points + nps(*p["after"]).margin_points, "Chances of two samples rarely go the same way: margins do not just add."),
        Slip(nps(*p["before"]).margin_points, "That is the margin of the first survey alone."),
        Slip(nps(*p["after"]).margin_points, "That is the margin of the second survey alone."),
        Slip(_change(p).change_points, "That is the change. How far may it be off by chance?"),
    ),
    hints=lambda p: (
        "Each survey has a margin of its own; the change has both.",
        "The margin of one survey is what the card of claim A015, or the model nps, gives: "
        f"{number_text(nps(*p['before']).margin_points, 3)} points before, {number_text(nps(*p['after']).margin_points, 3)} after.",
        "Margins of independent samples add as squares: the root of the sum of both squares.",
    ),
    right=lambda p: (
        f"{number_text(_change(p).margin_points, 3)} points, for a change of {number_text(_change(p).change_points, 3)}: "
        f"{'larger than chance explains' if _change(p).clear else 'chance explains it'}."
    ),
)

GAMES = {
    "pages": ("Pages go to a person only after ten minutes of failure.", True, "Mean time to restore starts at the page, so it falls. Customers wait longer."),
    "config": ("A team counts as a user when its repository holds the configuration file.", True, "Adoption rises with a commit that nobody uses."),
    "guide": ("New teams deploy a sample service on the first day, with a guide beside them.", True, "Time to first deployment falls. Their own service is no nearer to production."),
    "maintenance": ("Announced maintenance no longer counts as downtime.", True, "Uptime rises. The service is down as long as before."),
    "cache": ("Reads are answered from a cache near the caller.", False, "Latency falls because answers arrive sooner. Ask how old they may be."),
    "docs": ("The three questions that support hears most are answered in the error message.", False, "Support tickets fall because people get on. That is the aim."),
}

GAMED = SeveralTask(
    id="gamed",
    title="Which of these only move the number?",
    objective=4,
    book={"keys": ("pages", "config", "cache", "maintenance")},
    draw=lambda rng: {"keys": tuple(rng.sample([key for key in GAMES if GAMES[key][1]], 2) + rng.sample([key for key in GAMES if not GAMES[key][1]], rng.choice([1, 2])))},
    prompt=lambda p: "Each of these improves a KPI of a platform (made up). Which of them help nobody?",
    options=lambda p: tuple(Option(key, GAMES[key][0], GAMES[key][2]) for key in sorted(p["keys"])),
    expected=lambda p: {key for key in p["keys"] if GAMES[key][1]},
    hints=lambda p: (
        "For each, ask: who gets something sooner, safer or cheaper?",
        f"{count_text(sum(GAMES[key][1] for key in p['keys']), 'of them moves', 'of them move')} only the number.",
    ),
)

TASKS = (BLOCKED, BREAK_EVEN, SLIP, SURVEY, GAMED)

show, ask, table, check = notebook((*EXPLORERS, *RECOMPUTE), TASKS)
decide, predict, judge = study("role")
audit = auditor("role")
