"""Exercises of the chapter "What a nine costs"."""

from itertools import count
from typing import Any

from infrapm.explore.charts import BLUE, GREEN, VERMILLION, chart, layer
from infrapm.explore.controls import Choice, Number, log_stops, nines_stops
from infrapm.explore.explorer import Explorer, Table, View
from infrapm.explore.kernel import notebook
from infrapm.explore.tasks import ChoiceTask, NumericTask, Option, Slip
from infrapm.explore.text import count_text, duration_text, number_text, percent_text
from infrapm.models.availability import (
    WINDOW_S,
    allowed_downtime,
    availability_from_downtime,
    composite_availability,
    nines_of,
    repairable,
)

from ._drawings import block_diagram
from ._study import study

# Typical times in which somebody who is paged must be at work on it: 5 minutes for services that
# users see, 30 minutes for less urgent ones [sre2016oncall]. Repair comes on top.
URGENT_RESPONSE_S, RELAXED_RESPONSE_S = 300, 1800

_DAY_S = WINDOW_S["day"]
AXIS_LABEL = {"day": "day", **{window: f"{window}, {length_s // _DAY_S:.0f} d" for window, length_s in WINDOW_S.items() if length_s > _DAY_S}}
WINDOW_LABEL = {"day": "day (24 hours)"} | {
    window: f"{window} ({length_s // _DAY_S:.0f} days)" for window, length_s in WINDOW_S.items() if length_s > _DAY_S
}


# --- The nines calculator ---------------------------------------------------------------------


def link_downtime(changed: str, values: dict[str, Any]) -> dict[str, Any]:
    """Keep downtime and availability in step: the one that was typed leads."""
    if changed == "downtime_min":
        window_min = WINDOW_S[values["window"]] / 60
        if values["downtime_min"] > window_min:
            raise ValueError(f"A {WINDOW_LABEL[values['window']]} has {number_text(window_min, 6)} min.")
        back = availability_from_downtime(downtime_min=values["downtime_min"], window=values["window"])
        # 1 - 0.9 is a hair below 0.1, and 10% is in range.
        return {"availability": round(back.availability, 15)}
    budget = allowed_downtime(availability=values["availability"], window=values["window"])
    return {"downtime_min": budget.downtime_s / 60}


def view_nines(availability: float, window: str, downtime_min: float) -> View:
    """The downtime that a promise leaves in five windows, against the time to answer a page."""
    budgets_s = {name: allowed_downtime(availability, name).downtime_s for name in WINDOW_LABEL}
    rows = [
        {"window": AXIS_LABEL[name], "budget_s": budget_s, "label": duration_text(budget_s), "chosen": name == window}
        for name, budget_s in budgets_s.items()
    ]
    responses = [
        {"at_s": URGENT_RESPONSE_S, "label": "5 min", "urgent": True},
        {"at_s": RELAXED_RESPONSE_S, "label": "30 min", "urgent": False},
    ]
    time_axis = {
        "field": "budget_s",
        "type": "quantitative",
        "scale": {"type": "log", "domain": [0.05, 40 * _DAY_S], "clamp": True},
        "axis": {
            "title": ["downtime allowed (logarithmic)", "dashed: a page is answered"],
            "values": [0.1, 1, 10, 60, 600, 3600, 36000, 10 * _DAY_S],
            "labelExpr": "datum.value < 60 ? datum.value + ' s' : datum.value < 3600 ? datum.value / 60 + ' min' "
            ": datum.value < 86400 ? datum.value / 3600 + ' h' : datum.value / 86400 + ' d'",
            "labelOverlap": "greedy",
        },
    }
    window_axis = {"field": "window", "type": "nominal", "sort": None, "scale": {"domain": list(AXIS_LABEL.values())},
                   "axis": {"title": None}}  # fmt: skip
    response_axis = {**time_axis, "field": "at_s"}
    picture = chart(
        220,
        [
            layer("responses", {"type": "rule", "color": VERMILLION, "strokeDash": [5, 4], "strokeWidth": 2}, x=response_axis),
            layer("responses", {"type": "text", "baseline": "bottom", "y": -4, "fontWeight": 600,
                                "align": {"expr": "datum.urgent ? 'right' : 'left'"}},
                  x=response_axis, text={"field": "label"}),
            layer("budgets", {"type": "point", "filled": True, "color": BLUE, "opacity": 1}, x=time_axis, y=window_axis,
                  size={"condition": {"test": "datum.chosen", "value": 240}, "value": 60}),
            layer("budgets", {"type": "text", "align": "left", "dx": 6}, x={"value": "width"}, y=window_axis,
                  text={"field": "label"}),
        ],
        # A logarithmic axis has no place for nothing.
        {"budgets": [row for row in rows if row["budget_s"] > 0], "responses": responses},
    )  # fmt: skip
    budget_s = budgets_s[window]
    table = Table(
        ("Window", "Downtime allowed", "Pages answered in 30 min that fit"),
        tuple(
            (WINDOW_LABEL[name], duration_text(allowed_s), _fit_text(allowed_s, RELAXED_RESPONSE_S))
            for name, allowed_s in budgets_s.items()
        ),
    )
    promise = (
        f"{percent_text(availability, 4)} ({number_text(nines_of(availability).nines, 3)} nines) allows "
        f"{duration_text(budget_s)} of downtime in a {WINDOW_LABEL[window]}."
    )
    return View(picture, f"{promise} {_response_reading(budget_s)}", table)


