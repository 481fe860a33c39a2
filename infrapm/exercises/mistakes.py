"""Exercises of the chapter "Eight ways to lose, each with its number"."""

from random import Random
from typing import Any

from infrapm.explore.charts import BLUE, GREEN, VERMILLION, chart, layer
from infrapm.explore.controls import Number, even_stops
from infrapm.explore.explorer import Explorer, Table, View
from infrapm.explore.kernel import notebook
from infrapm.explore.tasks import NumericTask, Option, OrderingTask, SeveralTask, Slip
from infrapm.explore.text import count_text, number_text, percent_text

# All that the documents of the red team compute with, so that a browser which gets this chapter gets them, too.
from infrapm.models import availability, capacity, design, economics, failure, lifecycle, platform, role, rollout, slo

from ._red_team import cost_task, red_document
from ._review import red_team
from ._study import study

MODELS = (availability, capacity, design, economics, failure, lifecycle, platform, role, rollout, slo)
SLUG = "mistakes"
DOCUMENTS = ("a", "b", "c")


# --- Loudest first ----------------------------------------------------------------------------

_FLAWS_EACH = 4


def caught_by_order(id: str) -> tuple[list[float], list[float]]:
    """The share of a document's damage that the first 0 to 4 flaws carry: the easiest to see first, and the costliest."""
    document = red_document(SLUG, id)
    damages = document.damages(document.parameters())
    total = sum(damages.values())
    loudest = [damages[flaw.id] / total for flaw in sorted(document.flaws, key=lambda flaw: flaw.tell)]
    costliest = sorted(loudest, reverse=True)
    return tuple([sum(shares[:number]) for number in range(_FLAWS_EACH + 1)] for shares in (loudest, costliest))


ORDERS = ("easiest to see first", "costliest first")


def view_order(flaws: int) -> View:
    """Damage caught against flaws found, in two orders: the mean of the three documents."""
    each = [caught_by_order(id) for id in DOCUMENTS]
    means = [[sum(one[order][number] for one in each) / len(each) for number in range(_FLAWS_EACH + 1)] for order in range(2)]
    rows = [
        {"flaws": number, "caught": share, "order": name}
        for name, shares in zip(ORDERS, means)
        for number, share in enumerate(shares)
    ]
    here = [row | {"label": f"{row['caught']:.0%}"} for row in rows if row["flaws"] == flaws]
    x = {"field": "flaws", "type": "quantitative", "scale": {"domain": [0, _FLAWS_EACH]},
         "axis": {"title": "flaws found in a document, of four", "values": list(range(_FLAWS_EACH + 1)), "grid": False}}  # fmt: skip
    y = {"field": "caught", "type": "quantitative", "scale": {"domain": [0, 1]},
         "axis": {"title": "share of the damage caught", "format": "%", "tickCount": 5}}  # fmt: skip
    legend = {"title": None, "columns": 1, "symbolType": "stroke", "symbolSize": 900, "symbolStrokeWidth": 2.5}
    color = {"field": "order", "type": "nominal", "scale": {"domain": list(ORDERS), "range": [VERMILLION, BLUE]}, "legend": legend}
    dash = {"field": "order", "type": "nominal", "scale": {"domain": list(ORDERS), "range": [[7, 4], [1, 0]]}, "legend": legend}
    picture = chart(
        260,
        [
            layer("orders", {"type": "line", "strokeWidth": 2.5}, x=x, y=y, color=color, strokeDash=dash),
            layer("here", {"type": "point", "filled": True, "size": 140, "opacity": 1}, x=x, y=y, color=color),
            layer("here", {"type": "text", "dy": -14, "dx": -4, "align": "right"}, x=x, y=y, text={"field": "label"}),
        ],
        {"orders": rows, "here": here},
    )
    table = Table(
        ("Flaws found", *(name.capitalize() for name in ORDERS)),
        tuple((str(number), f"{means[0][number]:.0%}", f"{means[1][number]:.0%}") for number in range(_FLAWS_EACH + 1)),
    )
    reading = (
        f"{count_text(flaws, 'flaw', 'flaws')} of four found in each of the three documents: taken by what is easiest to see, they carry "
        f"{means[0][flaws]:.0%} of the damage; taken by what costs most, {means[1][flaws]:.0%}."
    )
    return View(picture, reading, table)


