"""How jobs and their results look in a terminal."""

from collections.abc import Mapping

from qpo.optimizer.v1.optimization_pb2 import JobState, Optimization, OptimizationResult
from qpo.optimizer.v1.optimizer_service_pb2 import ListOptimizationsResponse, ReplayRunResponse
from qpo.types.v1.mandate_pb2 import Objective
from rich.console import Group, RenderableType
from rich.text import Text

from clients.cli.output import card, day, grid, moment, percent, word
from clients.cli.plots.bars import bar
from clients.cli.prices_tables import next_page

_NOTHING = 5e-7  # a weight that prints as 0.0000 %
_STYLES = {
    JobState.JOB_STATE_SUCCEEDED: "green",
    JobState.JOB_STATE_FAILED: "red",
    JobState.JOB_STATE_CANCELLED: "yellow",
}


def result(it: OptimizationResult) -> RenderableType:
    """The weights, heaviest first, and what they promise."""
    goal = word(Objective.Name(it.goal.objective or Objective.OBJECTIVE_SHARPE), "OBJECTIVE_")
    if it.HasField("confidence_interval"):
        interval = f"{it.confidence_interval.lower:.3f} … {it.confidence_interval.upper:.3f}"
    else:
        interval = f"– ({it.confidence_interval_absent_because})"
    facts = card(
        [
            ("goal", f"{goal}, risk-free rate {percent(it.goal.risk_free_rate)}"),
            ("expected return", f"{percent(it.expected_return)} per year"),
            ("volatility", f"{percent(it.volatility)} per year"),
            ("Sharpe ratio", f"{it.sharpe_ratio:.4f}"),
            ("95 % interval", interval),
            ("cash", percent(it.cash, 4)),
            ("turnover", percent(it.turnover, 4)),
            ("estimated from", _window(it)),
            ("solved by", f"{it.engine}, {it.iterations} iterations, {it.elapsed_ms:.1f} ms, gap {it.gap:.1e}"),
        ]
    )
    return Group(weights(it.weights), facts)


def weights(of: Mapping[str, float]) -> RenderableType:
    """Weights with a bar each, heaviest first; those of nothing are counted, not drawn."""
    held = sorted(((w, s) for s, w in of.items() if abs(w) > _NOTHING), reverse=True)
    longest = max((abs(w) for w, _ in held), default=1.0)
    rows = [(s, percent(w, 4), bar(w, longest)) for w, s in held]
    idle = len(of) - len(held)
    return grid(("symbol", ">weight", ""), rows, note=f"{idle} of {len(of)} assets get nothing" if idle else "")


def job(it: Optimization) -> RenderableType:
    """One job."""
    facts: list[tuple[str, RenderableType]] = [
        ("job", it.job_id or "none: it was only checked"),
        ("state", _state(it)),
        ("portfolio", it.portfolio_id or "inline"),
        ("assets", str(it.assets)),
        ("submitted", moment(it.created_at)),
        ("ended", moment(it.finished_at)),
        ("attempts", str(it.attempts)),
    ]
    if it.HasField("error"):
        facts.append(("error", Text(it.error.message, "red")))
    return card(facts)


def jobs(page: ListOptimizationsResponse) -> RenderableType:
    """Jobs, one per row."""
    rows = [
        (it.job_id, _state(it), it.portfolio_id or "inline", str(it.assets), moment(it.created_at)) for it in page.jobs
    ]
    columns = ("job", "state", "portfolio", ">assets", "submitted")
    return grid(columns, rows, note=next_page(page.next_page_token))


def replayed(answer: ReplayRunResponse) -> RenderableType:
    """Whether another run found the same, and what computed it."""
    run = answer.result.run
    verdict = Text("identical to the byte", "green") if answer.identical else Text("not identical", "red")
    facts: list[tuple[str, RenderableType]] = [
        ("the answers are", verdict),
        ("result hash", answer.result_hash),
        ("of the job", answer.original_result_hash),
        ("input hash", answer.result.input_hash),
        ("data until", day(run.data_cutoff)),
        ("computed by", ", ".join(f"{name} {number}" for name, number in sorted(run.versions.items()))),
    ]
    rows = [(each,) for each in answer.differences]
    return Group(card(facts), grid(("what differs",), rows)) if rows else card(facts)


def _state(it: Optimization) -> Text:
    return Text(word(JobState.Name(it.state), "JOB_STATE_"), _STYLES.get(it.state, ""))


def _window(it: OptimizationResult) -> str:
    if not it.observations:
        return "moments that were sent along"
    return f"{it.observations:,} returns, {day(it.start)} … {day(it.end)}"
