"""Lists, page after page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from google.protobuf.message import Message


def every(method: Callable[[Any], Any], request: Message) -> Iterator[Any]:
    """What a list holds, item by item; a page is asked for when it is needed.

    `method` is a List method of a stub; `request` may say how large a page is, and is not changed. Raises ValueError if
    the request knows no pages.
    """
    if "page_token" not in request.DESCRIPTOR.fields_by_name:
        raise ValueError(f"{request.DESCRIPTOR.full_name} has no pages: call the method itself")
    asked: Any = type(request)()
    asked.CopyFrom(request)
    while True:
        page = method(asked)
        yield from getattr(page, items_of(page))
        if not page.next_page_token:
            return
        asked.page_token = page.next_page_token


def items_of(page: Message) -> str:
    """The field that holds a page's items: its only repeated one."""
    (name,) = (field.name for field in page.DESCRIPTOR.fields if field.is_repeated)
    return str(name)
