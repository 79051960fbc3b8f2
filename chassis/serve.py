"""Serves contracts: from a descriptor and a plain class to a running, watched, drainable gRPC server."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import grpc
import uvloop
from google.protobuf.descriptor import ServiceDescriptor
from grpc_channelz.v1 import channelz
from prometheus_client import CollectorRegistry

from chassis.authentication import Authenticator
from chassis.budgets import Budgets, CallLimits
from chassis.bus import Bus
from chassis.callers import Callers
from chassis.calls import Calls
from chassis.collector import settle
from chassis.counters import Counters
from chassis.door import Door, Refused
from chassis.errors import ErrorTable
from chassis.gate import Gate
from chassis.handlers import handler
from chassis.health import Health
from chassis.house import House, Limits
from chassis.keys import KeySource
from chassis.logging import configure, logger
from chassis.loop import Loop
from chassis.methods import Method, handler_of, methods_of
from chassis.metrics import Metrics, MetricsEndpoint
from chassis.reflection import add_reflection
from chassis.refusals import Refusals
from chassis.settings import BusSettings, ServiceSettings
from chassis.telemetry import Telemetry, exporting, here
from chassis.transport import server_options
from chassis.validation import Validation
from chassis.watch import Watch

_LINGER = 0.2  # seconds in which callers that know nothing of the drain yet are told
_QUIET = 0.5  # seconds without a new call, after which nobody sends any
_LAST = 5.0  # seconds in which a server that left takes new calls, whoever goes on sending it some
_AGAIN = 2.0  # seconds after which a job that did not end is cancelled again
_FLUSH = 1.0  # seconds for the last answers to reach their callers, and for the last refusals to reach the bus
_CHANNELZ = "grpc.channelz.v1.Channelz"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_HEALTH = "grpc.health.v1.Health"


@dataclass(frozen=True)
class Service:
    """A contract, the plain object that fulfils it, and how its errors are told."""

    descriptor: ServiceDescriptor
    servicer: object
    errors: ErrorTable
    refused: Refused | None = None  # told of every refusal of a method of this contract


class Server:
    """A gRPC server of the given services; refuses to be built if a method is unannotated or unserved."""

    def __init__(
        self,
        settings: ServiceSettings,
        services: Sequence[Service],
        keys: KeySource,
        *,
        telemetry: Telemetry | None = None,
        metrics: Metrics | None = None,
        watch: Watch | None = None,
    ) -> None:
        names = [service.descriptor.full_name for service in services]
        self._settings = settings
        self._calls = Calls()
        metrics = metrics or Metrics()
        self.budgets = _budgets(settings, names[0], metrics)
        self._house = _house(settings, keys, telemetry or Telemetry(names[0]), metrics, (self.budgets, watch))
        self._methods = [(service, methods_of(service.descriptor)) for service in services]
        self.budgets.check(method for _, methods in self._methods for method in methods)
        self._handlers = [self._generic(service, methods) for service, methods in self._methods]
        self._names = names
        self.left = False
        self.health = Health(names)
        self._grpc: Any = None

    async def start(self) -> int:
        """Listens, and returns the port; says NOT_SERVING until `open` is called."""
        for _, methods in self._methods:
            self._house.validation.warm(methods)
        server = grpc.aio.server(interceptors=self._gates(), options=server_options(self._settings))
        server.add_generic_rpc_handlers(tuple(self._handlers))
        self.health.add_to(server)
        if self._is_closed_to_strangers:
            channelz.add_channelz_servicer(server)
            add_reflection(server, [*self._names, _HEALTH, _CHANNELZ])
        port = self._bound(server)
        await server.start()
        self._grpc = server
        return port

    @property
    def _is_closed_to_strangers(self) -> bool:
        """Whether none but this machine, or callers with certificates, can ask what this server is and does inside."""
        return self._settings.host in _LOOPBACK or self._settings.identity() is not None

    def _gates(self) -> list[Gate]:
        return [Gate(self._house.callers, self._names)] if self._house.callers else []

    def _bound(self, server: Any) -> int:
        """Listens: for TLS if there is an identity, and then for nothing else."""
        address, identity = f"{self._settings.host}:{self._settings.port}", self._settings.identity()
        if identity is None:
            return int(server.add_insecure_port(address))
        return int(server.add_secure_port(address, identity.server_credentials()))

    async def open(self) -> None:
        """Says SERVING from now on."""
        await self.health.serve()

    async def leave(self) -> None:
        """Says NOT_SERVING from now on, and takes the calls of those who have not heard it yet."""
        self.left = True
        await self.health.drain()

    async def stop(self, grace: float) -> None:
        """Drains: NOT_SERVING, new calls UNAVAILABLE, endless streams sent away; the others have `grace` seconds."""
        await self.health.drain()
        if self._grpc is None:
            await self.health.end()
            return
        ends_at = asyncio.get_running_loop().time() + grace
        if self.left:
            await self._last_calls(min(_LAST, grace))
        self._calls.drain()
        # grpc's own stop would cancel the calls that are just arriving; until then they are told UNAVAILABLE.
        finished = await self._finished(ends_at)
        await self.health.end()
        await self._grpc.stop(_FLUSH if finished else 0.0)

    async def _last_calls(self, seconds: float) -> None:
        """Takes what lies in the connections, sent before anybody heard that it leaves; at most so long."""
        self._calls.end_endless()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._calls.quiet(_QUIET)

    async def _finished(self, ends_at: float) -> bool:
        """Waits for the calls in hand until then, on the loop's clock; tells whether all have ended."""
        left = max(0.0, ends_at - asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout_at(ends_at):
                await asyncio.gather(self._calls.idle(), asyncio.sleep(min(_LINGER, left)))
        except TimeoutError:
            return False
        return True

    def _generic(self, service: Service, methods: Sequence[Method]) -> Any:
        served = {method.name: self._handler(service, method) for method in methods}
        return grpc.method_handlers_generic_handler(service.descriptor.full_name, served)

    def _handler(self, service: Service, method: Method) -> Any:
        door = Door(method, service.errors, self._house, self._calls, service.refused)
        return handler(door, handler_of(service.servicer, method))


async def serve(
    settings: ServiceSettings,
    services: Sequence[Service],
    *,
    keys: KeySource,
    bus: Bus | None,
    ready: Callable[[], Awaitable[None]] | None = None,
    registry: CollectorRegistry | None = None,
    background: Sequence[Callable[[], Coroutine[Any, Any, None]]] = (),
) -> None:
    """Serves until SIGTERM or SIGINT, then drains; SIGUSR1 before that asks to leave first.

    `ready` is awaited between listening and SERVING; `background` runs beside the calls and is cancelled after the
    drain. A background job that fails stops the process, so that whoever supervises it starts it afresh. Over `bus`
    is told how the server is used, and the refusals of services that do not tell their own; what waits to be told has a
    moment after the drain.
    """
    name = services[0].descriptor.full_name.split(".")[1]
    configure(name, settings.log_level, settings.version)
    telemetry = Telemetry(name, settings.version, exporting(settings.otlp_endpoint))
    here.set(telemetry)  # what is started from now on has it
    metrics = Metrics(registry)
    refusals = None if bus is None else Refusals(bus, metrics.registry)
    watch = None if bus is None else Watch(bus, metrics.registry)
    if refusals is not None and watch is not None:
        services = [replace(service, refused=service.refused or refusals) for service in services]
        background = [*background, refusals.run, watch.run]
    server = Server(settings, services, keys, telemetry=telemetry, metrics=metrics, watch=watch)
    stop, leave = _signalled(signal.SIGTERM, signal.SIGINT), _signalled(signal.SIGUSR1)
    background = [*background, server.budgets.run, partial(_leave, server, leave)]
    endpoint = MetricsEndpoint(metrics.registry, settings.host, settings.metrics_port)
    jobs = [asyncio.ensure_future(job()) for job in background]
    try:
        port = await server.start()
        logger().info("listening", host=settings.host, port=port, metrics_port=endpoint.port)
        await _until_stopped(stop, _open(server, ready), jobs)
    finally:
        # Who was asked to leave first is not waited for: the longest call may finish, as far as the supervisor waits.
        seconds = settings.leave_seconds if server.left else settings.drain_seconds
        logger().info("draining", seconds=seconds)
        await server.stop(seconds)
        await _ended(jobs)
        if refusals is not None and watch is not None:
            await asyncio.gather(refusals.close(_FLUSH), watch.close(_FLUSH))
        endpoint.close()
        await asyncio.to_thread(telemetry.close)
        logger().info("stopped")


def run(main: Coroutine[Any, Any, None]) -> None:
    """Runs a service's main coroutine on its loop."""
    uvloop.run(main, loop_factory=Loop)


async def _until_stopped(
    stop: asyncio.Event, opening: Coroutine[Any, Any, None], jobs: Sequence[asyncio.Future[None]]
) -> None:
    """Returns once `stop` is set; raises what the opening or a background job raises before."""
    watched: list[asyncio.Future[Any]] = [asyncio.ensure_future(opening), asyncio.ensure_future(stop.wait())]
    pending: set[asyncio.Future[Any]] = {*watched, *jobs}
    try:
        while not watched[1].done():
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for future in done:
                future.result()
    finally:
        await _ended(watched)


async def _ended(tasks: Sequence[asyncio.Future[Any]]) -> None:
    """Cancels until all have ended: Python 3.11's wait_for, which redis-py sends with, may swallow a cancellation."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_AGAIN)
    await asyncio.gather(*tasks, return_exceptions=True)


async def _open(server: Server, ready: Callable[[], Awaitable[None]] | None) -> None:
    if ready is not None:
        await ready()
    settle()
    await server.open()
    logger().info("serving")


async def _leave(server: Server, asked: asyncio.Event) -> None:
    await asked.wait()
    logger().info("leaving")
    await server.leave()


def _signalled(*numbers: signal.Signals) -> asyncio.Event:
    """Returns an event that these signals set."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in numbers:
        loop.add_signal_handler(number, event.set)
    return event


def _budgets(settings: ServiceSettings, name: str, metrics: Metrics) -> Budgets:
    """Counted by all replicas of a service that has a Redis."""
    limits = CallLimits(settings.limit_reads, settings.limit_writes, settings.limit_solves, settings.limit_methods)
    if not isinstance(settings, BusSettings):
        return Budgets(limits, metrics.registry)
    url = settings.redis_url.get_secret_value()
    return Budgets(limits, metrics.registry, Counters(url, f"calls:{name}"))


def _house(
    settings: ServiceSettings,
    keys: KeySource,
    telemetry: Telemetry,
    metrics: Metrics,
    at_doors: tuple[Budgets, Watch | None],
) -> House:
    callers = Callers(settings.tls_domain, settings.tls_callers) if settings.tls_identity_file else None
    budgets, watch = at_doors
    return House(
        callers=callers,
        watch=watch,
        refuses_injection=settings.sql_injection == "block",
        authenticator=Authenticator(keys, settings.issuer, settings.audience),
        validation=Validation(),
        telemetry=telemetry,
        metrics=metrics,
        budgets=budgets,
        limits=Limits(
            unary=settings.default_deadline,
            compute=settings.compute_deadline,
            stream=settings.watch_deadline,
            age=settings.subscribe_max_age,
        ),
    )
