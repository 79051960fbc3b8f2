"""A user of the REST edge with something to work on: prices, a portfolio, an administrator beside them."""

import json
import math
import random
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from uuid import uuid4

import grpc
import httpx
from qpo.auth.v1.auth_service_pb2 import BootstrapAdminRequest
from qpo.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from qpo.marketdata.v1.alternative_data_service_pb2 import IngestDocumentsRequest
from qpo.marketdata.v1.alternative_data_service_pb2_grpc import AlternativeDataServiceStub
from qpo.marketdata.v1.marketdata_service_pb2 import (
    IngestHeader,
    IngestPricesRequest,
    IngestTicksRequest,
    PriceFormat,
)
from qpo.marketdata.v1.marketdata_service_pb2_grpc import MarketDataServiceStub

PASSWORD = "correct horse battery staple"
SYMBOLS = ("AAPL", "JNJ", "MSFT", "XOM")
DATASET = "closes"
SESSIONS = 400
DIRECT = (("grpc.enable_http_proxy", 0),)
# A status code of gRPC and the HTTP status that docs/api/errors.md gives it.
HTTP_OF = {3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 12: 501, 13: 500, 14: 503, 16: 401}


def closes() -> bytes:
    """A wide CSV of prices that drift upwards, the same every time."""
    chance = random.Random(7)
    first = date(2021, 1, 4)
    prices = dict.fromkeys(SYMBOLS, 100.0)
    lines = ["date," + ",".join(SYMBOLS)]
    for step in range(SESSIONS):
        for place, symbol in enumerate(SYMBOLS):
            prices[symbol] *= math.exp(chance.gauss(0.0004 * (place + 1), 0.01 + 0.002 * place))
        lines.append(f"{first + timedelta(days=step)}," + ",".join(f"{prices[symbol]:.6f}" for symbol in SYMBOLS))
    return ("\n".join(lines) + "\n").encode()


