"""Exercises of the chapter "What the user loses in a partition"."""

from typing import Any

from infrapm.explore.charts import BLUE, GREEN, VERMILLION, chart, layer
from infrapm.explore.controls import Choice, Column, Number, Rows, Several
from infrapm.explore.explorer import Explorer, Table, View
from infrapm.explore.kernel import notebook
from infrapm.explore.tasks import NumericTask, Option, SeveralTask, Slip
from infrapm.explore.text import count_text, duration_text, number_text, percent_text
from infrapm.models.consistency import (
    Leg,
    PbsChoice,
    PbsFront,
    commit_latency,
    match_options,
    pbs_front,
    quorum_partition,
    recovery_time,
    simulate_pbs,
)

from ._replicas import (
    Offer,
    ReadShown,
    SideShown,
    latency_lanes,
    partition_drawing,
    price_list,
    spread_drawing,
)
from ._study import study

# One run for text and pictures, so that they agree. Its P99.9 lie within a fifth of the published ones.
RUN = {"trials": 10_000, "seed": 2646}

STORES = {
    "LNKD-SSD": "flash (LinkedIn)",
    "LNKD-DISK": "disks (LinkedIn)",
    "YMMR": "disks, heavy tail (Yammer)",
    "WAN": "disks, a region each",
}
WAITS_MS = (0, 0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000)
_LONGEST_WAIT_MS = 10_000


def ms_text(ms: float) -> str:
    """A time that a model gives in milliseconds."""
    return f"{number_text(ms, 3)} ms" if ms < 999.5 else duration_text(ms / 1000)


def fresh_text(share: float, certain: bool = False) -> str:
    """A share that was counted in a run, with no more digits than the run has.

    certain: quorums overlap, so that 100% is a promise. Otherwise a run without a stale read shows only that they are rare.
    """
    if share == 1 and not certain:
        return ">99.9%"
    return percent_text(share, 2) if share > 0.9 else f"{share:.1%}"


# --- The cut ----------------------------------------------------------------------------------


def shown_sides(n: int, far: tuple[str, ...], R: int, W: int) -> tuple[SideShown, SideShown]:
    """Both sides of a cut, with what each can do."""
    beyond = tuple(i for i in range(1, n + 1) if f"r{i}" in far)
    here = tuple(i for i in range(1, n + 1) if i not in beyond)
    sides = quorum_partition(N=n, R=R, W=W, partition=[len(here), len(beyond)]).sides
    return tuple(
        SideShown(name, replicas, side.read, side.write)
        for name, replicas, side in zip(("side A", "side B"), (here, beyond), sides)
    )


def outcome_of(sides: tuple[SideShown, ...]) -> str:
    """What a cut does to the users, in one line."""
    a, b = sides
    if not (a.replicas and b.replicas):
        return "no partition: everybody reads and writes"
    writers = [side.name for side in sides if side.writes]
    readers = [side.name for side in sides if side.reads]
    if len(writers) == 2:
        return "both sides write: two histories to merge" if readers else "both sides write, and nobody can read"
    if not writers:
        return {0: "nobody reads or writes", 1: f"{(readers or [''])[0]} reads, and nobody writes",
                2: "both sides read, and nobody writes"}[len(readers)]  # fmt: skip
    other = "side B" if writers == ["side A"] else "side A"
    if other in readers:
        return f"{other} reads what grows older"
    return f"{other} answers nobody" if writers[0] in readers else f"only {writers[0]} answers, and only writes"


def sides_reading(sides: tuple[SideShown, ...]) -> str:
    """The drawing of a cut in words."""
    if not all(side.replicas for side in sides):
        return "Nobody is beyond the cut, so there is no partition: every replica is in reach."
    can = {(True, True): "reads and writes", (True, False): "reads and refuses writes",
           (False, True): "writes and refuses reads", (False, False): "refuses both"}  # fmt: skip
    told = "; ".join(
        f"{side.name} ({count_text(len(side.replicas), 'replica', 'replicas')}) {can[side.reads, side.writes]}" for side in sides
    )
    return f"In the partition, {told}."


_CONSEQUENCE = {
    "both sides write: two histories to merge": "Somebody has to merge two histories afterwards.",
    "both sides write, and nobody can read": "Writes go in on both sides, and none can be read.",
    "nobody reads or writes": "Every replica is up, and the service is down.",
}


def consequence_of(sides: tuple[SideShown, ...]) -> str:
    """What follows, as a sentence, where the sides do not say it."""
    outcome = outcome_of(sides)
    if outcome.endswith("grows older"):
        return f"What {outcome.split(' reads')[0]} reads grows older as long as the cut lasts."
    if outcome.endswith("nobody writes"):
        return "Nobody can write until the network is whole."
    return _CONSEQUENCE.get(outcome, "")


