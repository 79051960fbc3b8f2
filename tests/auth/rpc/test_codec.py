from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qpo.auth.v1 import user_pb2 as pb

from services.auth.app.ports import PublicKey
from services.auth.domain.refresh_tokens import TokenPair
from services.auth.domain.roles import Role
from services.auth.domain.user import User
from services.auth.rpc import codec
from services.auth.wire.roles import role_from

moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
users = st.builds(
    User,
    id=st.uuids().map(str),
    tenant_id=st.uuids().map(str),
    email=st.emails(),
    created_at=moments,
    subscription_tier=st.sampled_from(["free", "pro"]),
    roles=st.frozensets(st.sampled_from(Role), min_size=1),
    token_version=st.just(1),
)


@given(users)
def test_a_user_comes_back_from_the_wire_as_it_was(user):
    message = pb.User.FromString(codec.user_message(user).SerializeToString())
    back = User(
        id=message.id,
        tenant_id=message.tenant_id,
        email=message.email,
        created_at=message.created_at.ToDatetime(tzinfo=UTC),
        subscription_tier=message.subscription_tier,
        roles=frozenset(role_from(role) for role in message.roles),
        token_version=1,
    )
    assert back == user


@given(users)
def test_roles_come_in_the_order_of_the_contract(user):
    wire = list(codec.user_message(user).roles)
    assert wire == sorted(wire)


def test_every_role_of_the_contract_is_one_of_the_domain():
    named = {role_from(value) for value in pb.Role.values() if value != pb.ROLE_UNSPECIFIED}
    assert named == set(Role)


def test_no_role_is_not_a_role():
    with pytest.raises(KeyError):
        role_from(pb.ROLE_UNSPECIFIED)


@given(st.text(max_size=50), st.integers(0, 900), st.text(max_size=50))
def test_a_pair_of_tokens_is_passed_on_unchanged(access, seconds, refresh):
    message = codec.tokens_message(TokenPair(access, seconds, refresh))
    assert (message.access_token, message.expires_in, message.refresh_token) == (access, seconds, refresh)
    assert message.token_type == "Bearer"


def test_a_key_is_written_as_rfc_8037_does():
    message = codec.key_message(PublicKey(kid="a-name", x="a-point"))
    assert (message.kty, message.crv, message.use, message.alg) == ("OKP", "Ed25519", "sig", "EdDSA")
    assert (message.kid, message.x) == ("a-name", "a-point")


@given(moments)
def test_a_moment_is_kept_to_the_microsecond(moment):
    # A float holds today's microseconds: 2^53 µs is the year 2255.
    assert abs(codec.moment(moment.timestamp()).ToDatetime(tzinfo=UTC) - moment).total_seconds() <= 1e-6
