"""Model 12.4 against simulation, against its limits and against the best interval found numerically."""
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from infrapm.models import accelerators as model
from infrapm.models.accelerators import checkpoint_time, restart_time, spot_cost
from tests.models.illegal import (
    NEGATIVE,
    NOT_POSITIVE,
    TINIEST,
    check_all_covered,
    check_frozen,
    check_refused,
    rows,
)


def close(value, rel=1e-9, abs=0.0):
    return pytest.approx(value, rel=rel, abs=abs)


def simulate(pieces, piece_h, rate, trials=20_000, seed=7):
    """Mean and standard error of the hours until all pieces are done, each starting again after an interruption."""
    rng = random.Random(seed)
    times = []
    for _ in range(trials):
        total = 0.0
        for _ in range(pieces):
            while (until := rng.expovariate(rate)) < piece_h:
                total += until
            total += piece_h
        times.append(total)
    mean = math.fsum(times) / trials
    error = math.sqrt(math.fsum((time - mean) ** 2 for time in times) / trials / trials)
    return mean, error


@pytest.mark.parametrize("job, rate", [(10, 0.1), (2, 0.5), (1, 0.01)])
def test_restart_against_simulation(job, rate):
    mean, error = simulate(1, job, rate)
    assert restart_time(job, rate).expected_h == close(mean, abs=4 * error)


@pytest.mark.parametrize("job, rate, every, cost", [(10, 0.1, 1, 0.05), (4, 0.5, 0.5, 0.1), (6, 0.2, 3, 0)])
def test_checkpoints_against_simulation(job, rate, every, cost):
    mean, error = simulate(round(job / every), every + cost, rate)
    assert checkpoint_time(job, rate, every, cost).expected_h == close(mean, abs=4 * error)


def test_values_of_the_entry():
    assert restart_time(10, 0.1).expected_h == close((math.e - 1) / 0.1)
    assert round(checkpoint_time(10, 0.1, 1, 0.05).expected_h, 2) == 11.07
    cost = spot_cost(40, 0.1, 0.3, 1)
    assert (round(cost.expected_h), round(cost.expected_h / 40, 1)) == (536, 13.4)
    assert round(cost.spot_usd / cost.on_demand_usd, 2) == 4.02
    assert not cost.spot_cheaper


@given(st.floats(0.1, 100), st.floats(0.1, 50), st.floats(0.001, 1))
def test_no_interruptions_and_the_limit(job, every, cost):
    assert restart_time(job, 0).expected_h == job
    found = checkpoint_time(job, 0, every, cost)
    assert (found.expected_h, found.young_interval_h) == (close(job * (1 + cost / every)), math.inf)
    assert restart_time(job, 1e-13).expected_h == close(job, rel=1e-10)
    assert checkpoint_time(job, 1e-13, every, cost).expected_h == close(found.expected_h, rel=1e-10)


@given(st.floats(0.1, 30), st.floats(0, 1))
def test_one_checkpoint_at_the_end_that_costs_nothing_is_a_restart(job, rate):
    assert checkpoint_time(job, rate, job, 0).expected_h == close(restart_time(job, rate).expected_h)


@given(st.floats(1, 100), st.floats(0.001, 1), st.floats(0, 1))
def test_time_grows_with_the_rate_and_is_never_below_the_job(job, rate, cost):
    assert restart_time(job, rate * 1.1).expected_h > restart_time(job, rate).expected_h > job
    one, more = (checkpoint_time(job, r, 2, cost).expected_h for r in (rate, rate * 1.1))
    assert more > one > job


@pytest.mark.parametrize("rate, cost", [(0.1, 0.05), (0.01, 0.05), (0.01, 0.001)])
def test_young_is_near_the_best_interval(rate, cost):
    young = checkpoint_time(10, rate, 1, cost).young_interval_h
    best = minimize_scalar(lambda every: checkpoint_time(10, rate, every, cost).expected_h,
                           bounds=(young / 10, young * 10), method="bounded", options={"xatol": 1e-10})
    assert young == close(best.x, rel=0.05)
    assert checkpoint_time(10, rate, young, cost).expected_h == close(best.fun, rel=1e-3)


def test_no_overflow():
    assert restart_time(1e300, 1e300).expected_h == math.inf
    assert restart_time(1e4, 1).expected_h == math.inf
    assert restart_time(0.25, TINIEST).expected_h == 0.25
    assert restart_time(8, TINIEST).expected_h == 8
    assert checkpoint_time(1, 1e300, 1e300, 1e300).expected_h == math.inf
    assert checkpoint_time(1, 0, 1.7e308, 1.7e308).expected_h == 2
    assert checkpoint_time(1, 0.1, 1, 0).young_interval_h == 0
    free = spot_cost(1e4, 1, 0, 1)
    assert (free.spot_usd, free.spot_cheaper) == (0, True)


@given(st.floats(0.1, 20), st.floats(0, 0.5), st.floats(0, 5), st.floats(0, 5))
def test_spot_is_cheaper_when_it_costs_less(job, rate, spot, on_demand):
    cost = spot_cost(job, rate, spot, on_demand)
    assert cost.spot_usd == close(restart_time(job, rate).expected_h * spot)
    assert cost.on_demand_usd == close(job * on_demand)
    if cost.spot_usd != close(cost.on_demand_usd):
        assert cost.spot_cheaper == (cost.spot_usd < cost.on_demand_usd)


def test_the_same_price_is_not_cheaper():
    assert not spot_cost(5, 0, 0.3, 0.3).spot_cheaper
    assert not spot_cost(5, 0, 0.3, 0.1 + 0.2).spot_cheaper  # 0.30000000000000004
    assert spot_cost(5, 0, 0.3, 0.3 * (1 + 1e-8)).spot_cheaper
    assert not spot_cost(0.01, 0, 0, 0).spot_cheaper


ILLEGAL = [
    (restart_time, {"job_h": 1, "interruptions_per_h": 0.1}, {"job_h": NOT_POSITIVE, "interruptions_per_h": NEGATIVE}),
    (checkpoint_time, {"job_h": 1, "interruptions_per_h": 0.1, "checkpoint_every_h": 1, "checkpoint_cost_h": 0.1},
     {"job_h": NOT_POSITIVE, "interruptions_per_h": NEGATIVE, "checkpoint_every_h": NOT_POSITIVE,
      "checkpoint_cost_h": NEGATIVE}),
    (spot_cost, {"job_h": 1, "interruptions_per_h": 0.1, "spot_usd_per_h": 1, "on_demand_usd_per_h": 1},
     {"job_h": NOT_POSITIVE, "interruptions_per_h": NEGATIVE, "spot_usd_per_h": NEGATIVE,
      "on_demand_usd_per_h": NEGATIVE}),
]


@pytest.mark.parametrize("function, right, name, values", rows(ILLEGAL))
def test_illegal_values_are_refused_by_name(function, right, name, values):
    check_refused(function, right, name, values)


def test_every_parameter_has_illegal_values():
    check_all_covered(model, ILLEGAL)


def test_results_are_frozen():
    check_frozen(ILLEGAL)
