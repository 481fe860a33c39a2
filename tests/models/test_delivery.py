"""Models 9.1-9.3 against networkx, all paths by hand, queueing formulas, enumeration, simulation and published tables."""
import itertools
import math
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyworkforce.queuing import ErlangC

from infrapm.models import delivery as model
from infrapm.models.delivery import (
    build_pass,
    critical_path,
    dora_clusters_2024,
    dora_metrics,
    implied_correlation,
    max_flake,
    residual_flake,
    runner_queue,
    runs_per_build,
    tiers_2024,
)
from tests.models.illegal import (
    NEGATIVE,
    NO_COUNT,
    NO_COUNT_FROM_1,
    NO_FLAG,
    NO_FRACTION,
    NO_LIST,
    NO_OPEN_FRACTION,
    NO_TABLE,
    NOT_POSITIVE,
    check_all_covered,
    check_frozen,
    check_refused,
    rows,
)


def close(value, rel=1e-9, abs=0.0):
    return pytest.approx(float(value), rel=rel, abs=abs)


# 9.1 Pipelines

PIPELINE = {
    "checkout": [1, []], "build": [6, ["checkout"]], "lint": [2, ["checkout"]], "unit": [7, ["build"]],
    "integ": [8, ["build"]], "deploy": [2, ["unit", "integ", "lint"]],
}


def without(pipeline, task, minutes):
    return pipeline | {task: [minutes, pipeline[task][1]]}


def test_pipeline_quiz_answers():
    assert critical_path(PIPELINE) == model.CriticalPath(17.0, ("checkout", "build", "integ", "deploy"), 26.0)
    assert critical_path(without(PIPELINE, "unit", 3.5)).total_min == 17  # halving what is not on the path
    assert critical_path(without(PIPELINE, "integ", 5)).total_min == 16  # then unit tests decide


def test_ties_go_to_what_is_listed_first():
    tie = {"a": [1, []], "b": [3, ["a"]], "c": [3, ["a"]], "d": [1, ["c", "b"]]}
    assert critical_path(tie).path == ("a", "c", "d")
    assert critical_path(tie | {"d": [1, ["b", "c"]]}).path == ("a", "b", "d")
    assert critical_path({"x": [2, []], "y": [2, []]}).path == ("x",)
    assert critical_path({"y": [2, []], "x": [2, []]}).path == ("y",)
    assert critical_path({"a": [2, []], "after": [0, ["a"]]}).path == ("a",)
    in_floats = {"a": [0.1, []], "b": [0.2, ["a"]], "c": [0.3, []], "end": [1, ["c", "b"]]}  # 0.1 + 0.2 > 0.3
    assert critical_path(in_floats).path == ("c", "end")


def test_pipeline_edges():
    assert critical_path({"a": [0, []]}) == model.CriticalPath(0.0, ("a",), 0.0)
    assert critical_path({"b": [1, ("a",)], "a": (2, [])}).path == ("a", "b")  # in any order
    assert critical_path({"a": [1, []], "b": [1, ["a", "a"]]}).total_min == 2
    assert critical_path({"": [5, []], "b": [1, [""]]}) == model.CriticalPath(6.0, ("", "b"), 6.0)  # a name, though empty
    chain = {f"t{i}": [1, [f"t{i - 1}"] if i else []] for i in range(5_000)}
    assert critical_path(chain).total_min == 5_000
    assert critical_path({"a": [1e308, []], "b": [1e308, ["a"]]}).total_min == math.inf


@st.composite
def pipelines(draw):
    names = draw(st.permutations("abcdefg"))[: draw(st.integers(1, 7))]
    tasks = {
        name: [draw(st.integers(0, 9)), draw(st.lists(st.sampled_from(names[:i]), max_size=3)) if i else []]
        for i, name in enumerate(names)
    }
    return {name: tasks[name] for name in draw(st.permutations(list(tasks)))}


@given(pipelines())
def test_pipelines_against_networkx(tasks):
    graph = nx.DiGraph()
    graph.add_nodes_from(["start", "end"])
    for task, (minutes, needs) in tasks.items():
        graph.add_edges_from([(need, task) for need in needs] + [("start", task)], minutes=0)
        graph.add_edge(task, "end", minutes=minutes)
        for need in needs:
            graph[need][task]["minutes"] = tasks[need][0]
    result = critical_path(tasks)
    assert result.total_min == nx.dag_longest_path_length(graph, weight="minutes")
    assert result.serial_min == sum(minutes for minutes, _ in tasks.values())
    # The path is one: each of its tasks waits for the one before, the first for none that takes time.
    assert sum(tasks[task][0] for task in result.path) == result.total_min
    assert all(one in tasks[other][1] for one, other in itertools.pairwise(result.path))
    assert tasks[result.path[0]][1] == []


