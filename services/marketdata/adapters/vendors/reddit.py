"""Reddit: the new posts of subreddits, as an application by OAuth.

Source: its API documentation, /r/{subreddit}/new, and its OAuth 2 wiki for application-only tokens. A post that is
deleted is no place to go on from, so places are times; authors are not kept.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import Field, SecretStr

from services.marketdata.adapters.vendors.asking import Asking, Model, Reply, documented, model_of
from services.marketdata.app.vendor_ports import Answer, Permit, VendorFault
from services.marketdata.domain.alternative.records import Document, DocumentKind
from services.marketdata.domain.feed.allowance import Problem
from services.marketdata.domain.feed.pulls import Pull

SETTINGS = ("QPO_MARKETDATA_REDDIT_CLIENT_ID", "QPO_MARKETDATA_REDDIT_CLIENT_SECRET")
PAGE = 100
EARLY = 60.0  # s before its end that a token is replaced
_GONE = frozenset({"[removed]", "[deleted]"})


class Token(Model):
    """An access token."""

    access_token: SecretStr
    expires_in: float = Field(gt=0)  # s


class Post(Model):
    """A post."""

    name: str = Field(pattern="^t3_")
    subreddit: str
    title: str
    selftext: str = ""
    permalink: str
    created_utc: Decimal  # s since 1970
    upvote_ratio: float = Field(ge=0, le=1)


class Child(Model):
    """A post in a listing."""

    data: Post


class Listed(Model):
    """What a listing holds."""

    after: str | None
    children: list[Child]


class Listing(Model):
    """The answer."""

    kind: str = Field(pattern="^Listing$")
    data: Listed


@dataclass(slots=True)
class Reddit:
    """The port Vendor; the token lives in this process."""

    asking: Asking
    door: str  # address that gives tokens
    client_id: SecretStr
    client_secret: SecretStr
    monotonic: Callable[[], float] = field(default=time.monotonic)
    token: Token | None = None
    token_until: float = 0.0

    async def ask(self, pull: Pull, permit: Permit) -> Answer:
        """One call, and one for a token if there is none that holds."""
        token, is_new = await self._token(permit)
        params: dict[str, str | int] = {"limit": PAGE, "raw_json": 1}
        if after := pull.cursor.get("after", ""):
            params["after"] = after
        headers = {"Authorization": f"Bearer {token.access_token.get_secret_value()}"}
        path = f"/r/{pull.target.asked}/new"
        try:
            reply = await self.asking.get(permit, path, params, headers, etag=pull.etag)
        except VendorFault as fault:
            if fault.problem is Problem.KEY_REFUSED and not fault.others_may:
                self.token = None
                if not is_new:
                    raise VendorFault(Problem.FAILING, "the token is refused; a new one is asked for") from None
            raise
        return _answer(reply, pull)

    async def _token(self, permit: Permit) -> tuple[Token, bool]:
        """A token that holds, and whether it is new."""
        if self.token is not None and self.monotonic() < self.token_until:
            return self.token, False
        secrets = f"{self.client_id.get_secret_value()}:{self.client_secret.get_secret_value()}"
        request = self.asking.client.http.build_request(
            "POST",
            f"{self.door}/api/v1/access_token",
            data={"grant_type": "client_credentials"},
            headers={"Authorization": f"Basic {b64encode(secrets.encode()).decode()}"},
        )
        reply = await self.asking.send(permit, request)
        document = reply.document
        if isinstance(document, dict) and "error" in document:
            raise VendorFault(Problem.KEY_REFUSED, "no token is given")
        self.token = model_of(Token, document)
        self.token_until = self.monotonic() + self.token.expires_in - EARLY
        return self.token, True


def _answer(reply: Reply, pull: Pull) -> Answer:
    if reply.unchanged:
        return Answer(pull.cursor, etag=pull.etag, skew=reply.skew)
    listed = model_of(Listing, reply.document).data
    since = Decimal(pull.cursor.get("since", "0"))
    with documented():
        posts = [child.data for child in listed.children]
        fresh = [_document(post) for post in posts if post.created_utc > since]
        cursor, more = _place(pull, posts, listed.after)
    etag = "" if more or pull.cursor.get("after") else reply.etag
    return Answer(cursor, documents=fresh, etag=etag, more=more, skew=reply.skew)


def _place(pull: Pull, posts: list[Post], after: str | None) -> tuple[dict[str, str], bool]:
    """Where to go on, and whether there is more at once; the first sweep of all takes the newest posts alone."""
    since = pull.cursor.get("since", "")
    times = [post.created_utc for post in posts]
    newest = str(max([Decimal(pull.cursor.get("newest", "0")), Decimal(since or "0"), *times]))
    if since and after and times and min(times) > Decimal(since):
        return {"since": since, "after": after, "newest": newest}, True
    return ({"since": newest} if newest != "0" else {}), False


def explained(_status: int, document: Any) -> VendorFault | None:
    """A subreddit that is private, banned or quarantined is told with 403, which is none of the key's."""
    reason = document.get("reason") if isinstance(document, dict) else None
    if reason in ("private", "banned", "quarantined", "gated"):
        return VendorFault(Problem.UNKNOWN_TARGET, "the subreddit is not open")
    return None


def _document(post: Post) -> Document:
    return Document(
        id=post.name,
        kind=DocumentKind.POST,
        channel=post.subreddit[:64],
        title=post.title[:1000],
        text="" if post.selftext in _GONE else post.selftext,
        url=f"https://www.reddit.com{post.permalink}" if post.permalink.startswith("/") else "",
        published_at=datetime.fromtimestamp(0, UTC) + timedelta(seconds=float(post.created_utc)),
        upvote_ratio=post.upvote_ratio,
    )
