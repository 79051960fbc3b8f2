"""How jobs and their results look in a terminal."""

from collections.abc import Iterator, Mapping, Sequence

from qpo.optimizer.v1.optimization_pb2 import DataQuality, Draws, JobState, Optimization, OptimizationResult, Sampler
from qpo.optimizer.v1.optimizer_service_pb2 import ListOptimizationsResponse, ReplayRunResponse
from qpo.types.v1.mandate_pb2 import Objective
from rich.console import Group, RenderableType
from rich.text import Text

from clients.cli.invest import bought
from clients.cli.output import card, day, grid, moment, percent, word
from clients.cli.plots.bars import bar
from clients.cli.prices_tables import next_page
from clients.cli.trades_table import cost, trades

Facts = Iterator[tuple[str, RenderableType]]
_NOTHING = 5e-7  # a weight that prints as 0.0000 %
_NAMED = 5  # so many assets are named, more are counted
_PHASES = ("prepare", "solve", "certify")
_STYLES = {
    JobState.JOB_STATE_SUCCEEDED: "green",
    JobState.JOB_STATE_FAILED: "red",
    JobState.JOB_STATE_CANCELLED: "yellow",
}


def result(it: OptimizationResult) -> RenderableType:
    """The weights, heaviest first, what they promise, and how they were found."""
    return Group(weights(it.weights), *trades(it), *bought(it), card([*_promised(it), *_moved(it), *_found(it)]))


def _promised(it: OptimizationResult) -> Facts:
    goal = word(Objective.Name(it.goal.objective or Objective.OBJECTIVE_SHARPE), "OBJECTIVE_")
    yield "goal", f"{goal}, risk-free rate {percent(it.goal.risk_free_rate)}"
    yield "expected return", f"{percent(it.expected_return)} per year"
    if it.HasField("return_interval"):
        yield "95 % of it", f"{percent(it.return_interval.lower)} … {percent(it.return_interval.upper)}"
    yield "volatility", f"{percent(it.volatility)} per year"
    if it.HasField("tracking_error"):
        yield "tracking error", f"{percent(it.tracking_error)} per year"
    if it.HasField("cvar"):
        yield "CVaR", f"{percent(it.cvar)} per session"
    yield "Sharpe ratio", f"{it.sharpe_ratio:.4f}"
    if it.HasField("confidence_interval"):
        yield "95 % interval", f"{it.confidence_interval.lower:.3f} … {it.confidence_interval.upper:.3f}"
    else:
        yield "95 % interval", f"– ({it.confidence_interval_absent_because})"


def _moved(it: OptimizationResult) -> Facts:
    yield "cash", percent(it.cash, 4)
    yield "turnover", percent(it.turnover, 4)
    if said := cost(it.cost):
        yield "cost", said


def _found(it: OptimizationResult) -> Facts:
    yield "estimated from", _window(it)
    if said := _doubts(it.quality):
        yield "beware", said
    yield "solved by", f"{it.engine}, {it.iterations} iterations, {it.elapsed_ms:.1f} ms, gap {it.gap:.1e}"
    if it.HasField("selection"):
        chosen = it.selection
        yield "chosen", f"{chosen.assets} assets, found by {chosen.found_by} among {chosen.nodes:,} nodes"
        if chosen.HasField("draws"):
            yield "drawn", _drawn(chosen.draws)
    if it.fallbacks:
        yield "tried before", "\n".join(it.fallbacks)
    if it.HasField("kkt"):
        kkt = it.kkt
        residuals = f"primal {kkt.primal:.1e}, dual {kkt.dual:.1e}, complementarity {kkt.complementarity:.1e}"
        yield "optimality", residuals
    if it.phases_ms:
        yield "time by phase", ", ".join(f"{phase} {it.phases_ms[phase]:.1f} ms" for phase in _phases(it.phases_ms))


def _drawn(draws: Draws) -> str:
    who, priced = word(Sampler.Name(draws.sampler), "SAMPLER_"), "" if draws.exact else ", by a quadratic model"
    said = f"{who}: {draws.distinct} different of {draws.shots} shots"
    said += f", {draws.held} of {len(draws.symbols)} assets: {draws.choices:,} choices{priced}"
    if draws.HasField("circuit"):
        run = draws.circuit
        said += f"\napproximation ratio {run.approximation_ratio:.4f}; the best choice at {run.best_probability:.2%},"
        said += f" {run.amplification:.1f} times as likely as without layers ({run.amplification_ceiling:.0f} at most)"
    return said


def _doubts(quality: DataQuality) -> str:
    lists = (
        ("short history", quality.short_histories),
        ("no price at the end", quality.stale),
        ("left out, can't be held", quality.dropped),
    )
    said = [f"{what}: {_some(symbols)}" for what, symbols in lists if symbols]
    if quality.psd_shift:
        said.append(f"{quality.psd_shift:.1e} added to Σ's diagonal")
    return "; ".join(said)


def _some(symbols: Sequence[str]) -> str:
    return ", ".join(symbols[:_NAMED]) + (f" and {len(symbols) - _NAMED} more" if len(symbols) > _NAMED else "")


def _phases(of: Mapping[str, float]) -> list[str]:
    """In the order in which they run; whatever is not known comes last."""
    return sorted(of, key=lambda phase: (_PHASES.index(phase) if phase in _PHASES else len(_PHASES), phase))


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