@pytest.mark.parametrize("tasks, words", [
    ({"a": [1, ["b"]], "b": [1, ["a"]]}, "tasks_min must be without a cycle; got "),
    ({"a": [1, ["a"]]}, "tasks_min must be without a cycle; got a -> a"),
    ({"a": [1, ["z"]]}, r"tasks_min\['a'\]\[1\]\[0\] must be one of a; got 'z'"),
    ({"a": [-1, []]}, r"tasks_min\['a'\]\[0\] must be a number, 0 or more; got -1"),
    ({"a": [1]}, r"tasks_min\['a'\] must be \[minutes, list of dependencies\]; got 1 members"),
])
def test_a_wrong_pipeline_is_named(tasks, words):
    with pytest.raises(ValueError, match=words):
        critical_path(tasks)


@pytest.mark.parametrize("runners, runs_per_h, run_min", [(1, 4, 12), (4, 12, 15), (10, 30, 18), (40, 100, 22)])
def test_runner_queue_against_pyworkforce(runners, runs_per_h, run_min):
    # Its waiting probability; the mean wait from it by Erlang's formula.
    peer = ErlangC(transactions=runs_per_h, aht=run_min, interval=60, asa=1, shrinkage=0.0)
    p_wait = peer.waiting_probability(positions=runners)
    result = runner_queue(runners, runs_per_h, run_min)
    assert result.p_wait == close(p_wait)
    assert result.mean_wait_min == close(p_wait * run_min / (runners - runs_per_h * run_min / 60))
    assert result.utilization == close(runs_per_h * run_min / 60 / runners) and result.stable


def test_runner_queue_edges():
    full = runner_queue(2, 10, 12)
    assert (full.stable, full.p_wait, full.mean_wait_min) == (False, 1, math.inf)
    assert runner_queue(3, 0, 10) == model.RunnerQueue(True, 0.0, 0.0, 0.0)
    assert runner_queue(1, 3, 10).mean_wait_min == close(10)  # M/M/1 at 0.5: as long as a run


# 9.2 Flaky tests

def test_flaky_quiz_answers():
    assert f"{build_pass(0.001, 500).build_pass:.1%}" == "60.6%"
    assert f"{build_pass(0.001, 500, retries=1).build_pass:.2%}" == "99.95%"
    # A retry that takes 12% to 3% leaves more than chance would, 1.44%: some flakes repeat.
    assert residual_flake(0.12, 1).residual_p == close(0.0144)
    assert round(implied_correlation(0.12, 0.03).correlated_share, 3) == 0.148


@given(st.fractions(0, 1, max_denominator=50), st.integers(0, 40), st.integers(0, 4),
       st.fractions(0, 1, max_denominator=20))
def test_build_pass_against_fractions(flake, tests, retries, stuck):
    residual = stuck * flake + (1 - stuck) * flake ** (retries + 1)
    result = build_pass(float(flake), tests, retries, float(stuck))
    assert result.residual_p == close(residual, abs=1e-300)
    assert result.build_pass == close((1 - residual) ** tests, abs=1e-300)
    assert residual_flake(float(flake), retries, float(stuck)).residual_p == result.residual_p
    assert runs_per_build(float(flake), retries).expected_runs == close(sum(flake**j for j in range(retries + 1)))


def test_retries_against_simulation():
    rng, flake, retries, stuck, n = np.random.default_rng(4), 0.3, 2, 0.25, 100_000
    fails = rng.random((n, retries + 1)) < flake
    always = fails[:, 0] & (rng.random(n) < stuck)
    left = (fails.all(axis=1) & ~always) | always
    exact = residual_flake(flake, retries, stuck).residual_p
    assert left.mean() == close(exact, rel=0, abs=4 * math.sqrt(exact / n))
    runs = 1 + fails[:, 0] + (fails[:, 0] & fails[:, 1])
    assert runs.mean() == close(runs_per_build(flake, retries).expected_runs, rel=0, abs=4 * runs.std() / math.sqrt(n))


@given(st.floats(0.001, 0.999), st.floats(0, 1))
def test_implied_correlation_is_the_inverse_of_one_retry(flake, stuck):
    after = residual_flake(flake, 1, stuck).residual_p
    assert implied_correlation(flake, after).correlated_share == close(stuck, rel=0, abs=1e-5)