def sides_table(sides: tuple[SideShown, ...]) -> Table:
    """What each side of a cut holds, and whether it reads and writes."""
    yes = {True: "yes", False: "refused"}
    return Table(
        ("Side", "Replicas", "Reads", "Writes"),
        tuple(
            (side.name, ", ".join(map(str, side.replicas)) or "none", *((yes[side.reads], yes[side.writes]) if side.replicas else ("", "")))
            for side in sides
        ),
    )


_CUT_N = 4


def view_cut(far: tuple[str, ...], R: int, W: int) -> View:
    """Who answers on each side of a cut through four replicas."""
    sides = shown_sides(_CUT_N, far, R, W)
    partition = quorum_partition(N=_CUT_N, R=R, W=W, partition=[_CUT_N])
    reading = f"R = {R}, W = {W} of 4. {sides_reading(sides)} {consequence_of(sides)}".strip()
    warning = "" if partition.write_majority else "With W at half or less, some cut lets both sides write."
    return View(partition_drawing(sides, R, W, outcome_of(sides), "far"), reading, sides_table(sides), warning)


def replica_boxes(n: int, default: tuple[str, ...], help: str) -> Several:
    """The replicas beyond the cut, as check boxes; in a drawing each is a place to click."""
    options = tuple((f"r{i}", f"replica {i}") for i in range(1, n + 1))
    return Several("far", "Beyond the cut (side B)", options, default, help)


def quorum_number(name: str, label: str, most: int, default: int, help: str) -> Number:
    """A slider for a number of replicas, from 1 to *most*."""
    return Number(name, label, "", low=1, high=most, default=default, stops=tuple(range(1, most + 1)), whole=True, help=help)


CUT = Explorer(
    id="cut",
    title="Four replicas and a cut",
    lead="Click a replica, or its check box, to move it across the cut. Which sides still answer?",
    controls=(
        quorum_number("R", "R: a read waits for", 4, 2, "That many replicas must answer a read."),
        quorum_number("W", "W: a write waits for", 4, 3, "That many must confirm a write."),
        replica_boxes(_CUT_N, ("r3", "r4"), "Two sites with two replicas each, say."),
    ),
    view=view_cut,
)


# --- Fresh reads over time --------------------------------------------------------------------

# Each step up leaves a tenth of the stale reads: the scale of nines. A run of 10,000 trials sees no further.
_LEAST_STALE = 0.00005


def stale_axis(title: str) -> dict[str, Any]:
    """Freshness, with equal room for each nine: drawn by the share of stale reads."""
    return {
        "field": "stale",
        "type": "quantitative",
        "scale": {"type": "log", "domain": [1, _LEAST_STALE], "clamp": True},
        "axis": {
            "title": title,
            "values": [1, 0.5, 0.1, 0.01, 0.001, 0.0001],
            "labelExpr": "format(100 - 100 * datum.value, '.4~f') + '%'",
        },
    }


def wait_axis(title: str) -> dict[str, Any]:
    """The wait after a write, from 0 to 10 s; logarithmic but for its first half millisecond."""
    return {
        "field": "t_ms",
        "type": "quantitative",
        "scale": {"type": "symlog", "constant": 0.5, "domain": [0, _LONGEST_WAIT_MS]},
        "axis": {
            "title": title,
            "values": [0, 10, 100, 1000, 10000],
            "labelExpr": "datum.value ? (datum.value < 1000 ? datum.value + ' ms' : datum.value / 1000 + ' s') : '0'",
        },
    }


_CURVE_MS = (0, *(10 ** (i / 8) for i in range(-8, 33)))


def curve(line: str, shares: tuple[float, ...], chosen: bool = True) -> list[dict[str, Any]]:
    """A line's points, from its shares of fresh reads at the waits of the axis."""
    return [
        {"line": line, "t_ms": round(t_ms, 4), "stale": max(round(1 - share, 6), _LEAST_STALE), "chosen": chosen}
        for t_ms, share in zip(_CURVE_MS, shares)
    ]