@dataclass
class User:
    """Someone with an account, and a client that carries their token."""

    edge_url: str
    edge_address: str
    email: str = field(default_factory=lambda: f"{uuid4().hex[:12]}@example.com")
    postgres: str = ""  # where the installation's own database is; an administrator's alone

    def register(self) -> "User":
        """Makes the account and logs in."""
        with httpx.Client(base_url=self.edge_url, timeout=30, trust_env=False) as door:
            credentials = {"email": self.email, "password": PASSWORD}
            assert door.post("/api/v1/auth/register", json=credentials).status_code == 200
        return self

    def log_in(self) -> dict[str, Any]:
        """A new pair of tokens."""
        with httpx.Client(base_url=self.edge_url, timeout=30, trust_env=False) as door:
            answer = door.post("/api/v1/auth/login", json={"email": self.email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return answer.json()["tokens"]

    @cached_property
    def token(self) -> str:
        return self.log_in()["access_token"]

    @cached_property
    def rest(self) -> httpx.Client:
        """REST as this user."""
        headers = {"authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=self.edge_url, headers=headers, timeout=30, trust_env=False)

    @cached_property
    def user_id(self) -> str:
        return self.rest.get("/api/v1/auth/me").json()["user"]["id"]

    def import_prices(self, dataset: str = DATASET) -> "User":
        """Sends the closes by the client stream, native gRPC through the edge."""
        header = IngestHeader(dataset=dataset, format=PriceFormat.PRICE_FORMAT_CSV)
        parts = [IngestPricesRequest(header=header), IngestPricesRequest(chunk=closes())]
        with grpc.insecure_channel(self.edge_address, DIRECT) as channel:
            stub = MarketDataServiceStub(channel)
            metadata = (("authorization", f"Bearer {self.token}"),)
            stored = stub.IngestPrices(iter(parts), metadata=metadata, timeout=60).bars_stored
        assert stored == SESSIONS * len(SYMBOLS)
        return self

    def feed_ticks(self) -> "User":
        """Sends a feed: two ticks of a minute that has passed, two of a later one, and one that is none."""
        minute = time.time_ns() // 60_000_000_000 * 60_000_000_000
        at = [minute - ago * 1_000_000_000 for ago in (240, 239, 120, 119, 118)]
        records = {"symbol": "AAPL", "occurred_at": at, "prices": [100.0, 101.0, 102.0, 103.0, -1.0]}
        parts = [IngestTicksRequest(feed={"dataset": DATASET, "source": "tests"}), IngestTicksRequest(records=records)]
        with grpc.insecure_channel(self.edge_address, DIRECT) as channel:
            metadata = (("authorization", f"Bearer {self.token}"),)
            taken = MarketDataServiceStub(channel).IngestTicks(iter(parts), metadata=metadata, timeout=60)
        assert taken.records == 5
        return self

    def feed_documents(self) -> "User":
        """Sends a document that speaks of an instrument, and one that speaks of none."""
        now = {"published_at": {"seconds": int(time.time())}, "kind": "DOCUMENT_KIND_POST"}
        parts = [IngestDocumentsRequest(feed={"dataset": DATASET, "source": "tests"})]
        for identity, title in (("1", "$AAPL beats estimates, shares soar"), ("2", "It rains")):
            parts.append(IngestDocumentsRequest(document={"id": identity, "title": title, **now}))
        with grpc.insecure_channel(self.edge_address, DIRECT) as channel:
            metadata = (("authorization", f"Bearer {self.token}"),)
            taken = AlternativeDataServiceStub(channel).IngestDocuments(iter(parts), metadata=metadata, timeout=60)
        assert taken.documents == 2
        return self

    def new_portfolio(self, **changes: Any) -> dict[str, Any]:
        """A portfolio of 100,000 in cash that can be rebalanced."""
        body = {
            "name": "Mine",
            "strategy": {"universe": list(SYMBOLS), "dataset": DATASET, "estimation": {"lookback": 252}},
            "initial_cash": {"value": "100000.00"},
            **changes,
        }
        answer = self.rest.post("/api/v1/portfolios", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["portfolio"]

    def new_job(self, **changes: Any) -> dict[str, Any]:
        """An optimization of the dataset, its answer waited for."""
        body = {"universe": list(SYMBOLS), "dataset": DATASET, "wait_ms": 20_000, **changes}
        answer = self.rest.post("/api/v1/optimize", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def new_replay(self) -> str:
        """A replay that has just begun."""
        answer = self.rest.post(f"/api/v1/datasets/{DATASET}/replays", json={"speed": 100})
        assert answer.status_code == 200, answer.text
        return answer.json()["replay"]["id"]


def administrator(mesh: Any) -> User:
    """The installation's administrator, made by the secret in auth's key folder as `qpo admin bootstrap` does."""
    sockets = mesh.layout.sockets("postgres")
    user = User(mesh.edge_url, mesh.edge_address, postgres=f"postgresql://postgres@/qpo?host={sockets}")
    secret = (mesh.layout.secrets("auth") / "bootstrap_secret").read_text().strip()
    with grpc.insecure_channel(mesh.address("auth"), DIRECT) as channel:
        request = BootstrapAdminRequest(bootstrap_secret=secret, email=user.email, password=PASSWORD)
        AuthServiceStub(channel).BootstrapAdmin(request, timeout=20)
    return user


def refusal(answer: httpx.Response, http: int, reason: str, domain: str) -> dict[str, Any]:
    """Asserts that a refusal has the one shape, the documented status and this reason; returns its body."""
    assert answer.status_code == http, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    body = answer.json()
    assert set(body) == {"code", "message", "details"}, body
    assert body["message"]
    assert body["code"] != 13
    assert http in (HTTP_OF[body["code"]], 413)
    info = next(detail for detail in body["details"] if detail["@type"].endswith("google.rpc.ErrorInfo"))
    assert (info["reason"], info["domain"]) == (reason, domain), body
    return body


def fields_of(body: dict[str, Any]) -> dict[str, str]:
    """The fields that a refusal names, each with how to mend it."""
    bad = [detail for detail in body["details"] if detail["@type"].endswith("google.rpc.BadRequest")]
    key = "field_violations" if bad and "field_violations" in bad[0] else "fieldViolations"
    return {violation["field"]: violation["description"] for detail in bad for violation in detail[key]}


def conflicts_of(body: dict[str, Any]) -> dict[str, str]:
    """The preconditions that a refusal names, each with what would have to give."""
    failed = [detail for detail in body["details"] if detail["@type"].endswith("google.rpc.PreconditionFailure")]
    return {violation["subject"]: violation["description"] for detail in failed for violation in detail["violations"]}


def answered(answer: httpx.Response) -> dict:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def first_line(client: httpx.Client, path: str) -> dict:
    with client.stream("GET", path) as answer:
        assert answer.status_code == 200
        return json.loads(next(answer.iter_lines()))
