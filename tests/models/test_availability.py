"""Models 2.1, 2.3 and 2.4 against published tables, decimal arithmetic, scipy, enumeration and a Markov chain."""
import itertools
import math
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from infrapm.models import _validate
from infrapm.models import availability as model
from infrapm.models.availability import (
    WINDOW_S,
    allowed_downtime,
    availability_from_downtime,
    availability_of,
    composite_availability,
    nines_of,
    repairable,
    required_mttf,
)
from tests.models.illegal import (
    ABOVE_1,
    BELOW_1,
    NEGATIVE,
    NO_COUNT_FROM_1,
    NO_FRACTION,
    NO_LIST,
    NO_NUMBER,
    NO_OPEN_FRACTION,
    NOT_POSITIVE,
    TINIEST,
    check_all_covered,
    check_frozen,
    check_refused,
    no_choice,
    rows,
)

REL = 1e-9


def close(value, rel=REL, abs=0.0):
    return pytest.approx(float(value), rel=rel, abs=abs)


def same_shares(result, up, down):
    """Both shares must hold: an unavailability of 1e-12 is not proved by an availability of 1."""
    assert result.availability == close(up)
    assert result.unavailability == close(down)
    assert result.downtime_min_per_month == close(down * 43_200)


# 2.1 Downtime budget

# SRE book, Appendix A, every cell as printed.
WINDOWS = ["year", "quarter", "month", "week", "day", "hour"]
SRE_TABLE = {
    0.9: ["36.5 days", "9 days", "3 days", "16.8 hours", "2.4 hours", "6 minutes"],
    0.95: ["18.25 days", "4.5 days", "1.5 days", "8.4 hours", "1.2 hours", "3 minutes"],
    0.99: ["3.65 days", "21.6 hours", "7.2 hours", "1.68 hours", "14.4 minutes", "36 seconds"],
    0.995: ["1.83 days", "10.8 hours", "3.6 hours", "50.4 minutes", "7.20 minutes", "18 seconds"],
    0.999: ["8.76 hours", "2.16 hours", "43.2 minutes", "10.1 minutes", "1.44 minutes", "3.6 seconds"],
    0.9995: ["4.38 hours", "1.08 hours", "21.6 minutes", "5.04 minutes", "43.2 seconds", "1.8 seconds"],
    0.9999: ["52.6 minutes", "12.96 minutes", "4.32 minutes", "60.5 seconds", "8.64 seconds", "0.36 seconds"],
    0.99999: ["5.26 minutes", "1.30 minutes", "25.9 seconds", "6.05 seconds", "0.87 seconds", "0.04 seconds"],
}
UNIT_S = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
SRE_CELLS = [(share, window, cell) for share, row in SRE_TABLE.items() for window, cell in zip(WINDOWS, row)]
ERRATUM = (0.99999, "day", "0.87 seconds")  # 1e-5 of 86,400 s is 0.864 s, which rounds to 0.86


def rounds_to(downtime_s: float, cell: str) -> bool:
    """Whether a downtime, in the unit of a printed cell, is within half of its last digit."""
    number, unit = cell.split()
    half = Decimal(5).scaleb(Decimal(number).as_tuple().exponent - 1)
    return abs(Decimal(downtime_s / UNIT_S[unit]) - Decimal(number)) <= half * Decimal("1.000001")


@pytest.mark.parametrize("share, window, cell", SRE_CELLS)
def test_table_of_the_sre_book(share, window, cell):
    downtime_s = allowed_downtime(share, window).downtime_s
    assert rounds_to(downtime_s, cell) is ((share, window, cell) != ERRATUM)


def test_erratum_of_the_sre_book():
    downtime_s = allowed_downtime(0.99999, "day").downtime_s
    assert downtime_s == close(0.864)
    assert rounds_to(downtime_s, "0.86 seconds")


def test_window_lengths():
    hours = {"hour": 1, "day": 24, "week": 168, "month": 720, "quarter": 2_160, "year": 8_760}
    assert {window: seconds / 3_600 for window, seconds in WINDOW_S.items()} == hours
    with pytest.raises(TypeError):
        WINDOW_S["month"] = 1


