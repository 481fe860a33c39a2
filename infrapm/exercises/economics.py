"""Exercises of the chapter "Cost is a feature"."""

import math
from typing import Any

from infrapm.explore.charts import BLUE, GREEN, VERMILLION, chart, layer
from infrapm.explore.controls import Choice, Column, Number, Rows, even_stops
from infrapm.explore.explorer import Explorer, Table, View
from infrapm.explore.kernel import notebook
from infrapm.explore.tasks import ChoiceTask, NumericTask, Option, OrderingTask
from infrapm.explore.text import count_text, number_text, percent_text
from infrapm.models.economics import (
    allocate_cost,
    best_commitment,
    break_even_use,
    lever_order,
    monthly_tco,
    rightsize,
    savings_plan,
    scan_cost,
    tier_break_even,
    tier_cost,
)
from infrapm.models.failure import safe_utilization
from infrapm.models.prioritization import best_order

from ._study import study


def usd(amount: float) -> str:
    """An amount with its unit; cents where they matter.

    >>> usd(139750), usd(46.583), usd(-1200)
    ('139,750 USD', '46.58 USD', '−1,200 USD')
    """
    text = f"{abs(amount):,.0f}" if abs(amount) >= 1000 or amount == round(amount) else f"{abs(amount):,.2f}"
    return f"{'−' if amount < 0 else ''}{text} USD"


# --- The same two levers, swapped -------------------------------------------------------------

_USED, _IDLE, _ON_DEMAND = "committed and used", "committed, idle", "on demand"
_KINDS = (_USED, _ON_DEMAND, _IDLE)


def view_order(removable: float, coverage: float, discount: float) -> View:
    """What an hour costs after the two savings in either order: 100 units at 1 USD an hour."""
    units, price, committed_price = 100.0, 1.0, 1 - discount
    order = lever_order(units, removable, coverage, price, committed_price)
    needed = units * (1 - removable)

    def parts(label: str, use: float, commitment: float) -> list[dict[str, Any]]:
        used = min(use, commitment)
        amounts = (used * committed_price, (use - used) * price, (commitment - used) * committed_price)
        return [{"plan": label, "kind": kind, "place": place, "usd": amount} for place, (kind, amount) in enumerate(zip(_KINDS, amounts))]

    totals = {
        "as it is": order.before_usd_per_h,
        "rightsize, then commit": order.rightsize_first_usd_per_h,
        "commit, then rightsize": order.commit_first_usd_per_h,
    }
    names = list(totals)
    segments = (
        parts(names[0], units, 0) + parts(names[1], needed, coverage * needed) + parts(names[2], needed, coverage * units)
    )
    x = {"field": "usd", "type": "quantitative", "stack": "zero", "scale": {"domain": [0, 112]},
         "axis": {"title": "USD an hour", "values": [0, 20, 40, 60, 80, 100]}}  # fmt: skip
    y = {"field": "plan", "type": "nominal", "sort": names, "axis": {"title": None, "labelLimit": 150}}
    legend = {"title": None, "columns": 1}
    kind = {"field": "kind", "type": "nominal", "legend": legend}
    picture = chart(
        150,
        [
            layer("segments", {"type": "bar", "strokeWidth": 1.5, "height": 26}, x=x, y=y, order={"field": "place"},
                  color={**kind, "scale": {"domain": list(_KINDS), "range": [BLUE, GREEN, VERMILLION]}},
                  stroke={**kind, "scale": {"domain": list(_KINDS), "range": [BLUE, GREEN, VERMILLION]}},
                  fillOpacity={**kind, "scale": {"domain": list(_KINDS), "range": [0.95, 0.35, 0]}}),
            layer("totals", {"type": "text", "align": "left", "dx": 5}, x={**x, "field": "usd", "stack": None}, y=y,
                  text={"field": "label"}),
        ],
        {
            "segments": segments,
            "totals": [{"plan": name, "usd": total, "label": f"{total:.1f}"} for name, total in totals.items()],
        },
    )  # fmt: skip
    difference = order.extra_share
    reading = (
        f"Rightsizing first, {number_text(coverage * needed)} of {number_text(needed)} units are committed: "
        f"{order.rightsize_first_usd_per_h:.1f} USD an hour. Committing first, {number_text(coverage * units)} are: "
        f"{order.commit_first_usd_per_h:.1f} USD"
    )
    if difference is None or abs(difference) < 0.0005:
        reading += ", the same."
    elif difference > 0:
        reading += f", {number_text(100 * difference, 3)}% more for the whole term."
    else:
        reading += f", {number_text(-100 * difference, 3)}% less: the larger commitment is still used."
    warning = ""
    if order.stranded_units > 1e-9:
        removed = removable * units * price
        warning = (
            f"{number_text(order.stranded_units)} committed units stand idle. Removing {number_text(removable * units)} units "
            f"now saves {order.late_saving_usd_per_h:.1f} USD an hour, not {removed:.1f}."
        )
    table = Table(
        ("Plan", "Committed", "Idle", "USD an hour"),
        (
            (names[0], "0", "0", f"{totals[names[0]]:.1f}"),
            (names[1], number_text(coverage * needed), "0", f"{totals[names[1]]:.1f}"),
            (names[2], number_text(coverage * units), number_text(order.stranded_units), f"{totals[names[2]]:.1f}"),
        ),
    )
    return View(picture, reading, table, warning)


