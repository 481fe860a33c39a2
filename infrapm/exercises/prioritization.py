"""Exercises of the chapter "A score is an estimate with a range"."""

from collections import Counter
from functools import cache
from itertools import permutations
from typing import Any

from infrapm.explore.charts import BLUE, GREEN, VERMILLION, Spec, chart, layer
from infrapm.explore.controls import Choice, Column, Number, Rows, even_stops
from infrapm.explore.explorer import Explorer, Table, View
from infrapm.explore.kernel import notebook
from infrapm.explore.tasks import ChoiceTask, NumericTask, Option, OrderingTask, Slip
from infrapm.explore.text import count_text, number_text, percent_text
from infrapm.models.prioritization import (
    RiceRanks,
    best_order,
    flip_weight,
    ice,
    lead_under_effort,
    moscow,
    rank_rice,
    simulate_rice,
    weighted_scores,
    wsjf,
)
from infrapm.models.slo import time_budget

from ._study import study

TRIALS = 10_000
MOST_ITEMS = 12
AMOUNT = {"type": "quantitative"}
NO_TITLE = {"title": None}


def share_text(share: float) -> str:
    """A share that was counted in trials: whole percent, and nothing that looks surer than it is."""
    return "under 1%" if 0 < share < 0.005 else "over 99%" if 0.995 < share < 1 else f"{share:.0%}"


def weight_text(weight: float) -> str:
    """A weight as a percentage of three digits."""
    return f"{number_text(100 * weight, 3)}%"


def points_text(share: float) -> str:
    """A difference of shares, in points of percent."""
    return f"{number_text(round(100 * share, 1), 3)} points"


def listing(names: list[str]) -> str:
    """A, B and C."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


# --- How big must a lead be? --------------------------------------------------------------------

def loose_lead(lead: float, spread: float) -> dict[str, list[Any]]:
    """Two items, the first with a score *lead* times the other's, every input known to plus or minus *spread*."""

    def loose(value: float) -> list[float]:
        return [(1 - spread) * value, (1 + spread) * value]

    return {name: [loose(reach), loose(1), loose(0.8), loose(1)] for name, reach in (("first", lead), ("second", 1.0))}


def view_lead(lead: float, spread: float) -> View:
    """How often the item with the higher score is really first."""
    known = f"±{percent_text(spread)}"
    efforts = lead_under_effort(lead, (1 - spread, 1 + spread)).p_right
    inputs = simulate_rice(loose_lead(lead, spread), TRIALS).p_first["first"]
    if lead * ((1 - spread) / (1 + spread)) ** 4 < 1:  # at its worst it is behind, even where no trial shows it
        inputs = min(inputs, 1 - 0.5 / TRIALS)
    cases = {f"efforts {known}": efforts, f"all four {known}": inputs}
    rows = [
        {"case": case, "kind": kind, "share": share, "order": order}
        for case, right in cases.items()
        for order, (kind, share) in enumerate((("first is right", right), ("second would be", 1 - right)))
    ]
    labels = [{"case": case, "share": right, "label": f"right {share_text(right)}"} for case, right in cases.items()]
    x = {"field": "share", **AMOUNT, "stack": "zero", "scale": {"domain": [0, 1]},
         "axis": {"title": "share of cases", "format": ".0%", "tickCount": 5}}  # fmt: skip
    y = {"field": "case", "type": "nominal", "sort": None, "axis": NO_TITLE}
    color = {"field": "kind", "type": "nominal", "legend": {"title": None, "columns": 1},
             "scale": {"domain": ["first is right", "second would be"], "range": [BLUE, VERMILLION]}}  # fmt: skip
    picture = chart(
        130,
        [
            layer("parts", {"type": "bar", "height": 30}, x=x, y=y, color=color, order={"field": "order"}),
            layer("coin", {"type": "rule", "strokeDash": [5, 4], "strokeWidth": 2}, x={"field": "at", **AMOUNT}),
            layer("labels", {"type": "text", "align": "left", "dx": 6, "color": "white", "fontWeight": 600},
                  x={"value": 0}, y=y, text={"field": "label"}),
        ],
        {"parts": rows, "labels": labels, "coin": [{"at": 0.5}]},
    )  # fmt: skip
    table = Table(
        ("Known to", "First is right", "Second would be"),
        tuple((case, share_text(right), share_text(1 - right)) for case, right in cases.items()),
    )
    reading = (
        f"A score {number_text(lead)} times the other's: if only the efforts are known to {known}, the leader is really first in "
        f"{share_text(efforts)} of cases; if all four inputs are, in {share_text(inputs)} ({TRIALS:,} trials). "
        "The dashed line is a coin."
    )
    return View(picture, reading, table)


LEAD = Explorer(
    id="lead",
    title="How big must a lead be?",
    lead="Two items, scored by RICE. Move the lead until you would bet on it; then say how well the estimates are known.",
    controls=(
        Number("lead", "Lead of the first", "times", low=1, high=4, default=1.05,
               stops=(1, 1.05, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2, 2.1, 2.2, 2.5, 3, 3.5, 4),
               help="Its score divided by the other's."),
        Number("spread", "Estimates may be off by", "%", low=0.1, high=0.5, default=0.5, stops=even_stops(0.1, 0.5, 0.1),
               help="Either way, and each by itself."),
    ),
    view=view_lead,
)  # fmt: skip


# --- The weight that flips the order ------------------------------------------------------------

CRITERIA = ("cost saved", "diagnosis", "customer demand")
GRADES = {"Log sampling": (5, 2, 2), "ARM64 support": (3, 3, 5)}  # 1 to 5, more is better
WEIGHTS = (0.5, 0.2, 0.3)


