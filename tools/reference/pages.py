"""Pages with sections that are written from the code."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tools.reference import alerts, edge, events, methods, metrics, reasons, schema, settings

ROOT = Path(__file__).resolve().parents[2]
_SECTION = re.compile(r"(<!-- (\w+): written by make docs -->\n)(.*?)(<!-- end of (\w+) -->)", re.DOTALL)

# What is known without starting anything. A section's name, and who writes it.
WRITERS: Mapping[str, Callable[[], str]] = {
    "settings": settings.tables,
    "stack_settings": settings.stack_table,
    "methods": methods.tables,
    "metrics": metrics.table,
    "alerts": alerts.table,
    "reasons": reasons.tables,
    "edge_reasons": edge.table,
    "events": events.tables,
}
# What only a migrated database knows: it is given as the connection's url.
SCHEMA = "schema"


class StrangeSection(Exception):
    """A page asks for a section that nobody writes, or does not close one."""


def pages() -> list[Path]:
    """Every page of docs/ that has such a section."""
    return sorted(page for page in (ROOT / "docs").rglob("*.md") if _SECTION.search(page.read_text(encoding="utf-8")))


def filled(text: str, writers: Mapping[str, Callable[[], str]]) -> str:
    """Returns the page with the sections of `writers` written anew; others stay as they are."""

    def write(found: re.Match[str]) -> str:
        opening, name, body, closing, closed = found.groups()
        if name != closed or name not in {*WRITERS, SCHEMA}:
            raise StrangeSection(f"{name} … {closed}")
        return f"{opening}\n{writers[name]()}\n{closing}" if name in writers else opening + body + closing

    return _SECTION.sub(write, text)


def sections(text: str) -> list[str]:
    """The names of a page's sections."""
    return [found.group(2) for found in _SECTION.finditer(text)]


def write(pages_to_write: Sequence[Path], database_url: str) -> list[Path]:
    """Writes every section of the pages; returns those that changed."""
    writers = {**WRITERS, SCHEMA: lambda: schema.tables(database_url)}
    changed = []
    for page in pages_to_write:
        before = page.read_text(encoding="utf-8")
        if (after := filled(before, writers)) != before:
            page.write_text(after, encoding="utf-8")
            changed.append(page)
    return changed