ORDER = Explorer(
    id="order",
    title="The same two levers, swapped",
    lead="100 units at 1 USD an hour. Some can be removed, the rest can be committed to. In which order?",
    controls=(
        Number("removable", "Units that can be removed", "%", low=0, high=0.9, default=0.3, stops=even_stops(0, 0.9, 0.05)),
        Number("coverage", "Share that is committed", "%", low=0, high=1, default=0.9, stops=even_stops(0, 1, 0.05),
               help="Of the units that run when the commitment is signed."),
        Number("discount", "Discount for committing", "%", low=0, high=0.8, default=0.4, stops=even_stops(0, 0.8, 0.05)),
    ),
    view=view_order,
)  # fmt: skip


# --- How much to commit -----------------------------------------------------------------------


def made_up_week() -> tuple[float, ...]:
    """Units in use in each hour of a week: days and nights, and a quiet weekend."""
    return tuple(
        float(round((62 if day < 5 else 40) + (30 if day < 5 else 10) * math.cos(2 * math.pi * (hour - 14) / 24)))
        for day in range(7) for hour in range(24)
    )


WEEK = made_up_week()
_HOURS = len(WEEK)


def week_cost(level: float, discount: float) -> float:
    """What the made-up week costs with a commitment to *level* units, at 1 USD a unit and hour on demand."""
    return sum(level * (1 - discount) + max(0.0, units - level) for units in WEEK)


def view_level(discount: float) -> View:
    """The week's hours from the busiest down, and the level that the discount asks for."""
    ordered = sorted(WEEK, reverse=True)
    best = best_commitment(WEEK, on_demand_usd_per_h=1.0, committed_usd_per_h=1 - discount)
    share = break_even_use(1 - discount, 1.0).break_even_utilization
    mean, peak = sum(WEEK) / _HOURS, max(WEEK)
    levels = {"nothing": 0.0, "the mean": mean, "what the discount asks for": best.commitment_units, "the peak": peak}
    curve = [{"share": rank / _HOURS, "units": units} for rank, units in enumerate(ordered)] + [{"share": 1.0, "units": ordered[-1]}]
    x = {"field": "share", "type": "quantitative", "scale": {"domain": [0, 1]},
         "axis": {"title": "share of hours with at least so much in use", "format": "%", "tickCount": 5}}  # fmt: skip
    y = {"field": "units", "type": "quantitative", "scale": {"domain": [0, 100]}, "axis": {"title": "units in use", "tickCount": 5}}
    mark = {"type": "rule", "color": VERMILLION, "strokeWidth": 2}
    picture = chart(
        240,
        [
            layer("curve", {"type": "area", "interpolate": "step-after", "color": BLUE, "opacity": 0.25,
                            "line": {"color": BLUE, "strokeWidth": 2}}, x=x, y=y),
            layer("best", {**mark, "strokeDash": [6, 4]}, x=x),
            layer("best", mark, y=y),
            layer("best", {"type": "text", "align": "left", "baseline": "bottom", "dx": 4, "dy": -4, "fontWeight": 600},
                  x={"datum": 0}, y=y, text={"field": "label"}),
        ],
        {"curve": curve, "best": [{"share": share, "units": best.commitment_units,
                                   "label": f"commit to {number_text(best.commitment_units)}"}]},
    )  # fmt: skip
    rows = tuple(
        (name, number_text(level), percent_text(sum(units >= level for units in WEEK) / _HOURS),
         usd(round(week_cost(level, discount))), usd(round(week_cost(0, discount) - week_cost(level, discount))))
        for name, level in levels.items()
    )  # fmt: skip
    table = Table(("Commit to", "Units", "Hours with at least that", "The week costs", "Saves"), rows)
    reading = (
        f"At {number_text(100 * discount)}% off, a committed unit pays if it is used in more than {number_text(100 * share)}% of "
        f"the hours. That holds up to {number_text(best.commitment_units)} units. The week then costs {usd(round(best.cost_usd))}; with "
        f"the mean ({number_text(mean, 3)}) {usd(round(week_cost(mean, discount)))}, with the peak ({number_text(peak)}) "
        f"{usd(round(week_cost(peak, discount)))}, with no commitment {usd(round(week_cost(0, discount)))}."
    )
    warning = "" if best.commitment_units else "There is no level that pays: a commitment without a discount only binds."
    return View(picture, reading, table, warning)


