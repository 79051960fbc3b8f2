"""Which inner calls are made once more when their replica cannot be reached.

A method that its contract calls idempotent, once, and one hop of a chain only: a call that is itself a repeat – the
edge's, or of a service before us – repeats nothing further, so that the attempts of a chain add and never multiply.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import MethodOptions

from chassis import context
from chassis.status import gives_reason

# As Envoy counts attempts, at the edge and in sidecars.
ATTEMPT = "x-envoy-attempt-count"
_SECOND = ((ATTEMPT, "2"),)


def is_idempotent(path: str) -> bool:
    """Tells whether the contract calls the method at `path` (`/package.Service/Method`) idempotent."""
    try:
        method = descriptor_pool.Default().FindMethodByName(path[1:].replace("/", "."))
    except KeyError:
        return False
    level = method.GetOptions().idempotency_level
    return bool(level in (MethodOptions.NO_SIDE_EFFECTS, MethodOptions.IDEMPOTENT))


def repeating(call: Callable[..., Any]) -> Callable[..., Any]:
    """Returns `call`, a unary one, made once more if its replica could not be reached."""

    async def made(request: Any, *, metadata: Any = None, **rest: Any) -> Any:
        try:
            return await call(request, metadata=metadata, **rest)
        except grpc.aio.AioRpcError as error:
            if _is_repeat() or not _unreached(error):
                raise
        return await call(request, metadata=(*(metadata or ()), *_SECOND), **rest)

    return made


def _is_repeat() -> bool:
    """Tells whether the call that we work for is a repeat itself."""
    call = context.current()
    return call is not None and call.metadata.get(ATTEMPT, "1") != "1"


def _unreached(error: grpc.aio.AioRpcError) -> bool:
    """Tells a replica that cannot be reached, or drains, from one that says what it lacks itself."""
    if error.code() is not grpc.StatusCode.UNAVAILABLE:
        return False
    return not gives_reason(error)
