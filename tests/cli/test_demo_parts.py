import pytest
from qpo.optimizer.v1.optimization_pb2 import OptimizationResult
from rich.console import Console

from clients.cli.demo import checks
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
