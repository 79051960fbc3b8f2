"""What happened to accounts, as it is told: qpo.auth.v1.UserEvent in the outbox."""

from __future__ import annotations

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp
from qpo.auth.v1 import events_pb2 as pb

from chassis.outbox import Event
from services.auth.domain.events import (
    Deleted,
    Happening,
    Linked,
    Registered,
    RoleChanged,
    SessionsEnded,
    Unlinked,
)
from services.auth.domain.user import User
from services.auth.wire.links import link_message
from services.auth.wire.roles import role_messages

TOPIC = pb.UserEvent.DESCRIPTOR.full_name


def event_of(happened: Happening) -> Event:
    """The event of an account; a deletion is the version behind the account's last."""
    user = happened.user
    return _event(_message(happened), user.id, user.token_version + isinstance(happened, Deleted), happened.at)


def event_of_link(happened: Linked | Unlinked) -> Event:
    """The event of a link."""
    link = link_message(happened.link)
    if isinstance(happened, Linked):
        message = pb.UserEvent(advisor_linked=pb.AdvisorLinked(link=link))
    else:
        message = pb.UserEvent(advisor_unlinked=pb.AdvisorUnlinked(link=link))
    return _event(message, happened.link.id, happened.link.version, happened.at)


def _event(message: pb.UserEvent, key: str, seq: int, at: datetime) -> Event:
    return Event(
        topic=TOPIC,
        type=message.WhichOneof("event") or "",
        key=key,
        seq=seq,
        occurred_at=at,
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
