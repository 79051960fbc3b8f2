"""Who may call which method with which token, asked of a sidecar that istiod told so."""

import grpc
import pytest

from tests.fixtures.tokens import Tokens
from tests.istio.calls import CLOSES, DELETE, GET, LOGIN, Caller
from tests.istio.certificates import spiffe

OK, DENIED, UNKNOWN = grpc.StatusCode.OK, grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED


async def asked(running, account: str, path: str, token: str | None = None):
    """The answer of portfolio, or marketdata, to an account's call past its own sidecar."""
    authority = running.mesh.authority
    place = running.v1 if "portfolio" in path else running.first
    credentials = authority.credentials(authority.proof(spiffe(account)))
    given = running.tokens.mint() if token is None else token
    async with Caller.past_sidecars(place, credentials, given) as caller:
        return await caller.call(path)


@pytest.mark.parametrize(
    ("account", "path"),
    [("edge", GET), ("edge", DELETE), ("optimizer-service", GET), ("portfolio-service", CLOSES)],
)
async def test_a_caller_is_answered_the_methods_that_the_call_graph_has_for_it(running, account, path):
    assert (await asked(running, account, path)).code is OK


@pytest.mark.parametrize(
    ("account", "path"),
    [
        ("optimizer-service", DELETE),
        ("ml-service", GET),
        ("marketdata-service", GET),
        ("portfolio-service", GET),
        ("ml-service", CLOSES),
        ("default", GET),
        # Portfolio is not asked what others serve.
        ("edge", "/qpo.ml.v1.portfolio/EstimateMoments"),
    ],
)
async def test_a_forbidden_caller_is_denied(running, account, path):
    answer = await asked(running, account, path)
    assert (answer.code, answer.tries) == (DENIED, 0)


async def test_a_call_without_a_token_is_denied(running):
    answer = await asked(running, "edge", GET, token="")
    assert (answer.code, answer.tries) == (DENIED, 0)


async def test_a_method_that_is_open_is_answered_without_a_token(running):
    async with running.caller("auth", token="") as caller:
        answer = await caller.call(LOGIN)
    assert (answer.code, answer.name) == (OK, "auth-v1")


@pytest.mark.parametrize(
    ("claims", "code"),
    [({"lifetime": -600}, UNKNOWN), ({"aud": "elsewhere"}, DENIED), ({"iss": "https://elsewhere"}, UNKNOWN)],
    ids=["expired", "for another audience", "of another issuer"],
)
async def test_a_token_that_is_not_for_us_is_refused(running, claims, code):
    answer = await asked(running, "edge", GET, running.tokens.mint(**claims))
    assert (answer.code, answer.tries) == (code, 0)


async def test_a_token_that_another_signed_is_refused(running):
    answer = await asked(running, "edge", GET, Tokens().mint())
    assert (answer.code, answer.tries) == (UNKNOWN, 0)