WRITTEN = ["0", "0.1", "0.5", "0.9", "0.95", "0.99", "0.995", "0.9995", "0.99995", "0.123456789", "0.9876543",
           "0.99999", "0.9999999", "0.999999999", "0.99999999999", "0.9999999999999", "0.99999999999999", "1e-12"]


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("window", WINDOWS)
def test_decimal_arithmetic(written, window):
    down = 1 - Decimal(written)
    result = allowed_downtime(float(written), window)
    assert result.downtime_s == close(down * WINDOW_S[window])
    assert result.nines == close(-down.log10(), abs=1e-15)
    assert nines_of(float(written)).nines == result.nines

    back = availability_from_downtime(float(down * WINDOW_S[window] / 60), window)
    assert back.availability == close(written, abs=1e-15)
    assert back.nines == close(-down.log10(), abs=1e-15)


@given(st.integers(0, 10**15 - 1))
def test_every_availability_of_15_digits_is_taken_as_written(digits):
    written = Decimal(digits).scaleb(-15)
    assert allowed_downtime(float(written), "hour").downtime_s == close((1 - written) * 3_600)


@pytest.mark.parametrize("nines", ["0", "0.5", "1", "2", "3", "3.3", "4", "5", "9", "12", "15"])
def test_availability_of_against_decimal(nines):
    assert availability_of(float(nines)).availability == close(1 - Decimal(10) ** -Decimal(nines), rel=1e-15)


def test_downtime_edges():
    assert allowed_downtime(1, "month") == model.Downtime(downtime_s=0.0, nines=math.inf)
    assert allowed_downtime(0, "month") == model.Downtime(downtime_s=2_592_000.0, nines=0.0)
    assert math.copysign(1, allowed_downtime(0, "month").nines) == 1  # not -0.0
    assert nines_of(0).nines == 0 and nines_of(1).nines == math.inf
    assert nines_of(BELOW_1).nines == close(-math.log10(2**-53), rel=1e-6)
    assert nines_of(TINIEST).nines == 0
    for window, seconds in WINDOW_S.items():
        assert availability_from_downtime(0, window) == model.Uptime(availability=1.0, nines=math.inf)
        assert availability_from_downtime(seconds / 60, window) == model.Uptime(availability=0.0, nines=0.0)
        with pytest.raises(ValueError, match=f"downtime_min .* 0 to {seconds // 60}; got"):
            availability_from_downtime(math.nextafter(seconds / 60, math.inf), window)
    assert availability_of(0).availability == 0
    assert availability_of(TINIEST).availability == 0
    assert availability_of(400).availability == 1
    assert availability_of(1e308).availability == 1


windows = st.sampled_from(WINDOWS)
# Fractions of every size, and the many-nines end that a uniform draw would miss.
shares = st.one_of(st.floats(0, 1), st.floats(0, 15).map(lambda nines: 1 - 10**-nines), st.sampled_from([0.0, 1.0]))


@given(shares, windows)
def test_downtime_and_availability_are_inverse(share, window):
    downtime_s = allowed_downtime(share, window).downtime_s
    assert 0 <= downtime_s <= WINDOW_S[window]
    assert availability_from_downtime(downtime_s / 60, window).availability == close(share, rel=0, abs=1e-15)


@given(st.floats(0, 1), windows)
def test_availability_and_downtime_are_inverse(part, window):
    downtime_min = part * (WINDOW_S[window] / 60)
    back = allowed_downtime(availability_from_downtime(downtime_min, window).availability, window)
    assert back.downtime_s == close(downtime_min * 60, rel=1e-12, abs=2e-16 * WINDOW_S[window])


@given(st.floats(0, 12))
def test_nines_and_availability_are_inverse(nines):
    # A float near 1 has steps of 1.1e-16, so n nines are known to about 1e-16 * 10^n.
    assert nines_of(availability_of(nines).availability).nines == close(nines, rel=1e-12, abs=1e-15 + 1e-16 * 10**nines)


@given(shares)
def test_availability_and_nines_are_inverse(share):
    assume(share < 1)
    assert availability_of(nines_of(share).nines).availability == close(share, rel=0, abs=1e-14)


@given(shares, shares, windows)
def test_more_availability_is_less_downtime_and_more_nines(one, other, window):
    low, high = sorted([one, other])
    assert allowed_downtime(low, window).downtime_s >= allowed_downtime(high, window).downtime_s
    assert nines_of(low).nines <= nines_of(high).nines


