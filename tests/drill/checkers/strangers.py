"""I8: nobody is ever shown another user's portfolio."""

from __future__ import annotations

from collections.abc import Iterator

from tests.drill.history import Call, Record, Run, Violation


def no_strangers(run: Run) -> list[Violation]:
    """By the owner that the answer names, and by who asked for it to be made."""
    owners = {
        answer["portfolio"]["id"]: call.user
        for call in run.of("CreatePortfolio")
        for answer in call.answers
        if "portfolio" in answer
    }
    texts = [
        f"{call.name} was shown portfolio {view['id']} of another user"
        for call in run.calls
        for view in _shown(call)
        if view["user"] != call.user or owners.get(view["id"], call.user) != call.user
    ]
    return [Violation("I8", text) for text in texts]


def _shown(call: Call) -> Iterator[Record]:
    for answer in call.answers:
        if "portfolio" in answer:
            yield answer["portfolio"]
        yield from answer.get("portfolios", ())
