"""Vendors on this machine, asked as the service asks them."""

from dataclasses import dataclass
from datetime import timedelta

import pytest_asyncio

from services.marketdata.adapters.vendors.asking import VendorClient
from services.marketdata.app.vendor_ports import VendorFault
from services.marketdata.domain.dataset import Caller
from services.marketdata.domain.feed.pulls import FeedName, Pull, Target
from services.marketdata.settings import VendorSettings
from services.marketdata.wiring import vendors_of
from tests.marketdata.vendors.formats import TOKEN
from tests.marketdata.vendors.vendor import KEY, NOW, LocalVendor, Said

DATASET = "01987f6c-0000-7000-8000-0000000000aa"
OWNER = Caller("01987f6c-0000-7000-8000-0000000000bb", "01987f6c-0000-7000-8000-0000000000cc")


class LocalClock:
    """The vendor's own moment, unless it is told that it is ahead."""

    def now(self):
        return NOW


def pull_of(form, cursor=None, etag="", failures=0):
    name = FeedName(DATASET, form.source, form.kind)
    asked = (Target(form.symbol), form.part, timedelta(minutes=1))
    return Pull(name, OWNER, *asked, cursor or {}, etag, failures, "")


@dataclass
class Session:
    """One vendor, and what it is asked."""

    form: object
    server: LocalVendor
    vendor: object
    permits: int = 0

    async def permit(self):
        self.permits += 1

    async def ask(self, **of):
        return await self.vendor.ask(pull_of(self.form, **of), self.permit)

    async def fault(self, **of):
        try:
            answer = await self.ask(**of)
        except VendorFault as fault:
            return fault
        raise AssertionError(answer)

    @property
    def asked(self):
        """What it was asked besides tokens."""
        return [each for each in self.server.asked if each.method == "GET"]


@pytest_asyncio.fixture
async def session(monkeypatch):
    """Opens a vendor that answers as `say` tells; a token is always given."""
    opened = []
    monkeypatch.setattr("services.marketdata.wiring.SystemClock", LocalClock)

    async def open_session(form, say, ahead=None):
        def answer(asked):
            return Said(TOKEN) if asked.method == "POST" else (say(asked) if callable(say) else say)

        server = await LocalVendor(answer, ahead).__aenter__()
        client = VendorClient("qpo-tests/1.0")
        opened.append((server, client))
        keys = dict.fromkeys(("alpha_vantage_key", "fmp_key", "fred_key", "news_api_key"), KEY)
        keys |= {"reddit_client_id": "an-id", "reddit_client_secret": KEY}
        urls = dict.fromkeys(("alpha_vantage_url", "fmp_url", "fred_url", "news_api_url"), server.url)
        urls |= {"reddit_url": server.url, "reddit_token_url": server.url}
        vendors = vendors_of(VendorSettings(**keys, **urls), client)
        return Session(form, server, vendors.of(form.source)[0])

    yield open_session
    for server, client in opened:
        await client.__aexit__()
        await server.__aexit__()