def _fit_text(budget_s: float, response_s: float) -> str:
    whole = int(budget_s / response_s + 1e-9)
    return str(whole) if whole else f"none: one needs {number_text(response_s / budget_s, 2)} budgets" if budget_s else "none"


def _response_reading(budget_s: float) -> str:
    """The budget against the time that a paged person takes to start."""
    if budget_s == 0:
        return "No service that anybody has to repair can keep that."
    if budget_s < URGENT_RESPONSE_S:
        return "That is gone before a paged person is at the keyboard (5 min): only automatic repair can keep it."
    if budget_s < RELAXED_RESPONSE_S:
        return (
            f"A person who must answer in 5 min has {duration_text(budget_s - URGENT_RESPONSE_S)} left to repair it, once; "
            "one who may take 30 min comes too late."
        )
    share = number_text(100 * RELAXED_RESPONSE_S / budget_s, 2)
    return f"An answer to one page, at 30 min, takes {share}% of it before any repair begins."


NINES = Explorer(
    id="nines",
    title="Nines calculator",
    lead="Move the promise. Which is the first nine that nobody can keep by hand?",
    controls=(
        Number("availability", "Availability", "%", low=0.1, high=1, default=0.999, stops=nines_stops(1, 6),
               help="The slider is logarithmic: it moves by nines. You can also type 99.95."),
        Choice("window", "Window", tuple(WINDOW_LABEL.items()), "month",
               help="A month is 30 days here; calendars and contracts differ."),
        Number("downtime_min", "Downtime in that window", "min", low=0, high=WINDOW_S["year"] / 60, default=43.2,
               help="Or go back: type a downtime, such as 20 min or 45 s, and read the availability."),
    ),
    view=view_nines,
    link=link_downtime,
)  # fmt: skip


# --- The dependency stack ---------------------------------------------------------------------


SHARES = tuple(percent / 100 for percent in (0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100))


def stack_availability(dependencies: int, copy: float, copies: int, beta: float) -> float:
    """Dependencies in series, each of *copies* equal copies, of which one must answer."""
    one = {"k": 1, "n": copies, "availability": copy, "beta": beta}
    return composite_availability(series=[one] * dependencies).availability


