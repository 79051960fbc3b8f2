"""An OTLP collector that forgets: takes spans over gRPC as a real one does, so that exporting them costs what it costs.

Run as `python -m benchmarks.sink PORT`.
"""

from __future__ import annotations

import sys
from concurrent import futures

import grpc

_METHOD = "opentelemetry.proto.collector.trace.v1.TraceService"


def main() -> None:
    """Serves until it is killed."""
    server = grpc.server(futures.ThreadPoolExecutor(1))
    taken = grpc.unary_unary_rpc_method_handler(lambda _request, _context: b"")
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_METHOD, {"Export": taken}),))
    server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}")
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