ORDER = Explorer(
    id="order",
    title="Easy to see, or costly",
    lead="One control: how many of four flaws does a review find?",
    controls=(
        Number("flaws", "Flaws found in each document", "", low=0, high=_FLAWS_EACH, default=2,
               stops=tuple(range(_FLAWS_EACH + 1)), whole=True),
    ),
    view=view_order,
)  # fmt: skip


# --- The bill that follows a design ------------------------------------------------------------

_PARTS = ("metered by compute time", "everything else")


def view_bill(compute_share: float) -> View:
    """A customer's bill when a feature takes twice the compute, by the share that compute has in it."""
    shock = economics.bill_shock(bill_usd=1_000, compute_share=compute_share, compute_factor=2)
    rows = [
        {"when": when, "usd": usd, "part": part, "order": order}
        for when, factor in (("before", 1), ("after", 2))
        for order, (part, usd) in enumerate(zip(_PARTS, (1_000 * compute_share * factor, 1_000 * (1 - compute_share))))
    ]
    totals = [{"when": "before", "usd": 1_000, "label": "1,000"},
              {"when": "after", "usd": shock.new_bill_usd, "label": f"{shock.new_bill_usd:,.0f}"}]  # fmt: skip
    x = {"field": "usd", "type": "quantitative", "scale": {"domain": [0, 2_200]},
         "axis": {"title": "a month's bill, USD", "tickCount": 5}}  # fmt: skip
    y = {"field": "when", "type": "nominal", "sort": None, "axis": {"title": None}}
    color = {"field": "part", "type": "nominal", "scale": {"domain": list(_PARTS), "range": [VERMILLION, BLUE]},
             "legend": {"title": None, "columns": 1}}  # fmt: skip
    picture = chart(
        150,
        [
            layer("parts", {"type": "bar", "height": 34}, x=x | {"stack": "zero"}, y=y, color=color, order={"field": "order"}),
            layer("totals", {"type": "text", "align": "left", "dx": 6}, x=x, y=y, text={"field": "label"}),
        ],
        {"parts": rows, "totals": totals},
    )
    table = Table(
        ("Line of the bill, USD a month", "Before", "After: twice the compute"),
        (
            (_PARTS[0].capitalize(), f"{1_000 * compute_share:,.0f}", f"{2_000 * compute_share:,.0f}"),
            (_PARTS[1].capitalize(), f"{1_000 * (1 - compute_share):,.0f}", f"{1_000 * (1 - compute_share):,.0f}"),
            ("Together", "1,000", f"{shock.new_bill_usd:,.0f}"),
        ),
    )
    reading = (
        f"With {number_text(100 * compute_share)}% of the bill metered by compute time, a feature that takes twice the compute makes "
        f"1,000 USD a month into {shock.new_bill_usd:,.0f}: {number_text(shock.shock_ratio)} times."
    )
    return View(picture, reading, table)


BILL = Explorer(
    id="bill",
    title="Whose bill is it?",
    lead="One control: which part of the customer's bill is metered by compute time?",
    controls=(
        Number("compute_share", "Metered by compute time", "%", low=0, high=1, default=0.7, stops=even_stops(0, 1, 0.05),
               help="The rest is storage, requests, traffic and support, which a slower feature leaves as they are."),
    ),
    view=view_bill,
)  # fmt: skip


# --- Who is left ------------------------------------------------------------------------------

CUSTOMERS, SLOW_SHARE, SLOW_RATE, WEEKS = 1_500, 0.2, 0.01, 52
LEFT_KINDS = ("all at the eager rate", "a slow fifth at 1% a week")


def left_after(eager_rate: float, weeks: float) -> tuple[float, float]:
    """Customers left after some weeks: all at one rate, and with the slow fifth."""
    segments = [{"share": SLOW_SHARE, "weekly_rate": SLOW_RATE}, {"share": 1 - SLOW_SHARE, "weekly_rate": eager_rate}]
    alike = lifecycle.remaining_customers(CUSTOMERS, eager_rate, weeks).remaining
    return alike, CUSTOMERS * lifecycle.segment_remaining(segments, weeks).remaining_fraction