def weighted(grades: dict[str, tuple[float, ...]], weights: tuple[float, ...]) -> dict[str, float]:
    """The weighted score of each item, with criteria told apart by their place."""
    own = {name: {str(i): grade for i, grade in enumerate(row)} for name, row in grades.items()}
    return weighted_scores({str(i): weight for i, weight in enumerate(weights)}, own).scores


def with_weight(weight: float, vary: int, weights: tuple[float, ...]) -> tuple[float, ...]:
    """These weights with one of them set; the others share the rest in their proportions."""
    others = sum(weights) - weights[vary]
    return tuple(weight if i == vary else (1 - weight) * own / others for i, own in enumerate(weights))


def flip_lines(names: list[str], score_at: dict[float, dict[str, float]], at: float, title: str) -> Spec:
    """Scores against the weight of one criterion, a line an item, and where the weight stands."""
    # Three colors and four dashes: twelve lines, and no two alike.
    looks = [((BLUE, VERMILLION, GREEN)[i % 3], ([1, 0], [7, 4], [2, 3], [10, 3, 2, 3])[i % 4]) for i in range(MOST_ITEMS)]
    legend = {"title": None, "columns": 1, "symbolType": "stroke", "symbolSize": 900, "symbolStrokeWidth": 2.5}
    field = {"field": "item", "type": "nominal", "legend": legend}
    shades, dashes = ([look[part] for look in looks[: len(names)]] for part in (0, 1))
    x = {"field": "weight", **AMOUNT, "scale": {"domain": [0, 1]}, "axis": {"title": title, "format": ".0%", "tickCount": 5}}
    y = {"field": "score", **AMOUNT, "scale": {"zero": False}, "axis": {"title": "weighted score", "tickCount": 5}}
    return chart(
        220,
        [
            layer("lines", {"type": "line", "strokeWidth": 2.5}, x=x, y=y,
                  color={**field, "scale": {"domain": names, "range": shades}},
                  strokeDash={**field, "scale": {"domain": names, "range": dashes}}),
            layer("here", {"type": "rule", "strokeDash": [5, 4], "strokeWidth": 2}, x=x),
        ],
        {"lines": [{"item": name, "weight": weight, "score": scores[name]}
                   for weight, scores in score_at.items() for name in names],
         "here": [{"weight": at}]},
    )  # fmt: skip


def view_flip(weight: float) -> View:
    """Two items by weighted score, against the weight of the first criterion."""
    first, second = GRADES
    score_at = {at: weighted(GRADES, with_weight(at, 0, WEIGHTS)) for at in (0.0, 1.0)}
    scores = weighted(GRADES, with_weight(weight, 0, WEIGHTS))
    flip = flip_weight(GRADES, WEIGHTS, 0).flip_weight
    leader, other = sorted(GRADES, key=scores.__getitem__, reverse=True)
    gap = scores[leader] - scores[other]
    says = f"{leader} leads, {scores[leader]:.2f} to {scores[other]:.2f}" if gap > 0.0005 else "The two are level"
    rows = tuple(
        (CRITERIA[i], percent_text(own), *(str(GRADES[name][i]) for name in GRADES))
        for i, own in enumerate(with_weight(weight, 0, WEIGHTS))
    )
    table = Table(("Criterion", "Weight", *GRADES), (*rows, ("weighted score", "100%", *(f"{scores[name]:.2f}" for name in GRADES))))
    reading = (
        f"With {weight_text(weight)} on {CRITERIA[0]}: {says}. The order flips at {weight_text(flip)}, "
        f"{points_text(abs(weight - flip))} away."
    )
    return View(flip_lines([first, second], score_at, weight, f"weight of {CRITERIA[0]}"), reading, table)


FLIP = Explorer(
    id="flip",
    title="One weight, two orders",
    lead="Log sampling or ARM64? The grades stay; move one weight.",
    controls=(
        Number("weight", "Weight of cost saved", "%", low=0, high=1, default=WEIGHTS[0], stops=even_stops(0, 1, 0.05),
               help="Diagnosis and customer demand share the rest, two parts to three."),
    ),
    view=view_flip,
)  # fmt: skip


# --- What waiting costs -------------------------------------------------------------------------

# Cost of delay in thousand USD a week, and weeks of work for the one team. Made up.
JOBS = {"Search index": (1, 3), "Certificates": (10, 3), "Quota page": (3, 1)}
LETTERS = {name[0]: name for name in JOBS}
ORDERS = tuple("".join(order) for order in permutations(LETTERS))


def waiting_cost(order: str) -> float:
    """Thousand USD that the jobs cost until they are done, in an order such as "SCQ"."""
    return best_order([JOBS[LETTERS[letter]] for letter in order]).fifo_cost


def order_text(order: str) -> str:
    """The jobs of an order such as "SCQ" by name."""
    return ", ".join(LETTERS[letter] for letter in order)


def view_order(order: str) -> View:
    """What the chosen order costs, beside all others."""
    costs = {each: waiting_cost(each) for each in ORDERS}
    finish, rows = 0.0, []
    for letter in order:
        delay, weeks = JOBS[LETTERS[letter]]
        finish += weeks
        rows.append((LETTERS[letter], f"{delay} a week", f"{weeks}", number_text(finish), number_text(delay * finish)))
    bars = [
        {"order": " ".join(each), "cost": cost, "label": number_text(cost), "chosen": each == order} for each, cost in costs.items()
    ]
    x = {"field": "cost", **AMOUNT, "scale": {"domain": [0, 100]},
         "axis": {"title": "cost of waiting, thousand USD", "tickCount": 5}}  # fmt: skip
    y = {"field": "order", "type": "nominal", "sort": None, "axis": NO_TITLE}
    picture = chart(
        190,
        [
            layer("bars", "bar", x=x, y=y, opacity={"condition": {"test": "datum.chosen", "value": 1}, "value": 0.35}),
            layer("bars", {"type": "text", "align": "left", "dx": 5}, x=x, y=y, text={"field": "label"}),
        ],
        {"bars": bars},
    )  # fmt: skip
    table = Table(("Job", "Cost of delay (thousand USD)", "Weeks", "Done in week", "Cost of waiting (thousand USD)"), tuple(rows))
    cost, least, most = costs[order], min(costs.values()), max(costs.values())
    against = "the least of all orders" if cost == least else f"{number_text(cost - least)} more than the cheapest order"
    reading = (
        f"{order_text(order)}: {number_text(cost)} thousand USD of waiting until all three are done, {against}. "
        f"The six orders cost {number_text(least)} to {number_text(most)}; the work in them is the same."
    )
    return View(picture, reading, table)