LEVEL = Explorer(
    id="level",
    title="How much to commit",
    lead="One control. A made-up week of 168 hours, sorted from the busiest hour down; a unit costs 1 USD an hour on demand.",
    controls=(
        Number("discount", "Discount for committing", "%", low=0, high=0.75, default=0.4, stops=even_stops(0, 0.75, 0.05),
               help="Lists differ by provider, term and payment in advance. Type yours."),
    ),
    view=view_level,
)  # fmt: skip


# --- Rightsizing ------------------------------------------------------------------------------

# Made up: P95 of vCPU in use on 24 machines, which run on 16 vCPU each; the price is the same for every vCPU.
FLEET_P95 = (1.1, 1.3, 1.8, 2.2, 2.4, 2.6, 2.9, 3.1, 3.4, 3.7, 4.2, 4.4, 4.9, 5.2, 5.3, 5.6, 6.1, 6.7, 7.3, 8.0, 8.8, 9.6, 10.5, 11.2)
VCPU_USD_PER_H = 0.05
SIZES = tuple((f"{vcpu} vCPU", vcpu, vcpu * VCPU_USD_PER_H) for vcpu in (2, 4, 8, 16, 32))
_CURRENT = "16 vCPU"


def view_fleet(target: float, zones: int) -> View:
    """The made-up fleet on the smallest sizes that carry P95 at a target, and what one zone less does."""
    sized = [rightsize(p95, target, SIZES, _CURRENT) for p95 in FLEET_P95]
    saving = sum(machine.monthly_saving_usd for machine in sized)
    before = len(FLEET_P95) * 16 * VCPU_USD_PER_H * 730
    counts = {name: sum(machine.choice == name for machine in sized) for name, _, _ in SIZES}
    x = {"field": "count", "type": "quantitative", "scale": {"domain": [0, 24]}, "axis": {"title": "machines", "tickCount": 6}}
    y = {"field": "size", "type": "nominal", "sort": None, "axis": {"title": None}}
    picture = chart(
        170,
        [
            layer("fleet", {"type": "bar", "color": BLUE, "height": 20}, x=x, y=y),
            layer("fleet", {"type": "text", "align": "left", "dx": 5}, x=x, y=y, text={"field": "label"}),
        ],
        {"fleet": [{"size": name, "count": count, "label": str(count) if count else ""} for name, count in counts.items()]},
    )
    # The load of the lost zone goes to the others.
    after_loss = target * zones / (zones - 1)
    safe = safe_utilization(servers=zones, lost=1).safe_utilization
    smaller = sum(count for name, count in counts.items() if name not in (_CURRENT, "32 vCPU"))
    reading = (
        f"With P95 at {number_text(100 * target)}% of a machine, {smaller} of {len(FLEET_P95)} machines get smaller: "
        f"{usd(round(saving))} a month, {percent_text(saving / before)} of {usd(before)}. If one of {zones} zones is lost, "
        f"the others are at {number_text(100 * after_loss, 3)}% of their size at that load."
    )
    warning = ""
    if target > safe * (1 + 1e-9):
        warning = (
            f"That is more than they have. With {zones} zones, {number_text(100 * safe, 3)}% is the highest target that "
            "survives the loss of one."
        )
    table = Table(
        ("Size", "Machines before", "Machines after", "USD a month after"),
        tuple(
            (name, str(len(FLEET_P95) if name == _CURRENT else 0), str(counts[name]), usd(round(counts[name] * price * 730)))
            for name, _, price in SIZES
        ),
    )
    return View(picture, reading, table, warning)


