"""News API: articles about instruments.

Source: its documentation of /v2/everything. One answer holds at most 100 articles, the newest first; what is older is
asked for by its time, never by page, since pages shift while articles come in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, Field, SecretStr

from services.marketdata.adapters.vendors.asking import Asking, Model, documented, model_of
from services.marketdata.app.vendor_ports import Answer, Permit, VendorFault
from services.marketdata.domain.alternative.records import Document, DocumentKind
from services.marketdata.domain.feed.allowance import Problem
from services.marketdata.domain.feed.pulls import Pull

SETTINGS = ("QPO_MARKETDATA_NEWS_API_KEY",)
PAGE = 100
LATE = timedelta(hours=1)  # by which an article may turn up later than it was published
_REMOVED = "[Removed]"  # stands for an article that was taken back


class Publisher(Model):
    """Who published it."""

    name: str | None = None


class Article(Model):
    """An article."""

    source: Publisher
    title: str | None
    description: str | None = None
    url: str
    published_at: AwareDatetime = Field(alias="publishedAt")


class Articles(Model):
    """The answer."""

    status: str = Field(pattern="^ok$")
    articles: list[Article]


@dataclass(frozen=True, slots=True)
class NewsApi:
    """The port Vendor."""

    asking: Asking
    key: SecretStr

    async def ask(self, pull: Pull, permit: Permit) -> Answer:
        """One call: up to 100 articles behind the place, or the next 100 of a sweep that goes on."""
        since, to = pull.cursor.get("since", ""), pull.cursor.get("to", "")
        params: dict[str, str | int] = {
            "q": f'"{pull.target.asked.replace(chr(34), " ")}"',
            "language": "en",
            "sortBy": "publishedAt",
            "pageSize": PAGE,
        }
        if since:
            params["from"] = _text(datetime.fromisoformat(since) - LATE)
        if to:
            params["to"] = to
        headers = {"X-Api-Key": self.key.get_secret_value()}
        reply = await self.asking.get(permit, "/v2/everything", params, headers, etag=pull.etag)
        if reply.unchanged:
            return Answer(pull.cursor, etag=pull.etag, skew=reply.skew)
        articles = model_of(Articles, _told(reply.document)).articles
        with documented():
            documents = [_document(each) for each in articles if each.title and each.title != _REMOVED]
            cursor, more = _place(pull, [each.published_at for each in articles])
        # A sweep that goes on asks for something else, which the ETag does not speak of.
        etag = "" if more or to else reply.etag
        return Answer(cursor, documents=documents, etag=etag, more=more, skew=reply.skew)


def _place(pull: Pull, times: list[datetime]) -> tuple[dict[str, str], bool]:
    """Where to go on, and whether there is more at once; the first sweep of all takes the newest articles alone."""
    since, to = pull.cursor.get("since", ""), pull.cursor.get("to", "")
    newest = max([pull.cursor.get("newest", ""), since, *map(_text, times)])
    oldest = min(map(_text, times), default="")
    if since and len(times) >= PAGE and oldest != to and oldest > since:
        return {"since": since, "to": oldest, "newest": newest}, True
    return ({"since": newest} if newest else {}), False


def _told(document: Any) -> Any:
    """The document, unless it is an error that comes with 200."""
    refusal = explained(200, document)
    if refusal is not None:
        raise refusal
    return document


def explained(_status: int, document: Any) -> VendorFault | None:
    """What its error codes mean, whatever status they come with."""
    code = document.get("code") if isinstance(document, dict) and document.get("status") == "error" else None
    match code:
        case "apiKeyExhausted":
            return VendorFault(Problem.TOO_OFTEN, "the key's requests are used up", for_today=True)
        case "apiKeyDisabled" | "apiKeyInvalid" | "apiKeyMissing":
            return VendorFault(Problem.KEY_REFUSED, "the key is refused")
        case "parametersMissing" | "parameterInvalid" | "sourceDoesNotExist":
            return VendorFault(Problem.UNKNOWN_TARGET, "a parameter is refused")
        case "unexpectedError":
            return VendorFault(Problem.FAILING, "an unexpected error of its own")
        case _:
            return None


def _document(article: Article) -> Document:
    return Document(
        id=article.url[:256],
        kind=DocumentKind.ARTICLE,
        channel=(article.source.name or "")[:64],
        title=(article.title or "")[:1000],
        text=article.description or "",
        url=article.url if article.url.startswith(("http://", "https://")) else "",
        published_at=article.published_at.astimezone(UTC),
    )


def _text(moment: datetime) -> str:
    """As the API writes times, so that texts order as times do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