ORDER = Explorer(
    id="order",
    title="The same work, six bills",
    lead="One team, three jobs, seven weeks. Choose the order; the picture adds up what waits.",
    controls=(
        Choice("order", "Order", tuple((order, order_text(order)) for order in ORDERS), ORDERS[0],
               help="Search index: 1 thousand USD a week, 3 weeks of work. Certificates: 10 and 3. Quota page: 3 and 1."),
    ),
    view=view_order,
)  # fmt: skip


# --- A rule instead of a score ------------------------------------------------------------------

SLO, SLO_DAYS = 0.999, 28
RULE_BACKLOG = {"Faster builds": [350, 0.75, 0.8, 4.5], "Bill alerts": [220, 0.75, 0.65, 3], "Retry limits": [25, 2, 0.6, 3]}
RELIABILITY_ITEM = "Retry limits"


def view_rule(down_min: float) -> View:
    """What is left of an error budget, and the order of work that follows."""
    budget = time_budget(SLO, SLO_DAYS, down_min)
    ranking = list(rank_rice(RULE_BACKLOG).ranking)
    spent = budget.remaining_fraction <= 0
    by_rule = [RELIABILITY_ITEM] + [name for name in ranking if name != RELIABILITY_ITEM] if spent else ranking
    rows = tuple(
        (name, number_text(rank_rice(RULE_BACKLOG).scores[name], 3), str(ranking.index(name) + 1), str(by_rule.index(name) + 1))
        for name in ranking
    )
    x = {"field": "min", **AMOUNT, "scale": {"domain": [0, 100]},
         "axis": {"title": f"bad minutes in {SLO_DAYS} days", "tickCount": 5}}
    picture = chart(
        120,
        [
            layer("spent", {"type": "bar", "height": 26, "y": 62}, x=x,
                  color={"condition": {"test": "datum.over", "value": VERMILLION}, "value": BLUE}),
            layer("budget", {"type": "rule", "strokeWidth": 3}, x=x, y={"value": 22}, y2={"value": 82}),
            layer("budget", {"type": "text", "align": "center", "y": 12}, x=x, text={"field": "label"}),
            layer("spent", {"type": "text", "align": "left", "y": 96, "x": 4, "fontWeight": 600}, text={"field": "label"}),
        ],
        {"spent": [{"min": down_min, "over": spent, "label": f"first in line: {by_rule[0]}"}],
         "budget": [{"min": budget.budget_min, "label": f"budget, {number_text(budget.budget_min, 3)} min"}]},
    )  # fmt: skip
    after = (
        f"The budget is spent: {by_rule[0]} goes first and other releases wait, whatever the scores say."
        if spent
        else f"{share_text(budget.remaining_fraction)} of the budget is left: the scores decide, and {ranking[0]} goes first."
    )
    reading = (
        f"{percent_text(SLO)} over {SLO_DAYS} days allows {number_text(budget.budget_min, 3)} bad minutes; "
        f"{number_text(down_min)} are gone. {after}"
    )
    return View(picture, reading, Table(("Item", "RICE", "Place by score", "Place by rule"), rows))


RULE = Explorer(
    id="rule",
    title="Score, until the budget is spent",
    lead="Three items of a made-up team. When does the one with the lowest score go first?",
    controls=(
        Number("down_min", "Bad minutes in 28 days", "min", low=0, high=100, default=12, stops=even_stops(0, 100, 4),
               help="Minutes in which the service missed its target, which is 99.9%."),
    ),
    view=view_rule,
)  # fmt: skip


# --- The rank-stability lab ---------------------------------------------------------------------

GRADE_CRITERIA = ("value", "urgency", "risk", "ease")
CLASSES = (("must", "must"), ("should", "should"), ("could", "could"), ("wont", "won't"))
FRAMEWORKS = {
    "RICE": "reach, impact, confidence, effort",
    "ICE": "value, confidence, ease",
    "Weighted": "value, urgency, risk, ease",
    "WSJF": "value, urgency, risk, effort",
    "MoSCoW": "class, effort",
}
BACKLOG = (
    ("Build times", "300 to 400", "0.5 to 1", "70 to 90", "3 to 6", "6", "2", "2", "6", "could"),
    ("Cloud cost", "150 to 300", "0.5 to 1", "50 to 80", "1 to 5", "7", "9", "2", "7", "should"),
    ("Failover", "5 to 20", "3", "50 to 80", "6 to 12", "9", "8", "10", "2", "must"),
)
SHOWS = {
    "five": "Five frameworks side by side",
    "sure": "How sure the RICE order is",
    "buy": "Which estimate to buy",
    "weight": "Where a weight flips the order",
}


def named(backlog: tuple[dict[str, Any], ...]) -> dict[str, dict[str, Any]]:
    """The rows by name; a name that comes again gets a number."""
    seen: Counter[str] = Counter()
    items = {}
    for row in backlog:
        seen[row["item"]] += 1
        name = row["item"] if seen[row["item"]] == 1 else f"{row['item']} ({seen[row['item']]})"
        items[name] = row
    return items