def view_stack(dependencies: int, copy: float, copies: int, beta: float) -> View:
    """What a request sees through a row of dependencies, and what each next step would save."""
    now = stack_availability(dependencies, copy, copies, beta)
    steps = {
        "As set": now,
        "One more copy of each": stack_availability(dependencies, copy, copies + 1, beta),
        "Half the shared-cause share": stack_availability(dependencies, copy, copies, beta / 2),
    }
    if dependencies > 1:
        steps["One dependency fewer"] = stack_availability(dependencies - 1, copy, copies, beta)

    def year_s(availability: float) -> float:
        return allowed_downtime(availability, "year").downtime_s

    rows = tuple(
        (
            name,
            percent_text(after),
            number_text(nines_of(after).nines, 3),
            duration_text(year_s(after)),
            "" if name == "As set" else duration_text(max(0.0, year_s(now) - year_s(after))),
        )
        for name, after in steps.items()
    )
    made_of = count_text(dependencies, "dependency", "dependencies")
    each = count_text(copies, "copy", "copies")
    reading = (
        f"{made_of} in a row, {each} of each at {percent_text(copy)}: a request sees {percent_text(now)}, "
        f"{number_text(nines_of(now).nines, 3)} nines, or {duration_text(year_s(now))} of downtime a year (365 days)."
    )
    best = max(list(steps)[1:], key=lambda name: steps[name])
    if steps[best] > now:
        reading += f" The step that saves most: {best[0].lower()}{best[1:]}."
    warning = ""
    if copies > 1 and beta == 0:
        warning = "With no shared cause, copies never fail together. That is an assumption, and rarely true."
    outcome = f"a request sees {percent_text(now)}: {duration_text(year_s(now))} a year"
    table = Table(("Setup", "Availability", "Nines", "Downtime a year", "Saves a year"), rows)
    return View(block_diagram(dependencies, copies, beta, outcome), reading, table, warning)


STACK = Explorer(
    id="stack",
    title="Dependency stack",
    lead="Add copies, then look at what the copies share. Where does the next hour of work pay?",
    controls=(
        Number("dependencies", "Dependencies in a row", "", low=1, high=50, default=3, stops=tuple(range(1, 51)),
               whole=True, help="Each of them must answer, or the request fails."),
        Number("copy", "Availability of one copy", "%", low=0.9, high=1, default=0.999, stops=nines_stops(1, 6)),
        Number("copies", "Copies of each", "", low=1, high=5, default=2, stops=tuple(range(1, 6)), whole=True,
               help="One copy that answers is enough."),
        Number("beta", "Shared-cause share", "%", low=0, high=1, default=0.1,
               stops=SHARES,
               help="The part of a copy's failures that takes all copies down at once: a bad push, a region, a certificate."),
    ),
    view=view_stack,
)  # fmt: skip


# --- What copies share ------------------------------------------------------------------------

_MOST_COPIES = 5


def view_shared(beta: float) -> View:
    """Downtime a year of one to five copies at 99.9%, for a shared-cause share."""
    down_s = [
        allowed_downtime(stack_availability(1, 0.999, copies, beta), "year").downtime_s
        for copies in range(1, _MOST_COPIES + 1)
    ]
    rows = [
        {"copies": str(copies), "down_min": seconds / 60, "label": duration_text(seconds)}
        for copies, seconds in enumerate(down_s, 1)
    ]
    x = {"field": "copies", "type": "nominal", "axis": {"title": "copies", "labelAngle": 0}}
    y = {"field": "down_min", "type": "quantitative", "scale": {"type": "log", "domain": [0.0001, 1000], "clamp": True},
         "axis": {"title": "downtime a year, minutes (logarithmic)", "tickCount": 4, "format": "~g"}}  # fmt: skip
    picture = chart(
        220,
        [
            layer("copies", {"type": "point", "filled": True, "color": BLUE, "size": 120, "opacity": 1}, x=x, y=y),
            # Every other label below its point: side by side they are wider than a phone's column.
            layer("copies", {"type": "text", "dy": {"expr": "datum.copies % 2 ? -14 : 18"}}, x=x, y=y, text={"field": "label"}),
        ],
        {"copies": rows},
    )
    saved = [before - after for before, after in zip(down_s, down_s[1:])]
    table = Table(
        ("Copies", "Downtime a year", "Saved by the last copy"),
        tuple(
            (str(copies), duration_text(seconds), duration_text(saved[copies - 2]) if copies > 1 else "")
            for copies, seconds in enumerate(down_s, 1)
        ),
    )
    reading = (
        f"Copies at 99.9%, {number_text(100 * beta)}% of a copy's downtime shared: the second copy saves "
        f"{duration_text(saved[0])} a year, the third {duration_text(saved[1])}."
    )
    warning = "With nothing shared, copies never fail together. That is an assumption, and rarely true." if beta == 0 else ""
    return View(picture, reading, table, warning)