@given(shares)
def test_budgets_grow_with_the_window(share):
    budgets = [allowed_downtime(share, window).downtime_s for window in reversed(WINDOWS)]
    assert budgets == sorted(budgets)


# 2.3 Dependencies and redundancy

def test_composite_sla_as_published():
    # Microsoft: web app 99.95%, database 99.99%, queue 99.9%.
    web, database, queue = 0.9995, 0.9999, 0.999
    assert f"{composite_availability(series=[web, database]).availability:.2%}" == "99.94%"
    assert f"{composite_availability(parallel=[database, queue]).availability:.5%}" == "99.99999%"
    system = composite_availability(series=[web, {"parallel": [database, queue]}])
    assert f"{system.availability:.2%}" == "99.95%"


def test_third_replica_hardly_helps_against_a_common_cause():
    two = composite_availability(k=1, n=2, availability=0.999, beta=0.1)
    three = composite_availability(k=1, n=3, availability=0.999, beta=0.1)
    assert 0 < 1 - three.unavailability / two.unavailability < 0.01


K_OF_N = [(1, 1), (1, 2), (2, 3), (3, 5), (7, 10), (10, 10), (1, 10), (50, 100), (51, 101), (99, 101), (180, 200),
          (450, 500), (9_900, 10_000), (99_700, 100_000)]


@pytest.mark.parametrize("k, n", K_OF_N)
@pytest.mark.parametrize("share", [0.0, 1e-6, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0])
def test_k_of_n_against_scipy(k, n, share):
    # Each share from the smaller probability, so that scipy keeps its digits too.
    up, down = binom.sf(k - 1, n, share), binom.sf(n - k, n, float(1 - Decimal(str(share))))
    result = composite_availability(k=k, n=n, availability=share)
    assert result.availability == close(up, abs=1e-300)
    assert result.unavailability == close(down, abs=1e-300)


def up_by_enumeration(node) -> Fraction:
    """The exact availability of a tree: every state of every independent event, with its chance."""
    chances = []
    is_up = structure(node, chances)
    total = Fraction(0)
    for state in itertools.product([True, False], repeat=len(chances)):
        if is_up(state):
            total += math.prod((p if up else 1 - p for p, up in zip(chances, state)), start=Fraction(1))
    return total


def structure(node, chances):
    """A function from a state of the events to up or down. Appends to `chances` that of each event to be well."""

    def event(chance):
        chances.append(chance)
        place = len(chances) - 1
        return lambda state: state[place]

    if not isinstance(node, dict):
        return event(Fraction(repr(node)))
    if "series" in node:
        parts = [structure(part, chances) for part in node["series"]]
        return lambda state: all(part(state) for part in parts)
    k = node.get("k", 1)
    members = node.get("parallel") or node.get("availabilities") or [node["availability"]] * node["n"]
    beta = Fraction(repr(node.get("beta", 0)))
    if beta and len(members) > 1:
        q = 1 - Fraction(repr(members[0]))
        shared = [event(1 - beta * q)]
        parts = [event(1 - (1 - beta) * q) for _ in members]
    else:
        shared = []
        parts = [structure(part, chances) for part in members]
    return lambda state: k == 0 or (all(cause(state) for cause in shared) and sum(part(state) for part in parts) >= k)


units = st.one_of(
    st.sampled_from([0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999999, 1.0, 1e-9]),
    st.integers(0, 1_000).map(lambda n: n / 1_000),
)
betas = st.sampled_from([0, 0.0, 0.05, 0.1, 0.5, 1.0, 1])


@st.composite
def k_of_equal(draw):
    n = draw(st.integers(1, 4))
    return {"k": draw(st.integers(0, n)), "n": n, "availability": draw(units), "beta": draw(betas)}


@st.composite
def k_of_list(draw):
    members = draw(st.lists(units, min_size=1, max_size=4))
    return {"k": draw(st.integers(0, len(members))), "availabilities": members}


@st.composite
def equal_in_parallel(draw):
    return {"parallel": [draw(units)] * draw(st.integers(1, 4)), "beta": draw(betas)}


trees = st.recursive(
    st.one_of(units, k_of_equal(), k_of_list(), equal_in_parallel()),
    lambda nodes: st.one_of(
        st.lists(nodes, max_size=3).map(lambda parts: {"series": parts}),
        st.lists(nodes, min_size=1, max_size=3).map(lambda parts: {"parallel": parts}),
    ),
    max_leaves=5,
)