def view_fade(eager_rate: float) -> View:
    """Customers left on an old version over a year."""
    rows = [
        {"week": week, "left": left, "kind": kind}
        for week in range(0, WEEKS + 1, 2)
        for kind, left in zip(LEFT_KINDS, left_after(eager_rate, week))
    ]
    end = [row | {"label": f"{row['left']:.0f}"} for row in rows if row["week"] == WEEKS]
    x = {"field": "week", "type": "quantitative", "scale": {"domain": [0, 58]},
         "axis": {"title": "weeks", "values": [0, 13, 26, 39, 52], "grid": False}}  # fmt: skip
    y = {"field": "left", "type": "quantitative", "scale": {"domain": [0, CUSTOMERS]},
         "axis": {"title": "customers left", "tickCount": 4}}  # fmt: skip
    legend = {"title": None, "columns": 1, "symbolType": "stroke", "symbolSize": 900, "symbolStrokeWidth": 2.5}
    color = {"field": "kind", "type": "nominal", "scale": {"domain": list(LEFT_KINDS), "range": [GREEN, VERMILLION]}, "legend": legend}
    dash = {"field": "kind", "type": "nominal", "scale": {"domain": list(LEFT_KINDS), "range": [[1, 0], [7, 4]]}, "legend": legend}
    picture = chart(
        240,
        [
            layer("left", {"type": "line", "strokeWidth": 2.5}, x=x, y=y, color=color, strokeDash=dash),
            layer("end", {"type": "text", "align": "left", "dx": 6}, x=x, y=y, text={"field": "label"}),
        ],
        {"left": rows, "end": end},
    )
    table = Table(
        ("Week", *(kind.capitalize() for kind in LEFT_KINDS)),
        tuple((str(week), *(f"{left:,.0f}" for left in left_after(eager_rate, week))) for week in (0, 13, 26, 39, 52)),
    )
    alike, mixed = left_after(eager_rate, WEEKS)
    reading = (
        f"Of {CUSTOMERS:,} customers, {alike:.0f} are left after a year if all of them move at {number_text(100 * eager_rate)}% a week, "
        f"and {mixed:.0f} if a fifth moves at 1%."
    )
    return View(picture, reading, table)


FADE = Explorer(
    id="fade",
    title="Who is left after a year",
    lead="One control: how fast do the eager ones move?",
    controls=(
        Number("eager_rate", "Eager customers that move", "%", low=0.02, high=0.2, default=0.06, stops=even_stops(0.02, 0.2, 0.01),
               help="A week, of those still on the old version."),
    ),
    view=view_fade,
)  # fmt: skip

EXPLORERS = (ORDER, BILL, FADE)


# --- Tasks ------------------------------------------------------------------------------------


def _pb_a_month(p: dict[str, Any]) -> float:
    one_pb = economics.egress_bill(tb_per_month=1_024, usd_per_gb=p["usd_per_gb"]).annual_usd
    return p["annual_usd"] / one_pb


TRAFFIC = NumericTask(
    id="traffic",
    title="How much traffic is that?",
    objective=1,
    unit="PB",
    relative_tolerance=0.02,
    book={"annual_usd": 4_000_000, "usd_per_gb": 0.05},
    draw=lambda rng: {
        "annual_usd": rng.choice([1_500_000, 2_000_000, 2_500_000, 3_000_000, 6_000_000]),
        "usd_per_gb": rng.choice([0.04, 0.05, 0.06, 0.08]),
    },
    prompt=lambda p: (
        f"Outbound traffic costs {p['annual_usd']:,} USD a year at {p['usd_per_gb']:.2f} USD a GB. How many PB leave in a month? "
        "(1 PB = 1,024 TB, 1 TB = 1,024 GB)"
    ),
    expected=_pb_a_month,
    slips=lambda p: (
        Slip(12 * _pb_a_month(p), "So much leaves in a year."),
        Slip(_pb_a_month(p) * 1.024**2, "That takes 1 PB as 1,000 TB of 1,000 GB. Here it is 1,024 of 1,024."),
        Slip(1024 * _pb_a_month(p), "Those are TB."),
    ),
    hints=lambda p: (
        "What is that a month, and how many GB does it buy?",
        f"{p['annual_usd'] / 12:,.0f} USD a month buy {p['annual_usd'] / 12 / p['usd_per_gb']:,.0f} GB.",
        f"{p['annual_usd'] / 12 / p['usd_per_gb']:,.0f} / 1,024 / 1,024.",
    ),
    right=lambda p: (
        f"{number_text(_pb_a_month(p), 3)} PB a month: a steady {number_text(_pb_a_month(p) * 1024**5 * 8 / 2_592_000 / 1e9, 2)} Gbit/s. "
        "Ask whether the product sends that much before you repeat the bill."
    ),
)


