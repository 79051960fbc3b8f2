"""The messages whose bytes every language must agree on: `python -m tests.interop.golden_messages` writes golden/.

Of each there is its binary form as Python writes it deterministically, and its JSON. They were chosen for what
languages do differently: order of maps, signs of zero, numbers that no double next to them prints like, presence,
packed numbers at the ends of their range, text beyond the first plane, details of errors, fields of a later contract.
What no order or payload is promised for stands alone, in `maps` and `nan`.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from pathlib import Path

from google.protobuf import any_pb2, duration_pb2, field_mask_pb2, timestamp_pb2
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from google.type import date_pb2
from qpo.marketdata.v1 import marketdata_service_pb2 as marketdata
from qpo.marketdata.v1 import prices_pb2 as prices
from qpo.optimizer.v1 import optimization_pb2 as optimization
from qpo.optimizer.v1 import optimizer_service_pb2 as optimizer
from qpo.portfolio.v1 import portfolio_pb2 as portfolio
from qpo.portfolio.v1 import portfolio_service_pb2 as portfolios
from qpo.types.v1 import decimal_pb2, mandate_pb2, matrix_pb2, moments_pb2

FOLDER = Path(__file__).with_name("golden")
# Field 9,999, of no contract so far: a varint and a string.
LATER = b"\xf8\xf0\x04\x2a" + b"\xfa\xf0\x04\x05later"
TEXT = "Émigré 投資 🚀"


def infeasible() -> status_pb2.Status:
    """A refusal with four details."""
    told = status_pb2.Status(code=9, message="no weights satisfy the constraints")
    # One entry: what JSON says of an Any is packed in any order.
    metadata = {"mend": "any one of them"}
    conflict = error_details_pb2.PreconditionFailure.Violation(
        type="BUDGET_MIN", subject="constraints.min_budget", description="lower it to 0.4"
    )
    for detail in (
        error_details_pb2.ErrorInfo(reason="INFEASIBLE", domain="optimizer.qpo", metadata=metadata),
        error_details_pb2.PreconditionFailure(violations=[conflict]),
        error_details_pb2.BadRequest(field_violations=[{"field": "constraints", "description": TEXT}]),
        error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=1, nanos=500_000_000)),
    ):
        packed = any_pb2.Any()
        packed.Pack(detail, deterministic=True)
        told.details.append(packed)
    return told


def result() -> optimization.OptimizationResult:
    """Maps of many keys; doubles from one end to the other."""
    symbols = ["0700", "AAPL", "BRK.B", "BF-B", "A.X", "ZM", "MSFT", "3I", "É"]
    return optimization.OptimizationResult(
        job_id="01a2276f-f6c9-7436-9ea6-c3d2b2392539",
        weights={symbol: (place + 1) / 45 for place, symbol in enumerate(symbols)},
        expected_return=0.1 + 0.2,
        volatility=math.nextafter(0.2, 1),
        sharpe_ratio=1.4147,
        confidence_interval=optimization.Interval(lower=-1e-300, upper=math.ulp(0.0)),
        objective=1.7976931348623157e308,
        gap=2.1e-13,
        iterations=2**31 - 1,
        engine="dual_newton",
        start=date_pb2.Date(year=2019, month=12, day=31),
        trades=[{"symbol": "AAPL", "from": 1.0, "to": -0.5, "cost": {"commission": 1e-4}}],
        phases_ms={"solve": 1.5, "prepare": 0.25, "certify": 1 / 3},
        fallbacks=["a: did not converge", ""],
        run=optimization.RunRecord(versions={"numpy": "2.4", "scipy": "1.17", "QPO": TEXT}, seed=-1),
        # Set, and zero: not the same as absent.
        tracking_error=0.0,
        cvar=-0.0,
    )


def request() -> optimizer.OptimizeRequest:
    """Maps of numbers and of messages, of which one is empty; presence of zeros; the first of several oneofs."""
    bounds = {"XOM": mandate_pb2.WeightBounds(min=-0.1, max=0.3), "AAPL": mandate_pb2.WeightBounds()}
    return optimizer.OptimizeRequest(
        portfolio_id="01a2276f-f6c9-7436-9ea6-c3d2b2392539",
        goal=mandate_pb2.Goal(objective=mandate_pb2.OBJECTIVE_RISK_PARITY, min_return=0.0),
        constraints=mandate_pb2.Constraints(min_budget=0.0, bounds=bounds, groups=[{"name": TEXT, "max": 0.0}]),
        universe=["XOM", "AAPL"],
        current_weights={"XOM": 0.5, "AAPL": 0.0},
        stop=optimization.StopRule(gap_target=5e-324, time_budget_ms=600_000),
        validate_only=True,
        lots=optimization.Lots(portfolio_value=1e15, prices={"B": 2.0, "A": 1.0}, sizes={"B": 100, "A": 1}),
    )


def moments() -> moments_pb2.Moments:
    """Infinite numbers, both zeros, and packed bytes of every value."""
    numbers = [0.0, -0.0, math.inf, -math.inf, 1 / 3, 2.0**53 + 2, 5e-324]
    packed = bytes(range(256)) + struct.pack("<d", math.pi)
    loadings = matrix_pb2.Matrix(rows=33, cols=1, packed=packed)
    specific = matrix_pb2.Matrix(rows=7, cols=1, doubles=matrix_pb2.Doubles(values=numbers))
    factors = moments_pb2.FactorCovariance(loadings=loadings, specific_variances=specific)
    return moments_pb2.Moments(symbols=["AAPL", "XOM"], expected_returns=numbers, factors=factors)


def maps() -> optimizer.OptimizeRequest:
    """Keys of which one begins another, and keys that are whole numbers: no order of a map is promised to anyone."""
    return optimizer.OptimizeRequest(current_weights={"A": 0.1, "AAPL": 0.2, "10": 0.3, "9": 0.4, "": 0.5})


def nan() -> moments_pb2.Moments:
    """No number, whose bits JSON does not tell."""
    return moments_pb2.Moments(expected_returns=[math.nan])


def ticks() -> marketdata.SubscribeTicksResponse:
    """Times before 1970 and with every nanosecond."""
    early = timestamp_pb2.Timestamp(seconds=-62135596800)
    late = timestamp_pb2.Timestamp(seconds=253402300799, nanos=999_999_999)
    day = date_pb2.Date(year=2022, month=12, day=28)
    return marketdata.SubscribeTicksResponse(
        ticks=[
            prices.Tick(symbol="AAPL", price=126.04, session=day, occurred_at=late, seq=2.0**53 - 1),
            prices.Tick(symbol="XOM", price=0.01, occurred_at=early),
        ],
        cursor="c3Vic2NyaXB0aW9u",
        conflated=7,
    )


def records() -> marketdata.IngestTicksRequest:
    """64-bit numbers at both ends, packed; a oneof whose second member is set."""
    return marketdata.IngestTicksRequest(
        records=marketdata.TickRecords(
            symbol="AAPL", occurred_at=[2**63 - 1, -(2**63), 0], prices=[1.0, 1e-9], numbers=[2**53 + 1, -1]
        )
    )


def update() -> portfolios.UpdatePortfolioRequest:
    """A mask, money as text, and text of several planes."""
    mask = field_mask_pb2.FieldMask(paths=["name", "strategy.goal", "constraints.default_bounds"])
    changed = portfolio.Portfolio(
        name=TEXT, cash=decimal_pb2.Decimal(value="-12345678901234567890.12345678"), strategy=portfolio.Strategy()
    )
    return portfolios.UpdatePortfolioRequest(portfolio=changed, update_mask=mask)


def later() -> prices.Dataset:
    """A message as a later release would send it: with fields and a value of an enum that nobody knows yet."""
    known = prices.Dataset(name="closes", visibility=77, instruments=-1)  # type: ignore[arg-type]
    return prices.Dataset.FromString(known.SerializeToString(deterministic=True) + LATER)


def messages() -> Mapping[str, Message]:
    """All of them, by name."""
    return {
        "empty": optimizer.OptimizeResponse(),
        "infeasible": infeasible(),
        "later": later(),
        "maps": maps(),
        "moments": moments(),
        "nan": nan(),
        "records": records(),
        "request": request(),
        "result": result(),
        "ticks": ticks(),
        "update": update(),
    }


def write(folder: Path) -> None:
    """Write types.txt and of each message its two forms."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = [f"{name} {message.DESCRIPTOR.full_name}\n" for name, message in messages().items()]
    (folder / "types.txt").write_text("".join(kinds))
    for name, message in messages().items():
        (folder / f"{name}.binpb").write_bytes(message.SerializeToString(deterministic=True))
        text = json.dumps(MessageToDict(message), ensure_ascii=False, indent=2, sort_keys=True)
        (folder / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    write(FOLDER)