def composite(node):
    return composite_availability(**node) if isinstance(node, dict) else composite_availability(series=[node])


@settings(max_examples=150)
@given(trees)
def test_trees_against_enumeration(tree):
    events = []
    structure(tree, events)
    assume(len(events) <= 9)
    up = up_by_enumeration(tree)
    same_shares(composite(tree), up, 1 - up)


@settings(max_examples=60)
@given(k_of_list())
def test_unequal_k_of_n_against_enumeration(group):
    up = up_by_enumeration(group)
    same_shares(composite(group), up, 1 - up)


@settings(max_examples=60)
@given(st.one_of(k_of_equal(), equal_in_parallel()))
def test_common_cause_against_enumeration(group):
    up = up_by_enumeration(group)
    same_shares(composite(group), up, 1 - up)


def test_a_tree_three_levels_deep():
    region = {"series": [0.9999, {"k": 2, "n": 3, "availability": 0.99, "beta": 0.05}]}
    tree = {"series": [0.99999, {"parallel": [region, region]}]}
    up = up_by_enumeration({"series": [0.9999, {"k": 2, "n": 3, "availability": 0.99, "beta": 0.05}]})
    expected = Fraction("0.99999") * (1 - (1 - up) ** 2)
    same_shares(composite(tree), expected, 1 - expected)


def test_beta_takes_identical_groups_as_equal_members():
    region = {"series": [0.9999, 0.999]}
    q = 1 - Fraction("0.9999") * Fraction("0.999")
    beta = Fraction("0.2")
    down = 1 - (1 - beta * q) * (1 - ((1 - beta) * q) ** 2)
    same_shares(composite_availability(parallel=[region, {"series": [0.999, 0.9999]}], beta=0.2), 1 - down, down)


def test_many_nines_keep_their_digits():
    assert composite_availability(parallel=[0.99999] * 4).unavailability == close(Decimal("1e-20"))
    assert composite_availability(series=[0.999999999999] * 1_000).unavailability == close(Decimal("9.99999999500e-10"))
    assert composite_availability(series=[0.001] * 7).availability == close(Decimal("1e-21"))
    assert composite_availability(k=1, n=1, availability=0.999999999999).unavailability == close(Decimal("1e-12"))


def test_composite_edges():
    up, down = (1.0, 0.0), (0.0, 1.0)
    for node, expected in [
        ({"series": []}, up),
        ({"series": [{"series": []}, {"series": []}]}, up),
        ({"series": [0.5, 0]}, down),
        ({"parallel": [0]}, down),
        ({"parallel": [0, 1]}, up),
        ({"k": 0, "n": 1, "availability": 0}, up),
        ({"k": 0, "n": 5, "availability": 0, "beta": 1}, up),
        ({"k": 0, "availabilities": [0, 0]}, up),
        ({"k": 0, "availabilities": [0, 0], "beta": 1}, up),
        ({"k": 5, "n": 5, "availability": 1, "beta": 1}, up),
        ({"k": 1, "n": 5, "availability": 0, "beta": 1}, down),
        ({"k": 100_000, "n": 100_000, "availability": 0.5}, down),
        ({"k": 1, "n": 100_000, "availability": 0.5}, up),
    ]:
        result = composite(node)
        assert (result.availability, result.unavailability) == expected, node
        assert result.downtime_min_per_month == 43_200 * expected[1]
    # One member has nothing in common with others, so beta changes nothing.
    for beta in (0, 0.5, 1):
        assert composite_availability(k=1, n=1, availability=0.9, beta=beta).unavailability == close(0.1)
        assert composite_availability(parallel=[0.9], beta=beta).unavailability == close(0.1)
        assert composite_availability(k=1, availabilities=[0.9], beta=beta).unavailability == close(0.1)
    for share in (TINIEST, BELOW_1):
        assert composite_availability(parallel=[share]).availability == share
        assert composite_availability(k=1, n=2, availability=share, beta=TINIEST).availability >= share


@given(shares, betas, st.integers(1, 150), st.data())
def test_composite_bounds(share, beta, n, data):
    k = data.draw(st.integers(0, n))
    result = composite_availability(k=k, n=n, availability=share, beta=beta)
    assert 0 <= result.availability <= 1 and 0 <= result.unavailability <= 1
    assert result.availability + result.unavailability == close(1, rel=1e-15)