FLEET = Explorer(
    id="fleet",
    title="Rightsizing, with a zone to lose",
    lead="24 made-up machines of 16 vCPU. How full may they be, if a zone can fail?",
    controls=(
        Number("target", "Target use at P95", "%", low=0.3, high=1, default=0.5, stops=even_stops(0.3, 1, 0.05),
               help="The 95th percentile of use, as a share of the machine."),
        Number("zones", "Zones that share the load", "", low=2, high=6, default=3, stops=(2, 3, 4, 5, 6), whole=True),
    ),
    view=view_fleet,
)  # fmt: skip


# --- Storage tiers ----------------------------------------------------------------------------

# Round prices, for the arithmetic: USD a GB and month in each tier, USD a GB that is read back.
TIER_PRICES = {"hot_usd_per_gb": 0.02, "cold_usd_per_gb": 0.004, "retrieval_usd_per_gb": 0.03}
_TB_GB = 1024


def view_tiers(retrieved: float) -> View:
    """100 TB hot and cold, against the share that is read back in a month."""
    gb = 100 * _TB_GB
    even = tier_break_even(**TIER_PRICES).break_even_fraction
    here = tier_cost(gb, **TIER_PRICES, retrieved_fraction=retrieved)
    shares = [step / 20 for step in range(31)]
    curves = [
        {"retrieved": share, "usd": amount, "tier": tier}
        for share in shares
        for tier, amount in zip(("hot", "cold"), (lambda cost: (cost.hot_usd, cost.cold_usd))(
            tier_cost(gb, **TIER_PRICES, retrieved_fraction=share)))
    ]  # fmt: skip
    x = {"field": "retrieved", "type": "quantitative", "scale": {"domain": [0, 1.5]},
         "axis": {"title": "share of the data read back in a month", "format": "%", "tickCount": 4}}  # fmt: skip
    y = {"field": "usd", "type": "quantitative", "axis": {"title": "USD a month", "tickCount": 5, "format": ",d"}}
    legend = {"title": None, "symbolType": "stroke", "symbolSize": 900, "symbolStrokeWidth": 2.5}
    tiers = ["hot", "cold"]
    picture = chart(
        220,
        [
            layer("curves", {"type": "line", "strokeWidth": 2.5}, x=x, y=y,
                  color={"field": "tier", "type": "nominal", "scale": {"domain": tiers, "range": [VERMILLION, BLUE]}, "legend": legend},
                  strokeDash={"field": "tier", "type": "nominal", "scale": {"domain": tiers, "range": [[1, 0], [7, 4]]}, "legend": legend}),
            layer("here", {"type": "point", "filled": True, "size": 140, "opacity": 1, "color": BLUE}, x=x, y=y),
        ],
        {"curves": curves, "here": [{"retrieved": retrieved, "usd": here.cold_usd}]},
    )  # fmt: skip
    verdict = f"saves {usd(round(here.saving_usd))}" if here.saving_usd >= 0 else f"costs {usd(round(-here.saving_usd))} more"
    reading = (
        f"With {number_text(100 * retrieved)}% read back in a month, 100 TB cost {usd(round(here.cold_usd))} cold and "
        f"{usd(round(here.hot_usd))} hot: cold {verdict}. They cost the same at {number_text(100 * even, 3)}%."
    )
    table = Table(
        ("Read back in a month", "Hot, USD", "Cold, USD", "Cold saves, USD"),
        tuple(
            (percent_text(share), f"{cost.hot_usd:,.0f}", f"{cost.cold_usd:,.0f}", usd(round(cost.saving_usd)).removesuffix(" USD"))
            for share in sorted({0.0, 0.25, 0.5, 1.0, retrieved})
            for cost in (tier_cost(gb, **TIER_PRICES, retrieved_fraction=share),)
        ),
    )
    return View(picture, reading, table)


