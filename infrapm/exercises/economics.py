"""Exercises of the chapter "Cost is a feature"."""

import math
from functools import cache
from typing import Any

from infrapm.explore.charts import BLUE, GREEN, VERMILLION, chart, layer
from infrapm.explore.controls import Choice, Column, Number, Rows, even_stops
from infrapm.explore.explorer import Explorer, Table, View
from infrapm.explore.kernel import notebook
from infrapm.explore.tasks import NumericTask, Option, OrderingTask, Slip
from infrapm.explore.text import number_text, percent_text
from infrapm.models.economics import (
    allocate_cost,
    best_commitment,
    break_even_use,
    lever_order,
    monthly_tco,
    rightsize,
    savings_plan,
)
from infrapm.models.failure import safe_utilization
from infrapm.models.prioritization import best_order

from ._study import study


def usd(amount: float) -> str:
    """An amount with its unit: whole from 1,000 on, else with four digits.

    >>> usd(139750), usd(46.583), usd(-1200)
    ('139,750 USD', '46.58 USD', '−1,200 USD')
    """
    text = f"{abs(amount):,.0f}" if abs(amount) >= 1000 else number_text(abs(amount))
    return f"{'−' if amount < 0 else ''}{text} USD"


def names_axis(field: str, names: list[str]) -> dict[str, Any]:
    """A vertical axis of names."""
    return {"field": field, "type": "nominal", "sort": names, "axis": {"title": None, "labelLimit": 110}}