def _safe(p: dict[str, Any]) -> float:
    return capacity.region_capacity(p["regions"], p["lost"], 1).safe_utilization


ROOM = NumericTask(
    id="room",
    title="Room for a neighbor",
    objective=1,
    unit="%",
    book={"regions": 2, "lost": 1, "busy": 0.6},
    draw=lambda rng: rng.choice(
        [{"regions": 3, "lost": 1, "busy": 0.75}, {"regions": 4, "lost": 1, "busy": 0.8}, {"regions": 5, "lost": 1, "busy": 0.85},
         {"regions": 5, "lost": 2, "busy": 0.65}, {"regions": 6, "lost": 2, "busy": 0.75}, {"regions": 8, "lost": 1, "busy": 0.9}]
    ),
    prompt=lambda p: (
        f"“{p['regions']} regions, each at most {p['busy']:.0%} busy, so that we can lose {p['lost']}.” How busy may each of them be, "
        "so that the others carry the load?"
    ),
    expected=_safe,
    slips=lambda p: (
        Slip(p["busy"], "That is the plan. Where does the load of a lost region go?"),
    ),
    hints=lambda p: (
        "Where does the load of a lost region go?",
        f"{p['regions'] - p['lost']} of {p['regions']} must carry everything.",
        f"{p['regions'] - p['lost']} / {p['regions']}.",
    ),
    right=lambda p: (
        f"{percent_text(_safe(p))}. At {p['busy']:.0%} the others would be "
        f"{capacity.region_failover(p['regions'], p['lost'], p['busy']).utilization_after:.0%} busy."
    ),
)  # fmt: skip


def _spent(p: dict[str, Any]) -> float:
    return slo.budget_spent(p["slo"], p["added"], p["days"] * 24 * 60).budget_consumed


GUARD = NumericTask(
    id="guard",
    title="What a guard lets through",
    objective=1,
    unit="%",
    relative_tolerance=0.02,
    book={"slo": 0.9995, "added": 0.001, "days": 14},
    draw=lambda rng: rng.choice(
        [{"slo": 0.999, "added": 0.001, "days": 14}, {"slo": 0.9995, "added": 0.0005, "days": 14}, {"slo": 0.999, "added": 0.002, "days": 7},
         {"slo": 0.9995, "added": 0.001, "days": 7}, {"slo": 0.998, "added": 0.002, "days": 10}, {"slo": 0.999, "added": 0.001, "days": 21}]
    ),
    prompt=lambda p: (
        f"A rollout goes on while errors rise by at most {number_text(100 * p['added'])} percentage points. It bakes for {p['days']} days at "
        f"full traffic. The promise is {percent_text(p['slo'])} over 30 days. Which part of the error budget may the rollout spend "
        "without being stopped?"
    ),
    expected=_spent,
    slips=lambda p: (
        Slip(_spent(p | {"days": 30}), f"That is for all 30 days, and the rollout bakes for {p['days']}."),
        Slip(_spent(p) / p["days"], f"That is one day. The rollout bakes for {p['days']}."),
    ),
    hints=lambda p: (
        "Which share of requests may fail in 30 days, and which share does the guard let fail?",
        f"The guard lets {number_text(100 * p['added'])}% fail for {p['days']} of 30 days; the budget is {number_text(100 * (1 - p['slo']), 3)}% for all 30.",
        f"{p['days']} × {number_text(100 * p['added'])} / (30 × {number_text(100 * (1 - p['slo']), 3)}).",
    ),
    right=lambda p: f"{_spent(p):.0%} of the month's budget, and no alarm. State a guard as a share of the budget.",
)  # fmt: skip


def _pays_from(p: dict[str, Any]) -> float:
    return design.kiss_breakeven(0, p["usd_per_h"], p["cost_usd"]).break_even_h