def middle(span: tuple[float, float]) -> float:
    """The middle of a range."""
    return (span[0] + span[1]) / 2


def rice_middles(items: dict[str, dict[str, Any]]) -> dict[str, list[float]]:
    """The four inputs of RICE of each item, each the middle of its range."""
    return {name: [middle(row[key]) for key in ("reach", "impact", "confidence", "effort")] for name, row in items.items()}


def rice_ranges(items: dict[str, dict[str, Any]]) -> dict[str, list[list[float]]]:
    """The four inputs of RICE of each item as ranges."""
    return {name: [list(row[key]) for key in ("reach", "impact", "confidence", "effort")] for name, row in items.items()}


def graded(items: dict[str, dict[str, Any]], criterion: str, weight: float) -> dict[str, float]:
    """The weighted score of each item: one criterion with its weight, the other three sharing the rest."""
    even = tuple(1.0 for _ in GRADE_CRITERIA)
    grades = {name: tuple(row[key] for key in GRADE_CRITERIA) for name, row in items.items()}
    return weighted(grades, with_weight(weight, GRADE_CRITERIA.index(criterion), even))


def framework_scores(items: dict[str, dict[str, Any]], criterion: str, weight: float) -> dict[str, dict[str, float]]:
    """The scores of all items by framework, from the middle of each range. MoSCoW has none: its classes stand in."""
    order = [key for key, _ in CLASSES]
    return {
        "RICE": rank_rice(rice_middles(items)).scores,
        "ICE": {name: ice(row["value"], 10 * middle(row["confidence"]), row["ease"]).score for name, row in items.items()},
        "Weighted": graded(items, criterion, weight),
        "WSJF": {name: wsjf(row["value"], row["urgency"], row["risk"], middle(row["effort"])).wsjf for name, row in items.items()},
        "MoSCoW": {name: float(len(order) - order.index(row["class"])) for name, row in items.items()},
    }


def places(scores: dict[str, float]) -> dict[str, int]:
    """The place of each item, 1 for the highest; equal scores share the better one."""
    return {name: 1 + sum(other > score * (1 + 1e-9) + 1e-12 for other in scores.values()) for name, score in scores.items()}


def must_warning(items: dict[str, dict[str, Any]]) -> str:
    """What MoSCoW's own rule says of the backlog."""
    effort = {key: sum(middle(row["effort"]) for row in items.values() if row["class"] == key) for key, _ in CLASSES}
    if effort["must"] + effort["should"] + effort["could"] == 0:
        return ""
    plan = moscow(effort)
    if plan.ok:
        return ""
    return (
        f"Must is {share_text(plan.must_share)} of the planned effort. Above 60% nothing is left to give up when work takes longer: "
        f"move {number_text(plan.move_out_effort, 3)} person-months out of it."
    )


def view_five(items: dict[str, dict[str, Any]], criterion: str, weight: float) -> View:
    """The place of every item by every framework."""
    scores = framework_scores(items, criterion, weight)
    ranks = {framework: places(own) for framework, own in scores.items()}
    cells = [
        {"item": name, "framework": framework, "place": str(ranks[framework][name]), "first": ranks[framework][name] == 1}
        for framework in FRAMEWORKS
        for name in items
    ]
    x = {"field": "framework", "type": "nominal", "sort": None,
         "axis": {"title": None, "orient": "top", "labelAngle": 0, "domain": False, "ticks": False}}  # fmt: skip
    y = {"field": "item", "type": "nominal", "sort": None, "axis": {"title": None, "labelLimit": 105, "domain": False, "ticks": False}}
    picture = chart(
        30 + 34 * len(items),
        [
            layer("firsts", {"type": "point", "filled": True, "opacity": 1, "size": 620, "color": BLUE}, x=x, y=y),
            layer("firsts", {"type": "text", "color": "white", "fontWeight": 700}, x=x, y=y, text={"field": "place"}),
            layer("others", {"type": "text"}, x=x, y=y, text={"field": "place"}),
        ],
        {"firsts": [cell for cell in cells if cell["first"]], "others": [cell for cell in cells if not cell["first"]]},
    )

    def cell(framework: str, name: str) -> str:
        own = items[name]["class"] if framework == "MoSCoW" else number_text(scores[framework][name], 3)
        return f"{own} (place {ranks[framework][name]})"

    rows = [(name, *(cell(framework, name) for framework in FRAMEWORKS)) for name in items]
    table = Table(("Item", *FRAMEWORKS), (*rows, ("It reads", *FRAMEWORKS.values())))
    firsts = {framework: [name for name in items if own[name] == 1] for framework, own in ranks.items()}
    said = "; ".join(f"{framework} {listing(names)}" for framework, names in firsts.items())
    best = Counter(name for names in firsts.values() for name in names)
    most = max(best.values())
    agree = f"All five put {listing([n for n in best if best[n] == 5])} first" if most == 5 else (
        f"The most that agree on a first item: {most} of five" if most > 1 else "No two put the same item first")  # fmt: skip
    reading = f"First by framework: {said}. {agree}. They read different columns, so they answer different questions."
    return View(picture, reading, table, must_warning(items))


