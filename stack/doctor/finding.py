"""What a check finds."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Verdict(enum.StrEnum):
    """How a thing is."""

    FINE = "fine"
    # It works, and will not for ever, or not for all.
    WARNING = "warning"
    WRONG = "wrong"
    # It could not be asked, or there is nothing of it here.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    # What it is about, in one word.
    check: str
    verdict: Verdict
    detail: str
    # How to mend it; empty if nothing is to be done.
    fix: str = ""


def fine(check: str, detail: str) -> Finding:
    """A thing as it should be."""
    return Finding(check, Verdict.FINE, detail)


def warning(check: str, detail: str, fix: str) -> Finding:
    """A thing that will be wrong one day."""
    return Finding(check, Verdict.WARNING, detail, fix)


def wrong(check: str, detail: str, fix: str) -> Finding:
    """A thing to be mended."""
    return Finding(check, Verdict.WRONG, detail, fix)


def unknown(check: str, detail: str, fix: str = "") -> Finding:
    """A thing that could not be looked at."""
    return Finding(check, Verdict.UNKNOWN, detail, fix)
