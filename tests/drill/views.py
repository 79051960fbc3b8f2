"""A portfolio as the checkers see it, the same whether a caller was answered, a row is stored or an event tells it."""

from __future__ import annotations

import hashlib
from typing import Any

from google.protobuf.message import Message
from qpo.optimizer.v1 import optimization_pb2
from qpo.portfolio.v1 import portfolio_pb2


def portfolio_view(portfolio: portfolio_pb2.Portfolio) -> dict[str, Any]:
    """What can be compared: numbers as text, holdings as symbol → [quantity, weight, value]; `whole` stands for all."""
    return {
        "id": portfolio.id,
        "user": portfolio.user_id,
        "version": int(portfolio.etag or 0),
        "name": portfolio.name,
        "cash": portfolio.cash.value,
        "cash_weight": portfolio.cash_weight.value,
        "holdings": {h.symbol: [h.quantity.value, h.weight.value, h.value.value] for h in portfolio.holdings},
        "whole": hashlib.sha256(portfolio.SerializeToString(deterministic=True)).hexdigest()[:16],
    }


def job_view(job: optimization_pb2.Optimization) -> dict[str, Any]:
    """A job's id, state, attempts, and when it ended, empty before."""
    state = optimization_pb2.JobState.Name(job.state).removeprefix("JOB_STATE_").lower()
    ended = job.finished_at.ToJsonString() if job.HasField("finished_at") else ""
    return {"id": job.job_id, "state": state, "attempts": job.attempts, "ended": ended}


def answer_view(method: str, answer: Message) -> dict[str, Any]:
    """What the checkers need of an answer."""
    fields: Any = answer
    if method == "ListPortfolios":
        return {"portfolios": [portfolio_view(each) for each in fields.portfolios]}
    if method == "ListHoldings":
        weights = [holding.weight.value for holding in fields.holdings]
        return {"weights": [*weights, fields.cash_weight.value], "nav": fields.nav.value}
    if "portfolio" in answer.DESCRIPTOR.fields_by_name:
        return {"portfolio": portfolio_view(fields.portfolio)}
    if "job" in answer.DESCRIPTOR.fields_by_name:
        return {"job": job_view(fields.job)}
    return {}
