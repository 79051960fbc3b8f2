"""What the edge itself refuses, of everything that calls itself an access token."""

import grpc
import pytest

from tests.fixtures.hostile import HOSTILE

PORTFOLIOS = "/api/v1/portfolios"
METHOD = "/qpo.portfolio.v1.PortfolioService/ListPortfolios"


@pytest.mark.parametrize("case", HOSTILE)
def test_a_token_that_auth_would_not_have_given_is_refused_over_rest_and_grpc(edge, tokens, case):
    shown = f"Bearer {HOSTILE[case](tokens)}".strip()
    answer = edge.rest.get(PORTFOLIOS, headers={"authorization": shown})
    assert (answer.status_code, answer.json()["code"]) == (401, 16)
    assert answer.json()["details"][0]["reason"] == "TOKEN_REFUSED"
    with edge.channel() as channel, pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary(METHOD)(b"", metadata=[("authorization", shown)])
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert edge.services.asked == []


def test_there_are_more_than_forty_of_them():
    assert len(HOSTILE) > 40


@pytest.mark.parametrize("kind", ["at+jwt", "AT+JWT", "application/at+jwt"])
def test_an_access_token_is_known_by_its_type_however_it_is_written(edge, tokens, kind):
    token = tokens.mint(headers={"typ": kind})
    assert edge.rest.get(PORTFOLIOS, headers={"authorization": f"Bearer {token}"}).status_code == 200


def test_what_is_wrong_with_another_type_of_token_is_said_in_words(edge, tokens):
    shown = f"Bearer {tokens.mint(headers={'typ': 'id+jwt'})}"
    told = "its type is not at+jwt, or it lacks sub, tid or jti; log in"
    assert edge.rest.get(PORTFOLIOS, headers={"authorization": shown}).json()["message"].endswith(told)
    with edge.channel() as channel, pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary(METHOD)(b"", metadata=[("authorization", shown)])
    assert refused.value.details().endswith(told)


def test_on_an_open_path_no_token_is_judged(edge, tokens):
    shown = f"Bearer {tokens.mint(headers={'typ': 'id+jwt'})}"
    assert edge.rest.post("/api/v1/auth/login", content="{}", headers={"authorization": shown}).status_code == 200
