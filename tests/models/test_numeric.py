"""The arithmetic that models share, at sizes where floats get coarse, against exact fractions."""
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betainc

from infrapm.models._numeric import (
    at_most,
    binomial_tail,
    nearest_rank,
    proportions,
    round_down,
    round_up,
    same,
    weighted_mean,
)


@given(st.integers(0, 10**13), st.integers(1, 10**4))
def test_an_exact_quotient_is_not_rounded_away(whole, parts):
    exact = Fraction(whole, parts)
    share = 1 / parts
    assert round_up(whole * share) == math.ceil(exact)
    assert round_down(whole * share) == math.floor(exact)


@pytest.mark.parametrize("value, up, down", [
    (0, 0, 0), (-0.5, 0, -1), (2.9999999999, 3, 3), (3.0000000001, 3, 3), (2.999, 3, 2), (3.001, 4, 3),
    (1e15 + 0.5, 10**15 + 1, 10**15), (2e15 + 0.5, 2 * 10**15 + 1, 2 * 10**15), (2.0**53, 2**53, 2**53), (1e300, int(1e300), int(1e300)),
    (123456789.123, 123456790, 123456789), (1e9 + 1e-3, 10**9 + 1, 10**9), (-2.9999999999, -3, -3),
])
def test_rounding(value, up, down):
    assert (round_up(value), round_down(value)) == (up, down)


@given(st.floats(-1e12, 1e12))
def test_rounding_is_the_ceiling_and_the_floor_but_for_a_hair(value):
    assert round_up(value) in (math.ceil(value), math.ceil(value) - 1)
    assert round_down(value) in (math.floor(value), math.floor(value) + 1)
    if min(value - math.floor(value), math.ceil(value) - value) > 0.002:
        assert (round_up(value), round_down(value)) == (math.ceil(value), math.floor(value))


def test_equal_within_a_relative_1e_9():
    assert same(1, 1 + 9e-10) and not same(1, 1 + 2e-9) and same(0, 0) and not same(0, 1e-300)
    assert at_most(1 + 9e-10, 1) and at_most(0, 1) and not at_most(1 + 2e-9, 1)


@pytest.mark.parametrize("values, weights, mean", [
    ([1, 2], [7, 3], 1.3), ([2, 3, 2], [8, 8, 9], 2.32), ([5, 5, 5], [0.1, 0.2, 0.3], 5), ([1e16, 1, -1e16], [1, 1, 1], 1 / 3),
    ([1.7e308, 1.7e308], [1.7e308, 1.7e308], 1.7e308), ([-5e-324, 0], [1, 3], 0),
])
def test_a_weighted_mean_is_the_float_next_to_the_exact_one(values, weights, mean):
    found = weighted_mean(values, weights)
    assert found == mean and math.copysign(1, found) == 1


def test_proportions_of_weights_of_every_size():
    assert proportions([60, 20, 20]) == [0.6, 0.2, 0.2]
    assert proportions([1.7e308, 1.7e308]) == proportions([5e-324, 5e-324]) == [0.5, 0.5]


@pytest.mark.parametrize("p, n, rank", [(0, 5, 1), (0.4, 5, 2), (1, 5, 5), (0.29, 100, 29), (0.9, 1_000, 900), (1e-12, 3, 1)])
def test_nearest_rank(p, n, rank):
    assert nearest_rank(range(1, n + 1), p) == rank


@pytest.mark.parametrize("n, error", [(100, 1e-12), (10**4, 1e-10), (10**6, 1e-8), (10**9, 1e-5)])
@pytest.mark.parametrize("p, deviations", [(0.5, 0.5), (0.5, 6), (1e-3, 3), (0.9, 3)])
def test_the_binomial_tail_is_as_exact_as_it_says(n, error, p, deviations):
    k = min(n, int(n * p + deviations * math.sqrt(n * p * (1 - p))) + 1)
    assert binomial_tail(k, n, p, 1 - p) == pytest.approx(betainc(k, n - k + 1, p), rel=error)


def test_a_tail_below_the_smallest_float_is_0_and_ends():
    assert binomial_tail(10**150, 10**300, 5e-324, 1.0) == 0
    assert binomial_tail(900, 1_000, 1e-3, 0.999) == 0
