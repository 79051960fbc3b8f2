"""Anything that the OpenAPI document admits, and what it does not, through the real Envoy as each kind of user.

schemathesis makes the requests and checks the answers; `conformance` checks them once more, more strictly. Of the
checks of schemathesis these are not used:

- `negative_data_rejection`: the JSON of protobuf is more lenient than a schema can say. A number in quotes, an enum's
  number, null for what is left out are taken; the document tells of the plain way.
- `positive_data_acceptance`: what no schema can express, such as a sum over a list or what is in a store, is refused by
  400, 404 or 409. That the edge can read whatever the document admits is asserted here in its place.
- `unsupported_method`: another method on a path is answered by 404, as docs/api/errors.md says.
- `use_after_free`, `ensure_resource_availability`: test_edge_rest.py reads what it makes, and misses what it deletes.
- `ignored_auth`: asserted below for every operation, without a token and with one that is none.
"""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.mesh.conformance import EVENTS, LINES, Conformance, NotAsDocumented, document, messages
from tests.mesh.rest import DATASET, PASSWORD, User, answered

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(300)]

SCHEMA = schemathesis.openapi.from_dict(document())
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ROLES = ("user", "advisor", "admin")
MODES = (GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
SECONDS = 60
SHORT, LONG = 1, pytest.param(500, marks=[pytest.mark.nightly, pytest.mark.timeout(3600)])
# Whoever is named in the path of these is ended, shut out or changed by them: never one of those who call.
STRIKES = ("DELETE /api/v1/users", "/logout", "/role", "/disable", "/second-factor/reset", "/advisors")
POLICY = "PATCH /api/v1/security/policy"
POLICY_FIELDS = ("anomaly_action", "anomaly_score", "consecutive_minutes", "least_calls", "injection_action")
RENEWED = 300.0  # seconds for which an access token is used


class Session:
    """Somebody who has something of everything, and an access token that is never old."""

    def __init__(self, user: User) -> None:
        user.feed_ticks().feed_documents()
        self.user = user
        self.ids = {
            "portfolio_id": user.new_portfolio()["id"],
            "job_id": user.new_job()["job_id"],
            "replay_id": user.new_replay(),
            "dataset": DATASET,
            **dict.fromkeys(("user_id", "advisor_id", "client_id", "key_id"), user.user_id),
        }
        self._tokens, self._until = user.log_in(), time.monotonic() + RENEWED

    def token(self) -> str:
        """Renewed by the refresh token: passwords may have been tried too often meanwhile."""
        if time.monotonic() > self._until:
            asked = {"refresh_token": self._tokens["refresh_token"]}
            self._tokens = answered(self.user.rest.post("/api/v1/auth/refresh", json=asked))["tokens"]
            self._until = time.monotonic() + RENEWED
        return self._tokens["access_token"]

    def ask(self, verb: str, path: str, **more: Any) -> dict[str, Any]:
        """What is answered to the user."""
        headers = {"authorization": f"Bearer {self.token()}"}
        return answered(self.user.rest.request(verb, path, headers=headers, **more))


class World:
    """One of each role."""

    def __init__(self, mesh: Any, admin: User) -> None:
        others = {role: User(mesh.edge_url, mesh.edge_address).register().import_prices() for role in ROLES[:2]}
        self.sessions = {"admin": Session(admin)}  # who has prices already
        advisor = others["advisor"]
        self.sessions["admin"].ask("PUT", f"/api/v1/users/{advisor.user_id}/role", json={"role": "ROLE_ADVISOR"})
        others["advisor"] = User(mesh.edge_url, mesh.edge_address, advisor.email)  # whose token tells of the role
        self.sessions |= {role: Session(user) for role, user in others.items()}

    def somebody(self) -> str:
        """The id of somebody new."""
        account = {"email": f"{uuid4().hex[:12]}@example.com", "password": PASSWORD}
        return self.sessions["admin"].ask("POST", "/api/v1/auth/register", json=account)["user"]["id"]

    def as_it_was(self) -> None:
        """Takes back what a call has made of the policy by which users are shut out."""
        params = {"update_mask": ",".join((*POLICY_FIELDS, "block_minutes"))}
        self.sessions["admin"].ask("PATCH", "/api/v1/security/policy", params=params, json={})


@pytest.fixture(scope="module")
def world(mesh, admin) -> World:
    return World(mesh, admin)


@pytest.fixture(scope="module")
def conformance() -> Conformance:
    return Conformance()


class Caller:
    """Sends cases as one user, and checks what comes."""

    def __init__(self, session: Session, ids: dict[str, str], conformance: Conformance) -> None:
        self._session, self._ids, self._conformance = session, session.ids | ids, conformance
        self._way = requests.Session()
        self._way.trust_env = False

    def send(self, case: Any, *, known: bool) -> requests.Response:
        """The answer, checked; `known`: the path names what there is."""
        if known:
            case.path_parameters.update({name: self._ids[name] for name in case.path_parameters})
        headers = {"authorization": f"Bearer {self._session.token()}"}
        asked = case.as_transport_kwargs(base_url=self._session.user.edge_url, headers=headers)
        with self._way.request(**{**asked, "stream": True, "timeout": SECONDS}) as answer:
            bodies = _bodies(answer)
        answer._content, answer._content_consumed = (bodies or [b"{}"])[0], True
        case.validate_response(answer, checks=CHECKS)
        self._conformance.judge(case.operation.method.upper(), case.operation.path, answer, bodies)
        return answer


def _bodies(answer: requests.Response) -> list[bytes]:
    """The body; of a stream what it says at first."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if kind not in (LINES, EVENTS):
        return [answer.content]
    return messages(kind, next(answer.iter_content(None), b"").rpartition(b"\n")[0])


@pytest.mark.parametrize("examples", [SHORT, LONG])
@pytest.mark.parametrize("label", OPERATIONS)
def test_whatever_is_asked_by_whomever_is_answered_as_documented(label, examples, world, conformance):
    struck = any(word in label for word in STRIKES)
    ids = dict.fromkeys(("user_id", "advisor_id", "client_id"), world.somebody()) if struck else {}
    callers = [Caller(session, ids, conformance) for session in world.sessions.values()]
    phases = [Phase.generate] if examples == SHORT else [Phase.generate, Phase.shrink]

    @seed(7)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        mode, known = data.draw(st.sampled_from(MODES)), bool(data.draw(st.integers(0, 3)))
        case = data.draw(OPERATIONS[label].as_strategy(generation_mode=mode))
        for caller in callers:
            answer = caller.send(case, known=known)
            assert mode is GenerationMode.NEGATIVE or not _unreadable(answer), answer.text
        if label == POLICY:
            world.as_it_was()

    ask()


def _unreadable(answer: requests.Response) -> bool:
    """Whether the edge could not even read the request."""
    if answer.status_code != 400:
        return False
    return "REQUEST_MALFORMED" in [detail.get("reason") for detail in answer.json()["details"]]


@pytest.mark.parametrize("label", [label for label, one in OPERATIONS.items() if one.definition.raw["security"]])
@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer none"}], ids=["without", "a bad one"])
def test_without_a_good_token_an_operation_answers_401_as_documented(label, headers, mesh, conformance):
    verb, path = label.split()
    url = mesh.edge_url + path.replace("{", "").replace("}", "")
    answer = requests.request(verb, url, headers=headers, timeout=SECONDS)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    conformance.judge(verb, path, answer, [answer.content])


INFO = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": None, "domain": "", "metadata": {}}


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (200, "application/json", {"scopes": [], "unheard_of": 1}),
        (200, "application/json", {}),
        (200, "application/json", {"scopes": [1]}),
        (200, "text/plain", {"scopes": []}),
        (500, "application/json", {"code": 13, "message": "", "details": []}),
        (404, "application/json", {"code": 3, "message": "", "details": []}),
        (404, "application/json", {"code": 5, "message": "", "details": [{"@type": "a/b"}]}),
        (404, "application/json", {"code": 5, "message": "", "details": [INFO]}),
    ],
)
def test_an_answer_that_is_not_as_documented_would_be_noticed(status, kind, body, conformance):
    path = "/api/v1/auth/me"
    answer = httpx.Response(status, headers={"content-type": kind}, json=body)
    with pytest.raises(NotAsDocumented):
        conformance.judge("GET", path, answer, [answer.content])
