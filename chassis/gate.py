"""Who calls, asked before the services of libraries: health, reflection and channelz have no door of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from typing import Any

import grpc

from chassis.callers import Callers
from chassis.errors import CallerRefused


class Gate(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Refuses what a caller's certificate is not for; leaves alone the services that have doors."""

    def __init__(self, callers: Callers, with_doors: Sequence[str]) -> None:
        self._callers = callers
        self._with_doors = frozenset(with_doors)

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        """Returns the handler of a call, behind this gate if it needs one."""
        handler = await continuation(details)
        if handler is None or details.method[1:].partition("/")[0] in self._with_doors:
            return handler
        return self._guarded(details.method, handler)

    def _guarded(self, path: str, handler: Any) -> Any:
        coders = handler.request_deserializer, handler.response_serializer
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(self._answered(path, handler.unary_unary), *coders)
        if handler.unary_stream:
            return grpc.unary_stream_rpc_method_handler(self._streamed(path, handler.unary_stream), *coders)
        return grpc.stream_stream_rpc_method_handler(self._streamed(path, handler.stream_stream), *coders)

    def _answered(self, path: str, serve: Callable[..., Any]) -> Callable[..., Any]:
        async def answer(request: Any, transport: Any) -> Any:
            await self._admit(path, transport)
            return await serve(request, transport)

        return answer

    def _streamed(self, path: str, serve: Callable[..., Any]) -> Callable[..., Any]:
        async def stream(request: Any, transport: Any) -> AsyncIterator[Any]:
            await self._admit(path, transport)
            async with aclosing(serve(request, transport)) as messages:
                async for message in messages:
                    yield message

        return stream

    async def _admit(self, path: str, transport: Any) -> None:
        try:
            self._callers.admit(path, transport)
        except CallerRefused as refused:
            await transport.abort(grpc.StatusCode.PERMISSION_DENIED, str(refused))
