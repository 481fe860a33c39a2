"""Models 15.1, 15.6 and 12.7 against sets, hand arithmetic and list prices."""
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrapm.models import design as model
from infrapm.models.design import BOXES, canvas, kiss_breakeven, serverless_break_even
from tests.models.illegal import NEGATIVE, NO_LIST, NO_TABLE, check_all_covered, check_frozen, check_refused, rows


def close(value, rel=1e-9, abs=0.0):
    return pytest.approx(value, rel=rel, abs=abs)


# 15.1

@given(st.lists(st.sampled_from(["designed", "absent", "forgotten"]), min_size=8, max_size=8))
def test_every_box_is_in_one_of_three_states(states):
    state = dict(zip(BOXES, states, strict=True))
    found = canvas([box for box in BOXES if state[box] == "designed"],
                   {box: "one tenant" for box in BOXES if state[box] == "absent"})
    assert found.forgotten == sorted(box for box in BOXES if state[box] == "forgotten")
    assert found.coverage == (8 - states.count("forgotten")) / 8


def test_canvas_edges():
    assert canvas([]).coverage == 0
    assert canvas(BOXES) == model.Canvas(1.0, [])
    assert canvas(["cost", "cost"]).coverage == 1 / 8


@pytest.mark.parametrize("designed, absent, words", [
    (["workload", "blockchain"], {}, "designed[1] must be one of workload, compute"),
    (["cost"], {"cost": "later"}, "absent must be without what is in designed; got cost"),
    ([], {"blockchain": "no"}, "absent must be one of workload"),
    ([], {"cost": " "}, "absent.cost must be a text that is not empty; got ' '"),
])
def test_a_wrong_card_is_named(designed, absent, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        canvas(designed, absent)


# 15.6

def test_leader_election_pays_from_120_hours():
    assert kiss_breakeven(2, 500, 60_000).net_usd == -59_000
    found = [kiss_breakeven(hours, 500, 60_000) for hours in (119.9, 120, 120.1)]
    assert [one.verdict for one in found] == ["keep_simple", "keep_simple", "build"]
    assert {one.break_even_h for one in found} == {120}


@given(st.floats(0, 1e4), st.floats(0.01, 1e5), st.floats(1, 1e7))
def test_kiss_is_zero_at_break_even(hours, usd, complexity):
    even = kiss_breakeven(hours, usd, complexity).break_even_h
    assert kiss_breakeven(even, usd, complexity).net_usd == close(0, abs=1e-9 * (complexity + 1))
    assert kiss_breakeven(even, usd, complexity).verdict == "keep_simple"
    assert kiss_breakeven(even * 1.001 + 1, usd, complexity).verdict == "build"


def test_kiss_edges():
    assert kiss_breakeven(10, 0, 5).break_even_h is None
    assert kiss_breakeven(0, 0, 0).verdict == "keep_simple"
    # 0.1 x 3 is 0.30000000000000004
    assert kiss_breakeven(3, 0.1, 0.3).verdict == "keep_simple"


# 12.7

LAMBDA = {"request_usd": 2e-7, "usd_per_gb_s": 1.66667e-5, "memory_gb": 0.5, "duration_s": 0.1}


def test_list_price_of_lambda_against_a_70_dollar_machine():
    found = serverless_break_even(**LAMBDA, vm_usd_per_month=70)
    assert round(found.break_even_requests / 1e6, 1) == 67.7
    assert round(found.break_even_rps, 1) == 26.1


@given(st.floats(1e-8, 1e-5), st.floats(0, 1e-3), st.floats(0, 10), st.floats(0, 900), st.floats(1, 1e4))
def test_both_cost_the_same_at_break_even(request, gb_s, memory, duration, machine):
    found = serverless_break_even(request, gb_s, memory, duration, machine)
    assert found.per_request_usd == close(request + gb_s * memory * duration)
    assert found.break_even_requests * found.per_request_usd == close(machine, abs=1e-9)
    assert found.break_even_rps * 30 * 24 * 3600 == close(found.break_even_requests)


def test_free_requests_have_no_break_even():
    assert serverless_break_even(0, 1, 1, 0, 70) == model.Serverless(0.0, None, None)
    assert serverless_break_even(0, 0, 1e300, 1e300, 70) == model.Serverless(0.0, None, None)


BAD_BOXES = [["blockchain"], [""], [None], [1], ["Cost"]]
ILLEGAL = [
    (canvas, {"designed": ["compute"]},
     {"designed": NO_LIST + BAD_BOXES,
      "absent": [value for value in NO_TABLE if value is not None]
      + [{"cost": ""}, {"cost": None}, {"cost": 1}, {"compute": "why"}, {"blockchain": "why"}]}),
    (kiss_breakeven, {"avoided_h_per_year": 1, "usd_per_h": 1, "complexity_usd_per_year": 1},
     dict.fromkeys(["avoided_h_per_year", "usd_per_h", "complexity_usd_per_year"], NEGATIVE)),
    (serverless_break_even, {**LAMBDA, "vm_usd_per_month": 70},
     dict.fromkeys([*LAMBDA, "vm_usd_per_month"], NEGATIVE)),
]


@pytest.mark.parametrize("function, right, name, values", rows(ILLEGAL))
def test_illegal_values_are_refused_by_name(function, right, name, values):
    check_refused(function, right, name, values)


def test_every_parameter_has_illegal_values():
    check_all_covered(model, ILLEGAL)


def test_results_are_frozen():
    check_frozen(ILLEGAL)
