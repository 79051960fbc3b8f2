"""How the reasons for weights look in a terminal."""

from qpo.optimizer.v1.explanation_pb2 import AssetExplanation, Explanation, RiskShare, WeightPlace
from qpo.optimizer.v1.optimizer_service_pb2 import ExplainResponse
from rich.console import Group, RenderableType

from clients.cli.optimize_tables import result
from clients.cli.output import card, grid, percent, word
from clients.cli.plots.bars import bar

_NOTHING = 5e-7  # a weight that prints as 0.0000 %


def explained(answer: ExplainResponse) -> RenderableType:
    """The weights and what they promise; then what limits cost, where each asset sits, who carries the risk."""
    why = answer.explanation
    parts = [result(answer.result), _prices(why), _assets(why)]
    if why.groups:
        parts.append(_groups(why))
    if why.factors:
        parts.append(_factors(why))
    return Group(*parts, _concentration(why))


def _prices(why: Explanation) -> RenderableType:
    rows = [(price.sentence, f"{price.limit:.6g}", f"{price.price:.4g}") for price in why.shadow_prices]
    note = "" if rows else "no limit presses"
    return grid(("what it is worth", ">limit", ">price"), rows, title="Limits that press, dearest first", note=note)


def _assets(why: Explanation) -> RenderableType:
    """Those held, by their part of the risk; then those not held, the nearest to being held first."""
    held = sorted((it for it in why.assets if abs(it.weight) > _NOTHING), key=lambda it: -it.risk.total)
    idle = sorted((it for it in why.assets if abs(it.weight) <= _NOTHING), key=_to_hold)
    longest = max((abs(it.risk.share) for it in held), default=1.0)
    rows = [
        (
            it.symbol,
            percent(it.weight, 4),
            percent(it.risk.share),
            bar(it.risk.share, longest, 12),
            _place(it),
            percent(it.return_to_hold) if it.HasField("return_to_hold") else "–",
        )
        for it in (*held, *idle)
    ]
    columns = ("symbol", ">weight", ">of the risk", "", "where it sits", ">lacks return")
    note = "lacks return: by how much more a year it would have to be expected to earn before more of it is held"
    return grid(columns, rows, title="Assets", note=note)


def _to_hold(it: AssetExplanation) -> float:
    return it.return_to_hold if it.HasField("return_to_hold") else float("inf")


def _place(it: AssetExplanation) -> str:
    return word(WeightPlace.Name(it.place), "WEIGHT_PLACE_").replace("-", " ")


def _groups(why: Explanation) -> RenderableType:
    rows = [(it.name, percent(it.weight, 4), percent(it.risk.share)) for it in why.groups]
    return grid(("group", ">weight", ">of the risk"), rows)


def _factors(why: Explanation) -> RenderableType:
    rows = [(str(it.factor), f"{it.exposure:.4f}", _part(it.risk)) for it in why.factors]
    return grid(("factor", ">exposure", ">of the risk"), [*rows, ("specific", "", _part(why.specific))])


def _part(of: RiskShare) -> str:
    return percent(of.share)


def _concentration(why: Explanation) -> RenderableType:
    ratio = f"{why.diversification_ratio:.4f}" if why.HasField("diversification_ratio") else "–"
    return card([("diversification ratio", ratio), ("effective bets", f"{why.effective_bets:.2f}")])
