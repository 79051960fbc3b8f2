"""A workload to stand behind a sidecar: answers any gRPC method, says who it is, and fails when the call tells it to.

`python -m tests.istio.workload PORT METRICS_PORT NAME`. Of a call's metadata it reads `x-key`, by which tries of one
call are told from others; `x-fail: 2`, that its first two tries by this key fail with UNAVAILABLE; `x-slow: 300`, that
it answers so many milliseconds later; `x-at: NAME`, that both are told to the workload of this name alone; and
`x-fail-at: NAME`, that the workload of this name fails all. The answer's metadata says `x-name` and `x-tries`, how
often the key was seen. At its other port it tells metrics as services do.
"""

import asyncio
import collections
import sys
import time
from typing import Any

import grpc

from chassis.metrics import Metrics, MetricsEndpoint


class Workload(grpc.GenericRpcHandler):
    def __init__(self, name: str, metrics: Metrics) -> None:
        self._name, self._metrics = name, metrics
        self._tries: collections.Counter[str] = collections.Counter()

    def service(self, call: Any) -> Any:
        async def answer(request: bytes, context: Any) -> bytes:
            began, code = time.monotonic(), grpc.StatusCode.OK
            try:
                return await self._answer(context)
            except grpc.aio.AbortError:
                code = grpc.StatusCode.UNAVAILABLE
                raise
            finally:
                self._metrics.count("unary", call.method, code.name)
                self._metrics.observe(call.method, time.monotonic() - began)

        return grpc.unary_unary_rpc_method_handler(answer)

    async def _answer(self, context: Any) -> bytes:
        told = dict(context.invocation_metadata())
        key = told.get("x-key", "")
        self._tries[key] += 1
        is_meant = told.get("x-at", self._name) == self._name
        if is_meant:
            await asyncio.sleep(int(told.get("x-slow", "0")) / 1000)
        # An answer that has begun is not repeated: so a failure says nothing first.
        if (is_meant and self._tries[key] <= int(told.get("x-fail", "0"))) or told.get("x-fail-at") == self._name:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "as the call asks")
        await context.send_initial_metadata((("x-name", self._name), ("x-tries", str(self._tries[key]))))
        return b""


async def main(port: int, metrics_port: int, name: str) -> None:
    metrics = Metrics()
    MetricsEndpoint(metrics.registry, "127.0.0.1", metrics_port)
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Workload(name, metrics),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