def drawn_as(solid: str, light: str) -> dict[str, Any]:
    """Parts of a bar that differ in more than color: filled, lightly filled, and hollow for any other."""
    return {"condition": [{"test": f"datum.kind === '{solid}'", "value": 0.95}, {"test": f"datum.kind === '{light}'", "value": 0.3}],
            "value": 0}  # fmt: skip


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
        return [
            {"plan": label, "kind": kind, "place": place, "usd": amount}
            for place, (kind, amount) in enumerate(zip(_KINDS, amounts)) if amount > 1e-9
        ]  # fmt: skip

    totals = {
        "as it is": order.before_usd_per_h,
        "rightsize first": order.rightsize_first_usd_per_h,
        "commit first": order.commit_first_usd_per_h,
    }
    names = list(totals)
    segments = (
        parts(names[0], units, 0) + parts(names[1], needed, coverage * needed) + parts(names[2], needed, coverage * units)
    )
    x = {"field": "usd", "type": "quantitative", "stack": "zero", "scale": {"domain": [0, 115]},
         "axis": {"title": "USD an hour", "values": [0, 20, 40, 60, 80, 100]}}  # fmt: skip
    y = names_axis("plan", names)
    kind = {"field": "kind", "type": "nominal", "legend": {"title": None, "columns": 1},
            "scale": {"domain": list(_KINDS), "range": [BLUE, GREEN, VERMILLION]}}  # fmt: skip
    picture = chart(
        150,
        [
            layer("segments", {"type": "bar", "strokeWidth": 1.5, "height": 26}, x=x, y=y, order={"field": "place"},
                  color=kind, stroke=kind, fillOpacity=drawn_as(_USED, _ON_DEMAND)),
            layer("totals", {"type": "text", "align": "left", "dx": 5}, x={**x, "stack": None}, y=y, text={"field": "label"}),
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
FLEET_P95 = (1.1, 1.6, 2.3, 2.5, 2.9, 3.4, 3.8, 4.3, 4.7, 5.0, 5.1, 5.4, 5.8, 6.2, 6.6, 7.0, 7.5, 8.2, 8.6, 9.3, 9.8, 10.4, 10.9, 11.6)
VCPU_USD_PER_H = 0.05
SIZES = tuple((f"{vcpu} vCPU", vcpu, vcpu * VCPU_USD_PER_H) for vcpu in (2, 4, 8, 16, 32))
_CURRENT = "16 vCPU"


def sized(target: float) -> list[Any]:
    """The made-up fleet on the smallest sizes that carry P95 at a target."""
    return [rightsize(p95, target, SIZES, _CURRENT) for p95 in FLEET_P95]


_FLEET_USD = len(FLEET_P95) * 16 * VCPU_USD_PER_H * 730


@cache
def fleet_saved(target: float) -> float:
    """What the fleet saves at a target, in percent of its bill. Kept, since the curve is the same in every view."""
    return 100 * sum(machine.monthly_saving_usd for machine in sized(target)) / _FLEET_USD


def view_fleet(target: float, zones: int) -> View:
    """What rightsizing saves at each target, and up to which target one zone can be lost."""
    machines = sized(target)
    saving = sum(machine.monthly_saving_usd for machine in machines)
    counts = {name: sum(machine.choice == name for machine in machines) for name, _, _ in SIZES}
    # The load of the lost zone goes to the others.
    after_loss = target * zones / (zones - 1)
    safe = safe_utilization(servers=zones, lost=1).safe_utilization
    x = {"field": "target", "type": "quantitative", "scale": {"domain": [0.4, 1]},
         "axis": {"title": ["target use at P95", "dashed: where a zone can just be lost"], "format": "%", "tickCount": 6}}  # fmt: skip
    y = {"field": "saved", "type": "quantitative", "axis": {"title": "saves, % of the bill", "tickCount": 5}}
    picture = chart(
        220,
        [
            layer("curve", {"type": "line", "interpolate": "step-after", "color": BLUE, "strokeWidth": 2.5}, x=x, y=y),
            layer("safe", {"type": "rule", "color": VERMILLION, "strokeDash": [6, 4], "strokeWidth": 2}, x=x),
            layer("safe", {"type": "text", "align": {"expr": "datum.target > 0.6 ? 'right' : 'left'"}, "baseline": "top", "y": 2,
                           "dx": {"expr": "datum.target > 0.6 ? -6 : 6"}, "fontWeight": 600}, x=x, text={"field": "label"}),
            layer("here", {"type": "point", "filled": True, "size": 140, "opacity": 1, "color": BLUE}, x=x, y=y),
        ],
        {
            "curve": [{"target": at, "saved": fleet_saved(at)} for at in sorted({*even_stops(0.4, 1, 0.025), target})],
            "safe": [{"target": safe, "label": f"{number_text(100 * safe, 3)}%"}],
            "here": [{"target": target, "saved": 100 * saving / _FLEET_USD}],
        },
    )  # fmt: skip
    smaller, larger = counts["2 vCPU"] + counts["4 vCPU"] + counts["8 vCPU"], counts["32 vCPU"]
    amount = f"{number_text(100 * abs(saving) / _FLEET_USD, 3)}% of {usd(_FLEET_USD)} a month"
    reading = (
        f"With P95 at {number_text(100 * target)}% of a machine, {smaller} of {len(FLEET_P95)} machines get smaller and {larger} larger: "
        f"that {'saves' if saving >= 0 else 'costs'} {usd(round(abs(saving)))}, {amount}. If one of {zones} zones is lost, "
        f"the others are at {number_text(100 * after_loss, 3)}% of their size at that load."
    )
    warning = ""
    if target > safe * (1 + 1e-9):
        warning = f"That is more than they have: with {zones} zones, {number_text(100 * safe, 3)}% is the highest target that survives the loss of one."
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
    lead="24 made-up machines of 16 vCPU, at 0.05 USD a vCPU and hour. How full may they be, if a zone can fail?",
    controls=(
        Number("target", "Target use at P95", "%", low=0.4, high=1, default=0.65, stops=even_stops(0.4, 1, 0.05),
               help="The 95th percentile of use, as a share of the machine."),
        Number("zones", "Zones that share the load", "", low=2, high=6, default=3, stops=(2, 3, 4, 5, 6), whole=True),
    ),
    view=view_fleet,
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
    kind = {"field": "kind", "type": "nominal", "legend": {"title": None, "columns": 1}, "scale": {"domain": kinds, "range": [BLUE, GREEN]}}
    picture = chart(
        30 + 34 * len(names),
        [
            layer("costs", {"type": "bar", "strokeWidth": 1.5, "height": 22}, x=x, y=names_axis("owner", names),
                  order={"field": "place"}, color=kind, stroke=kind, fillOpacity=drawn_as(*kinds)),
        ],
        {"costs": [row for row in rows if row["usd"]]},
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
             (Column("owner", "Owner", text=True), Column("direct", "Direct", low=0, high=1e9),
              Column("usage", "Jobs", low=0, high=1e12), Column("share", "Agreed", "%", low=0, high=1)),
             (("search", "60000", "500", "50"), ("ads", "30000", "500", "30"), ("batch", "10000", "2000", "10")),
             help="One owner a row: direct cost in USD, jobs run on the cluster, agreed share.", most=8),
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
         "axis": {"title": ["USD a month,", "people and support included"], "tickCount": 4, "format": ",d"}}  # fmt: skip
    end = {"field": "high"}
    y = names_axis("line", names)
    kinds = ["whole cost", "saved"]
    kind = {"field": "kind", "type": "nominal", "legend": None, "scale": {"domain": kinds, "range": [BLUE, GREEN]}}
    picture = chart(
        26 * len(bars) + 20,
        [
            layer("bars", {"type": "bar", "height": 18, "strokeWidth": 1.5}, x=x, x2=end, y=y, color=kind, stroke=kind,
                  fillOpacity=drawn_as(*kinds)),
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
            reading += f" Per {row['unit']}: {usd(after / row['count'])} instead of {usd(before / row['count'])}."
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
            *((f"per {row['unit']}", usd(before / row["count"]) if row["count"] else "undefined",
               usd(after / row["count"]) if row["count"] else "undefined") for row in units),
        ),
    )  # fmt: skip
    return View(picture, reading, table, warning)


def _share(part: float, whole: float) -> str:
    return f"{number_text(100 * part / whole, 3)}%" if whole else "0%"


PLANNER = Explorer(
    id="planner",
    title="TCO and commitment planner",
    lead="A made-up service. Paste your own bill, order the steps, and see what a request, a user and a TB cost.",
    controls=(
        Rows("bill", "Bill of the provider, without support",
             (Column("part", "Part", options=_PART_OPTIONS), Column("usd", "Amount", _MONTH, low=0, high=1e10)),
             (("compute", "60000"), ("storage", "15000"), ("egress", "20000")), help="Rows of one part add up.", most=12),
        Number("support", "Support", "%", low=0, high=1, default=0.05, help="As a share of that bill."),
        Number("people", "People who run it", _MONTH, low=0, high=1e8, default=40_000,
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

EXPLORERS = (ALLOCATION, FLEET, LEVEL, ORDER, PLANNER)


# --- Tasks ------------------------------------------------------------------------------------


def _unit_cost(p: dict[str, Any], **other: Any) -> float:
    return monthly_tco(**{name: p[name] for name in ("compute_usd", "storage_usd", "egress_usd", "support_rate", "people_usd")} | other,
                       requests_per_month=p["million_requests"] * 1e6).per_million_requests_usd  # fmt: skip


UNIT_COST = NumericTask(
    id="unit_cost",
    title="What does a million requests cost?",
    objective=1,
    unit="USD",
    book={"compute_usd": 60_000, "storage_usd": 15_000, "egress_usd": 20_000, "support_rate": 0.05, "people_usd": 40_000,
          "million_requests": 3_000},
    draw=lambda rng: {
        "compute_usd": rng.randrange(20_000, 200_000, 5_000), "storage_usd": rng.randrange(5_000, 60_000, 5_000),
        "egress_usd": rng.randrange(5_000, 60_000, 5_000), "support_rate": rng.choice([0.03, 0.05, 0.1]),
        "people_usd": rng.randrange(20_000, 120_000, 10_000), "million_requests": rng.choice([800, 1_500, 2_500, 6_000, 12_000]),
    },
    prompt=lambda p: (
        f"A made-up service in one month. Support is {percent_text(p['support_rate'])} of the provider's bill, which is the first "
        f"three lines. It answered {p['million_requests']:,} million requests. What does a million requests cost, with support and people?"
    ),
    data=lambda p: Table(
        ("line", "USD a month"),
        tuple((name, str(p[f"{name}_usd"])) for name in ("compute", "storage", "egress", "people")),
    ),
    expected=_unit_cost,
    slips=lambda p: (
        Slip(_unit_cost(p, support_rate=0, people_usd=0), "That is the invoice without support and people."),
        Slip(_unit_cost(p, people_usd=0), "That leaves out the people."),
        Slip(_unit_cost(p, support_rate=0), "That leaves out support."),
        Slip(
            (1 + p["support_rate"]) * _unit_cost(p, support_rate=0),
            "That puts support on the people, too. It is a share of the provider's bill.",
        ),
        Slip(_unit_cost(p) * p["million_requests"], "That is the whole month. How much of it does a million requests carry?"),
    ),
    hints=lambda p: (
        "Which lines does the provider bill? Only they carry support.",
        f"The provider bills {usd(p['compute_usd'] + p['storage_usd'] + p['egress_usd'])}, and support comes on top; people do not carry it.",
        f"The whole month costs {usd(_unit_cost(p) * p['million_requests'])}. Divide it by the millions of requests.",
    ),
    right=lambda p: (
        f"{usd(_unit_cost(p))}. The invoice alone, without support and people, would have said "
        f"{usd(_unit_cost(p, support_rate=0, people_usd=0))}."
    ),
)  # fmt: skip


# What each removal is, in the words of the task.
_REMOVALS = {
    "idle": "Stop test systems at night",
    "zombies": "Delete what nobody owns",
    "rightsize": "Rightsize to P95",
    "autoscale": "Scale down between the peaks",
}
_COMPUTE_USD = 100_000


def _steps(p: dict[str, Any], order: tuple[str, ...]) -> list[dict[str, Any]]:
    commit = {"name": "commit", "part": "compute", "commit_share": p["coverage"], "discount": 0.35}
    cut = {key: {"name": key, "part": "compute", "saving_usd": usd_a_month} for key, (usd_a_month, _) in p["removals"].items()}
    return [commit if key == "commit" else cut[key] for key in order]


def _plan_order(p: dict[str, Any]) -> tuple[str, ...]:
    keys = tuple(p["removals"])
    ranked = best_order([p["removals"][key] for key in keys]).best_order
    return (*(keys[i] for i in ranked), "commit")


def _stranded_usd(p: dict[str, Any]) -> float:
    """What the commitment pays for nothing each month when it comes first."""
    return savings_plan({"compute": _COMPUTE_USD}, _steps(p, ("commit", *p["removals"]))).idle_commitment_usd


PLAN_ORDER = OrderingTask(
    id="plan_order",
    title="A plan in order",
    objective=3,
    book={"removals": {"rightsize": (10_000, 5), "idle": (8_000, 1), "autoscale": (6_000, 6), "zombies": (6_000, 2)}, "coverage": 0.95},
    draw=lambda rng: {
        "removals": dict(zip(rng.sample(sorted(_REMOVALS), 4), rng.sample([(9_000, 2), (7_000, 1), (8_000, 4), (5_000, 5), (6_000, 4)], 4))),
        "coverage": 0.95,
    },
    prompt=lambda p: (
        f"Compute costs {usd(_COMPUTE_USD)} a month (made up). One team takes one step after the other. Put first what saves most for a "
        f"week of work. The commitment, to {percent_text(p['coverage'])} of the compute that then runs, goes where no later step strands it."
    ),
    data=lambda p: Table(
        ("step", "saves, USD a month", "weeks of work"),
        (("commit", "35% of what it covers", "1"), *((key, str(saved), str(weeks)) for key, (saved, weeks) in p["removals"].items())),
    ),
    expected=_plan_order,
    options=lambda p: (
        Option("commit", "Commit for a year",
               f"The commitment, last, strands nothing; first, it would pay {usd(_stranded_usd(p))} a month for machines that are gone."),
        *(Option(key, _REMOVALS[key], f"{_REMOVALS[key]}: {usd(saved / weeks)} a month for each week of work.")
          for key, (saved, weeks) in p["removals"].items()),
    ),
    hints=lambda p: (
        "Neither the largest saving nor the shortest work comes first as such. And which step could the others spoil?",
        f"All others take compute away. What happens to a commitment to {percent_text(p['coverage'])} of it?",
        "Divide what each step saves in a month by its weeks of work. "
        f"“{_REMOVALS[_plan_order(p)[0]]}” comes first, and the commitment last.",
    ),
)  # fmt: skip


def _carried(p: dict[str, Any], without: str = "") -> dict[str, float]:
    rows = {owner: row for owner, row in p["owners"].items() if owner != without}
    return allocate_cost(
        {owner: direct for owner, (direct, _) in rows.items()}, p["shared"], "usage", {owner: jobs for owner, (_, jobs) in rows.items()}
    ).totals_usd


LEAVER = NumericTask(
    id="leaver",
    title="A team moves out",
    objective=4,
    unit="USD",
    book={"owners": {"search": (60_000, 500), "ads": (30_000, 500), "batch": (10_000, 2_000)}, "shared": 30_000},
    draw=lambda rng: {
        "owners": {
            "search": (rng.randrange(30_000, 90_000, 5_000), rng.randrange(200, 900, 100)),
            "ads": (rng.randrange(20_000, 60_000, 5_000), rng.randrange(200, 900, 100)),
            "batch": (rng.randrange(6_000, 20_000, 1_000), rng.randrange(1_500, 4_000, 500)),
        },
        "shared": rng.randrange(24_000, 60_000, 6_000),
    },
    prompt=lambda p: (
        f"Three made-up teams share a cluster of {usd(p['shared'])} a month, split by jobs. Batch is charged {usd(round(_carried(p)['batch']))}. "
        "It moves to another platform; the cluster stays as it is. By how much does the company's bill fall here, in a month?"
    ),
    data=lambda p: Table(
        ("owner", "direct cost, USD", "jobs"), tuple((owner, str(direct), str(jobs)) for owner, (direct, jobs) in p["owners"].items())
    ),
    expected=lambda p: float(p["owners"]["batch"][0]),
    slips=lambda p: (
        Slip(_carried(p)["batch"], "That is what batch is charged. Does the company stop paying all of it?"),
        Slip(_carried(p)["batch"] - p["owners"]["batch"][0], "That is batch's part of the cluster, and the cluster stays."),
    ),
    hints=lambda p: (
        "Which dollars are not spent any more, and which only change hands?",
        "The cluster costs the same without batch. Who carries it then?",
        "Only what batch alone causes goes: its direct cost.",
    ),
    right=lambda p: (
        f"{usd(p['owners']['batch'][0])}. The other {usd(round(_carried(p)['batch'] - p['owners']['batch'][0]))} stay, and move: search "
        f"is now charged {usd(round(_carried(p, 'batch')['search']))} instead of {usd(round(_carried(p)['search']))}."
    ),
)

TASKS = (UNIT_COST, LEAVER, PLAN_ORDER)

show, ask, table, check = notebook(EXPLORERS, TASKS)
decide, predict, judge = study("economics")
