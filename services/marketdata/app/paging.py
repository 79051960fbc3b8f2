"""Pages: one row more is asked for than is shown, to know whether there is another page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

DEFAULT_SIZE = 50

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and the key behind which the next page begins; empty on the last."""

    rows: Sequence[T]
    after: tuple[str, ...]

    @classmethod
    def of(cls, found: Sequence[T], size: int, key: Callable[[T], tuple[str, ...]]) -> Page[T]:
        """Cut what was found to the page's size."""
        rows = found[:size]
        return cls(rows, key(rows[-1]) if len(found) > size else ())


def paged(page_size: int) -> tuple[int, int]:
    """Return how many rows a page shows and how many to ask for; 0 means the default."""
    size = page_size or DEFAULT_SIZE
    return size, size + 1
