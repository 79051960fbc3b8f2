"""I3: stored weights and the cash weight sum to exactly 1.000000, whenever anybody looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from tests.drill.history import Record, Run, Violation


def whole_weights(run: Run) -> list[Violation]:
    """In every answer, in every event and in the final rows. A portfolio without value has no weights."""
    texts: list[str] = []
    for call in run.calls:
        for answer in call.answers:
            texts += _sums(call.name, _weights_in(answer))
    texts += _sums("the stored row of a portfolio", map(_weights, run.table("portfolio.portfolios")))
    told = (event["portfolio"] for event in run.log.get("portfolio", ()) if event["portfolio"])
    texts += _sums("an event", map(_weights, told))
    return [Violation("I3", text) for text in texts]


def _sums(where: str, shown: Iterable[list[str]]) -> Iterator[str]:
    for weights in shown:
        total = sum(map(Decimal, weights), Decimal(0))
        if total != 1 or any(Decimal(weight).as_tuple().exponent != -6 for weight in weights):
            yield f"{where} shows weights {weights}, which sum to {total}"


def _weights_in(answer: Record) -> Iterator[list[str]]:
    if "portfolio" in answer:
        yield _weights(answer["portfolio"])
    if "weights" in answer and Decimal(answer["nav"]) > 0:
        yield answer["weights"]


def _weights(view: Record) -> list[str]:
    return [*(weight for _, weight, _ in view["holdings"].values()), view["cash_weight"]]
