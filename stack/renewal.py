"""Keeps certificates young: makes all of them anew when two thirds of their life are over, takes public ones over."""

from __future__ import annotations

import datetime
import logging
import threading

from stack.authority import Authority, now
from stack.identities import NAMES
from stack.layout import Layout
from stack.part import CannotStart
from stack.public_certificate import PublicCertificate, Unusable
from stack.settings import MeshSettings

# Seconds between two looks at the clock: a machine that slept wakes up with certificates that are older than its sleep.
_LOOK, _SOON = 60.0, 1.0


class Renewal:
    """A thread that issues certificates until the block is left."""

    def __init__(self, settings: MeshSettings, layout: Layout) -> None:
        """Issues the first ones. Raises CannotStart if the authority, or what was given, cannot be read."""
        self._public = _public(settings, layout)
        self._authority = Authority(layout.secrets("tls"), datetime.timedelta(hours=settings.tls_hours))
        self._due = self._authority.issue(NAMES)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="renewal", daemon=True)

    def _run(self) -> None:
        while not self._over.wait(min(_LOOK, max(_SOON, (self._due - now()).total_seconds()))):
            if now() >= self._due:
                self._renew()
            self._take()

    def _take(self) -> None:
        try:
            if self._public:
                self._public.take()
        except Unusable as error:
            # Its client may be about to write the other file.
            logging.getLogger(__name__).warning("the public certificate stays as it is: %s", error)

    def _renew(self) -> None:
        try:
            self._due = self._authority.issue(NAMES)
        except OSError as error:
            # A third of their life is left to make room on a full disk.
            logging.getLogger(__name__).warning("certificates are not renewed: %s; trying again", error)

    def __enter__(self) -> Renewal:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()


def _public(settings: MeshSettings, layout: Layout) -> PublicCertificate | None:
    if settings.edge_certificate is None or settings.edge_key is None:
        return None
    given = PublicCertificate(settings.edge_certificate, settings.edge_key, layout.secrets("tls"))
    layout.secrets("tls").mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        given.take()
    except Unusable as error:
        raise CannotStart(str(error)) from error
    return given