@given(st.lists(shares, max_size=6))
def test_series_is_no_better_than_its_worst_and_parallel_no_worse_than_its_best(members):
    assert composite_availability(series=members).availability <= min(members, default=1.0) + 1e-15
    if members:
        assert composite_availability(parallel=members).availability >= max(members) - 1e-15


@given(st.lists(shares, min_size=1, max_size=6))
def test_one_of_n_is_parallel_and_n_of_n_is_series(members):
    for k, other in [(1, {"parallel": members}), (len(members), {"series": members})]:
        group, peer = composite_availability(k=k, availabilities=members), composite(other)
        assert group.availability == close(peer.availability)
        assert group.unavailability == close(peer.unavailability)


@given(shares, st.integers(1, 8), st.data())
def test_equal_members_may_be_listed_or_counted(share, n, data):
    k, beta = data.draw(st.integers(0, n)), data.draw(betas)
    counted = composite_availability(k=k, n=n, availability=share, beta=beta)
    listed = composite_availability(k=k, availabilities=[share] * n, beta=beta)
    assert counted.availability == close(listed.availability)
    assert counted.unavailability == close(listed.unavailability)


@given(shares, st.integers(2, 8), st.data())
def test_with_beta_1_a_group_is_a_single_unit(share, n, data):
    k = data.draw(st.integers(1, n))
    group = composite_availability(k=k, n=n, availability=share, beta=1)
    single = composite_availability(series=[share])
    assert group.availability == close(single.availability)
    assert group.unavailability == close(single.unavailability)


# The beta-factor model is made for members that are mostly up. Its rule lets a common cause help where q > 0.41.
@given(st.floats(0.6, 1), st.integers(2, 8), st.floats(0, 1), st.floats(0, 1))
def test_beta_weakens_redundancy_and_helps_a_chain(share, n, one, other):
    low, high = sorted([one, other])

    def down(k, beta):
        return composite_availability(k=k, n=n, availability=share, beta=beta).unavailability

    assert down(1, low) <= down(1, high) * (1 + REL) + 1e-300
    assert down(n, low) >= down(n, high) * (1 - REL)


@given(st.lists(shares, min_size=1, max_size=6), shares, st.data())
def test_a_better_member_never_hurts(members, better, data):
    place, k = data.draw(st.integers(0, len(members) - 1)), data.draw(st.integers(0, len(members)))
    improved = [*members]
    improved[place] = max(better, members[place])
    for before, after in [
        ({"series": members}, {"series": improved}),
        ({"parallel": members}, {"parallel": improved}),
        ({"k": k, "availabilities": members}, {"k": k, "availabilities": improved}),
    ]:
        assert composite(before).availability <= composite(after).availability + 1e-15
        assert composite(before).unavailability >= composite(after).unavailability * (1 - REL)


@given(shares, shares, betas, st.integers(1, 30), st.data())
def test_better_equal_members_never_hurt_and_a_lower_k_neither(one, other, beta, n, data):
    k = data.draw(st.integers(1, n))
    low, high = sorted([one, other])

    def down(k, share):
        return composite_availability(k=k, n=n, availability=share, beta=beta).unavailability

    assert down(k, low) >= down(k, high) * (1 - REL)
    assert down(k, low) >= down(k - 1, low) * (1 - REL)


@given(st.lists(shares, min_size=1, max_size=6), st.data())
def test_order_does_not_matter(members, data):
    shuffled, k = data.draw(st.permutations(members)), data.draw(st.integers(0, len(members)))
    for node, other in [
        ({"series": members}, {"series": shuffled}),
        ({"parallel": members}, {"parallel": shuffled}),
        ({"k": k, "availabilities": members}, {"k": k, "availabilities": shuffled}),
    ]:
        assert composite(node).availability == close(composite(other).availability)
        assert composite(node).unavailability == close(composite(other).unavailability)


@given(st.lists(shares, max_size=4), st.lists(shares, max_size=4))
def test_a_series_in_a_series_is_one_series(left, right):
    nested = composite_availability(series=[{"series": left}, {"series": right}])
    flat = composite_availability(series=left + right)
    assert nested.availability == close(flat.availability)
    assert nested.unavailability == close(flat.unavailability)