PAYS = NumericTask(
    id="pays",
    title="From when it pays",
    objective=1,
    unit="h",
    book={"usd_per_h": 500, "cost_usd": 60_000},
    draw=lambda rng: {"usd_per_h": rng.choice([100, 200, 250, 400]), "cost_usd": rng.choice([20_000, 30_000, 50_000, 80_000])},
    prompt=lambda p: (
        f"Electing a leader costs {p['cost_usd']:,} USD a year to build in, run and be on call for. An hour without the job costs "
        f"{p['usd_per_h']:,} USD. From how many avoided hours a year does it pay?"
    ),
    expected=_pays_from,
    hints=lambda p: (
        "What does it cost in a year, and what is one avoided hour worth? Where are the two level?",
        f"Each avoided hour pays back {p['usd_per_h']:,} USD of the {p['cost_usd']:,}.",
        f"{p['cost_usd']:,} USD a year / {p['usd_per_h']:,} USD an hour.",
    ),
    right=lambda p: f"{_pays_from(p):.0f} hours a year. Ask how many hours the simple version lost last year.",
)


# Four comments on a made-up design, each with what its fix saves in a year, in USD.
def _comment_values(p: dict[str, Any]) -> dict[str, float]:
    outage = p["lost_a_year"] * p["hours"] * 60 * p["usd_per_min"] * (1 - p["come_back"])
    return {
        "voters": -design.kiss_breakeven(p["missed"], 100, p["voters_usd"]).net_usd,
        "traffic": economics.egress_bill(p["tb"], 0.09).annual_usd,
        "regions": outage,
        "label": (slo.series_count({"endpoint": 50, "host": 40, "team": p["teams"]}).series - 2_000) * 0.0005 * 12,
    }


_COMMENTS = {
    "voters": lambda p: (
        f"Three voters elect the leader of the weekly export ({p['voters_usd']:,} USD a year); a missed export costs an hour at 100 USD, "
        f"{p['missed']} times a year."
    ),
    "traffic": lambda p: f"Exports “are free to send”: {p['tb']} TB a month leave at 0.09 USD a GB (1 TB = 1,024 GB).",
    "regions": lambda p: (
        f"Two regions run at 60%, “so we can lose one”: that is expected {number_text(p['lost_a_year'])} times a year, for {p['hours']} hours, and "
        f"an overloaded region answers nobody. A minute without orders costs {p['usd_per_min']:,} USD; {p['come_back']:.0%} of the orders come back."
    ),
    "label": lambda p: (
        f"A metric with 50 endpoints and 40 hosts gets a label for each of {p['teams']} teams; a thousand series cost 0.50 USD a month."
    ),
}
_WORTH = {"voters": "The voters", "traffic": "The traffic", "regions": "The regions", "label": "The label"}


_CLEAR = 1.2  # a comment is worth at least this times the next one, or their order would be a guess


def _draw_comments(rng: Random) -> dict[str, Any]:
    while True:
        drawn = _some_comments(rng)
        values = sorted(_comment_values(drawn).values())
        if all(more > _CLEAR * less for less, more in zip(values, values[1:])):
            return drawn


def _some_comments(rng: Random) -> dict[str, Any]:
    return {
        "voters_usd": rng.choice([30_000, 45_000, 60_000, 80_000]),
        "missed": rng.choice([2, 4, 6]),
        "tb": rng.choice([15, 25, 60, 90]),
        "lost_a_year": rng.choice([0.2, 0.5]),
        "hours": rng.choice([2, 3, 4]),
        "usd_per_min": rng.choice([1_000, 2_000, 3_000]),
        "come_back": rng.choice([0.5, 0.6, 0.7]),
        "teams": rng.choice([100, 400, 1_200]),
    }