def view_eventual(t_ms: float) -> View:
    """Fresh reads over time in four stores that ask one replica of three."""
    rows, here, cells = [], [], []
    for fit, name in STORES.items():
        found = simulate_pbs(N=3, R=1, W=1, fit=fit, t_ms=[*_CURVE_MS, t_ms], **RUN)
        rows += curve(name, found.p_consistent[:-1])
        share = found.p_consistent[-1]
        here.append({"line": name, "t_ms": t_ms, "stale": max(1 - share, _LEAST_STALE)})
        cells.append((name, fresh_text(share), ms_text(found.t_visibility_p999_ms)))
    names = list(STORES.values())
    legend = {"title": None, "columns": 1, "symbolType": "stroke", "symbolSize": 900, "symbolStrokeWidth": 2.5}
    color = {"field": "line", "type": "nominal", "legend": legend,
             "scale": {"domain": names, "range": [BLUE, VERMILLION, GREEN, "#8a5a9e"]}}  # fmt: skip
    dash = {"field": "line", "type": "nominal", "legend": legend,
            "scale": {"domain": names, "range": [[1, 0], [7, 4], [2, 3], [9, 3, 2, 3]]}}  # fmt: skip
    x, y = wait_axis("wait after the write was acknowledged"), stale_axis("fresh reads")
    picture = chart(
        280,
        [
            layer("rows", {"type": "line", "strokeWidth": 2.5}, x=x, y=y, color=color, strokeDash=dash),
            layer("here", {"type": "rule", "strokeDash": [4, 4], "opacity": 0.5}, x=x),
            layer("here", {"type": "point", "filled": True, "size": 110, "opacity": 1}, x=x, y=y, color=color),
        ],
        {"rows": rows, "here": here},
    )
    wait = "At once" if t_ms == 0 else f"{ms_text(t_ms)} after the acknowledgment"
    told = "; ".join(f"{name} {share}" for name, share, _ in cells)
    reading = f"{wait}, fresh reads with R = W = 1 of 3: {told}."
    return View(picture, reading, Table(("Store", "Fresh at this wait", "99.9% fresh after"), tuple(cells)))


WAIT = Number("t_ms", "Wait after the write", "ms", low=0, high=_LONGEST_WAIT_MS, default=0, stops=WAITS_MS,
              help="From the acknowledgment of a write to the start of a read.")  # fmt: skip

EVENTUAL = Explorer(
    id="eventual",
    title="How long is eventually?",
    lead="One write, then one read, each content with one replica of three. Move the wait.",
    controls=(WAIT,),
    view=view_eventual,
)


# --- The price list ---------------------------------------------------------------------------


def offers_of(front: PbsFront, chosen: tuple[int, int] | None = None) -> list[Offer]:
    """Every R and W as the price list draws it."""
    return [
        Offer(c.R, c.W, fresh_text(c.p_consistent, c.overlap), c.overlap, (c.R, c.W) in front.front, (c.R, c.W) == chosen)
        for c in front.choices
    ]


def prices_of(front: PbsFront) -> tuple[dict[int, str], dict[int, str]]:
    """P99.9 of reads by R and of writes by W."""
    reads = {c.R: ms_text(c.read_p999_ms) for c in front.choices}
    return reads, {c.W: ms_text(c.write_p999_ms) for c in front.choices}


def choices_table(front: PbsFront, t_ms: float) -> Table:
    """Every R and W with its freshness and latencies, and whether another is better in all of them."""
    at = "at once" if t_ms == 0 else f"after {ms_text(t_ms)}"
    return Table(
        ("Choice", f"Fresh {at}", "99.9% fresh after", "Read P50", "P99", "P99.9", "Write P50", "P99", "P99.9", "Beaten"),
        tuple(
            (f"R = {c.R}, W = {c.W}", fresh_text(c.p_consistent, c.overlap), ms_text(c.t_visibility_p999_ms),
             *map(ms_text, (c.read_p50_ms, c.read_p99_ms, c.read_p999_ms, c.write_p50_ms, c.write_p99_ms, c.write_p999_ms)),
             "no" if (c.R, c.W) in front.front else "yes")
            for c in front.choices
        ),
    )  # fmt: skip


def view_prices(fit: str) -> View:
    """Every choice of R and W of three replicas, with what it gives and costs."""
    front = pbs_front(N=3, fit=fit, **RUN)
    by_pair = {(c.R, c.W): c for c in front.choices}
    one, two, strict = by_pair[1, 1], by_pair[2, 1], by_pair[2, 2]
    reading = (
        f"{STORES[fit][0].upper()}{STORES[fit][1:]}, at once after a write. R = W = 1: {fresh_text(one.p_consistent)} fresh, "
        f"reads {ms_text(one.read_p50_ms)} at the median. R = 2 instead: {fresh_text(two.p_consistent)} fresh, "
        f"{ms_text(two.read_p50_ms)}. W = 2 as well: all fresh; the write P99.9 goes from {ms_text(two.write_p999_ms)} to "
        f"{ms_text(strict.write_p999_ms)}."
    )
    picture = price_list(offers_of(front), *prices_of(front), "fresh reads at once, and what they cost")
    return View(picture, reading, choices_table(front, 0))