def test_lists_may_be_tuples_or_arrays_and_numbers_numpy_numbers():
    expected = composite_availability(series=[0.9, 0.99])
    assert composite_availability(series=(0.9, 0.99)) == expected
    assert composite_availability(series=np.array([0.9, 0.99])) == expected
    assert composite_availability(series=[Fraction(9, 10), np.float64(0.99)]) == expected
    two_of_three = composite_availability(k=2, n=3, availability=0.99)
    assert composite_availability(k=np.int64(2), n=3.0, availability=np.float64(0.99)) == two_of_three


# 2.4 Failure and repair

def pair_by_markov_chain(mttf_h: float, mttr_h: float, crews: int) -> float:
    """The share of time with both units down, from the balance equations of the states 0, 1 and 2 units down."""
    fail, repair = 1 / mttf_h, 1 / mttr_h
    rates = np.array([[0, 2 * fail, 0], [repair, 0, fail], [0, crews * repair, 0]])
    balance = (rates - np.diag(rates.sum(axis=1))).T
    balance[0] = 1  # one equation follows from the others; the shares sum to 1 instead
    return np.linalg.solve(balance, [1, 0, 0])[2]


@pytest.mark.parametrize("crews", [1, 2])
@pytest.mark.parametrize("mttf_h, mttr_h", [(1000, 1), (1000, 10), (100, 100), (1, 50), (8760, 0.5), (3, 2)])
def test_pair_against_a_markov_chain(mttf_h, mttr_h, crews):
    result = repairable(mttf_h, mttr_h, units=2, crews=crews)
    assert 1 - result.availability == close(pair_by_markov_chain(mttf_h, mttr_h, crews), abs=1e-15)
    assert 1 - result.independent_availability == close(pair_by_markov_chain(mttf_h, mttr_h, 2), abs=1e-15)
    assert result.cycles_per_year is None


@pytest.mark.parametrize("crews", [1, 2])
def test_pair_with_two_crews_is_two_replicas(crews):
    unit = repairable(700, 9, units=1, crews=crews)
    pair = repairable(700, 9, units=2, crews=2)
    assert pair.availability == close(composite_availability(parallel=[unit.availability] * 2).availability)
    assert pair.independent_availability == pair.availability
    assert unit.independent_availability is None


@pytest.mark.parametrize("mttf", ["1e-300", "0.01", "1", "999", "43800", "1e9", "1e300"])
@pytest.mark.parametrize("mttr", ["1e-300", "0.001", "0.5", "1", "72", "1e9", "1e300"])
def test_repairable_against_decimal(mttf, mttr):
    f, r = Decimal(mttf), Decimal(mttr)
    unit = repairable(float(mttf), float(mttr))
    assert unit.availability == close(f / (f + r), abs=1e-300)
    assert unit.cycles_per_year == close(8760 / (f + r))
    ratio = r / f
    up, one_down, two_down = 1, 2 * ratio, 2 * ratio**2
    pair = repairable(float(mttf), float(mttr), units=2)
    assert pair.availability == close((up + one_down) / (up + one_down + two_down), abs=1e-300)
    assert pair.independent_availability == close((1 + 2 * ratio) / (1 + ratio) ** 2, abs=1e-300)


@pytest.mark.parametrize("written", ["0.001", "0.5", "0.9", "0.99", "0.9999", "0.99999", "0.999999999"])
@pytest.mark.parametrize("mttr", ["1e-9", "0.5", "4", "1e9"])
def test_required_mttf_against_decimal(written, mttr):
    share, repair = Decimal(written), Decimal(mttr)
    result = required_mttf(float(written), float(mttr))
    assert result.required_mttf_h == close(repair * share / (1 - share))
    assert result.allowed_incidents_per_year == close((1 - share) * 8760 / repair)


def test_repair_edges():
    assert repairable(1000, 0) == model.Repairable(1.0, 8.76, None)
    for crews in (1, 2):
        assert repairable(1000, 0, units=2, crews=crews) == model.Repairable(1.0, None, 1.0)
    assert repairable(TINIEST, 1).availability == 0
    assert repairable(TINIEST, 1, units=2).availability == 0
    assert repairable(1, TINIEST).availability == 1
    assert repairable(1.7e308, 1.7e308).availability == 0.5
    assert repairable(1.7e308, 1.7e308, units=2).availability == close(Fraction(3, 5))
    assert required_mttf(BELOW_1, 1).required_mttf_h == close(2**53, rel=1e-15)
    assert required_mttf(TINIEST, 1) == model.RequiredMttf(TINIEST, 8760.0)


