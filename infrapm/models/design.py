"""Whether a design is complete, whether its complexity pays, and which kind of compute is cheaper.

========================================  ==================================================================
Completeness                              `canvas`
Keep it simple                            `kiss_breakeven`
Kind of compute                           `serverless_break_even`
========================================  ==================================================================

`BOXES` names the eight boxes of the design canvas. Results beyond the largest float are infinite. Sources in square
brackets are keys of the bibliography.
"""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infrapm.models._numeric import at_most, product
from infrapm.models._time import WINDOW_S
from infrapm.models._validate import choice, items, non_negative, table, text

__all__ = ["BOXES", "Canvas", "Kiss", "Serverless", "canvas", "kiss_breakeven", "serverless_break_even"]

BOXES = ("workload", "compute", "networking", "storage", "observability", "cost", "security", "failure_modes")


@dataclass(frozen=True)
class Canvas:
    """The share of the eight boxes that was thought about, and the boxes that were forgotten, sorted."""

    coverage: float
    forgotten: list[str]


@dataclass(frozen=True)
class Kiss:
    """What added complexity earns in a year, what to do about it, and the hours it must avoid to pay for itself."""

    net_usd: float
    verdict: str
    break_even_h: float | None


@dataclass(frozen=True)
class Serverless:
    """What a request costs, and the requests a month and a second from which a machine is cheaper; None if none."""

    per_request_usd: float
    break_even_requests: float | None
    break_even_rps: float | None


def canvas(designed: Sequence[str], absent: Mapping[str, str] | None = None) -> Canvas:
    """Which boxes of a design nobody has thought about.

    Rule: a box is designed, deliberately absent with a reason, or forgotten. Coverage is the share of the first two.
    Arguments: `designed` a list of names in `BOXES`, which may be empty; a name that stands twice counts once;
    `absent` a mapping from such names to the reason, a text that is not empty. No name in both.
    Errors: ValueError for anything else.
    Source: our definition.

    >>> canvas(["workload", "compute", "storage", "observability", "failure_modes"], {"cost": "one tenant, fixed price"})
    Canvas(coverage=0.75, forgotten=['networking', 'security'])
    """
    names = {choice(f"designed[{i}]", box, BOXES) for i, box in enumerate(items("designed", designed, empty=True))}
    reasons = {} if absent is None else table("absent", absent, empty=True)
    for box, reason in reasons.items():
        choice("absent", box, BOXES)
        text(f"absent.{box}", reason)
        if box in names:
            raise ValueError(f"absent must be without what is in designed; got {box}")
    forgotten = sorted(set(BOXES) - names - reasons.keys())
    return Canvas(coverage=1 - len(forgotten) / len(BOXES), forgotten=forgotten)


def kiss_breakeven(avoided_h_per_year: float, usd_per_h: float, complexity_usd_per_year: float) -> Kiss:
    """Whether a complex part of a design (leader election, a second region) earns what it costs to run.

    Rule: net = avoided hours * USD an hour - complexity. Build it if the net is above 0, else keep it simple. Break
    even at complexity / USD an hour; None at 0 USD an hour.
    Arguments: `avoided_h_per_year` hours of outage or work that it avoids, `usd_per_h` what such an hour costs,
    `complexity_usd_per_year` what the part costs to build and run; all 0 or more.
    Errors: ValueError outside these ranges.
    Source: our definition.

    >>> kiss_breakeven(avoided_h_per_year=2, usd_per_h=500, complexity_usd_per_year=60_000)
    Kiss(net_usd=-59000.0, verdict='keep_simple', break_even_h=120.0)
    """
    usd_per_h = non_negative("usd_per_h", usd_per_h)
    value = non_negative("avoided_h_per_year", avoided_h_per_year) * usd_per_h
    complexity = non_negative("complexity_usd_per_year", complexity_usd_per_year)
    return Kiss(
        net_usd=value - complexity,
        verdict="keep_simple" if at_most(value, complexity) else "build",
        break_even_h=complexity / usd_per_h if usd_per_h else None,
    )


def serverless_break_even(
    request_usd: float, usd_per_gb_s: float, memory_gb: float, duration_s: float, vm_usd_per_month: float
) -> Serverless:
    """The load from which a machine that always runs is cheaper than paying for each request.

    Rule: a request costs request price + GB-second price * memory * duration. Break even at the machine's price /
    that; requests a second over a month of 30 days. None where a request costs nothing. That one machine carries
    the load is assumed, and to be checked.
    Arguments: prices in USD, `memory_gb`, `duration_s` seconds, all 0 or more.
    Errors: ValueError outside these ranges.
    Source: the form of [aws_lambda_prices].

    >>> found = serverless_break_even(2e-7, 1.66667e-5, memory_gb=0.5, duration_s=0.1, vm_usd_per_month=70)
    >>> round(found.break_even_requests / 1e6, 1), round(found.break_even_rps, 1)
    (67.7, 26.1)
    """
    gb_s = non_negative("memory_gb", memory_gb) * non_negative("duration_s", duration_s)
    per_request = non_negative("request_usd", request_usd) + product(non_negative("usd_per_gb_s", usd_per_gb_s), gb_s)
    machine = non_negative("vm_usd_per_month", vm_usd_per_month)
    if not per_request:
        return Serverless(per_request, None, None)
    requests = machine / per_request
    return Serverless(per_request, break_even_requests=requests, break_even_rps=requests / WINDOW_S["month"])
