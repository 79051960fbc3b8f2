from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from services.auth.domain.claims import claims_for
from services.auth.domain.roles import Role, closure
from services.auth.domain.user import newcomer

moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def claims(role, now):
    user = newcomer("an-id", "ann@example.com", role, now)
    return claims_for(user, ("pwd", "otp"), issuer="https://auth.qpo", audience="qpo", token_id="a-token", now=now)


@given(st.sampled_from(Role), moments)
def test_a_token_lives_fifteen_minutes_and_is_never_from_the_future(role, now):
    made = claims(role, now)
    assert made.exp - made.iat == 900
    assert 0 <= now.timestamp() - made.iat < 1


@given(st.sampled_from(Role), moments)
def test_a_token_carries_the_closure_of_its_scopes_sorted(role, now):
    scopes = claims(role, now).scopes
    assert closure(scopes) == set(scopes)
    assert list(scopes) == sorted(scopes)


def test_a_token_says_who_in_which_tenant_and_for_whom_but_no_address():
    made = claims(Role.USER, datetime(2026, 3, 1, tzinfo=UTC))
    assert (made.iss, made.aud, made.sub, made.tid) == ("https://auth.qpo", "qpo", "an-id", "an-id")
    assert (made.roles, made.tier, made.ver, made.jti) == (("user",), "free", 1, "a-token")
    assert made.amr == ("pwd", "otp")
    assert "ann@example.com" not in repr(made)
