"""grpc.health.v1: whether this server, and each of its services, takes calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


class Health:
    """Answers Check, List and Watch; the name "" stands for the whole server.

    The library's own servicer keeps a Watch open until the server is gone, which would last until the grace is used up;
    this one tells NOT_SERVING, and ends when the last call has.
    """

    def __init__(self, services: Iterable[str]) -> None:
        self._names = frozenset({"", *services})
        self._serving = False
        self._draining = False
        self._over = False
        self._changed = asyncio.Condition()

    async def serve(self) -> None:
        """Tells all watchers that the services take calls, unless the server is draining."""
        self._serving = not self._draining
        await self._tell()

    async def drain(self) -> None:
        """Tells all watchers that the services take no more calls, for good."""
        self._draining, self._serving = True, False
        await self._tell()

    async def end(self) -> None:
        """Ends all watches."""
        self._over = True
        await self._tell()

    def add_to(self, server: Any) -> None:
        """Adds the service to `server`."""
        health_pb2_grpc.add_HealthServicer_to_server(_Servicer(self), server)

    def status(self, name: str) -> Any:
        """Returns the status of a service by its full name, SERVICE_UNKNOWN if it is not served here."""
        if name not in self._names:
            return _UNKNOWN
        return _SERVING if self._serving else _NOT_SERVING

    def names(self) -> frozenset[str]:
        """Returns the names of all services, "" among them."""
        return self._names

    async def statuses(self, name: str) -> AsyncIterator[Any]:
        """Yields the status of a service now and at every change, until the watches end.

        Not when the drain begins: whoever balances over replicas would ask again at once, and again.
        """
        told, last = None, False
        while not last:
            last, status = self._over, self.status(name)
            if status != told:
                told = status
                yield status
            await self._changed_from(name, told)

    async def _changed_from(self, name: str, told: Any) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._over or self.status(name) != told)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


class _Servicer(health_pb2_grpc.HealthServicer):  # type: ignore[misc]
    """Health in the words of its protocol."""

    def __init__(self, health: Health) -> None:
        self._health = health

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Answers the status; NOT_FOUND for a service that is not served here."""
        status = self._health.status(request.service)
        if status == _UNKNOWN:
            await context.abort(grpc.StatusCode.NOT_FOUND, "this server does not serve that service")
        return health_pb2.HealthCheckResponse(status=status)

    async def List(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Answers the status of every service."""
        health = self._health
        one = health_pb2.HealthCheckResponse
        return health_pb2.HealthListResponse(statuses={n: one(status=health.status(n)) for n in health.names()})

    async def Watch(self, request: Any, context: Any) -> AsyncIterator[Any]:  # noqa: N802, ARG002
        """Streams the status at every change."""
        async for status in self._health.statuses(request.service):
            yield health_pb2.HealthCheckResponse(status=status)