RANK = OrderingTask(
    id="rank",
    title="In which order?",
    objective=3,
    book={"voters_usd": 30_000, "missed": 6, "tb": 90, "lost_a_year": 0.5, "hours": 2, "usd_per_min": 2_000, "come_back": 0.6, "teams": 400},
    draw=_draw_comments,
    prompt=lambda p: "Four comments on a made-up design. Put them in the order of what their fix saves in a year, the most first.",
    expected=lambda p: sorted(_comment_values(p), key=_comment_values(p).__getitem__, reverse=True),
    options=lambda p: tuple(
        Option(key, words(p), f"{_WORTH[key]}: {_comment_values(p)[key]:,.0f} USD a year.") for key, words in _COMMENTS.items()
    ),
    hints=lambda p: (
        "Put a yearly sum in USD on each before you order.",
        f"The regions: {number_text(p['lost_a_year'])} × {p['hours']} h × 60 × {p['usd_per_min']:,} USD × {1 - p['come_back']:.0%}. "
        "The voters: their cost less the hours that they avoid.",
        f"The traffic: {p['tb']} × 1,024 GB × 0.09 USD × 12. The label: {50 * 40 * p['teams'] - 2_000:,} more series.",
    ),
)


def _sound(p: dict[str, Any]) -> set[str]:
    """Which of the sentences hold, by the models."""
    needed = rollout.sample_size(p["base"], 2 * p["base"]).n_per_arm
    held = {
        "regions": capacity.region_failover(2, 1, p["busy"]).survives,
        "canary": p["requests"] >= needed,
        "cron": design.kiss_breakeven(p["missed"], 200, 40_000).verdict == "keep_simple",
        "budget": slo.error_budget(p["slo"], p["events"], 1).consumed_fraction < 0.2,
    }
    return {key for key, holds in held.items() if holds}


def _sound_options(p: dict[str, Any]) -> tuple[Option, ...]:
    after = capacity.region_failover(2, 1, p["busy"]).utilization_after
    needed = rollout.sample_size(p["base"], 2 * p["base"]).n_per_arm
    spent = slo.error_budget(p["slo"], p["events"], 1).consumed_fraction
    pays = design.kiss_breakeven(p["missed"], 200, 40_000).break_even_h
    return (
        Option("regions", f"“Each of our two regions is at most {p['busy']:.0%} busy, so that either can take over.”",
               f"The one that is left would be {after:.0%} busy."),
        Option("canary", f"“The canary sees {p['requests']:,} requests, enough to notice if errors double from {number_text(100 * p['base'])}%.”",
               f"For a chance of 80% it needs {needed:,}."),
        Option("cron", f"“Cron on two hosts and a lease are enough: last year the job was missed for {p['missed']} hours, at 200 USD an hour; "
               "electing a leader would cost 40,000 USD a year.”", f"Electing a leader pays from {pays:.0f} hours a year."),
        Option("budget", f"“{percent_text(p['slo'])} of {p['events']:,} restores a quarter must succeed.”",
               f"One failed restore spends {spent:.0%} of the budget{', so the objective can guide somebody' if spent < 0.2 else ': the first one misses it'}."),
    )  # fmt: skip


SOUND = SeveralTask(
    id="sound",
    title="Which of these would you let stand?",
    objective=2,
    book={"busy": 0.45, "requests": 5_000, "base": 0.001, "missed": 6, "slo": 0.999, "events": 400},
    draw=lambda rng: {
        "busy": rng.choice([0.4, 0.48, 0.55, 0.7]),
        "requests": rng.choice([2_000, 8_000, 40_000]),
        "base": rng.choice([0.001, 0.005]),
        "missed": rng.choice([4, 12, 40]),  # always sound: one at least must be
        "slo": rng.choice([0.99, 0.999]),
        "events": rng.choice([300, 900, 20_000]),
    },
    prompt=lambda p: "Four sentences from designs (made up). Which are sound? Compute before you flag.",
    expected=_sound,
    options=_sound_options,
    hints=lambda p: (
        "Put a number on each: what is left after the loss, how many requests a doubling needs, what the simple way costs, how many failures are allowed.",
        f"sample_size(p1={p['base']}, p2={2 * p['base']}) says what the canary needs; the objective allows "
        f"{number_text((1 - p['slo']) * p['events'], 3)} failures.",
    ),
)

# One task for each planted flaw: compute what it costs.
COSTS = tuple(
    cost_task(document, flaw, objective=1) for document in (red_document(SLUG, id) for id in DOCUMENTS) for flaw in document.flaws
)

TASKS = (TRAFFIC, ROOM, GUARD, PAYS, RANK, SOUND, *COSTS)

show, ask, table, check = notebook(EXPLORERS, TASKS)
decide, predict, judge = study(SLUG)
document, flag, ledger, rewrite = red_team(SLUG, DOCUMENTS)
