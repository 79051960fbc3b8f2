"""A file of documents, line by line."""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from google.protobuf.timestamp_pb2 import Timestamp
from qpo.marketdata.v1.alternative_data_service_pb2 import Document

from clients.cli.problem import Problem

_NEEDED = ("id", "published_at", "title")
_KNOWN = (*_NEEDED, "kind", "channel", "text", "url", "upvote_ratio", "symbols")
_FORM = f"begin with a header line of {', '.join(_NEEDED)}, and any of {', '.join(_KNOWN[3:])}"


def documents_in(file: Path) -> list[Document]:
    """The documents of a CSV file, in its order. Raises Problem, naming the line."""
    if not file.is_file():
        raise Problem(f"there is no file {file}")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        found = list(_documents(csv.DictReader(lines), file.name))
    if not found:
        raise Problem(f"{file.name} holds no documents")
    return found


def _documents(rows: "csv.DictReader[str]", name: str) -> Iterator[Document]:
    _check(rows.fieldnames or [], name)
    for row in rows:
        try:
            yield _document(row)
        except (ValueError, TypeError) as error:
            fix = "published_at is ISO 8601, kind is article or post, upvote_ratio a number from 0 to 1"
            raise Problem(f"{name}, line {rows.line_num} cannot be read: {error}", [("FILE", fix)]) from None


def _check(columns: Sequence[str], name: str) -> None:
    lacking = [column for column in _NEEDED if column not in columns]
    if lacking:
        raise Problem(f"{name} has no column {', '.join(lacking)}", [("FILE", _FORM)])
    strange = [column for column in columns if column not in _KNOWN]
    if strange:
        raise Problem(f"{name} has a column {strange[0]!r}", [("FILE", _FORM)])


def _document(row: dict[str, str]) -> Document:
    when = datetime.fromisoformat(row["published_at"])
    published = Timestamp()
    published.FromDatetime(when if when.tzinfo else when.replace(tzinfo=UTC))
    document = Document(
        id=row["id"],
        kind=f"DOCUMENT_KIND_{(row.get('kind') or 'article').upper()}",
        channel=row.get("channel") or "",
        title=row["title"],
        text=row.get("text") or "",
        url=row.get("url") or "",
        published_at=published,
        symbols=(row.get("symbols") or "").split(),
    )
    if row.get("upvote_ratio"):
        document.upvote_ratio = float(row["upvote_ratio"])
    return document
