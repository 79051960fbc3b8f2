"""The optimizer over REST, as any HTTP client would call it."""

import time
from dataclasses import dataclass

import httpx
from google.protobuf.json_format import ParseDict
from google.rpc import error_details_pb2  # noqa: F401 - its types must be known before a refusal is read
from google.rpc.status_pb2 import Status
from qpo.optimizer.v1.optimization_pb2 import OptimizationResult

from clients.cli.problem import Problem
from clients.cli.refusal import from_status


@dataclass(frozen=True)
class Exchange:
    """A REST call that was answered."""

    line: str
    milliseconds: float
    result: OptimizationResult


def optimize(edge_url: str, token: str, portfolio_id: str, *, wait_ms: int = 20_000) -> Exchange:
    """POSTs an optimization and waits for its result inline. Raises Problem on a refusal or if it takes longer."""
    path = "/api/v1/optimize"
    headers = {"authorization": f"Bearer {token}"}
    # The demo's mesh is on this machine: a proxy of the environment does not lead there.
    with httpx.Client(base_url=edge_url, headers=headers, timeout=30, trust_env=False) as client:
        begun = time.perf_counter()
        answer = client.post(path, json={"portfolio_id": portfolio_id, "wait_ms": wait_ms})
        took = (time.perf_counter() - begun) * 1000
    body = answer.json()
    if answer.is_error:
        raise from_status(ParseDict(body, Status(), ignore_unknown_fields=True))
    if "error" in body.get("job", {}):
        raise from_status(ParseDict(body["job"]["error"], Status(), ignore_unknown_fields=True))
    if "result" not in body:
        raise Problem(f"the job has no result after {wait_ms} ms", reason=str(body.get("job", {}).get("state", "")))
    result = ParseDict(body["result"], OptimizationResult(), ignore_unknown_fields=True)
    return Exchange(f"POST {edge_url}{path} → {answer.status_code} {answer.reason_phrase}", took, result)