PRICES = Explorer(
    id="prices",
    title="The price list",
    lead="Columns: what a read waits for. Rows: what a write waits for. Where they meet: fresh reads at once.",
    controls=(Choice("fit", "Store", tuple(STORES.items()), "YMMR", help="Four published latency profiles, three replicas."),),
    view=view_prices,
)


# --- What overlap promises --------------------------------------------------------------------

# A made-up write: when it reaches each replica, and when its second confirmation is back. A read takes 1 ms each way.
REACHED_MS = {"A": 2.0, "B": 9.0, "C": 16.0}
ACKED_MS, READ_MS, UNTIL_MS = 11.0, 2.0, 20.0
OLD, NEW = 7, 8


def reads_at(start_ms: float) -> tuple[ReadShown, ReadShown]:
    """Two reads of two replicas, the second after the first has ended."""

    def read(name: str, start: float, asks: tuple[str, str], seen: int) -> ReadShown:
        version = NEW if any(start + READ_MS / 2 >= REACHED_MS[replica] for replica in asks) else OLD
        return ReadShown(name, start, start + READ_MS, asks, version, older=version < seen)

    first = read("read 1", start_ms, ("A", "B"), OLD)
    return first, read("read 2", first.end_ms, ("B", "C"), first.version)


def view_gap(start_ms: float) -> View:
    """What two reads return, one after the other, while a write is under way."""
    first, second = reads_at(start_ms)
    under_way = "before the write is acknowledged" if start_ms < ACKED_MS else "after the write was acknowledged"
    verdict = {
        (OLD, OLD): "Both read the old value, which is fine: the write is not done.",
        (NEW, OLD): "New, then old: time runs backward for whoever sees both. Every quorum overlapped.",
        (OLD, NEW): "Old, then new, as it should be.",
        (NEW, NEW): "New, then new, as it should be." if start_ms < ACKED_MS
        else "From the acknowledgment on, overlap lets nobody miss the write.",
    }[first.version, second.version]  # fmt: skip
    reading = (
        f"Read 1 starts at {number_text(start_ms)} ms, {under_way}, asks A and B and returns v{first.version}. Read 2 starts "
        f"when read 1 has ended, asks B and C and returns v{second.version}. {verdict}"
    )
    table = Table(
        ("Read", "From", "To", "Asks", "Returns"),
        tuple(
            (read.name, f"{number_text(read.start_ms)} ms", f"{number_text(read.end_ms)} ms", " and ".join(read.asks), f"v{read.version}")
            for read in (first, second)
        ),
    )
    return View(spread_drawing(REACHED_MS, ACKED_MS, (first, second), OLD, NEW, UNTIL_MS), reading, table)


GAP = Explorer(
    id="gap",
    title="Two reads during one write",
    lead="R = W = 2 of 3: every read meets every write. Move the first read through time.",
    controls=(
        Number("start_ms", "Read 1 starts at", "ms", low=0, high=14, default=3, stops=tuple(range(15)),
               help="A made-up write: it reaches A after 2 ms, B after 9, C after 16."),
    ),
    view=view_gap,
)  # fmt: skip


# --- The flagship -----------------------------------------------------------------------------

MOST = 5
OWN = "own"
PROFILES = {**STORES, OWN: "your own (below)"}
_SHAPE = 10  # of the usual delay, as in the profile of flash: it hardly varies


def follow_n(changed: str, values: dict[str, Any]) -> dict[str, Any]:
    """R and W are at most N: they follow when N gets smaller."""
    n, far = values["N"], values["far"]
    if changed in ("R", "W") and values[changed] > n:
        raise ValueError(f"{changed} goes from 1 to N, and N is {n}.")
    if changed == "far" and any(int(key[1:]) > n for key in far):
        raise ValueError(f"There are {n} replicas: raise N for more." if n > 1 else "There is 1 replica: raise N for more.")
    return {"R": min(values["R"], n), "W": min(values["W"], n), "far": tuple(key for key in far if int(key[1:]) <= n)}


