"""Asking a vendor over HTTP: every call is permitted first, and whatever is wrong with an answer is told in one way.

Nothing that a vendor says leaves this file in its own words: notes and errors may quote the key.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from services.marketdata.app.ports import Clock
from services.marketdata.app.vendor_ports import Permit, VendorFault
from services.marketdata.domain.feed.allowance import Problem

if TYPE_CHECKING:
    import httpx

MOST_BYTES = 16 * 1024 * 1024  # of an answer
CONNECT, WHOLE = 5.0, 30.0  # s
_NOT_MODIFIED, _TOO_MANY, _UNAVAILABLE = 304, 429, 503
_REFUSED, _NOT_TO_BE_HAD = 401, frozenset({402, 403, 426})
_UNKNOWN = frozenset({400, 404, 422})

M = TypeVar("M", bound="Model")
# What a vendor's refusal means, by its status and body; None: what its status says.
Explain = Callable[[int, Any], VendorFault | None]


class Model(BaseModel):
    """A part of an answer as it is documented; what is not asked for may change."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _encodable(cls, value: Any) -> Any:
        """Texts without halves of characters, which JSON can escape and nothing else can carry."""
        return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Reply:
    """A vendor's answer."""

    document: Any  # parsed JSON, its fractions as Decimal; None if nothing changed since the ETag
    etag: str
    at: datetime  # when it was given by the vendor's clock; by ours, if it does not tell
    skew: float | None  # s that its clock is ahead of ours

    @property
    def unchanged(self) -> bool:
        """Whether it is what was answered before."""
        return self.document is None


class VendorClient:
    """A client for all vendors: no redirects, bounded waits and connections.

    It is made when a vendor is first asked: most installations ask none. Its library logs every address it asks, and
    with it the keys of those vendors who want them there: it is silenced.
    """

    def __init__(self, user_agent: str) -> None:
        self._user_agent = user_agent

    @cached_property
    def http(self) -> httpx.AsyncClient:
        """The client itself."""
        import httpx

        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        return httpx.AsyncClient(
            timeout=httpx.Timeout(WHOLE, connect=CONNECT),
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=8),
            headers={"Accept": "application/json", "User-Agent": self._user_agent},
        )

    async def __aenter__(self) -> VendorClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        if "http" in self.__dict__:
            await self.http.aclose()


@dataclass(frozen=True, slots=True)
class Asking:
    """One vendor's address, and how to ask there."""

    client: VendorClient
    url: str
    clock: Clock
    explain: Explain | None = None

    async def get(
        self,
        permit: Permit,
        path: str,
        params: Mapping[str, str | int],
        headers: Mapping[str, str] | None = None,
        etag: str = "",
    ) -> Reply:
        """Ask, and return the answer. Raises VendorFault and what the permit raises."""
        conditional = {"If-None-Match": etag} if etag else {}
        request = self.client.http.build_request(
            "GET", self.url + path, params=dict(params), headers={**(headers or {}), **conditional}
        )
        return await self.send(permit, request)

    async def send(self, permit: Permit, request: httpx.Request) -> Reply:
        """Send any request. Raises VendorFault and what the permit raises."""
        import httpx

        await permit()
        try:
            response = await self.client.http.send(request, stream=True, follow_redirects=False)
            try:
                body = await _read(response)
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise VendorFault(Problem.FAILING, f"not answered: {type(error).__name__}") from None
        return self._reply(response, body)

    def _reply(self, response: httpx.Response, body: bytes) -> Reply:
        now, status = self.clock.now(), response.status_code
        theirs = _moment(response.headers.get("Date"))
        at = theirs or now
        skew = None if theirs is None else (theirs - now).total_seconds()
        if status == _NOT_MODIFIED:
            return Reply(None, response.headers.get("ETag", ""), at, skew)
        if not response.is_success:
            raise self._refusal(status, body, _wait(response.headers.get("Retry-After"), at))
        return Reply(_parsed(body), response.headers.get("ETag", ""), at, skew)

    def _refusal(self, status: int, body: bytes, wait: timedelta | None) -> VendorFault:
        try:
            explained = None if self.explain is None else self.explain(status, _parsed(body))
        except VendorFault:
            explained = None  # its words cannot be read: its status remains
        if explained is not None:
            return explained
        what = f"status {status}"
        if status == _TOO_MANY or (status == _UNAVAILABLE and wait is not None):
            return VendorFault(Problem.TOO_OFTEN, what, wait=wait)
        if status == _REFUSED or status in _NOT_TO_BE_HAD:
            return VendorFault(Problem.KEY_REFUSED, what, others_may=status != _REFUSED)
        if status in _UNKNOWN:
            return VendorFault(Problem.UNKNOWN_TARGET, what)
        # Moved, or not offered any more: it is another interface.
        return VendorFault(Problem.CHANGED_SCHEMA if status < 500 else Problem.FAILING, what)


@contextmanager
def documented() -> Iterator[None]:
    """Whatever is not as documented inside it is a changed schema, told by where it is alone."""
    try:
        yield
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"][:4]) or "the answer"
        raise VendorFault(Problem.CHANGED_SCHEMA, f"{where[:80]}: {first['type']}") from None
    except (KeyError, IndexError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise VendorFault(Problem.CHANGED_SCHEMA, type(error).__name__) from None


def model_of(kind: type[M], document: Any) -> M:
    """The document as documented. Raises VendorFault."""
    with documented():
        return kind.model_validate(document)


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > MOST_BYTES:
            raise VendorFault(Problem.CHANGED_SCHEMA, f"the answer is longer than {MOST_BYTES} bytes")
    return bytes(body)


def _parsed(body: bytes) -> Any:
    """JSON without NaN and infinities; what breaks off is a failure, as it would be on the wire."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise VendorFault(Problem.FAILING, "the answer is no JSON, or breaks off") from None


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _wait(text: str | None, at: datetime) -> timedelta | None:
    """Retry-After, in seconds or as a date of the vendor's own clock."""
    if text is None:
        return None
    if text.strip().isdigit():
        return timedelta(seconds=min(int(text.strip()), 10**7))
    until = _moment(text)
    return None if until is None else max(until - at, timedelta())