hours = st.floats(1e-6, 1e9)


@given(hours, hours)
def test_one_crew_is_between_one_unit_and_two_crews(mttf_h, mttr_h):
    unit = repairable(mttf_h, mttr_h)
    pair = repairable(mttf_h, mttr_h, units=2, crews=1)
    assert 0 <= unit.availability <= pair.availability + 1e-15 <= pair.independent_availability + 2e-15 <= 1 + 2e-15


@given(st.floats(1, 1e4), st.floats(1e-3, 1e4))
def test_one_crew_at_most_doubles_the_downtime_of_a_pair(mttf_h, mttr_h):
    pair = repairable(mttf_h, mttr_h, units=2, crews=1)
    assume(1 - pair.availability > 1e-6)
    ratio = (1 - pair.availability) / (1 - pair.independent_availability)
    assert 1 - 1e-9 <= ratio <= 2 + 1e-9


@given(hours, hours, st.floats(1, 10), st.sampled_from([1, 2]), st.sampled_from([1, 2]))
def test_availability_rises_with_mttf_falls_with_mttr_and_has_no_unit(mttf_h, mttr_h, factor, units, crews):
    def up(f, r):
        return repairable(f, r, units=units, crews=crews).availability

    assert up(mttf_h * factor, mttr_h) >= up(mttf_h, mttr_h) - 1e-15
    assert up(mttf_h, mttr_h * factor) <= up(mttf_h, mttr_h) + 1e-15
    assert up(mttf_h * factor, mttr_h * factor) == close(up(mttf_h, mttr_h))


@given(st.floats(0.001, 0.999999), hours)
def test_required_mttf_and_repairable_are_inverse(share, mttr_h):
    required = required_mttf(share, mttr_h)
    unit = repairable(required.required_mttf_h, mttr_h)
    assert unit.availability == close(share)
    assert unit.cycles_per_year == close(required.allowed_incidents_per_year)


# Results and bad input

NO_WINDOW = no_choice("month") + ["decade"]
NOT_1_OR_2 = NO_NUMBER + [0, -1, 3, 1.5, ABOVE_1]
NO_COUNT_TO_3 = NO_NUMBER + [-1, 4, 0.5, 2.0000001]
NO_SERIES = NO_LIST + [[value] for value in NO_FRACTION]
NO_MEMBERS = NO_LIST + [[], ()] + [[0.9, value] for value in NO_FRACTION]
GROUP = {"k": 2, "n": 3, "availability": 0.99}
LISTED = {"k": 2, "availabilities": [0.9, 0.9, 0.9]}

ILLEGAL = [
    (allowed_downtime, {"availability": 0.9, "window": "day"}, {"availability": NO_FRACTION, "window": NO_WINDOW}),
    (availability_from_downtime, {"downtime_min": 1, "window": "day"},
     {"downtime_min": NEGATIVE + [1_440.001, 1e308], "window": NO_WINDOW}),
    (nines_of, {"availability": 0.9}, {"availability": NO_FRACTION}),
    (availability_of, {"nines": 3}, {"nines": NEGATIVE}),
    (composite_availability, {"series": [0.9]}, {"series": NO_SERIES, "beta": NO_FRACTION + [0.1, 1]}),
    (composite_availability, {"parallel": [0.9, 0.9]}, {"parallel": NO_MEMBERS, "beta": NO_FRACTION}),
    (composite_availability, {"parallel": [0.9, 0.8]}, {"beta": [TINIEST, 0.1, 1]}),
    (composite_availability, GROUP,
     {"k": NO_COUNT_TO_3, "n": NO_COUNT_FROM_1, "availability": NO_FRACTION, "beta": NO_FRACTION}),
    (composite_availability, LISTED,
     {"k": NO_COUNT_TO_3, "availabilities": NO_MEMBERS + [[GROUP]], "beta": NO_FRACTION}),
    (composite_availability, {"k": 1, "availabilities": [1e-12, 2e-12]}, {"beta": [0.1]}),
    (repairable, {"mttf_h": 1, "mttr_h": 1},
     {"mttf_h": NOT_POSITIVE, "mttr_h": NEGATIVE, "units": NOT_1_OR_2, "crews": NOT_1_OR_2}),
    (required_mttf, {"availability": 0.9, "mttr_h": 1}, {"availability": NO_OPEN_FRACTION, "mttr_h": NOT_POSITIVE}),
]