SHARED = Explorer(
    id="shared",
    title="What copies share",
    lead="One control: which part of a copy's downtime takes all copies down?",
    controls=(
        Number("beta", "Shared-cause share", "%", low=0, high=1, default=0.1, stops=SHARES,
               help="A bad push, a region, a certificate, the person who types."),
    ),
    view=view_shared,
)  # fmt: skip


# --- Repair crews -----------------------------------------------------------------------------

SETUPS = {"one": "one machine", "pair_one": "a pair, one crew", "pair_two": "a pair, two crews"}
_UNITS_CREWS = {"one": (1, 1), "pair_one": (2, 1), "pair_two": (2, 2)}


def repaired_downtime_min(mttf_h: float, mttr_h: float, setup: str) -> float:
    """Minutes a year in which nothing answers."""
    units, crews = _UNITS_CREWS[setup]
    availability = repairable(mttf_h=mttf_h, mttr_h=mttr_h, units=units, crews=crews).availability
    return allowed_downtime(availability, "year").downtime_s / 60


def view_crews(mttf_h: float, mttr_h: float, setup: str) -> View:
    """Downtime a year against repair time, for one machine and for pairs."""
    repair_times_h = log_stops(0.1, 100)
    curves = [
        {"mttr_h": at_h, "downtime_min": repaired_downtime_min(mttf_h, at_h, name), "setup": label}
        for name, label in SETUPS.items()
        for at_h in repair_times_h
    ]
    here_min = repaired_downtime_min(mttf_h, mttr_h, setup)
    here = [{"mttr_h": mttr_h, "downtime_min": here_min, "setup": SETUPS[setup]}]
    x = {"field": "mttr_h", "type": "quantitative", "scale": {"type": "log", "domain": [0.1, 100]},
         "axis": {"title": "mean time to repair, hours", "values": [0.1, 1, 10, 100]}}  # fmt: skip
    y = {"field": "downtime_min", "type": "quantitative", "scale": {"type": "log"},
         "axis": {"title": "downtime a year, minutes", "tickCount": 5, "format": "~g"}}  # fmt: skip
    kinds = list(SETUPS.values())
    legend = {"title": None, "columns": 1, "symbolType": "stroke", "symbolSize": 900, "symbolStrokeWidth": 2.5}
    color = {"field": "setup", "type": "nominal", "scale": {"domain": kinds, "range": [BLUE, VERMILLION, GREEN]}, "legend": legend}
    dash = {"field": "setup", "type": "nominal", "scale": {"domain": kinds, "range": [[1, 0], [7, 4], [2, 3]]},
            "legend": legend}  # fmt: skip
    picture = chart(
        260,
        [
            layer("curves", {"type": "line", "strokeWidth": 2.5}, x=x, y=y, color=color, strokeDash=dash),
            layer("here", {"type": "point", "filled": True, "size": 160, "opacity": 1}, x=x, y=y, color=color),
        ],
        {"curves": curves, "here": here},
    )
    rows = tuple(
        (label, duration_text(60 * repaired_downtime_min(mttf_h, mttr_h, name))) for name, label in SETUPS.items()
    )
    cycles = repairable(mttf_h=mttf_h, mttr_h=mttr_h).cycles_per_year
    reading = (
        f"A machine that fails every {number_text(mttf_h)} h and takes {number_text(mttr_h)} h to repair fails "
        f"{number_text(cycles, 3)} times a year. As {SETUPS[setup]}: {duration_text(60 * here_min)} a year with nothing up."
    )
    if setup == "pair_one":
        both = repaired_downtime_min(mttf_h, mttr_h, "pair_two")
        reading += f" A second crew would leave {duration_text(60 * both)}." if both else ""
    return View(picture, reading, Table(("Setup", "Nothing up, a year"), rows))


CREWS = Explorer(
    id="crews",
    title="Repair crews",
    lead="Two machines, one person on call: what does the wait for that person cost?",
    controls=(
        Number("mttf_h", "Mean time to failure", "h", low=10, high=100_000, default=1000, stops=log_stops(10, 100_000)),
        Number("mttr_h", "Mean time to repair", "h", low=0.1, high=100, default=10, stops=log_stops(0.1, 100)),
        Choice("setup", "Setup", tuple(SETUPS.items()), "pair_one"),
    ),
    view=view_crews,
)