TIERS = Explorer(
    id="tiers",
    title="When cold storage is dear",
    lead="One control: how much of the data is read back? Prices are round numbers: 0.02 hot, 0.004 cold, 0.03 to read a GB back.",
    controls=(
        Number("retrieved", "Read back in a month", "%", low=0, high=1.5, default=0.1, stops=even_stops(0, 1.5, 0.05),
               help="Of the data in the tier. 150% means that all of it is read one and a half times."),
    ),
    view=view_tiers,
)  # fmt: skip


# --- Whose cost is it? ------------------------------------------------------------------------

METHODS = {
    "even": "even: each owner the same",
    "proportional": "proportional to direct cost",
    "usage": "by usage",
    "fixed": "fixed shares, as agreed",
}
_UNALLOCATED = "nobody"


def link_owners(changed: str, values: dict[str, Any]) -> dict[str, Any]:
    """Owners have names of their own, and agreed shares add up to no more than the whole."""
    names = [row["owner"] for row in values["owners"]]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"“{name}” stands in two rows. Give each owner one row.")
    total = sum(row["share"] for row in values["owners"])
    if values["method"] == "fixed" and total > 1 + 1e-9:
        raise ValueError(f"The agreed shares add up to {number_text(100 * total)}%. They may add up to 100% at most.")
    return {}


def view_allocation(owners: tuple[dict[str, Any], ...], shared: float, method: str) -> View:
    """Direct and shared cost of each owner by one of four rules, and what nobody carries."""
    direct = {row["owner"]: row["direct"] for row in owners}
    weights = {"usage": {row["owner"]: row["usage"] for row in owners}, "fixed": {row["owner"]: row["share"] for row in owners}}
    found = allocate_cost(direct, shared, method, weights.get(method))
    kinds = ["direct", "share of the shared cost"]
    rows = [
        {"owner": owner, "kind": kind, "place": place, "usd": amount}
        for owner in direct
        for place, (kind, amount) in enumerate(zip(kinds, (direct[owner], found.shares_usd[owner])))
    ]
    if found.unallocated_usd > 0.005:
        rows.append({"owner": _UNALLOCATED, "kind": kinds[1], "place": 1, "usd": found.unallocated_usd})
    names = list(dict.fromkeys(row["owner"] for row in rows))
    x = {"field": "usd", "type": "quantitative", "stack": "zero", "axis": {"title": "USD a month", "tickCount": 4, "format": ",d"}}
    y = {"field": "owner", "type": "nominal", "sort": names, "axis": {"title": None, "labelLimit": 110}}
    kind = {"field": "kind", "type": "nominal", "legend": {"title": None, "columns": 1}}
    picture = chart(
        30 + 34 * len(names),
        [
            layer("costs", {"type": "bar", "strokeWidth": 1.5, "height": 22}, x=x, y=y, order={"field": "place"},
                  color={**kind, "scale": {"domain": kinds, "range": [BLUE, GREEN]}},
                  stroke={**kind, "scale": {"domain": kinds, "range": [BLUE, GREEN]}},
                  fillOpacity={**kind, "scale": {"domain": kinds, "range": [0.95, 0.35]}}),
        ],
        {"costs": rows},
    )  # fmt: skip
    most = max(found.totals_usd, key=found.totals_usd.__getitem__)
    said = ", ".join(f"{owner} {usd(round(total))}" for owner, total in found.totals_usd.items())
    reading = f"{usd(round(shared))} shared, {METHODS[method].split(':')[0]}: {said}. {most} pays most."
    if found.unallocated_usd > 0.005:
        reading += f" {usd(round(found.unallocated_usd))} belong to nobody."
    cells = [
        (owner, f"{direct[owner]:,.0f}", f"{found.shares_usd[owner]:,.0f}", f"{total:,.0f}")
        for owner, total in found.totals_usd.items()
    ]
    if found.unallocated_usd > 0.005:
        cells.append((_UNALLOCATED, "", f"{found.unallocated_usd:,.0f}", f"{found.unallocated_usd:,.0f}"))
    table = Table(("Owner", "Direct, USD", "Shared, USD", "Total, USD"), tuple(cells))
    warning = ""
    if found.unallocated_usd > 0.005 and method in ("proportional", "usage"):
        warning = "There is nothing to go by: nobody has any. The shared cost stays with nobody."
    return View(picture, reading, table, warning)


