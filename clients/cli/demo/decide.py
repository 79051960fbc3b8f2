"""Deciding: the optimum over REST and over gRPC, which must be one and the same, and the trades that lead there."""

from uuid import uuid4

from qpo.optimizer.v1.optimization_pb2 import OptimizationResult, Progress
from qpo.optimizer.v1.optimizer_service_pb2 import OptimizeRequest
from qpo.portfolio.v1.portfolio_service_pb2 import GetPortfolioRequest, RebalancePortfolioRequest

from clients.cli import optimize_tables, portfolio_tables
from clients.cli.demo import checks, rest
from clients.cli.demo.tour import Tour
from clients.cli.output import day, money, percent
from clients.cli.watch import watch_job

_TRAIL = 5


def optimize(tour: Tour) -> None:
    """Optimizes the portfolio twice, over REST and over gRPC; the answers agree to 1e-9."""
    with tour.narrator.step("Optimize by REST", "one POST through Envoy, the result inline") as step:
        token = tour.login.access_token(tour.edge)
        exchange = rest.optimize(tour.url, token, tour.portfolio_id)
        tour.over_rest = exchange.result
        tour.narrator.say(f"{exchange.line} in {exchange.milliseconds:.0f} ms")
        tour.narrator.say(optimize_tables.result(exchange.result))
        step.outcome = f"Sharpe {exchange.result.sharpe_ratio:.4f}, solved in {exchange.result.elapsed_ms:.1f} ms"
    with tour.narrator.step("Optimize by gRPC", "a job whose progress is streamed") as step:
        trail: list[Progress] = []
        request = OptimizeRequest(portfolio_id=tour.portfolio_id, request_id=str(uuid4()))
        job_id = tour.edge.optimizer.Optimize(request).job_id
        result = watch_job(tour.edge, job_id, trail.append).result
        _tell(tour, [*trail, _end(result)])
        worst = checks.furthest(tour.over_rest, result)
        tour.narrator.say(f"REST and gRPC agree: the greatest difference is {worst:.1e}")
        step.outcome = f"gap {result.gap:.1e}, same answer to {worst:.1e}"


def rebalance(tour: Tour) -> None:
    """Buys the optimum and checks, in exact decimals, that what is stored is whole."""
    with tour.narrator.step("Rebalance", "buy the optimum at the last closes, in one transaction") as step:
        request = RebalancePortfolioRequest(portfolio_id=tour.portfolio_id, request_id=str(uuid4()))
        done = tour.edge.portfolios.RebalancePortfolio(request)
        stored = tour.edge.portfolios.GetPortfolio(GetPortfolioRequest(portfolio_id=tour.portfolio_id)).portfolio
        tour.narrator.say(portfolio_tables.holdings(stored.holdings))
        total = checks.whole((held.weight.value for held in stored.holdings), stored.cash_weight.value)
        cash = money(stored.cash.value, stored.base_currency)
        tour.narrator.say(f"cash {cash} ({stored.cash_weight.value}); stored weights and cash sum to exactly {total}")
        promise = f"{percent(done.expected_return)} ± {percent(done.volatility)} per year expected"
        step.outcome = f"{len(done.trades)} trades at the closes of {day(done.price_date)}, {promise}"


def _end(result: OptimizationResult) -> Progress:
    return Progress(
        iteration=result.iterations,
        objective=result.objective,
        bound=result.bound,
        gap=result.gap,
        elapsed_ms=result.elapsed_ms,
    )


def _tell(tour: Tour, trail: list[Progress]) -> None:
    """A few of the steps, the last among them: the live bar that showed them is gone by now."""
    steps = list({step.iteration: step for step in trail}.values())
    stride = max(1, len(steps) // _TRAIL)
    for step in [*steps[:-1:stride], *steps[-1:]]:
        tour.narrator.say(
            f"iteration {step.iteration:>3}  objective {step.objective:.8f}  bound {step.bound:.8f}  gap {step.gap:.1e}"
        )