EXPLORERS = (NINES, CREWS, SHARED, STACK)


# --- Tasks ------------------------------------------------------------------------------------


def _month_budget_min(p: dict[str, Any]) -> float:
    return allowed_downtime(p["availability"], p["window"]).downtime_s / 60


MONTH_BUDGET = NumericTask(
    id="month_budget",
    title="The budget of a promise",
    objective=1,
    unit="min",
    book={"availability": 0.998, "window": "quarter"},  # a row that the table above the task does not have
    draw=lambda rng: {
        "availability": rng.choice([0.99, 0.995, 0.9985, 0.9995, 0.9999]),
        "window": rng.choice(["week", "month", "quarter", "year"]),
    },
    prompt=lambda p: (
        f"A service promises {percent_text(p['availability'])}. "
        f"How many minutes may it be down in a {WINDOW_LABEL[p['window']]}?"
    ),
    expected=_month_budget_min,
    slips=lambda p: (
        Slip(WINDOW_S[p["window"]] / 60 - _month_budget_min(p), "So long it must be up. What is left?"),
        Slip(_month_budget_min(p | {"window": "month"}), f"That is the budget of 30 days, and this is a {WINDOW_LABEL[p['window']]}."),
        Slip(_month_budget_min(p | {"window": "year"}), f"That is the budget of a year, and this is a {WINDOW_LABEL[p['window']]}."),
    ),
    hints=lambda p: (
        f"How many minutes are there in a {WINDOW_LABEL[p['window']]}?",
        f"The promise leaves {percent_text(1 - p['availability'])} of them.",
        f"{number_text(WINDOW_S[p['window']] / 60, 6)} min × {number_text(1 - p['availability'])}.",
    ),
    right=lambda p: (
        f"{duration_text(60 * _month_budget_min(p))}. The same promise, cut into days, leaves "
        f"{duration_text(allowed_downtime(p['availability'], 'day').downtime_s)} a day: the window is part of the promise."
    ),
)


def _delivered(p: dict[str, Any]) -> float:
    return availability_from_downtime(downtime_min=sum(p["incident_min"]), window="year").availability


DELIVERED = NumericTask(
    id="delivered",
    title="What last year delivered",
    objective=2,
    unit="%",
    relative_tolerance=0.05,
    book={"incident_min": (12, 55, 6, 20)},  # not the year of the text
    draw=lambda rng: {"incident_min": tuple(rng.randint(4, 55) for _ in range(rng.randint(3, 5)))},
    prompt=lambda p: (
        "These are all the incidents that a made-up payments API had in 365 days. "
        "Which availability did it deliver over the year, by time?"
    ),
    data=lambda p: Table(
        ("incident", "down, min"), tuple((str(number), str(minutes)) for number, minutes in enumerate(p["incident_min"], 1))
    ),
    expected=_delivered,
    slips=lambda p: (
        Slip(1 - _delivered(p), "That is the share of the year in which it was down."),
        Slip(
            availability_from_downtime(downtime_min=sum(p["incident_min"]), window="month").availability,
            "All that downtime fell in a year, not in a month.",
        ),
        Slip(
            availability_from_downtime(downtime_min=max(p["incident_min"]), window="year").availability,
            "That counts the longest incident alone.",
        ),
    ),
    hints=lambda p: (
        "Add up the minutes first.",
        f"{sum(p['incident_min'])} min of how many? A year of 365 days has {number_text(WINDOW_S['year'] / 60, 6)}.",
        "Availability is one minus that share.",
    ),
    right=lambda p: (
        f"{percent_text(_delivered(p))}, from {len(p['incident_min'])} incidents. "
        "Few incidents make a weak estimate: one more of the longest would leave "
        f"{percent_text(availability_from_downtime(sum(p['incident_min']) + max(p['incident_min']), 'year').availability)}."
    ),
)


