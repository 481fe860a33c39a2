"""Work on machines that can be taken away: how long it then takes, and when the discount is worth it.

========================================  ==================================================================
Interruptions                             `restart_time`, `checkpoint_time`, `spot_cost`
========================================  ==================================================================

Interruptions come at random (a Poisson process), at `interruptions_per_h`. A new machine is there at once. Times are
in hours. Results beyond the largest float are infinite. Sources in square brackets are keys of the bibliography.
"""
import math
from dataclasses import dataclass

from infrapm.models._numeric import at_most, product
from infrapm.models._validate import non_negative, positive

__all__ = ["RestartTime", "CheckpointTime", "SpotCost", "restart_time", "checkpoint_time", "spot_cost"]


@dataclass(frozen=True)
class RestartTime:
    """The mean hours until a job that starts again after each interruption is done."""

    expected_h: float


@dataclass(frozen=True)
class CheckpointTime:
    """The mean hours until a job with checkpoints is done, and the interval that is about the best."""

    expected_h: float
    young_interval_h: float


@dataclass(frozen=True)
class SpotCost:
    """What a job costs on machines that can be taken away, and on those that cannot."""

    expected_h: float
    spot_usd: float
    on_demand_usd: float
    spot_cheaper: bool


def restart_time(job_h: float, interruptions_per_h: float) -> RestartTime:
    """The mean hours until a job is done that starts from scratch after each interruption.

    Rule: (e ** (rate * T) - 1) / rate; T without interruptions. It grows exponentially with the length of the job.
    Arguments: `job_h` T, above 0; `interruptions_per_h` 0 or more.
    Errors: ValueError outside these ranges.
    Source: [asmussen2014checkpointing].

    >>> round(restart_time(job_h=10, interruptions_per_h=0.1).expected_h, 2)
    17.18
    """
    job = positive("job_h", job_h)
    return RestartTime(job * _stretch(job * non_negative("interruptions_per_h", interruptions_per_h)))


def _stretch(expected_interruptions: float) -> float:
    """(e ** x - 1) / x: how many times longer work takes in which x interruptions would come on average."""
    if not expected_interruptions:
        return 1.0
    try:
        longer = math.expm1(expected_interruptions)
    except OverflowError:
        longer = math.inf
    return longer / expected_interruptions if math.isfinite(longer) else math.inf


def checkpoint_time(
    job_h: float, interruptions_per_h: float, checkpoint_every_h: float, checkpoint_cost_h: float
) -> CheckpointTime:
    """The mean hours until a job is done that saves its state at intervals and restarts from the last one.

    Rule: (T / interval) * (e ** (rate * (interval + cost)) - 1) / rate; T * (1 + cost / interval) without
    interruptions. Young's interval, about the best one, is sqrt(2 * cost / rate); infinite without interruptions.
    Each interval ends with saving, the last one too. The mean is exact where the job is a whole number of intervals,
    and far too high for an interval longer than the job, which counts as if all of it had to be worked.
    Arguments: `job_h` and `checkpoint_every_h` above 0; `interruptions_per_h` and `checkpoint_cost_h`, what saving
    takes, 0 or more.
    Errors: ValueError outside these ranges.
    Source: [young1974checkpoint]; the mean as in `restart_time`.

    >>> done = checkpoint_time(job_h=10, interruptions_per_h=0.1, checkpoint_every_h=1, checkpoint_cost_h=0.05)
    >>> round(done.expected_h, 2), done.young_interval_h
    (11.07, 1.0)
    """
    job, rate = positive("job_h", job_h), non_negative("interruptions_per_h", interruptions_per_h)
    every = positive("checkpoint_every_h", checkpoint_every_h)
    cost = non_negative("checkpoint_cost_h", checkpoint_cost_h)
    return CheckpointTime(
        expected_h=job * (1 + cost / every) * _stretch(product(rate, every + cost)),
        young_interval_h=math.sqrt(2 * cost / rate) if rate else math.inf,
    )


def spot_cost(
    job_h: float, interruptions_per_h: float, spot_usd_per_h: float, on_demand_usd_per_h: float
) -> SpotCost:
    """Whether a discount for machines that can be taken away pays for a job that starts again after each loss.

    Rule: spot costs its price times the hours of `restart_time`; on demand its price times the length of the job.
    Where both cost the same (relative 1e-9), spot is not cheaper.
    Arguments: as in `restart_time`; prices USD an hour, 0 or more.
    Errors: ValueError outside these ranges.
    Source: as `restart_time`.

    >>> cost = spot_cost(job_h=40, interruptions_per_h=0.1, spot_usd_per_h=0.3, on_demand_usd_per_h=1)
    >>> round(cost.expected_h), round(cost.spot_usd), cost.on_demand_usd, cost.spot_cheaper
    (536, 161, 40.0, False)
    """
    job, expected = positive("job_h", job_h), restart_time(job_h, interruptions_per_h).expected_h
    spot_usd = product(expected, non_negative("spot_usd_per_h", spot_usd_per_h))
    on_demand_usd = job * non_negative("on_demand_usd_per_h", on_demand_usd_per_h)
    return SpotCost(expected, spot_usd, on_demand_usd, spot_cheaper=not at_most(on_demand_usd, spot_usd))
