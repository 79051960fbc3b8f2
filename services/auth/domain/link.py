"""That an advisor is trusted with a client's portfolios, for a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from services.auth.domain.errors import InvalidLink


@dataclass(frozen=True, slots=True)
class Term:
    """From when until when: valid_from <= moment < valid_until. None: now, or as it is; until it is ended."""

    valid_from: datetime | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Of an advisor and a client there is one; `version` rises with every change."""

    id: str
    advisor_id: str
    client_id: str
    valid_from: datetime
    valid_until: datetime | None  # None: until it is ended
    created_at: datetime
    version: int = 1

    def is_over(self, now: datetime) -> bool:
        """Whether its time is past; what has not begun is not over."""
        return self.valid_until is not None and self.valid_until <= now

    def changed(self, term: Term, now: datetime) -> Link:
        """The link with these times; the same link if they are the same, so that a repeat is harmless. InvalidLink."""
        start = now if self.is_over(now) else self.valid_from
        valid_from, valid_until = _checked(Term(term.valid_from or start, term.valid_until), now)
        if (valid_from, valid_until) == (self.valid_from, self.valid_until):
            return self
        return replace(self, valid_from=valid_from, valid_until=valid_until, version=self.version + 1)

    def ended(self, now: datetime) -> Link:
        """The link, over; the same link if it is so already."""
        if self.is_over(now):
            return self
        return replace(self, valid_from=min(self.valid_from, now), valid_until=now, version=self.version + 1)


def linked(id: str, advisor_id: str, client_id: str, term: Term, now: datetime) -> Link:
    """A new link. InvalidLink."""
    if advisor_id == client_id:
        raise InvalidLink("client_id", "name another user than the advisor")
    return Link(id, advisor_id, client_id, *_checked(term, now), created_at=now)


def _checked(term: Term, now: datetime) -> tuple[datetime, datetime | None]:
    valid_from, valid_until = term.valid_from or now, term.valid_until
    if valid_until is not None and valid_until <= max(valid_from, now):
        raise InvalidLink("valid_until", "name a time that is to come, after valid_from")
    return valid_from, valid_until
