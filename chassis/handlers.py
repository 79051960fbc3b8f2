"""grpc handlers built from the contract: bytes in, bytes out, so that a malformed body fails inside our door.

grpc decodes before any interceptor runs and answers UNKNOWN with Python text if it cannot.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc

from chassis.door import Door


def handler(door: Door, function: Callable[..., Any]) -> Any:
    """Returns the grpc handler that serves the door's method with `function` of a servicer."""
    method = door.method
    if method.server_streaming:
        serve = _streamed(door, function)
        build = (
            grpc.stream_stream_rpc_method_handler if method.client_streaming else grpc.unary_stream_rpc_method_handler
        )
        return build(serve)
    serve = _answered(door, function)
    build = grpc.stream_unary_rpc_method_handler if method.client_streaming else grpc.unary_unary_rpc_method_handler
    return build(serve)


def _answered(door: Door, function: Callable[..., Any]) -> Callable[..., Any]:
    """Serves a method that answers with one message."""

    async def serve(incoming: Any, transport: Any) -> Any:
        async def work() -> bytes:
            return _encoded(await function(_requests(door, incoming, transport)))

        return await door.passed(transport, work)

    return serve


def _streamed(door: Door, function: Callable[..., Any]) -> Callable[..., Any]:
    """Serves a method that answers with many messages; the generator is closed however the call ends."""

    async def serve(incoming: Any, transport: Any) -> Any:
        async def work() -> None:
            writing = _written(door, function(_requests(door, incoming, transport)), transport)
            # In a task of its own: of all that wait for the last message, grpc's part included, none is woken for each.
            await asyncio.create_task(writing)

        await door.passed(transport, work)

    return serve


async def _written(door: Door, messages: Any, transport: Any) -> None:
    started, first = time.perf_counter(), True
    try:
        async for message in messages:
            if first:
                door.observe_first(time.perf_counter() - started)
                first = False
            try:
                await transport.write(_encoded(message))  # and wait while the reader's window is full
            except Exception as error:
                # The reader is gone, and grpc's cancellation of this task is still on its way.
                raise asyncio.CancelledError("the caller went away") from error
    finally:
        close = getattr(messages, "aclose", None)
        if close is not None:
            await close()


def _requests(door: Door, incoming: Any, transport: Any) -> Any:
    """Returns the request, or for a client's stream an iterator over its requests."""
    return _decoded(door, incoming, transport) if door.method.client_streaming else door.decode(incoming)


async def _decoded(door: Door, bodies: AsyncIterator[bytes], transport: Any) -> AsyncIterator[Any]:
    """Yields a client's messages; ends only if the client closed its side, and is cancelled if it was cut off."""
    async for body in bodies:
        yield door.decode(body)
    if not door.method.server_streaming:
        await _still_there(transport)


async def _still_there(transport: Any) -> None:
    """Waits until grpc can no longer have news of a caller who went away.

    It tells the end of a stream that was cut off in the same words as one that was closed, and cancels the task a
    moment later: half an upload would be taken for the whole. An operation of our own completes after that news
    or fails. Headers have to be sent at some time anyhow.
    """
    try:
        await transport.send_initial_metadata(())
    except Exception as error:
        raise asyncio.CancelledError("the caller went away") from error


def _encoded(message: Any) -> bytes:
    """Serializes an answer; bytes (encoded once for many readers, or kept from before) pass as they are."""
    return message if isinstance(message, bytes) else message.SerializeToString()
