import random
from collections import Counter

import pytest
from qpo.marketdata.v1.data_quality_service_pb2 import GetQualityReportResponse
from qpo.optimizer.v1.optimization_pb2 import OptimizationResult
from rich.console import Console

from clients.cli.demo import checks, feed
from clients.cli.demo.narrator import Narrator
from clients.cli.demo.prices import closes
from clients.cli.problem import Problem


def result(weight=0.5, **changes):
    given = {"weights": {"A": weight, "B": 0.5}, "expected_return": 0.1, "volatility": 0.2, "sharpe_ratio": 0.5}
    return OptimizationResult(**{**given, **changes})


def test_equal_answers_agree():
    assert checks.furthest(result(), result()) == 0


def test_answers_agree_to_a_billionth():
    assert checks.furthest(result(), result(weight=0.5 + 9e-10)) == pytest.approx(9e-10)


@pytest.mark.parametrize(
    "other",
    [
        result(weight=0.5 + 2e-9),
        result(weight=float("nan")),
        result(sharpe_ratio=0.5001),
        result(weights={"A": 1.0}),
        OptimizationResult(),
    ],
)
def test_answers_that_differ_are_a_problem(other):
    with pytest.raises(Problem):
        checks.furthest(result(), other)


def test_no_answers_at_all_do_not_agree():
    with pytest.raises(Problem):
        checks.furthest(OptimizationResult(), OptimizationResult())


def test_weights_that_sum_to_one_in_decimals_are_whole():
    assert checks.whole(["0.333333", "0.333333", "0.333333"], "0.000001") == 1


def test_a_millionth_too_little_is_not_whole():
    with pytest.raises(Problem, match=r"0\.999999"):
        checks.whole(["0.333333", "0.333333", "0.333333"], "0")


def test_a_process_that_lives_on_is_named():
    with pytest.raises(Problem, match="auth"):
        checks.gone({"auth": 7, "ml": 8}, [7, 9])


def test_the_real_prices_are_found_without_importing_their_package():
    found = closes()
    assert len(found.symbols) == 20
    assert "AAPL" in found.symbols
    assert "skfolio" in found.source


def test_a_step_that_fails_is_told_and_not_summed_up_as_done(capsys):
    narrator = Narrator(Console())
    with pytest.raises(Problem), narrator.step("Prices", "import"):
        raise Problem("no prices")
    assert "✗ after" in capsys.readouterr().out


# The feed


def right_records(count=500):
    return [feed.Record(f"S{place % 5}", place * 10**9, 100.0 + place, 1.0, 0) for place in range(count)]


def test_one_record_in_a_hundred_is_wrong_each_in_another_way_and_all_are_numbered():
    sent = feed.with_mistakes(right_records(2000), random.Random(3))
    assert sent.right == 2000
    assert sorted(sent.faults.values()) == [2] * 10
    for symbol in {record.symbol for record in sent.records}:
        numbers = [record.number for record in sent.records if record.symbol == symbol]
        assert sorted(set(numbers)) == list(range(1, max(numbers) + 1))
    assert len(sent.records) == 2020


def found(accepted, left_out=0, **faults):
    counts = [{"fault": f"RECORD_FAULT_{name}", "count": count} for name, count in faults.items()]
    return GetQualityReportResponse(total={"accepted": accepted, "left_out": left_out, "faults": counts})


def test_the_account_is_settled_only_to_the_record():
    sent = feed.Sent([], 10, Counter({"SPIKE": 2, "STALE": 1}))
    feed.settle(sent, found(10, SPIKE=2, STALE=1))
    for wrong in (found(9, SPIKE=2, STALE=1), found(10, SPIKE=1, STALE=2), found(10, 1, SPIKE=2, STALE=1), found(10)):
        with pytest.raises(Problem):
            feed.settle(sent, wrong)