ALLOCATION = Explorer(
    id="allocation",
    title="Whose cost is it?",
    lead="Three made-up teams share a cluster. Change the rule, then the rows. Who pays?",
    controls=(
        Choice("method", "Rule for the shared cost", tuple(METHODS.items()), "even"),
        Number("shared", "Shared cost", "USD", low=0, high=10_000_000, default=30_000, help="A month of the cluster that all use."),
        Rows("owners", "Owners",
             (Column("owner", "Owner", text=True), Column("direct", "Direct", "USD", low=0, high=1e9),
              Column("usage", "Usage", "jobs", low=0, high=1e12), Column("share", "Agreed", "%", low=0, high=1)),
             (("search", "60000", "500", "50"), ("ads", "30000", "500", "30"), ("batch", "10000", "2000", "10")),
             help="One owner a row: direct cost, jobs run on the cluster, agreed share.", most=8),
    ),
    view=view_allocation,
    link=link_owners,
)  # fmt: skip


# --- The planner ------------------------------------------------------------------------------

PARTS = {"compute": "compute", "storage": "storage", "egress": "egress", "telemetry": "telemetry", "other": "other"}
_PART_OPTIONS = tuple(PARTS.items())
_MONTH = "USD a month"


def _bill(rows: tuple[dict[str, Any], ...]) -> dict[str, float]:
    """The parts of the bill, rows of one part added up."""
    bill: dict[str, float] = {}
    for row in rows:
        bill[row["part"]] = bill.get(row["part"], 0.0) + row["usd"]
    return bill


def link_planner(changed: str, values: dict[str, Any]) -> dict[str, Any]:
    """Nothing is cut that is not in the bill."""
    left = _bill(values["bill"])
    for row in values["cuts"]:
        if row["part"] not in left:
            raise ValueError(f"{row['step']}: there is no {row['part']} in the bill.")
        if row["usd"] > left[row["part"]] * (1 + 1e-9):
            raise ValueError(f"{row['step']} takes {usd(row['usd'])}, and {usd(left[row['part']])} of {row['part']} are left.")
        left[row["part"]] -= row["usd"]
    return {}


def plan_steps(cuts: tuple[dict[str, Any], ...], coverage: float, discount: float, when: str) -> list[dict[str, Any]]:
    """The steps of a plan for the model: the cuts in their order, the commitment before or after them."""
    steps = [{"name": f"{number}. {row['step']}", "part": row["part"], "saving_usd": row["usd"]} for number, row in enumerate(cuts, 1)]
    commit = {"name": "Commit", "part": "compute", "commit_share": coverage, "discount": discount}
    return [commit, *steps] if when == "first" else [*steps, commit]