def profile_of(fit: str, own: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    """The latency arguments of the models for a published or an own profile."""
    if fit != OWN:
        return {"fit": fit}
    write, other = (
        Leg(p=1 - row["slow_share"], xm=row["usual_ms"], alpha=_SHAPE, rate=1 / row["slow_ms"]) for row in own
    )
    return {"write_leg": write, "other_legs": other}


def view_tradeoff(N: int, R: int, W: int, fit: str, t_ms: float, far: tuple[str, ...], own: tuple[dict[str, Any], ...]) -> View:
    """Both bills of a choice: who answers in a partition; freshness and latency all year; and all other choices."""
    profile = profile_of(fit, own)
    front = pbs_front(N=N, t_ms=t_ms, **profile, **RUN)
    mine = next(c for c in front.choices if (c.R, c.W) == (R, W))
    sides = shown_sides(N, far, R, W)
    pictures = (
        partition_drawing(sides, R, W, outcome_of(sides), "far"),
        fresh_chart(front, mine, t_ms, profile),
        latency_lanes(
            {"read": (mine.read_p50_ms, mine.read_p99_ms, mine.read_p999_ms),
             "write": (mine.write_p50_ms, mine.write_p99_ms, mine.write_p999_ms)},
            {"read": f"reads: {ms_text(mine.read_p50_ms)} · {ms_text(mine.read_p99_ms)} · {ms_text(mine.read_p999_ms)}",
             "write": f"writes: {ms_text(mine.write_p50_ms)} · {ms_text(mine.write_p99_ms)} · {ms_text(mine.write_p999_ms)}"},
            "all year: how long people wait",
        ),
        price_list(offers_of(front, (R, W)), *prices_of(front), "every choice: fresh reads after this wait"),
    )  # fmt: skip
    reading = " ".join(
        sentence for sentence in (all_year_reading(mine, t_ms, N), place_reading(front, mine), sides_reading(sides), consequence_of(sides))
        if sentence
    )
    partition = quorum_partition(N=N, R=R, W=W, partition=[N])
    warning = "" if partition.write_majority or N == 1 else "With W at half of N or less, some cut lets both sides write."
    return View(pictures, reading, choices_table(front, t_ms), warning)


def fresh_chart(front: PbsFront, mine: PbsChoice, t_ms: float, profile: dict[str, Any]) -> dict[str, Any]:
    """Fresh reads over time for one choice, before all others that may be stale."""
    n = max(c.R for c in front.choices)
    rows = []
    for c in sorted(front.choices, key=lambda c: c is mine):
        if c is mine or not c.overlap:
            shares = simulate_pbs(N=n, R=c.R, W=c.W, t_ms=_CURVE_MS, **profile, **RUN).p_consistent
            rows += curve(f"R = {c.R}, W = {c.W}", shares, c is mine)
    here = [{"t_ms": t_ms, "stale": max(1 - mine.p_consistent, _LEAST_STALE), "label": fresh_text(mine.p_consistent, mine.overlap)}]
    x, y = wait_axis("wait after the write"), stale_axis("fresh reads")
    line = {"field": "line", "type": "nominal"}
    chosen = {"test": "datum.chosen"}
    return chart(
        190,
        [
            layer("rows", {"type": "line"}, x=x, y=y, detail=line,
                  color={"condition": {**chosen, "value": BLUE}, "value": "#8a8f94"},
                  strokeWidth={"condition": {**chosen, "value": 3.5}, "value": 1},
                  strokeDash={"condition": {**chosen, "value": [1, 0]}, "value": [3, 3]}),
            layer("here", {"type": "rule", "strokeDash": [4, 4], "opacity": 0.5}, x=x),
            layer("here", {"type": "point", "filled": True, "size": 120, "opacity": 1, "color": BLUE}, x=x, y=y),
            layer("here", {"type": "text", "fontWeight": 600, "dy": 16,
                           "align": {"expr": "datum.t_ms < 30 ? 'left' : 'right'"}, "dx": {"expr": "datum.t_ms < 30 ? 8 : -8"}},
                  x=x, y=y, text={"field": "label"}),
        ],
        {"rows": rows, "here": here},
        title={"text": "all year: how soon a read is fresh", "anchor": "start", "frame": "bounds", "fontSize": 13,
               "fontWeight": 600, "color": {"expr": "'currentColor'"}},
    )  # fmt: skip


def all_year_reading(mine: PbsChoice, t_ms: float, n: int) -> str:
    """The bill that is paid all year, in words."""
    wait = "at once" if t_ms == 0 else f"{ms_text(t_ms)} after a write"
    if mine.overlap:
        fresh = "quorums overlap, and no read misses a finished write"
    else:
        visible = mine.t_visibility_p999_ms
        later = f", 99.9% after {ms_text(visible)}" if visible > t_ms else ""
        fresh = f"{fresh_text(mine.p_consistent)} of reads are fresh {wait}{later}"
    return (
        f"R = {mine.R}, W = {mine.W} of {n}. All year: {fresh}; reads take {ms_text(mine.read_p50_ms)} at the median and "
        f"{ms_text(mine.read_p999_ms)} at P99.9, writes {ms_text(mine.write_p50_ms)} and {ms_text(mine.write_p999_ms)}."
    )


def place_reading(front: PbsFront, mine: PbsChoice) -> str:
    """Where a choice lies among all of them."""
    if len(front.choices) == 1:
        return ""
    if (mine.R, mine.W) in front.front:
        return "No other choice beats it." if len(front.front) > 1 else "It beats every other choice."
    better = next(
        c for c in front.choices
        if (c.R, c.W) in front.front and c.p_consistent >= mine.p_consistent
        and c.read_p999_ms <= mine.read_p999_ms and c.write_p999_ms <= mine.write_p999_ms
    )  # fmt: skip
    return f"R = {better.R}, W = {better.W} is at least as fresh and costs less."


TRADEOFF = Explorer(
    id="tradeoff",
    title="The CAP trade-off, with both its bills",
    lead="Draw the cut, set the quorums and the store. One bill is paid all year, in the tail; the other in minutes of partition.",
    controls=(
        quorum_number("N", "N: replicas", MOST, 3, "R and W follow when N gets smaller."),
        quorum_number("R", "R: a read waits for", MOST, 1, "More: fresher reads, a longer tail, fewer who can read in a cut."),
        quorum_number("W", "W: a write waits for", MOST, 1, "More: fresher reads, slower writes, fewer who can write in a cut."),
        Choice("fit", "Latency profile", tuple(PROFILES.items()), "YMMR",
               help="Published fits of 2012, simulated 10,000 times: P99.9 is good to a fifth."),
        WAIT,
        replica_boxes(MOST, ("r3",), "Or click the replicas in the drawing."),
        Rows("own", "Your own profile",
             (Column("message", "Message", text=True), Column("usual_ms", "Usual delay", "ms", 0.01, 10_000),
              Column("slow_share", "Slow", "%", 0, 1), Column("slow_ms", "Mean of the slow", "ms", 0.01, 100_000)),
             (("write to a replica", "3", "6", "350"), ("all other messages", "1.5", "2", "45")),
             help="One way, used when the latency profile is your own.", least=2, most=2, folded=True),
    ),
    view=view_tradeoff,
    link=follow_n,
)  # fmt: skip

EXPLORERS = (CUT, EVENTUAL, PRICES, GAP, TRADEOFF)


# --- Tasks ------------------------------------------------------------------------------------

CUT_OFF = NumericTask(
    id="cut_off",
    title="How many may be cut off?",
    objective=1,
    book={"N": 5, "R": 2},
    draw=lambda rng: (lambda n: {"N": n, "R": rng.randint(2, n - 1)})(rng.choice((4, 5, 6, 7, 9))),
    prompt=lambda p: (
        f"A store keeps {p['N']} replicas, and a read waits for {p['R']}. W is the smallest number with which every read "
        "meets every write. From how many replicas may a client be cut off, at most, and still write?"
    ),
    expected=lambda p: max(
        lost for lost in range(p["N"]) if quorum_partition(
            N=p["N"], R=p["R"], W=p["N"] - p["R"] + 1, partition=[p["N"] - lost, lost]).sides[0].write
    ),
    slips=lambda p: (
        Slip(p["N"] - p["R"], "From so many it may be cut off and still read. Writes wait for W."),
        Slip(p["R"], "With so many missing, too few are left for W by one."),
    ),
    unit="",
    right=lambda p: (
        f"W = {p['N'] - p['R'] + 1}, so {p['R'] - 1} may be missing. For reads it is the other way around: "
        f"{p['N'] - p['R']} may be missing. What you give to one you take from the other."
    ),
    hints=lambda p: (
        "Quorums meet when R + W is more than N.",
        f"W > {p['N']} − {p['R']}, so W = {p['N'] - p['R'] + 1}.",
        f"A side writes as long as it holds {p['N'] - p['R'] + 1} of the {p['N']}.",
    ),
)  # fmt: skip


def fresh_share(p: dict[str, Any]) -> float:
    """The share of fresh reads that the task *stale* asks for."""
    (share,) = simulate_pbs(N=3, R=p["R"], W=p["W"], fit=p["fit"], t_ms=[p["t_ms"]], **RUN).p_consistent
    return share


_STALE_CASES = (
    ("LNKD-DISK", 1, 1, 0), ("LNKD-DISK", 1, 1, 1), ("LNKD-DISK", 1, 2, 0), ("LNKD-DISK", 2, 1, 0), ("LNKD-DISK", 1, 2, 2),
    ("WAN", 1, 1, 0), ("WAN", 1, 1, 50), ("WAN", 2, 1, 0), ("YMMR", 1, 1, 0), ("YMMR", 1, 2, 0),
)  # fmt: skip

STALE = NumericTask(
    id="stale",
    title="How many reads are fresh?",
    objective=2,
    book={"fit": "LNKD-DISK", "R": 1, "W": 1, "t_ms": 5},  # at once, the reveal above has it
    draw=lambda rng: dict(zip(("fit", "R", "W", "t_ms"), rng.choice(_STALE_CASES))),
    prompt=lambda p: (
        f"A store with three replicas and the profile “{STORES[p['fit']]}” ({p['fit']}) uses R = {p['R']} and W = {p['W']}. "
        f"Which share of reads that start {'the moment' if p['t_ms'] == 0 else str(p['t_ms']) + ' ms after'} a write is "
        "acknowledged sees it? Use an explorer or the model. It is a simulation, so the stale share may be a tenth off."
    ),
    expected=fresh_share,
    slips=lambda p: (Slip(1 - fresh_share(p), "That is the share of reads that are stale."),),
    unit="%",
    relative_tolerance=0.1,
    right=lambda p: (
        f"{fresh_share(p):.1%} in our run. The same R, W and wait give {fresh_text(fresh_share(p | {'fit': 'LNKD-SSD'}))} on "
        "flash: a word such as “eventual” says nothing until you know the store."
    ),
    hints=lambda p: (
        "An explorer has the answer: “How long is eventually?” for R = W = 1, “The CAP trade-off” for all R and W. In the notebook, "
        "simulate_pbs has the field p_consistent.",
        f"In “The CAP trade-off”, set N to 3, R to {p['R']}, W to {p['W']}, the profile to “{STORES[p['fit']]}” and the wait to {p['t_ms']} ms.",
        "Read the sentence below its pictures: “… of reads are fresh”.",
    ),
)


MATRIX_PAIRS = ((1, 1), (2, 1), (1, 2), (2, 2), (3, 1), (1, 3))
COLUMNS = {"fresh": "fresh after 100 ms", "read_ms": "read P99.9", "write_ms": "write P99.9"}


def matrix_values(fit: str) -> dict[str, dict[str, float]]:
    """Six choices of R and W, with what each gives and costs."""
    by_pair = {(c.R, c.W): c for c in pbs_front(N=3, fit=fit, t_ms=100, **RUN).choices}
    return {
        f"r{R}w{W}": {"fresh": c.p_consistent, "read_ms": c.read_p999_ms, "write_ms": c.write_p999_ms}
        for (R, W), c in ((pair, by_pair[pair]) for pair in MATRIX_PAIRS)
    }


def matrix_match(p: dict[str, Any]) -> Any:
    """Which R and W keep all limits of the task's row, and what the others miss."""
    limits = {"fresh": (">=", p["fresh"]), "read_ms": ("<=", p["read_ms"]), "write_ms": ("<=", p["write_ms"])}
    return match_options(matrix_values(p["fit"]), limits)


def pair_text(key: str) -> str:
    """A key such as r1w2, in words."""
    return f"R = {key[1]}, W = {key[3]}"


def _matrix_share(share: float) -> str:
    return fresh_text(share, certain=True)  # of these six, after 100 ms on this store, only overlapping ones reach 100%


def matrix_options(p: dict[str, Any]) -> tuple[Option, ...]:
    """The pairs to choose from; each says what it fails, or that it meets every limit."""
    match, values = matrix_match(p), matrix_values(p["fit"])
    said = {"fresh": _matrix_share, "read_ms": ms_text, "write_ms": ms_text}
    options = []
    for key in values:
        missed = match.violated.get(key, ())
        why = ", ".join(f"{COLUMNS[column]} {said[column](values[key][column])}" for column in missed)
        feedback = f"{pair_text(key)} fails: {why}." if missed else f"{pair_text(key)} meets every limit."
        options.append(Option(key, pair_text(key), feedback))
    return tuple(options)


MATRIX = SeveralTask(
    id="matrix",
    title="Which choices may the quota service use?",
    objective=3,
    book={"fit": "YMMR", "fresh": 0.99, "read_ms": 50, "write_ms": 500},
    draw=lambda rng: {
        "fit": "YMMR",
        **dict(zip(("fresh", "read_ms", "write_ms"), rng.choice((
            (0.99, 50, 500), (0.95, 10, 500), (0.95, 10, 50), (0.9999, 100, 1000), (0.99, 300, 50), (0.99, 10, 5000),
        )))),
    },
    prompt=lambda p: (
        f"A quota service (made up) runs on three replicas of the Yammer profile. {percent_text(p['fresh'])} of reads must be "
        f"fresh 100 ms after a change, reads must stay within {ms_text(p['read_ms'])} at P99.9, and changes within "
        f"{ms_text(p['write_ms'])}. Which choices meet all three?"
    ),
    data=lambda p: Table(
        ("choice", *COLUMNS.values()),
        tuple(
            (pair_text(key), _matrix_share(row["fresh"]), ms_text(row["read_ms"]), ms_text(row["write_ms"]))
            for key, row in matrix_values(p["fit"]).items()
        ),
    ),
    expected=lambda p: set(matrix_match(p).feasible),
    options=matrix_options,
    hints=lambda p: (
        "Strike out column by column: one limit that is missed is enough.",
        f"First the writes: which choices stay within {ms_text(p['write_ms'])}?",
        f"{count_text(len(matrix_match(p).feasible), 'choice is', 'choices are')} left in the end.",
    ),
)  # fmt: skip


COMMIT = NumericTask(
    id="commit",
    title="How long does a majority take?",
    objective=5,
    book={"rtt_ms": (2, 24, 70, 85)},
    draw=lambda rng: {"rtt_ms": tuple(sorted(rng.sample(range(2, 120), rng.choice((2, 4, 6)))))},
    prompt=lambda p: (
        f"A group of {len(p['rtt_ms']) + 1} voters spans several regions. From the leader, round trips to the others take "
        f"{', '.join(map(str, p['rtt_ms'][:-1]))} and {p['rtt_ms'][-1]} ms. How long does the leader wait until a change is "
        "committed, in ms?"
    ),
    expected=lambda p: commit_latency(follower_rtt_ms=p["rtt_ms"]).commit_latency_ms,
    slips=lambda p: (
        Slip(p["rtt_ms"][len(p["rtt_ms"]) // 2], "That is one voter too many: the leader holds the change, too."),
        Slip(p["rtt_ms"][-1], "That waits for everybody. A majority is enough."),
        Slip(commit_latency(follower_rtt_ms=p["rtt_ms"]).commit_latency_ms / 2, "The answer has to come back: a round trip, not one way."),
        Slip(sum(p["rtt_ms"]) / len(p["rtt_ms"]), "No commit takes a mean: the leader waits for one certain answer."),
    ),
    unit="ms",
    right=lambda p: (
        f"{(len(p['rtt_ms']) + 1) // 2 + 1} of {len(p['rtt_ms']) + 1} must hold it, the leader among them. The slowest voters "
        "cost nothing, until a faster one is down."
    ),
    hints=lambda p: (
        f"How many of {len(p['rtt_ms']) + 1} are a majority? The leader counts.",
        f"It waits for {(len(p['rtt_ms']) + 1) // 2} of the others.",
    ),
)


RTO = NumericTask(
    id="rto",
    title="When is it back?",
    objective=5,
    book={"tb": 2, "mb_per_s": 250, "detect_min": 5, "decide_min": 20, "verify_min": 30},
    draw=lambda rng: {
        "tb": rng.choice((0.5, 1, 3, 4, 6)), "mb_per_s": rng.choice((100, 150, 200, 400)),
        "detect_min": rng.choice((5, 10)), "decide_min": rng.choice((15, 20, 30)), "verify_min": rng.choice((20, 30, 45)),
    },
    prompt=lambda p: (
        f"The only good copy is a backup of {number_text(p['tb'])} TB (1 TB = 1,000 GB), and a test restore ran at "
        f"{p['mb_per_s']} MB/s. It takes {p['detect_min']} minutes to notice, {p['decide_min']} to decide, and "
        f"{p['verify_min']} to verify what came back. How many minutes until the service is up?"
    ),
    expected=lambda p: recovery_time(
        restore_gb=1000 * p["tb"], throughput_mb_per_s=p["mb_per_s"], detect_min=p["detect_min"],
        decide_min=p["decide_min"], verify_min=p["verify_min"]).rto_min,
    slips=lambda p: (
        Slip(1e6 * p["tb"] / p["mb_per_s"] / 60, "That is the copy alone. What comes before it, and after?"),
        Slip(p["detect_min"] + p["decide_min"] + p["verify_min"], "That leaves out the copy."),
        Slip(
            1024**2 * p["tb"] / p["mb_per_s"] / 60 + p["detect_min"] + p["decide_min"] + p["verify_min"],
            "That takes 1 TB as 1,024 GB of 1,024 MB. Here it is 1,000 of 1,000.",
        ),
    ),
    unit="min",
    right=lambda p: (
        f"The restore alone takes {duration_text(1e6 * p['tb'] / p['mb_per_s'])}. How often you back up changes what is lost, "
        "not how long this takes."
    ),
    hints=lambda p: (
        "Four waits, one after another; only one depends on the size.",
        f"{number_text(p['tb'])} TB are {1e6 * p['tb']:,.0f} MB.",
        f"{number_text(1e6 * p['tb'] / p['mb_per_s'] / 60)} min for the copy, and "
        f"{p['detect_min'] + p['decide_min'] + p['verify_min']} for the rest.",
    ),
)  # fmt: skip

TASKS = (CUT_OFF, STALE, MATRIX, COMMIT, RTO)

show, ask, table, check = notebook(EXPLORERS, TASKS)
decide, predict, judge = study("consistency")
