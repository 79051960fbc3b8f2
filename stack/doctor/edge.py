"""What an edge tells whoever asks over HTTP, without a login."""

from __future__ import annotations

import datetime
import http.client
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stack.doctor.finding import Finding, fine, wrong
from stack.part import NotReady

if TYPE_CHECKING:
    from cryptography import x509

_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and when it was asked for and there; unix time, seconds."""

    status: int
    body: bytes
    date: datetime.datetime | None
    asked: float
    there: float


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge by its url; `authority` is the PEM file of who vouches for it, None: those that everybody trusts."""

    url: str
    authority: Path | None = None

    @property
    def encrypted(self) -> bool:
        """Whether it is spoken to by TLS."""
        return urlsplit(self.url).scheme == "https"

    def get(self, path: str) -> Answer:
        """Asks for a path. Raises NotReady if nothing comes back."""
        connection = self._connection()
        try:
            asked = time.time()
            connection.request("GET", path)
            answer = connection.getresponse()
            date, there = answer.getheader("date"), time.time()
            when = parsedate_to_datetime(date) if date else None
            return Answer(answer.status, answer.read(), when, asked, there)
        except (OSError, http.client.HTTPException) as error:
            raise NotReady(f"{self.url}{path}: {error or type(error).__name__}") from error
        finally:
            connection.close()

    def certificate(self) -> tuple[x509.Certificate | None, str]:
        """Returns what it shows, and why that is not believed; empty if it is."""
        from cryptography import x509

        context, refusal = ssl.create_default_context(cafile=self.authority), ""
        for _ in range(2):
            try:
                return x509.load_der_x509_certificate(self._shown(context)), refusal
            except ssl.SSLCertVerificationError as error:
                refusal = error.verify_message
                # Looked at all the same, to tell what is wrong with it; nothing is sent to whoever shows it.
                context = ssl.create_default_context()
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            except OSError as error:
                return None, str(error)
        return None, refusal

    def _shown(self, context: ssl.SSLContext) -> bytes:
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        with (
            socket.create_connection((host, parts.port or 443), _TIMEOUT) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            return secured.getpeercert(binary_form=True) or b""

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        if not self.encrypted:
            return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT)
        trusted = ssl.create_default_context(cafile=self.authority)
        return http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT, context=trusted)


def answers(there: Edge) -> Iterator[Finding]:
    """Whether it is alive, and reaches every service."""
    for path, meaning in (("/health", "alive"), ("/ready", "reaches every service")):
        answer = there.get(path)
        if answer.status == http.client.OK:
            yield fine("edge", f"{there.url} is {meaning}" if path == "/health" else f"{there.url} {meaning}")
        else:
            fix = "that url is no edge of this platform" if path == "/health" else "see the services there: qpo status"
            yield wrong("edge", f"{there.url}{path} answers {answer.status}", fix)
