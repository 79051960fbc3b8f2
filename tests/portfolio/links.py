"""Links of advisors and clients, told as auth tells them."""

from datetime import UTC, datetime, timedelta

from qpo.auth.v1 import events_pb2, user_pb2

from chassis.bus import Message
from chassis.ids import Uuid7Ids
from services.portfolio.adapters.user_events import users
from services.portfolio.app.forget_user import ForgetUser
from tests.portfolio.builders import NOW
from tests.portfolio.fakes import TickingClock
from tests.walls import background

HOUR = timedelta(hours=1)
TERMS = {
    "valid": (-HOUR, HOUR),
    "without end": (-HOUR, None),
    "ended": (-2 * HOUR, -HOUR),
    "not yet valid": (HOUR, 2 * HOUR),
}


async def told(pool, details, event, version=1):
    """Hands an event of auth's to the consumer, in a transaction as it has."""
    kind = event.WhichOneof("event")
    given = (kind, "key", version, NOW, NOW, "", "", "", 1)
    message = Message(Uuid7Ids().new(), "qpo.auth.v1.UserEvent", *given, event.SerializeToString())
    subscription = users(ForgetUser(TickingClock()), details, lambda: None)
    assert kind in subscription.types
    async with background(pool) as connection:
        await subscription.handle(connection, message)


async def link(pool, details, advisor_id, client_id, start=-HOUR, end=None):
    """An advisor is linked to a client, from and until so long from now."""
    now = datetime.now(UTC)
    made = user_pb2.Link(advisor_id=advisor_id, client_id=client_id, valid_from=now + start)
    if end is not None:
        made.valid_until.FromDatetime(now + end)
    await told(pool, details, events_pb2.UserEvent(advisor_linked=events_pb2.AdvisorLinked(link=made)))


async def unlink(pool, details, advisor_id, client_id):
    """Their link is ended."""
    ended = user_pb2.Link(advisor_id=advisor_id, client_id=client_id)
    await told(pool, details, events_pb2.UserEvent(advisor_unlinked=events_pb2.AdvisorUnlinked(link=ended)))


async def left(pool, details, user_id):
    """A user is deleted."""
    account = events_pb2.Account(user_id=user_id, tenant_id=user_id)
    await told(pool, details, events_pb2.UserEvent(user_deleted=events_pb2.UserDeleted(account=account)))