def _most_dependencies(p: dict[str, Any]) -> int:
    """The longest row of dependencies that still reaches the target."""
    for number in count(1):
        if composite_availability(series=[p["each"]] * number).availability < p["target"]:
            return number - 1
    raise AssertionError("unreachable: the product falls below any target")


def _through(p: dict[str, Any], number: int) -> str:
    return percent_text(composite_availability(series=[p["each"]] * number).availability)


CEILING = NumericTask(
    id="ceiling",
    title="How long may the row be?",
    objective=3,
    unit="dependencies",
    relative_tolerance=0,
    book={"each": 0.9999, "target": 0.999},
    draw=lambda rng: {"each": rng.choice([0.9999, 0.9998, 0.99995]), "target": rng.choice([0.999, 0.9985, 0.9975])},
    prompt=lambda p: (
        f"Every request needs all of its dependencies, and each of them delivers {percent_text(p['each'])}. "
        f"How many can stand in a row before the request falls below {percent_text(p['target'])}?"
    ),
    expected=_most_dependencies,
    slips=lambda p: (
        Slip(_most_dependencies(p) + 1, f"That row is one too long: it leaves {_through(p, _most_dependencies(p) + 1)}."),
        Slip(_most_dependencies(p) - 1, "One more still fits."),
    ),
    hints=lambda p: (
        f"Two of them leave {_through(p, 2)}: in a row, availabilities multiply.",
        f"Each takes about {percent_text(1 - p['each'])} away. How often does that fit into {percent_text(1 - p['target'])}?",
        f"Try {_most_dependencies(p) + 1}: {_through(p, _most_dependencies(p) + 1)}.",
    ),
    right=lambda p: (
        f"{_most_dependencies(p)} leave {_through(p, _most_dependencies(p))}, and then your own code has not failed yet."
    ),
)


def _pair_savings_s(p: dict[str, Any]) -> dict[str, float]:
    """Seconds a year that each step saves, from a pair with a shared cause."""

    def down_s(copies: int, beta: float) -> float:
        return allowed_downtime(stack_availability(1, p["copy"], copies, beta), "year").downtime_s

    now_s = down_s(2, p["beta"])
    return {"third": now_s - down_s(3, p["beta"]), "share": now_s - down_s(2, p["beta"] / 2)}


def _saving_feedback(key: str, p: dict[str, Any]) -> str:
    saved = {name: duration_text(seconds) for name, seconds in _pair_savings_s(p).items()}
    return {
        "third": f"A third copy saves {saved['third']} a year; halving what they share saves {saved['share']}. "
        "A copy helps where the first two fail apart.",
        "share": f"Halving what they share saves {saved['share']} a year; a third copy saves {saved['third']}.",
        "same": "They differ. Set two copies in the dependency stack, then read the column “Saves a year”.",
    }[key]


SPEND = ChoiceTask(
    id="spend",
    title="A third copy, or less in common?",
    objective=4,
    book={"copy": 0.96, "beta": 0.03},  # where the better step is not the one of the text
    draw=lambda rng: dict(zip(("copy", "beta"), rng.choice([(0.999, 0.05), (0.9985, 0.2), (0.97, 0.02), (0.95, 0.03)]))),
    prompt=lambda p: (
        f"Two copies run at {percent_text(p['copy'])} each, and {p['beta']:.0%} of their failures take both down. "
        "For the same money you can add a third copy, or halve that share. Which saves more downtime in a year?"
    ),
    expected=lambda p: max(_pair_savings_s(p), key=_pair_savings_s(p).__getitem__),
    options=lambda p: (
        Option("third", "A third copy", _saving_feedback("third", p)),
        Option("share", "Halving the shared-cause share", _saving_feedback("share", p)),
        Option("same", "Both save the same", _saving_feedback("same", p)),
    ),
    hints=lambda p: (
        "When do both copies fail together? There are two ways.",
        f"Independent failures of both: about {number_text((1 - p['copy']) ** 2)} of the time. "
        f"Shared ones: {number_text(p['beta'] * (1 - p['copy']))}.",
    ),
)

TASKS = (MONTH_BUDGET, DELIVERED, CEILING, SPEND)

show, ask, table, check = notebook(EXPLORERS, TASKS)
decide, predict, judge = study("availability")
