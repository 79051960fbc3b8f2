"""Between the contract's messages and the domain; pure."""

from __future__ import annotations

from datetime import UTC, datetime

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from qpo.auth.v1 import user_pb2 as pb
from qpo.auth.v1.api_key_service_pb2 import ApiKey as ApiKeyMessage

from chassis.errors import InvalidRequest
from services.auth.app.ports import PublicKey
from services.auth.domain.api_keys import ApiKey
from services.auth.domain.refresh_tokens import Session, TokenPair
from services.auth.domain.roles import closure
from services.auth.domain.usage import Usage
from services.auth.domain.user import User
from services.auth.wire.roles import role_messages


def user_message(user: User) -> pb.User:
    """A user as the contract shows one; the roles in the order of the enum."""
    created_at = Timestamp()
    created_at.FromDatetime(user.created_at)
    return pb.User(
        id=user.id,
        email=user.email,
        created_at=created_at,
        subscription_tier=user.subscription_tier,
        roles=role_messages(user.roles),
        tenant_id=user.tenant_id,
        disabled_at=None if user.disabled_at is None else moment(user.disabled_at.timestamp()),
    )


def tokens_message(pair: TokenPair) -> pb.Tokens:
    """A pair of tokens as the contract shows one."""
    return pb.Tokens(
        access_token=pair.access_token,
        expires_in=pair.expires_in,
        refresh_token=pair.refresh_token,
        token_type="Bearer",  # noqa: S106
    )


def session_message(session: Session) -> pb.Session:
    """A session as the contract shows one."""
    return pb.Session(
        started_at=moment(session.started_at.timestamp()),
        expires_at=moment(session.expires_at.timestamp()),
        ended_at=None if session.ended_at is None else moment(session.ended_at.timestamp()),
    )


def usage_message(usage: Usage) -> pb.UsageMinute:
    """A minute of a user's as the contract shows one."""
    counts = ("calls", "refused", "invalid", "not_found", "writes", "bytes_in", "methods", "addresses")
    return pb.UsageMinute(minute=moment(usage.minute.timestamp()), **{name: getattr(usage, name) for name in counts})


def key_message(key: PublicKey) -> pb.JsonWebKey:
    """A public key as RFC 7517 and RFC 8037 write an Ed25519 one."""
    return pb.JsonWebKey(kty="OKP", crv="Ed25519", x=key.x, kid=key.kid, use="sig", alg="EdDSA")


def moment(seconds: float) -> Timestamp:
    """Seconds since 1970, UTC, as a Timestamp."""
    timestamp = Timestamp()
    timestamp.FromMicroseconds(round(seconds * 1_000_000))
    return timestamp


def time_in(request: Message, name: str) -> datetime | None:
    """The time in a field, None if it is absent. Raises InvalidRequest if it is none, of the years 1 to 9999."""
    if not request.HasField(name):
        return None
    try:
        found: datetime = getattr(request, name).ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest([(name, "give a time of the years 1 to 9999, its nanos from 0 to 999,999,999")]) from None
    return found


def api_key_message(key: ApiKey) -> ApiKeyMessage:
    """Tells what a key is called and may; its secret is kept by nobody."""
    last_used_at = None if key.last_used_at is None else moment(key.last_used_at.timestamp())
    return ApiKeyMessage(
        id=key.id,
        name=key.name,
        scopes=sorted(closure(key.scopes)),
        created_at=moment(key.created_at.timestamp()),
        expires_at=moment(key.expires_at.timestamp()),
        last_used_at=last_used_at,
    )