@given(st.floats(0.01, 0.99), st.integers(1, 10_000), st.integers(0, 4))
def test_max_flake_is_the_inverse_of_build_pass(target, tests, retries):
    flake = max_flake(target, tests, retries).max_flake_p
    assert build_pass(flake, tests, retries).build_pass == close(target, rel=1e-6)


def test_flaky_edges():
    assert implied_correlation(0.5, 0.25).correlated_share == 0
    assert implied_correlation(0.1, 0.1 * 0.1).correlated_share == 0  # floats
    assert implied_correlation(0.3, 0.1 + 0.2).correlated_share == 1
    assert implied_correlation(0.5, 0.2).correlated_share is None
    assert implied_correlation(0.5, 0.6).correlated_share is None
    assert implied_correlation(5e-324, 1).correlated_share is None
    assert build_pass(1, 0).build_pass == 1 and build_pass(1, 1, 9).build_pass == 0
    assert build_pass(0, 10**9).build_pass == 1
    assert build_pass(1e-12, 10**6).build_pass == close(math.exp(-1e-6), rel=1e-15)
    assert max_flake(0.5, 10**9).max_flake_p == close(math.log(2) * 1e-9, rel=1e-9)
    assert runs_per_build(1, 3).expected_runs == 4 and runs_per_build(0, 3).expected_runs == 1
    assert runs_per_build(0.5).expected_runs == 1.5  # one retry unless told otherwise
    assert runs_per_build(0.999999, 10**6).expected_runs == close((1 - 0.999999 ** (10**6 + 1)) / 1e-6, rel=1e-6)
    assert residual_flake(0.5, 10**18).residual_p == 0


@given(st.floats(0, 1), st.integers(0, 1_000), st.integers(0, 5), st.floats(0, 1))
def test_a_retry_helps_and_correlation_and_tests_hurt(flake, tests, retries, stuck):
    now = build_pass(flake, tests, retries, stuck).build_pass
    assert 0 <= now <= 1
    assert build_pass(flake, tests, retries + 1, stuck).build_pass >= now - 1e-12
    assert build_pass(flake, tests + 1, retries, stuck).build_pass <= now + 1e-12
    assert build_pass(flake, tests, retries, min(1.0, stuck + 0.1)).build_pass <= now + 1e-12


# 9.3 DORA metrics

def deployment(lead, failed=False, recovery=None):
    return {"lead_h": lead, "failed": failed, "recovery_h": recovery}


def test_dora_quiz_answers():
    month = [deployment(4)] * 57 + [deployment(30, True, 0.7)] * 3
    result = dora_metrics(30, month)
    assert result == model.Dora(2.0, 4.0, 0.05, 0.7, 0)
    assert tiers_2024(lead_h=30).lead_tier == "high"


def test_dora_edges():
    assert dora_metrics(30, []) == model.Dora(0.0, None, None, None, 0)
    assert dora_metrics(30, [deployment(2)]).median_recovery_h is None
    still_down = dora_metrics(7, [deployment(2, True), deployment(4, True, 3.0), {"lead_h": 9, "failed": True}])
    assert still_down == model.Dora(close(3 / 7), 4.0, 1.0, 3.0, 2)


@given(st.lists(st.tuples(st.integers(0, 99), st.booleans(), st.one_of(st.none(), st.integers(0, 99))), min_size=1))
def test_dora_against_numpy(log):
    log = [(lead, failed, recovery if failed else None) for lead, failed, recovery in log]
    result = dora_metrics(14, [deployment(*entry) for entry in log])
    assert result.deploys_per_day == close(Fraction(len(log), 14))
    assert result.median_lead_h == close(np.median([lead for lead, _, _ in log]))
    assert result.change_fail_rate == close(np.mean([failed for _, failed, _ in log]))
    recovered = [recovery for _, _, recovery in log if recovery is not None]
    assert result.median_recovery_h == (close(np.median(recovered)) if recovered else None)
    assert result.open_failures == sum(failed for _, failed, _ in log) - len(recovered)


TIERS = ["elite", "high", "medium", "low"]


