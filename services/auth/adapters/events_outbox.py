"""What happened to accounts, as it is told: qpo.auth.v1.UserEvent in the outbox."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp
from qpo.auth.v1 import events_pb2 as pb

from chassis.outbox import Event
from services.auth.domain.events import Deleted, Happening, Registered, RoleChanged, SessionsEnded
from services.auth.domain.user import User
from services.auth.wire.roles import role_messages

TOPIC = pb.UserEvent.DESCRIPTOR.full_name


def event_of(happened: Happening) -> Event:
    """The event; a deletion is the version behind the account's last."""
    user = happened.user
    message = _message(happened)
    return Event(
        topic=TOPIC,
        type=message.WhichOneof("event") or "",
        key=user.id,
        seq=user.token_version + isinstance(happened, Deleted),
        occurred_at=happened.at,
        payload=message.SerializeToString(),
    )


def _message(happened: Happening) -> pb.UserEvent:
    account = _account(happened.user)
    match happened:
        case Registered():
            return pb.UserEvent(user_registered=pb.UserRegistered(account=account))
        case RoleChanged():
            return pb.UserEvent(user_role_changed=pb.UserRoleChanged(account=account))
        case SessionsEnded():
            return pb.UserEvent(user_sessions_ended=pb.UserSessionsEnded(account=account))
        case Deleted():
            return pb.UserEvent(user_deleted=pb.UserDeleted(account=account))


def _account(user: User) -> pb.Account:
    created_at = Timestamp()
    created_at.FromDatetime(user.created_at)
    return pb.Account(
        user_id=user.id,
        tenant_id=user.tenant_id,
        subscription_tier=user.subscription_tier,
        roles=role_messages(user.roles),
        created_at=created_at,
    )