def view_planner(
    bill: tuple[dict[str, Any], ...],
    support: float,
    people: float,
    units: tuple[dict[str, Any], ...],
    cuts: tuple[dict[str, Any], ...],
    coverage: float,
    discount: float,
    when: str,
) -> View:
    """A service's whole cost and unit costs before and after an ordered plan."""
    parts = {"compute": 0.0} | _bill(bill)
    plan = savings_plan(parts, plan_steps(cuts, coverage, discount, when))

    def whole(infrastructure: float) -> float:
        # Support is a share of all that the provider bills; it makes no difference which part that is.
        return monthly_tco(infrastructure, support_rate=support, people_usd=people).total_usd

    invoice = sum(parts.values())
    before, after = whole(invoice), whole(invoice - plan.saving_usd)
    left, lines = before, []
    for name, saved in plan.step_savings_usd.items():
        saved *= 1 + support
        lines.append({"line": name, "low": left - saved, "high": left, "saved": saved})
        left -= saved
    bars = [
        {"line": "before", "low": 0.0, "high": before, "kind": "whole cost", "label": f"{before:,.0f}"},
        *({"line": line["line"], "low": line["low"], "high": line["high"], "kind": "saved",
           "label": f"−{line['saved']:,.0f}"} for line in lines),
        {"line": "after", "low": 0.0, "high": after, "kind": "whole cost", "label": f"{after:,.0f}"},
    ]  # fmt: skip
    names = [bar["line"] for bar in bars]
    x = {"field": "low", "type": "quantitative", "scale": {"domain": [0, max(before, after) * 1.22 or 1]},
         "axis": {"title": "USD a month, people and support included", "tickCount": 4, "format": ",d"}}  # fmt: skip
    end = {"field": "high"}
    y = {"field": "line", "type": "nominal", "sort": names, "axis": {"title": None, "labelLimit": 130}}
    kinds = ["whole cost", "saved"]
    kind = {"field": "kind", "type": "nominal", "legend": None}
    picture = chart(
        26 * len(bars) + 20,
        [
            layer("bars", {"type": "bar", "height": 18, "strokeWidth": 1.5}, x=x, x2=end, y=y,
                  color={**kind, "scale": {"domain": kinds, "range": [BLUE, GREEN]}},
                  stroke={**kind, "scale": {"domain": kinds, "range": [BLUE, GREEN]}},
                  fillOpacity={**kind, "scale": {"domain": kinds, "range": [0.95, 0.35]}}),
            layer("bars", {"type": "text", "align": "left", "dx": 5}, x={**x, "field": "high"}, y=y, text={"field": "label"}),
        ],
        {"bars": bars},
    )  # fmt: skip
    saved = before - after
    reading = (
        f"The whole cost goes from {usd(round(before))} to {usd(round(after))} a month: {_share(saved, before)} less. The invoice without support "
        f"falls by {_share(plan.saving_usd, invoice)}."
    )
    for row in units:
        if row["count"]:
            reading += f" A {row['unit']} costs {usd(after / row['count'])} instead of {usd(before / row['count'])}."
    warning = ""
    if plan.idle_commitment_usd > 0.005:
        warning = (
            f"{usd(round(plan.idle_commitment_usd))} a month are paid for committed compute that the later cuts removed, "
            "until the term ends."
        )
    table = Table(
        ("Line", "Before, or saved", "After"),
        (
            ("whole cost", f"{before:,.0f}", f"{after:,.0f}"),
            ("invoice without support", f"{invoice:,.0f}", f"{invoice - plan.saving_usd:,.0f}"),
            *((line["line"], f"{line['saved']:,.0f}", f"{line['low']:,.0f}") for line in lines),
            *((f"a {row['unit']}", usd(before / row["count"]) if row["count"] else "undefined",
               usd(after / row["count"]) if row["count"] else "undefined") for row in units),
        ),
    )  # fmt: skip
    return View(picture, reading, table, warning)


def _share(part: float, whole: float) -> str:
    return percent_text(round(part / whole, 4)) if whole else "0%"


PLANNER = Explorer(
    id="planner",
    title="TCO and commitment planner",
    lead="A made-up service. Paste your own bill, order the steps, and see what a request, a user and a TB cost.",
    controls=(
        Rows("bill", "Bill of the provider, without support",
             (Column("part", "Part", options=_PART_OPTIONS), Column("usd", "Amount", _MONTH, low=0, high=1e10)),
             (("compute", "60000"), ("storage", "15000"), ("egress", "20000")), help="Rows of one part add up.", most=12),
        Number("support", "Support", "%", low=0, high=1, default=0.05, help="As a share of that bill."),
        Number("people", "People who run it", _MONTH, low=0, high=1e9, default=40_000,
               help="Their share of time, at full cost: pay, taxes, tools."),
        Rows("units", "Units in the same month",
             (Column("unit", "Unit", text=True), Column("count", "How many", low=0, high=1e15)),
             (("million requests", "3000"), ("user", "50000"), ("TB", "800")), most=6),
        Rows("cuts", "Steps that remove use, in order",
             (Column("step", "Step", text=True), Column("part", "Part", options=_PART_OPTIONS),
              Column("usd", "Saves", _MONTH, low=0, high=1e10)),
             (("stop idle", "compute", "8000"), ("rightsize", "compute", "10000"), ("tier storage", "storage", "4000")),
             help="At today's prices.", least=0, most=10),
        Number("coverage", "Compute that is committed", "%", low=0, high=1, default=0.9, stops=even_stops(0, 1, 0.05),
               help="Of the compute in use when the commitment is signed."),
        Number("discount", "Discount for committing", "%", low=0, high=0.8, default=0.4, stops=even_stops(0, 0.8, 0.05)),
        Choice("when", "The commitment comes", (("last", "after the steps"), ("first", "before the steps")), "last"),
    ),
    view=view_planner,
    link=link_planner,
)  # fmt: skip

EXPLORERS = (LEVEL, ORDER, FLEET, TIERS, ALLOCATION, PLANNER)
