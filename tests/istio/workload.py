"""A workload to stand behind a sidecar: answers any gRPC method, says who it is, and fails when the call tells it to.

`python -m tests.istio.workload PORT NAME`. Of a call's metadata it reads `x-key`, by which tries of one call are told
from others; `x-fail: 2`, that its first two tries by this key fail with UNAVAILABLE; and `x-fail-at: NAME`, that the
workload of this name fails all. The answer's metadata says `x-name` and `x-tries`, how often the key was seen.
"""

import asyncio
import collections
import sys
from typing import Any

import grpc


class Workload(grpc.GenericRpcHandler):
    def __init__(self, name: str) -> None:
        self._name = name
        self._tries: collections.Counter[str] = collections.Counter()

    def service(self, call: Any) -> Any:
        return grpc.unary_unary_rpc_method_handler(self._answer)

    async def _answer(self, request: bytes, context: Any) -> bytes:
        told = dict(context.invocation_metadata())
        key = told.get("x-key", "")
        self._tries[key] += 1
        # An answer that has begun is not repeated: so a failure says nothing first.
        if self._tries[key] <= int(told.get("x-fail", "0")) or told.get("x-fail-at") == self._name:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "as the call asks")
        await context.send_initial_metadata((("x-name", self._name), ("x-tries", str(self._tries[key]))))
        return b""


async def main(port: int, name: str) -> None:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Workload(name),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
