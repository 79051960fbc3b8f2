"""Channels to peers: the caller's token, the time that is left and the trace go along with every inner call.

A channel reaches all replicas of its peer in turn, those that cannot be reached left out. Where certificates say who is
who, the peer must prove its name, and a channel that was opened with a certificate since replaced gives way to another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import grpc
from opentelemetry import trace

from chassis import context, telemetry
from chassis.identity import Peer, Watch
from chassis.repeats import is_idempotent, repeating
from chassis.span import LightSpan
from chassis.targets import is_several, target
from chassis.transport import channel_options

_DEFAULT = 10.0  # seconds for an inner call that nothing else limits
_LOOK = 1.0  # seconds between two looks whether the certificate was replaced
_LAST = 300.0  # seconds that calls in flight have to end on a channel that gave way to another
_finishing: set[asyncio.Task[None]] = set()


def open_channel(addresses: str, peer: Peer | None = None, *, default_deadline: float = _DEFAULT) -> Channel:
    """Opens a channel to a peer, connecting when first used.

    `addresses` is `host:port` or `unix:path`, or several `host:port` separated by commas, one per replica. `peer` is
    who must answer there; None: whoever does, in clear text. Give the channel to a generated stub. Close it with
    `await channel.close()`.
    """
    return Channel(Plain(addresses) if peer is None else Proven(addresses, peer), default_deadline)


class Plain:
    """The way to a peer in clear text: one channel."""

    def __init__(self, addresses: str) -> None:
        self.channel = grpc.aio.insecure_channel(target(addresses), options=channel_options(is_several(addresses)))

    def newest(self) -> Any:
        """Returns the channel that calls are to be made on now."""
        return self.channel

    async def close(self, grace: float | None) -> None:
        """Closes the channel; calls in flight have `grace` seconds to end."""
        await self.channel.close(grace)


class Proven:
    """The way to a peer that proves its name, and is proven ours: another channel whenever our certificate is another.

    A channel keeps the certificate that it was opened with, for every connection that it ever makes.
    """

    def __init__(self, addresses: str, peer: Peer) -> None:
        self._target, self._peer, self._several = target(addresses), peer, is_several(addresses)
        self._watch = Watch(peer.identity.file, _LOOK)
        self._leaving: set[asyncio.Task[None]] = set()
        self.channel = self._opened()

    def newest(self) -> Any:
        """Returns the channel that calls are to be made on now; the one before ends when its calls have."""
        if self._watch.replaced():
            before, self.channel = self.channel, self._opened()
            leaving = asyncio.ensure_future(before.close(_LAST))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
        return self.channel

    async def close(self, grace: float | None) -> None:
        """Closes the channel; calls in flight have `grace` seconds to end."""
        for leaving in self._leaving:
            leaving.cancel()
        await self.channel.close(grace)

    def _opened(self) -> Any:
        options = [*channel_options(self._several), ("grpc.ssl_target_name_override", self._peer.host)]
        return grpc.aio.secure_channel(self._target, self._peer.identity.channel_credentials(), options)


class Channel(grpc.aio.Channel):  # type: ignore[misc]
    """A grpc.aio channel whose calls carry the present call's context.

    It wraps the channel rather than using interceptors, each of which adds a task per call.
    """

    def __init__(self, way: Plain | Proven, default_deadline: float) -> None:
        self._way = way
        self._default = default_deadline

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Returns the callable of a unary method; an idempotent one is made again if its replica is unreachable."""
        call = self._carried(method, lambda channel: channel.unary_unary(method, *args, **kwargs))
        return repeating(call) if is_idempotent(method) else call

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Returns the callable of a method that answers with a stream."""
        return self._carried(method, lambda channel: channel.unary_stream(method, *args, **kwargs))

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Returns the callable of a method that is sent a stream."""
        return self._carried(method, lambda channel: channel.stream_unary(method, *args, **kwargs))

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Returns the callable of a method with streams both ways."""
        return self._carried(method, lambda channel: channel.stream_stream(method, *args, **kwargs))

    async def close(self, grace: float | None = None) -> None:
        """Closes the channel; calls in flight have `grace` seconds to end."""
        await self._way.close(grace)

    def get_state(self, try_to_connect: bool = False) -> Any:
        """Returns the connection's state."""
        return self._way.channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: Any) -> None:
        """Returns once the state is another than `last_observed_state`."""
        await self._way.channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Returns once the channel is connected."""
        await self._way.channel.channel_ready()

    async def __aenter__(self) -> Channel:
        return self

    async def __aexit__(self, *_raised: Any) -> None:
        await self.close()

    def _carried(self, path: str, made_on: Callable[[Any], Callable[..., Any]]) -> Callable[..., Any]:
        limit = None if path.rpartition("/")[2].startswith("Subscribe") else self._default
        channel = self._way.newest()
        inner = made_on(channel)

        def call(request: Any = None, *, timeout: float | None = None, metadata: Any = None, **rest: Any) -> Any:
            nonlocal channel, inner
            if (newest := self._way.newest()) is not channel:
                channel, inner = newest, made_on(newest)
            span = _span(path)
            headers = (*(metadata or ()), *_headers(span))
            first = () if request is None else (request,)
            made = inner(*first, timeout=_shortest(timeout, limit), metadata=headers, **rest)
            if span is not None:
                _finish_with(made, span)
            return made

        return call


def _shortest(timeout: float | None, limit: float | None) -> float | None:
    """Returns what the caller of this call, or else the default, allows – never more than what is left."""
    wanted = limit if timeout is None else timeout
    left = context.deadline_remaining()
    known = [seconds for seconds in (wanted, left) if seconds is not None]
    return min(known) if known else None


def _headers(span: trace.Span | None) -> Sequence[tuple[str, str]]:
    headers = {**telemetry.outgoing(span), context.INNER: "1"}
    token = context.access_token()
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    return tuple(headers.items())


def _span(path: str) -> trace.Span | None:
    """Starts a client span below the present one; none where nothing is recorded."""
    present = trace.get_current_span()
    if not isinstance(present, LightSpan) or not present.is_recording():
        return None
    return present.child(path[1:], trace.SpanKind.CLIENT, telemetry.rpc_attributes(path))


def _finish_with(made: Any, span: trace.Span) -> None:
    task = asyncio.ensure_future(_finish(made, span))
    _finishing.add(task)
    task.add_done_callback(_finishing.discard)


async def _finish(made: Any, span: trace.Span) -> None:
    code = await made.code()
    telemetry.finish(span, code.name)
