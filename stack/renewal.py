"""Keeps certificates young: makes all of them anew when two thirds of their life are over."""

from __future__ import annotations

import datetime
import logging
import threading

from stack.authority import Authority, now
from stack.identities import NAMES
from stack.layout import Layout
from stack.settings import MeshSettings

# Seconds between two looks at the clock: a machine that slept wakes up with certificates that are older than its sleep.
_LOOK, _SOON = 60.0, 1.0


class Renewal:
    """A thread that issues certificates until the block is left."""

    def __init__(self, settings: MeshSettings, layout: Layout) -> None:
        """Issues the first ones. Raises CannotStart if the authority cannot be read."""
        self._authority = Authority(layout.secrets("tls"), datetime.timedelta(hours=settings.tls_hours))
        self._due = self._authority.issue(NAMES)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="renewal", daemon=True)

    def _run(self) -> None:
        while not self._over.wait(min(_LOOK, max(_SOON, (self._due - now()).total_seconds()))):
            if now() >= self._due:
                self._renew()

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
