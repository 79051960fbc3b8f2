"""QPO from Python, by its client package: `python interop/python walk < task.json`, `… golden IN OUT`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
from google.protobuf import json_format, symbol_database
from google.rpc import error_details_pb2, status_pb2  # noqa: F401 - found by name in `golden`
from qpo.marketdata.v1.marketdata_service_pb2 import StartReplayRequest, StopReplayRequest, SubscribeTicksRequest
from qpo.optimizer.v1.optimization_pb2 import JobState, StopRule
from qpo.optimizer.v1.optimizer_service_pb2 import DatasetUniverse, MomentsSource, OptimizeRequest, SolveRequest
from qpo.portfolio.v1.portfolio_pb2 import Strategy
from qpo.portfolio.v1.portfolio_service_pb2 import CreatePortfolioRequest
from qpo.types.v1.decimal_pb2 import Decimal
from qpo.types.v1.mandate_pb2 import OBJECTIVE_SHARPE, Constraints, Goal, WeightBounds
from qpo_client import Client, Refusal


def walk(task: Mapping[str, Any]) -> dict[str, Any]:
    """The main job once: account, prices, portfolio, optimum, ticks, and two refusals."""
    with Client(f"http://{task['edge']}") as qpo:
        qpo.register(task["email"], task["password"])
        qpo.log_in(task["email"], task["password"])
        bars = qpo.import_prices(task["dataset"], task["prices"]).bars_stored
        portfolio_id, portfolio = create_portfolio(qpo, task)
        return {
            "language": "python",
            "email": task["email"],
            "bars": bars,
            "portfolio": portfolio,
            **optimize(qpo, portfolio_id),
            "ticks": read_ticks(qpo, task),
            "infeasible": be_infeasible(qpo, task),
            "refused": be_refused(qpo),
        }


def create_portfolio(qpo: Client, task: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Its id, and how it is seen."""
    request = CreatePortfolioRequest(
        name="Émigré 投資 🚀",
        initial_cash=Decimal(value="100000.00"),
        strategy=Strategy(
            dataset=task["dataset"],
            universe=task["symbols"],
            goal=Goal(objective=OBJECTIVE_SHARPE, risk_free_rate=0.01),
        ),
        constraints=Constraints(default_bounds=WeightBounds(max=0.4)),
        request_id=str(uuid4()),
    )
    made, again = (qpo.portfolios.CreatePortfolio(request).portfolio for _ in range(2))
    return made.id, {"name": made.name, "cash": made.cash.value, "repeated": again.id == made.id}


def optimize(qpo: Client, portfolio_id: str) -> dict[str, Any]:
    """How the job was seen to end, and its result."""
    job = qpo.optimizer.Optimize(OptimizeRequest(portfolio_id=portfolio_id, stop=StopRule(time_budget_ms=60_000)))
    told: list[str] = []
    found = qpo.wait(job.job_id, timeout=60, on_progress=lambda step: told.append(JobState.Name(step.state)))
    numbers = ("sharpe_ratio", "expected_return", "volatility", "gap", "input_hash")
    return {
        "watched": {"messages": len(told), "state": told[-1]},
        "optimum": {
            **{name: getattr(found, name) for name in numbers},
            "weights": dict(found.weights),
            "result_hash": found.run.result_hash,
        },
    }


def read_ticks(qpo: Client, task: Mapping[str, Any]) -> dict[str, Any]:
    """Two deltas, the second on another subscription behind the cursor of the first."""
    replay = qpo.marketdata.StartReplay(StartReplayRequest(dataset=task["dataset"], speed=50)).replay
    request = SubscribeTicksRequest(dataset=task["dataset"], symbols=task["symbols"])
    snapshots, ticks = [], []
    for _ in range(2):
        following = qpo.follow(qpo.marketdata.SubscribeTicks, request)
        for message in following:
            if message.ticks:
                snapshots.append(message.snapshot)
            if message.ticks and not message.snapshot:
                break
        following.close()
        request.cursor = message.cursor
        ticks += [{"symbol": tick.symbol, "session": _iso(tick.session), "price": tick.price} for tick in message.ticks]
    qpo.marketdata.StopReplay(StopReplayRequest(replay_id=replay.id))
    return {"snapshots": snapshots, "ticks": ticks}


def _iso(day: Any) -> str:
    return f"{day.year:04}-{day.month:02}-{day.day:02}"


def be_infeasible(qpo: Client, task: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of a problem without a solution: four assets of at most a tenth each."""
    universe = DatasetUniverse(dataset=task["dataset"], symbols=task["symbols"])
    constraints = Constraints(default_bounds=WeightBounds(max=0.1))
    try:
        qpo.optimizer.Solve(SolveRequest(source=MomentsSource(universe=universe), constraints=constraints))
    except grpc.RpcError as error:
        told = Refusal.of(error)
    return {
        "code": told.code.value[0],
        "reason": told.reason,
        "domain": told.domain,
        "mend": told.metadata["mend"],
        "conflicts": [vars(conflict) for conflict in told.conflicts],
    }


def be_refused(qpo: Client) -> dict[str, Any]:
    """What is told of a request that breaks two rules of the contract."""
    try:
        qpo.portfolios.CreatePortfolio(CreatePortfolioRequest(base_currency="EUR"))
    except grpc.RpcError as error:
        told = Refusal.of(error)
    return {"code": told.code.value[0], "reason": told.reason, "fields": list(told.fields)}


def golden(into: Path, out: Path) -> None:
    """Reads each golden message from bytes and from JSON, and writes what Python makes of it."""
    for line in (into / "types.txt").read_text().splitlines():
        name, kind = line.split()
        known = symbol_database.Default().GetSymbol(kind)
        message = known.FromString((into / f"{name}.binpb").read_bytes())
        (out / f"{name}.binpb").write_bytes(message.SerializeToString(deterministic=True))
        (out / f"{name}.json").write_text(json_format.MessageToJson(message))
        told = json_format.Parse((into / f"{name}.json").read_text(), known())
        (out / f"{name}.from-json.binpb").write_bytes(told.SerializeToString(deterministic=True))


def main(arguments: list[str]) -> None:
    """Run from the command line."""
    match arguments:
        case ["walk"]:
            print(json.dumps(walk(json.load(sys.stdin))))
        case ["golden", into, out]:
            golden(Path(into), Path(out))
        case _:
            sys.exit("say `walk < task.json` or `golden IN OUT`")


if __name__ == "__main__":
    main(sys.argv[1:])