@pytest.mark.parametrize("name, values", [
    ("lead", [(0, "elite"), (23.99, "elite"), (24, "high"), (168, "high"), (168.01, "medium"), (720, "medium"),
              (720.01, "low"), (1e300, "low"), (24 * (1 - 1e-12), "high")]),
    ("frequency", [(1e300, "elite"), (1.01, "elite"), (1, "high"), (1 + 1e-12, "high"), (1 / 7, "high"), (0.142, "medium"),
                   (1 / 30, "medium"), (0.0333, "low"), (0, "low"), (3 / 21, "high"), (0.1 / 3, "medium")]),
    ("recovery", [(0, "elite"), (0.99, "elite"), (1, "high"), (23.99, "high"), (24, "medium"), (167.9, "medium"),
                  (168, "low"), (1e300, "low")]),
])
def test_tiers_at_their_limits(name, values):
    argument = {"lead": "lead_h", "frequency": "deploys_per_day", "recovery": "recovery_h"}[name]
    for value, tier in values:
        found = tiers_2024(**{argument: value})
        assert getattr(found, f"{name}_tier") == tier, value
        assert [found.lead_tier, found.frequency_tier, found.recovery_tier].count(None) == 2
    assert tiers_2024() == model.Tiers2024(None, None, None)


def test_clusters_as_printed_are_not_in_order_of_the_failure_rate():
    clusters = dora_clusters_2024()
    rates = [int(getattr(clusters, tier)[2].rstrip("%")) for tier in TIERS]
    assert rates == [5, 20, 10, 40] and rates != sorted(rates)
    # 19 + 22 + 35 + 25 = 101: the report's shares are rounded.
    assert sum(int(getattr(clusters, tier)[4].rstrip("%")) for tier in TIERS) == 101


# Results and bad input

NO_TASKS = NO_TABLE + [{}] + [{"a": value} for value in NO_LIST + [[], [1], [1, [], 2]]] + [
    {"a": [value, []]} for value in NEGATIVE] + [{"a": [1, value]} for value in NO_LIST + [["z"], [1], [None], ["a"]]] + [
    {"a": [1, ["b"]], "b": [1, ["c"]], "c": [1, ["a"]]}]
NO_DEPLOYMENTS = NO_LIST + [[value] for value in NO_TABLE + [{}, {"lead_h": 1}, {"failed": True}]] + [
    [deployment(value)] for value in NEGATIVE] + [[deployment(1, value)] for value in NO_FLAG] + [
    [deployment(1, True, value)] for value in NEGATIVE if value is not None] + [
    [deployment(1, False, 2)], [deployment(1) | {"team": "a"}]]
NOT_NEGATIVE_OR_NONE = [value for value in NEGATIVE if value is not None]

ILLEGAL = [
    (critical_path, {"tasks_min": PIPELINE}, {"tasks_min": NO_TASKS}),
    (runner_queue, {"runners": 1, "runs_per_h": 0, "run_min": 1},
     {"runners": NO_COUNT_FROM_1 + [10**9 + 1], "runs_per_h": NEGATIVE, "run_min": NOT_POSITIVE}),
    (build_pass, {"flake_p": 1, "tests": 0, "retries": 0, "correlated_share": 1},
     {"flake_p": NO_FRACTION, "tests": NO_COUNT, "retries": NO_COUNT, "correlated_share": NO_FRACTION}),
    (residual_flake, {"flake_p": 0, "retries": 0}, {"flake_p": NO_FRACTION, "retries": NO_COUNT, "correlated_share": NO_FRACTION}),
    (implied_correlation, {"flake_before": 0.5, "flake_after": 0},
     {"flake_before": NO_OPEN_FRACTION, "flake_after": NO_FRACTION}),
    (max_flake, {"target_build_pass": 0.5, "tests": 1},
     {"target_build_pass": NO_OPEN_FRACTION, "tests": NO_COUNT_FROM_1, "retries": NO_COUNT}),
    (runs_per_build, {"flake_p": 0}, {"flake_p": NO_FRACTION, "retries": NO_COUNT}),
    (dora_metrics, {"days": 1, "deployments": []}, {"days": NOT_POSITIVE, "deployments": NO_DEPLOYMENTS}),
    (tiers_2024, {}, dict.fromkeys(["lead_h", "deploys_per_day", "recovery_h"], NOT_NEGATIVE_OR_NONE)),
    (dora_clusters_2024, {}, {}),
]


@pytest.mark.parametrize("function, right, name, values", rows(ILLEGAL))
def test_illegal_values_are_refused_by_name(function, right, name, values):
    check_refused(function, right, name, values)


def test_every_parameter_has_illegal_values():
    check_all_covered(model, ILLEGAL)


def test_results_are_frozen():
    check_frozen(ILLEGAL)