def lab_trials(items: dict[str, dict[str, Any]]) -> int:
    """As many trials as a browser does while a reader waits."""
    return min(TRIALS, 3 * TRIALS // len(items))


def view_sure(items: dict[str, dict[str, Any]]) -> View:
    """The range of every RICE score, and how often each item comes first."""
    ranks = simulate_rice(rice_ranges(items), lab_trials(items))
    rows = [
        {"item": name, "low": low, "mid": mid, "high": high, "label": f"first in {share_text(ranks.p_first[name])}"}
        for name, (low, mid, high) in ranks.score_interval.items()
    ]
    y = {"field": "item", "type": "nominal", "sort": None, "axis": {"title": None, "labelLimit": 105}}
    x = {"field": "low", **AMOUNT, "axis": {"title": "RICE score, 5% to 95% of trials", "tickCount": 5}}
    picture = chart(
        30 + 44 * len(items),
        [
            layer("items", {"type": "rule", "strokeWidth": 7, "color": BLUE, "opacity": 0.45}, x=x, x2={"field": "high"}, y=y),
            layer("items", {"type": "point", "filled": True, "color": BLUE, "opacity": 1, "size": 90}, x={**x, "field": "mid"}, y=y),
            layer("items", {"type": "text", "align": "left", "dy": -14}, x={**x, "field": "low"}, y=y, text={"field": "label"}),
        ],
        {"items": rows},
    )  # fmt: skip
    table = Table(
        ("Item", "Score, 5% to 95% of trials", "Comes first in", "Place, 5% to 95% of trials"),
        tuple(
            (name, f"{number_text(low, 3)} to {number_text(high, 3)}",
             share_text(ranks.p_first[name]) + (f" ± {number_text(100 * error, 2)} points" if (error := ranks.standard_error[name]) else ""),
             " to ".join(dict.fromkeys(map(str, ranks.rank_interval[name]))))
            for name, (low, _, high) in ranks.score_interval.items()
        ),
    )  # fmt: skip
    reading = (
        f"By RICE, with every estimate drawn from its range: {ranks.first} comes first in "
        f"{share_text(ranks.p_first[ranks.first])} of {ranks.trials:,} trials, so a bet on it is wrong in {share_text(ranks.p_wrong)}."
    )
    return View(picture, reading, table)


def view_buy(items: dict[str, dict[str, Any]]) -> View:
    """By how much each estimate, if it were known, would lower the chance of a wrong first."""
    ranks = simulate_rice(rice_ranges(items), lab_trials(items))
    drops = {
        (name, key): (drop, ranks.drop_standard_error[name][key])
        for name, own in ranks.drop_if_known.items()
        for key, drop in own.items()
    }
    ordered = sorted(drops, key=lambda pair: drops[pair][0], reverse=True)
    shown = [pair for pair in ordered if drops[pair][0] >= 0.0005][:8]
    bars = [{"estimate": f"{name}: {key}", "drop": 100 * drops[name, key][0], "label": points_text(drops[name, key][0])}
            for name, key in shown or ordered[:1]]  # fmt: skip
    x = {"field": "drop", **AMOUNT, "axis": {"title": "points off the chance of a wrong first", "tickCount": 5},
         "scale": {"domain": [0, 1.35 * max(bar["drop"] for bar in bars) or 1]}}  # fmt: skip
    y = {"field": "estimate", "type": "nominal", "sort": None, "axis": {"title": None, "labelLimit": 170}}
    picture = chart(
        30 + 28 * len(bars),
        [layer("bars", "bar", x=x, y=y), layer("bars", {"type": "text", "align": "left", "dx": 5}, x=x, y=y, text={"field": "label"})],
        {"bars": bars},
    )
    table = Table(
        ("Estimate", "Range", "Wrong first falls by (points)", "Standard error (points)"),
        tuple(
            (f"{name}: {key}", BACKLOG_COLUMNS[key].shown(items[name][key]), number_text(round(100 * drops[name, key][0], 1)),
             number_text(100 * drops[name, key][1], 2))
            for name, key in ordered
        ),
    )  # fmt: skip
    reading = f"Today's bet is {ranks.first}, wrong in {share_text(ranks.p_wrong)} of {ranks.trials:,} trials. "
    if not shown:
        reading += "No single estimate, if you knew it, would change the bet: do not buy one."
    else:
        name, key = shown[0]
        reading += (
            f"If you could know one number, know the {key} of {name}: that share then falls by {points_text(drops[name, key][0])}. "
            f"{count_text(len(drops) - sum(drop >= 0.0005 for drop, _ in drops.values()), 'estimate', 'estimates')} of {len(drops)} "
            "would change nothing."
        )
    return View(picture, reading, table)


def view_weight(items: dict[str, dict[str, Any]], criterion: str, weight: float) -> View:
    """Weighted scores against the weight of one criterion, and the weights at which the first item changes."""
    score_at = {at: graded(items, criterion, at) for at in (0.0, 1.0)}
    now = graded(items, criterion, weight)
    flips = leader_changes(items, criterion)
    leader = max(now, key=now.__getitem__)
    rows = [(name, *(f"{score_at[at][name]:.2f}" for at in (0.0, 1.0)), f"{now[name]:.2f} (place {places(now)[name]})") for name in items]
    table = Table(("Item", f"Score at 0% {criterion}", "at 100%", f"at {weight_text(weight)}"), tuple(rows))
    reading = f"With {weight_text(weight)} on {criterion} and the rest shared evenly, {leader} has the highest weighted score. "
    if flips:
        reading += "The first item changes at " + listing([f"{weight_text(at)} (to {to} above it)" for at, to in flips]) + "."
    else:
        reading += f"No weight of {criterion} changes that."
    return View(flip_lines(list(items), score_at, weight, f"weight of {criterion}"), reading, table)


def leader_changes(items: dict[str, dict[str, Any]], criterion: str) -> list[tuple[float, str]]:
    """The weights of a criterion at which the first item changes, and who leads above each."""
    vary, even = GRADE_CRITERIA.index(criterion), [1.0] * len(GRADE_CRITERIA)
    grades = {name: [row[key] for key in GRADE_CRITERIA] for name, row in items.items()}
    names = list(items)
    level = {
        flip_weight({one: grades[one], other: grades[other]}, even, vary).flip_weight
        for i, one in enumerate(names) for other in names[i + 1 :]
    }  # fmt: skip
    stops = [0.0, *sorted(at for at in level if at is not None and 0 < at < 1), 1.0]
    changes: list[tuple[float, str]] = []
    before = ""
    for low, high in zip(stops, stops[1:]):
        ranks = places(graded(items, criterion, (low + high) / 2))
        if before and ranks[before] == 1:
            continue
        leader = min(ranks, key=ranks.__getitem__)
        if before:
            changes.append((low, leader))
        before = leader
    return changes


def view_lab(backlog: tuple[dict[str, Any], ...], show: str, criterion: str, weight: float) -> View:
    """One of four looks at the reader's backlog."""
    items = named(backlog)
    if show == "five":
        return view_five(items, criterion, weight)
    if show == "weight":
        return view_weight(items, criterion, weight)
    return view_sure(items) if show == "sure" else view_buy(items)


COLUMNS = (
    Column("item", "Item", text=True),
    Column("reach", "Reach", low=0, high=1e9, span=True),
    Column("impact", "Impact", low=0.1, high=10, span=True),
    Column("confidence", "Confidence", "%", low=0.1, high=1, span=True),
    Column("effort", "Effort", low=0.1, high=1000, span=True),
    *(Column(key, key.capitalize(), low=1, high=10) for key in GRADE_CRITERIA),
    Column("class", "MoSCoW", options=CLASSES),
)
BACKLOG_COLUMNS = {column.name: column for column in COLUMNS}

LAB = Explorer(
    id="lab",
    title="Rank-stability lab",
    lead="Three items, or your own. Which comes first, how sure is that, and what would change it?",
    controls=(
        Rows("backlog", "Backlog", COLUMNS, BACKLOG, most=MOST_ITEMS,
             help="An estimate may be a range, such as 3 to 6. Reach in one unit for all items (here engineers a quarter), impact on "
             "RICE's steps 0.25 to 3, effort in person-months. Value, urgency, risk and ease are grades from 1 to 10; "
             "MoSCoW is must, should, could or wont."),
        Choice("show", "Show", tuple(SHOWS.items()), "five"),
        Choice("criterion", "Criterion", tuple((key, key) for key in GRADE_CRITERIA), "risk",
               help="Of the weighted score. The other three share what its weight leaves."),
        Number("weight", "Weight of the criterion", "%", low=0, high=1, default=0.25, stops=even_stops(0, 1, 0.05)),
    ),
    view=view_lab,
)  # fmt: skip

EXPLORERS = (LEAD, FLIP, ORDER, RULE, LAB)


# --- Tasks --------------------------------------------------------------------------------------


def _sheet(p: dict[str, Any]) -> Table:
    return Table(("item", "reach", "impact", "confidence", "effort"),
                 tuple((name, *map(number_text, inputs)) for name, inputs in p["items"].items()))  # fmt: skip


def _lead(p: dict[str, Any]) -> float:
    scores = rank_rice(p["items"]).scores
    return max(scores.values()) / min(scores.values())


def _without(p: dict[str, Any], part: int) -> float:
    """The lead where one part of the score, by its position, is left out."""
    return _lead({"items": {name: tuple(1 if i == part else value for i, value in enumerate(row)) for name, row in p["items"].items()}})


def _draw_sheet(rng: Any) -> dict[str, Any]:
    items = {
        name: (rng.choice(reaches), rng.choice([0.5, 1, 2]), rng.choice([0.5, 0.8, 1]), rng.choice([1, 2, 3, 4]))
        for name, reaches in (("Log sampling", [80, 120, 160]), ("ARM64 support", [100, 200, 250]))
    }
    return {"items": items} if _lead({"items": items}) > 1 else _draw_sheet(rng)


LEAD_OF = NumericTask(
    id="lead_of",
    title="How large is the lead?",
    objective=1,
    unit="times",
    book={"items": {"Log sampling": (160, 0.5, 1, 2), "ARM64 support": (250, 1, 0.8, 4)}},  # not the two of the decision
    draw=_draw_sheet,
    prompt=lambda p: (
        "Score both by RICE: reach in services, effort in person-months. "
        "How many times the lower score is the higher one?"
    ),
    data=_sheet,
    expected=_lead,
    slips=lambda p: (
        Slip(1 / _lead(p), "That is the lower score as a part of the higher one. Turn it around."),
        Slip(
            max(rank_rice(p["items"]).scores.values()) - min(rank_rice(p["items"]).scores.values()),
            "That is the difference, and it depends on the unit of reach. How many times?",
        ),
        Slip(_without(p, 2), "That leaves out confidence."),
        Slip(_without(p, 3), "That leaves out effort."),
    ),
    hints=lambda p: (
        "Which inputs make a RICE score larger, and which one makes it smaller?",
        "Reach × impact × confidence / effort: " + ", ".join(f"{name} {number_text(score)}" for name, score in rank_rice(p["items"]).scores.items()) + ".",
        "Divide the higher by the lower.",
    ),
    right=lambda p: (
        f"{number_text(_lead(p))} times, in favor of {rank_rice(p['items']).ranking[0]}. The scores are services per person-month: "
        "another unit of reach would change both, and not the lead."
    ),
)

MUST = NumericTask(
    id="must",
    title="Room in the box",
    objective=1,
    unit="person-weeks",
    book={"must": 75, "should": 15, "could": 10},
    draw=lambda rng: {"must": rng.choice([70, 80, 90, 110]), "should": rng.choice([10, 20, 25]), "could": rng.choice([5, 10, 15])},
    prompt=lambda p: (
        f"A quarter holds {p['must']} person-weeks of Must, {p['should']} of Should and {p['could']} of Could. "
        "How many person-weeks have to leave Must for Should or Could, so that Must is 60%?"
    ),
    expected=lambda p: moscow(p).move_out_effort,
    slips=lambda p: (
        Slip(0.4 * p["must"], "60% is a share of the whole box, not of Must."),
        Slip(
            moscow(p).move_out_effort / 0.4,
            "That would hold if the work left the quarter. Here it goes to Should or Could, and the box stays as large.",
        ),
        Slip(0.6 * sum(p.values()), "So much may stay in Must."),
    ),
    hints=lambda p: (
        f"The box holds {sum(p.values())} person-weeks, and still does after the move.",
        f"60% of it is {number_text(0.6 * sum(p.values()))}.",
        f"Must has {p['must']}.",
    ),
    right=lambda p: (
        f"{number_text(moscow(p).move_out_effort)} person-weeks. With Must at {share_text(moscow(p).must_share)}, work that takes "
        f"{share_text(1 / moscow(p).must_share - 1)} longer than planned fills the box with Must alone."
    ),
)


def _flip(p: dict[str, Any]) -> float:
    return flip_weight(p["grades"], p["weights"], 0).flip_weight


def _draw_flip(rng: Any) -> dict[str, Any]:
    grades = {name: tuple(rng.randint(1, 5) for _ in CRITERIA) for name in GRADES}
    p = {"grades": grades, "weights": rng.choice([(0.5, 0.2, 0.3), (0.4, 0.3, 0.3), (0.2, 0.5, 0.3), (0.6, 0.1, 0.3)])}
    at = _flip(p)
    return p if at is not None and 0.1 < at < 0.9 and abs(at - p["weights"][0]) > 0.01 else _draw_flip(rng)


def _rest_gap(p: dict[str, Any]) -> float:
    """How far the first item leads by the criteria other than the first."""
    first, second = p["grades"].values()
    rest = [(a - b, weight) for a, b, weight in zip(first[1:], second[1:], p["weights"][1:])]
    return sum(gap * weight for gap, weight in rest) / sum(weight for _, weight in rest)


FLIP_AT = NumericTask(
    id="flip_at",
    title="The weight that decides",
    objective=3,
    unit="%",
    relative_tolerance=0.02,
    book={"grades": {"Log sampling": (4, 2, 3), "ARM64 support": (2, 5, 3)}, "weights": (0.5, 0.3, 0.2)},
    draw=_draw_flip,
    prompt=lambda p: (
        "Grades from 1 to 5, more is better. At which weight of the first criterion are the two items level, "
        "if the other two weights keep their proportions?"
    ),
    data=lambda p: Table(
        ("criterion", "weight", *p["grades"]),
        tuple((CRITERIA[i], percent_text(w), *(str(row[i]) for row in p["grades"].values())) for i, w in enumerate(p["weights"])),
    ),
    expected=_flip,
    slips=lambda p: (Slip(1 - _flip(p), "That is the weight of the other two together."),),
    hints=lambda p: (
        "By how many grades does log sampling lead on the first criterion, and by how many on the other two, taken together?",
        f"On the first criterion by {number_text(next(iter(p['grades'].values()))[0] - list(p['grades'].values())[1][0])}; on the "
        f"others, weighted, by {number_text(_rest_gap(p))}.",
        f"w × {number_text(next(iter(p['grades'].values()))[0] - list(p['grades'].values())[1][0])} + (1 − w) × ({number_text(_rest_gap(p))}) = 0.",
    ),
    right=lambda p: (
        f"{weight_text(_flip(p))}, against {weight_text(p['weights'][0])} on the sheet: "
        f"{points_text(abs(_flip(p) - p['weights'][0]))} of weight decide the order. Who would notice such a shift?"
    ),
)


@cache
def _two_efforts(items: tuple[tuple[str, int, tuple[float, float]], ...]) -> RiceRanks:
    return simulate_rice({name: [reach, 1, 0.8, list(effort)] for name, reach, effort in items}, TRIALS)


def _effort_ranks(p: dict[str, Any]) -> tuple[RiceRanks, dict[str, float]]:
    """The simulation of both items, and by option what knowing the effort is worth."""
    ranks = _two_efforts(tuple((name, reach, tuple(effort)) for name, (reach, effort) in p["items"].items()))
    return ranks, dict(zip(("sampling", "arm"), (own["effort"] for own in ranks.drop_if_known.values())))


def _estimate_to_buy(p: dict[str, Any]) -> str:
    _, drops = _effort_ranks(p)
    best = max(drops, key=drops.__getitem__)
    return best if drops[best] > 0.005 else "neither"


def _buy_options(p: dict[str, Any]) -> tuple[Option, ...]:
    ranks, drops = _effort_ranks(p)
    now = f"Today {ranks.first} is the bet, wrong in {share_text(ranks.p_wrong)} of trials."
    told = {
        key: f"{now} Knowing this effort lowers that by {points_text(drop)}."
        if drop > 0.0005 else f"{now} Whatever this effort turns out to be, the bet stays: the answer is worth nothing."
        for key, drop in drops.items()
    }  # fmt: skip
    none = f"{now} Knowing log sampling's effort lowers that by {points_text(drops['sampling'])}, ARM64's by {points_text(drops['arm'])}."
    return (
        Option("sampling", "The effort of log sampling", told["sampling"]),
        Option("arm", "The effort of ARM64 support", told["arm"]),
        Option("neither", "Neither: no answer would change the bet", none),
    )


BUY = ChoiceTask(
    id="buy",
    title="Which estimate would you buy?",
    objective=2,
    book={"items": {"Log sampling": (150, (1, 6)), "ARM64 support": (100, (2, 2.5))}},  # not the case of the text
    draw=lambda rng: {"items": dict(zip(("Log sampling", "ARM64 support"), rng.choice([
        ((150, (1, 3)), (100, (1, 3))),
        ((100, (1, 3)), (150, (1, 3))),
        ((150, (1, 6)), (100, (2, 2.5))),
        ((100, (2, 2.5)), (150, (1, 6))),
        ((150, (1, 1.4)), (100, (2, 3))),
        ((180, (2, 4)), (100, (1, 3))),
    ])))},
    prompt=lambda p: (
        "Impact 1 and confidence 80% for both; reach is known, and the efforts are ranges in person-months, every value equally "
        "likely. A day of work would tell one of the two efforts exactly. Which one, if any, do you have measured before you choose?"
    ),
    data=lambda p: Table(
        ("item", "reach", "effort"),
        tuple((name, str(reach), f"{number_text(low)} to {number_text(high)}") for name, (reach, (low, high)) in p["items"].items()),
    ),
    expected=_estimate_to_buy,
    options=_buy_options,
    hints=lambda p: (
        "An estimate is worth something only if one of its values would change which item you take.",
        "For each item: take the best and the worst value of its effort. Who is more likely to be first then?",
    ),
)  # fmt: skip


def _jobs_order(p: dict[str, Any]) -> list[str]:
    keys = list(p["jobs"])
    return [keys[i] for i in best_order([(cost, weeks) for _, cost, weeks in p["jobs"].values()]).best_order]


def _draw_jobs(rng: Any) -> dict[str, Any]:
    jobs = {key: (name, rng.randint(1, 12), rng.choice([1, 2, 3, 4, 6])) for key, (name, _, _) in SEQUENCE.book["jobs"].items()}
    ratios = sorted(cost / weeks for _, cost, weeks in jobs.values())
    return {"jobs": jobs} if all(b > a * 1.05 for a, b in zip(ratios, ratios[1:])) else _draw_jobs(rng)


def _sequence_cost(p: dict[str, Any], order: list[str]) -> float:
    return best_order([p["jobs"][key][1:] for key in order]).fifo_cost


SEQUENCE = OrderingTask(
    id="sequence",
    title="What waits longest?",
    objective=4,
    book={"jobs": {"builds": ("Build times", 9, 6), "quota": ("Quota page", 3, 1), "dns": ("DNS upgrade", 4, 2), "index": ("Search index", 10, 4)}},
    draw=_draw_jobs,
    prompt=lambda p: (
        "One team takes these jobs one after the other. A job costs its cost of delay (thousand USD a week) until it is done. "
        "Put them in the order that costs least."
    ),
    data=lambda p: Table(
        ("job", "cost of delay", "weeks"), tuple((name, str(cost), str(weeks)) for name, cost, weeks in p["jobs"].values())
    ),
    expected=_jobs_order,
    options=lambda p: tuple(
        Option(key, name, f"{name}: {number_text(cost / weeks)} thousand USD a week for each week of work.")
        for key, (name, cost, weeks) in p["jobs"].items()
    ),
    hints=lambda p: (
        "Neither the dearest nor the shortest as such: a job that is dear and short should not wait.",
        "Divide each cost of delay by the weeks of work.",
        f"First {p['jobs'][_jobs_order(p)[0]][0]}. The best order costs {number_text(_sequence_cost(p, _jobs_order(p)))} thousand USD, "
        f"the listed one {number_text(_sequence_cost(p, list(p['jobs'])))}.",
    ),
)  # fmt: skip

LAB_ITEMS = named(LAB.controls[0].read(LAB.controls[0].shown(BACKLOG)))


@cache
def _sized(low: float, high: float) -> RiceRanks:
    """The lab's backlog with this range for the effort of cloud cost."""
    row = LAB_ITEMS["Cloud cost"] | {"effort": (low, high)}
    return simulate_rice(rice_ranges(LAB_ITEMS | {"Cloud cost": row}), lab_trials(LAB_ITEMS))


SIZED = NumericTask(
    id="sized",
    title="The work is sized",
    objective=2,
    unit="%",
    relative_tolerance=0.08,
    book={"effort": 2},
    draw=lambda rng: {"effort": rng.choice([1, 1.5, 2.5, 3, 3.5])},
    prompt=lambda p: (
        f"The two days of sizing are over: cloud cost takes {number_text(p['effort'])} person-months. In the lab's own backlog, "
        "change that one estimate, and show how sure the RICE order is. In what share of trials does cloud cost come first now?"
    ),
    expected=lambda p: _sized(p["effort"], p["effort"]).p_first["Cloud cost"],
    slips=lambda p: (Slip(_sized(*LAB_ITEMS["Cloud cost"]["effort"]).p_first["Cloud cost"], "That is the share before the sizing."),),
    hints=lambda p: (
        "Reset the backlog, so that you start from the lab's own rows.",
        f"In the row of cloud cost the fifth cell is the effort, 1 to 5: make it {number_text(p['effort'])}.",
        "Choose “How sure the RICE order is” and read what stands above the range of cloud cost.",
    ),
    right=lambda p: (
        f"{share_text(_sized(p['effort'], p['effort']).p_first['Cloud cost'])}; before the sizing it was "
        f"{share_text(_sized(*LAB_ITEMS['Cloud cost']['effort']).p_first['Cloud cost'])}. The bet is now "
        f"{_sized(p['effort'], p['effort']).first}, wrong in {share_text(_sized(p['effort'], p['effort']).p_wrong)} of trials."
    ),
)

TASKS = (LEAD_OF, MUST, FLIP_AT, BUY, SEQUENCE, SIZED)

show, ask, table, check = notebook(EXPLORERS, TASKS)
decide, predict, judge = study("prioritization")
