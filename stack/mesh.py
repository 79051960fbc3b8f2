"""The mesh: every part in its order, from the first process to the last answer."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from stack.addresses import SERVICES, Addresses, choose
from stack.control import Control
from stack.events import Event, PartStatus, State
from stack.guardian import Guardian
from stack.keeper import Board, Keeper
from stack.layout import Layout
from stack.part import CannotStart, Part
from stack.parts import all_parts
from stack.postgres import Postgres
from stack.record import Lock, Record
from stack.rolling import Rolling
from stack.services import COMMON
from stack.settings import MeshSettings
from stack.starter import Preload, Starter

STORES = ("redis", "postgres")
# What the edge's certificate names.
HERE = ("127.0.0.1", "::1", "localhost")


class Mesh:
    """The whole mesh, run by this process. `with Mesh(settings) as mesh:` starts it, waits, and stops it."""

    def __init__(self, settings: MeshSettings) -> None:
        """Starts nothing yet."""
        self._settings = settings
        self.layout = Layout.of(settings.state_dir)
        self._mark = uuid.uuid4().hex
        self._open = contextlib.ExitStack()
        self._keepers: dict[str, Keeper] = {}
        self._addresses: Addresses | None = None
        self._board = Board(self._reported)
        self._on_event: Callable[[Event], None] = _deaf
        self._began = 0.0

    def start(self, on_event: Callable[[Event], None] | None = None) -> None:
        """Starts every part in its order and returns at once; `on_event` is called from the parts' threads.

        Raises CannotStart if another process runs a mesh in the same state folder, or the folder cannot be used.
        """
        self._began = time.monotonic()
        self._on_event = on_event or _deaf
        self.layout.make()
        self._open.enter_context(Lock(self.layout.lock))
        try:
            Record.read(self.layout).end_what_is_left()
            _refuse_half_a_certificate(self._settings)
            if self._settings.tls:
                _refuse_what_no_certificate_covers(self._settings)
                # Imported here: a mesh without TLS has no need of the makings of certificates.
                from stack.renewal import Renewal

                self._open.enter_context(Renewal(self._settings, self.layout))
            self._addresses = choose(self._settings)
            guardian = self._open.enter_context(Guardian(self._mark))
            parts = all_parts(self._settings, self.layout, self._addresses)
            starter = self._open.enter_context(Starter(self._mark, self._preload(parts)))
            for part in parts:
                log = self.layout.log(part.name)
                self._keepers[part.name] = Keeper(part, log, starter, guardian, self._board)
            rolling = Rolling(self._keepers, self._addresses, self._board)
            self._open.enter_context(Control(self.layout.control, rolling.restart))
            for keeper in self._keepers.values():
                keeper.start()
        except BaseException:
            self.stop()
            raise

    def _preload(self, parts: Sequence[Part]) -> Preload | None:
        modules = self._settings.preload
        if modules and any(isinstance(part, Postgres) and not part.is_initialised for part in parts):
            modules += self._settings.preload_to_migrate
        return Preload(modules, COMMON, self.layout.log("preloaded")) if modules else None

    def wait_ready(self, timeout: float = 120.0, stop: threading.Event | None = None) -> float:
        """Waits until every part answers; returns the seconds since start.

        Raises CannotStart if a part fails, `timeout` seconds pass, or `stop` is set meanwhile.
        """
        board, deadline = self._board, time.monotonic() + timeout
        with board.changed:
            while not board.is_ready(self._keepers):
                self._raise_what_failed()
                if stop is not None and stop.is_set():
                    raise CannotStart("interrupted before the mesh was ready")
                if time.monotonic() > deadline:
                    late = ", ".join(part.name for part in board.get() if not board.is_ready([part.name]))
                    raise CannotStart(f"not ready after {timeout:.0f} s: {late}")
                # A signal cannot notify a condition: look up now and then.
                board.changed.wait(0.25)
        return time.monotonic() - self._began

    def _raise_what_failed(self) -> None:
        for part in self._board.get():
            if part.state is State.FAILED:
                raise CannotStart(part.detail)

    def stop(self) -> None:
        """Stops every part, callers before the called; nothing is left when it returns. May be called again."""
        self._board.stop()
        for wave in filter(None, self._waves()):
            with ThreadPoolExecutor(len(wave)) as pool:
                list(pool.map(Keeper.stop, wave))
        if self._keepers:
            self.layout.leave()
        self._open.close()

    def _waves(self) -> Iterator[list[Keeper]]:
        """Yields the keepers in the order of the end: whoever calls goes before whoever is called."""
        last = [name for name in self._keepers if name in STORES]
        middle = [name for name in self._keepers if name not in (*STORES, "envoy")]
        for wave in (["envoy"], middle, last):
            yield [self._keepers[name] for name in wave if name in self._keepers]

    def parts(self) -> list[PartStatus]:
        """Returns every part as last seen; nothing is asked."""
        return self._board.get()

    @property
    def addresses(self) -> Addresses:
        """The table of addresses. Raises CannotStart before the start, when ports are not settled yet."""
        if self._addresses is None:
            raise CannotStart("the mesh has not been started")
        return self._addresses

    @property
    def edge_url(self) -> str:
        """The edge's address for REST, without a final slash."""
        return self.addresses.edge_url

    @property
    def edge_address(self) -> str:
        """The edge's address for gRPC, `host:port`."""
        return self.addresses.edge_address

    def address(self, part: str) -> str:
        """Returns where a part answers: `host:port`, or the path of a unix socket."""
        return self._keepers[part].part.address

    def metrics_address(self, replica: str) -> str:
        """Returns the `host:port` of a replica's /metrics."""
        return self.addresses.metrics(replica)

    def _reported(self, status: PartStatus) -> None:
        Record.of(self._mark, self._addresses, self._settings, self._board.get()).write(self.layout)
        self._on_event(Event(status.name, status.state, status.detail, status.since))

    def __enter__(self) -> Mesh:
        self.start()
        try:
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()


def _refuse_what_no_certificate_covers(settings: MeshSettings) -> None:
    """Raises CannotStart where the authority of this machine would have to vouch for something else."""
    if settings.host not in HERE:
        raise CannotStart(f"certificates made here are for this machine: with tls, the host cannot be {settings.host}")
    elsewhere = [service for service in SERVICES if getattr(settings, f"{service}_address")]
    elsewhere += ["envoy"] if settings.edge_url else []
    if elsewhere:
        raise CannotStart(
            f"certificates made here are for what runs here: with tls, that is also {', '.join(elsewhere)}"
        )


def _refuse_half_a_certificate(settings: MeshSettings) -> None:
    """Raises CannotStart where a certificate was given that nobody would be shown."""
    if (settings.edge_certificate is None) != (settings.edge_key is None):
        raise CannotStart("a certificate and its key go together: give both, edge_certificate and edge_key")
    if settings.edge_certificate and not settings.tls:
        raise CannotStart("edge_certificate is shown with tls alone: give that too")


def _deaf(_event: Event) -> None:
    """Hears nothing."""