@pytest.mark.parametrize("function, right, name, values", rows(ILLEGAL))
def test_illegal_values_are_refused_by_name(function, right, name, values):
    check_refused(function, right, name, values)


def test_every_parameter_has_illegal_values():
    check_all_covered(model, ILLEGAL)


def test_results_are_frozen():
    check_frozen(ILLEGAL)


@pytest.mark.parametrize("node, words", [
    ({}, "got none of them"),
    ({"k": 1}, "got k"),
    ({"k": 1, "n": 2}, "got k with n"),
    ({"n": 2, "availability": 0.9}, "got availability with n"),
    ({"availabilities": [0.9]}, "got availabilities"),
    ({"series": [0.9], "parallel": [0.9]}, "got parallel with series"),
    ({"k": 1, "n": 2, "availability": 0.9, "availabilities": [0.9]},
     "got availabilities with availability with k with n"),
    ({"series": [0.9, {}]}, "series[1] must be series, or"),
    ({"series": [{"serie": [0.9]}]}, "got serie"),
    ({"series": [{1: 2}]}, "got 1"),
    ({"series": [{"series": None}]}, "series[0].series must be a list; got None"),
    ({"series": [{"parallel": []}]}, "series[0].parallel must be a list with at least one member; got []"),
    ({"series": [0.9, {"parallel": [0.9, {"k": 4, "n": 3, "availability": 0.9}]}]},
     "series[1].parallel[1].k must be a whole number from 0 to 3; got 4"),
    ({"parallel": [{"series": [0.9, 99.9]}]},
     "parallel[0].series[1] must be a number from 0 to 1; got 99.9 (did you mean 0.999?)"),
    ({"series": [{"parallel": [0.9, 0.8], "beta": 0.1}]},
     "series[0].beta must be 0 for members of unequal availability; got 0.1 with 0.9 and 0.8"),
])
def test_wrong_node_is_named_with_its_place(node, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        composite_availability(**node)


def test_unknown_argument_is_refused():
    with pytest.raises(TypeError, match="serie"):
        composite_availability(serie=[0.9])


@pytest.mark.parametrize("value, hint", [
    (99.9, "0.999"), (99.95, "0.9995"), (99.999, "0.99999"), (100, "1"), (1.5, "0.015"), (ABOVE_1, "0.01"),
])
def test_percent_gets_a_hint(value, hint):
    with pytest.raises(ValueError, match=re.escape(f"(did you mean {hint}?)")):
        nines_of(value)


@pytest.mark.parametrize("value", [-0.1, 100.1, 1000, "99.9", math.nan, True])
def test_other_slips_get_no_hint(value):
    with pytest.raises(ValueError) as refusal:
        nines_of(value)
    assert "did you mean" not in str(refusal.value)


def test_no_hint_that_is_itself_out_of_range():
    with pytest.raises(ValueError, match=r"above 0 and below 1; got 100$"):
        required_mttf(100, 1)


@pytest.mark.parametrize("zero, one, words", [
    (True, True, "from 0 to 1"), (False, False, "above 0 and below 1"),
    (False, True, "above 0 and at most 1"), (True, False, "at least 0 and below 1"),
])
def test_fraction_with_open_ends(zero, one, words):
    inside_at = {0: zero, TINIEST: True, 0.5: True, BELOW_1: True, 1: one, -0.5: False, 2: False}
    for value, inside in inside_at.items():
        if inside:
            assert _validate.fraction("share", value, zero=zero, one=one) == value
        else:
            with pytest.raises(ValueError, match=f"share must be a number {words}; got"):
                _validate.fraction("share", value, zero=zero, one=one)


def test_counts_may_be_whole_floats_and_come_back_as_int():
    for value in (2, 2.0, np.int64(2), np.float64(2.0), Fraction(2)):
        result = _validate.whole("n", value, 1, 2)
        assert result == 2 and type(result) is int
