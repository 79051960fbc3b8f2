"""Links of advisors and clients over a real server and a real PostgreSQL."""

import uuid
from datetime import UTC, datetime, timedelta

import grpc
import pytest
import pytest_asyncio
from qpo.auth.v1 import audit_service_pb2 as audit_pb
from qpo.auth.v1 import events_pb2, user_pb2
from qpo.auth.v1 import user_service_pb2 as pb
from qpo.auth.v1.user_service_pb2_grpc import UserServiceStub

from tests.fixtures.auth import bearer, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")
ADVISOR, CLIENT = "advisor@example.com", "client@example.com"
DAY = timedelta(days=1)


class Desk:
    """An administrator, an advisor and a client; each method is called by the administrator if nobody is named."""

    def __init__(self, auth, root, advisor, client):
        self.auth, self.root, self.advisor, self.client = auth, root, advisor, client
        self._stub = UserServiceStub(auth.channel)

    async def link(self, token=None, **changes):
        request = pb.LinkAdvisorRequest(**({"advisor_id": self.advisor.id, "client_id": self.client.id} | changes))
        return (await self._stub.LinkAdvisor(request, metadata=bearer(token or self.root))).link

    async def end(self, token=None, **changes):
        request = pb.EndLinkRequest(**({"advisor_id": self.advisor.id, "client_id": self.client.id} | changes))
        return (await self._stub.EndLink(request, metadata=bearer(token or self.root))).link

    async def links(self, token=None, **asked):
        return await self._stub.ListLinks(pb.ListLinksRequest(**asked), metadata=bearer(token or self.root))


@pytest_asyncio.fixture(loop_scope="session")
async def desk(auth, auth_database):
    root = await auth.administrator()
    advisor, client = await auth.register(ADVISOR), await auth.register(CLIENT)
    await auth.update_role(root, advisor.id, user_pb2.ROLE_ADVISOR)
    await auth_database[1].execute("DELETE FROM outbox")
    return Desk(auth, root, advisor, client)


def over(link):
    return link.HasField("valid_until") and link.valid_until.ToDatetime(UTC) <= datetime.now(UTC)


async def told(auth_database):
    """Types, versions and links of the events, in order."""
    rows = await auth_database[1].fetch("SELECT type, key, seq, payload FROM outbox ORDER BY position")
    events = [events_pb2.UserEvent.FromString(row["payload"]) for row in rows]
    return [(row["type"], row["seq"], getattr(event, row["type"])) for row, event in zip(rows, events, strict=True)]


async def test_a_link_is_made_listed_and_ended_and_each_step_is_told(desk, auth_database):
    link = await desk.link(advisor_id=desk.advisor.id.upper())
    assert (link.advisor_id, link.client_id, link.HasField("valid_until")) == (desk.advisor.id, desk.client.id, False)
    assert list((await desk.links()).links) == [link]
    ended = await desk.end()
    assert over(ended)
    assert list((await desk.links()).links) == [ended]
    happened = await told(auth_database)
    assert [(kind, seq) for kind, seq, _ in happened] == [("advisor_linked", 1), ("advisor_unlinked", 2)]
    assert [event.link for _, _, event in happened] == [link, ended]


async def test_a_repeat_of_either_changes_and_tells_nothing(desk, auth_database):
    assert await desk.link() == await desk.link()
    assert await desk.end() == await desk.end()
    assert len(await told(auth_database)) == 2


async def test_the_times_of_a_link_are_changed_and_it_stays_one(desk, auth_database):
    until = datetime.now(UTC) + DAY
    first, changed = await desk.link(), await desk.link(valid_until=until)
    assert changed.valid_from == first.valid_from
    assert changed.valid_until.ToDatetime(UTC) == until
    assert list((await desk.links()).links) == [changed]
    assert [seq for _, seq, _ in await told(auth_database)] == [1, 2]


async def test_who_is_no_advisor_cannot_be_linked_and_who_is_none_any_more_has_no_clients(desk, auth_database):
    refusal = await refused(desk.link(advisor_id=desk.client.id, client_id=desk.advisor.id))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "NOT_AN_ADVISOR")
    await desk.link()
    await desk.auth.update_role(desk.root, desk.advisor.id, user_pb2.ROLE_USER)
    [link] = (await desk.links()).links
    assert over(link)
    assert [kind for kind, _, _ in await told(auth_database)] == [
        "advisor_linked",
        "user_role_changed",
        "advisor_unlinked",
    ]


async def test_whoever_is_deleted_takes_their_links_along(desk):
    await desk.link()
    await desk.auth.delete(desk.root, desk.client.id)
    assert not (await desk.links()).links
    assert (await refused(desk.link())).reason == "USER_NOT_FOUND"
    assert (await refused(desk.end())).reason == "LINK_NOT_FOUND"


async def test_a_time_or_a_client_that_cannot_be_is_named(desk):
    past = datetime.now(UTC) - DAY
    for changes, field in (
        ({"valid_until": past}, "valid_until"),
        ({"client_id": desk.advisor.id}, "client_id"),
        ({"client_id": "me"}, "client_id"),
        ({"valid_from": {"seconds": 1, "nanos": -1}}, "valid_from"),
    ):
        refusal = await refused(desk.link(**changes))
        assert (refusal.reason, refusal.fields) == ("INVALID_REQUEST", [field])


async def test_both_of_a_link_see_it_and_nobody_else_does(desk):
    link = await desk.link()
    other = await desk.auth.register("other@example.com")
    advisor, client, stranger = [
        (await desk.auth.login(email)).access_token for email in (ADVISOR, CLIENT, "other@example.com")
    ]
    for token in (advisor, client):
        for asked in ({}, {"advisor_id": desk.advisor.id}, {"client_id": desk.client.id}):
            mine = desk.advisor.id if token is advisor else desk.client.id
            if not asked or mine in asked.values():
                assert list((await desk.links(token, **asked)).links) == [link]
    assert not (await desk.links(stranger)).links
    assert not (await desk.links(stranger, advisor_id=desk.advisor.id, client_id=other.id)).links
    refusal = await refused(desk.links(stranger, client_id=desk.client.id))
    assert (refusal.reason, refusal.metadata) == ("SCOPE_MISSING", {"scope": "admin:users"})
    for call in (desk.link, desk.end):
        assert (await refused(call(advisor))).reason == "SCOPE_MISSING"


async def test_links_are_listed_newest_first_page_by_page(desk):
    clients = [await desk.auth.register(f"{number}@example.com") for number in range(3)]
    made = [await desk.link(client_id=client.id) for client in clients]
    seen, token = [], ""
    while True:
        page = await desk.links(advisor_id=desk.advisor.id, page_size=2, page_token=token)
        seen += page.links
        token = page.next_page_token
        if not token:
            break
    assert seen == made[::-1]
    first = await desk.links(advisor_id=desk.advisor.id, page_size=2)
    other = desk.links(client_id=desk.client.id, page_token=first.next_page_token)
    assert (await refused(other)).reason == "PAGE_TOKEN_INVALID"


async def test_what_an_administrator_does_to_a_link_is_written_down(desk, clean_trail):
    named = f"link:{desk.advisor.id}/{desk.client.id}"
    await desk.link()
    await desk.end()
    absent = str(uuid.uuid4())
    assert (await refused(desk.end(client_id=absent))).reason == "LINK_NOT_FOUND"
    while await desk.auth.audit.chain():
        continue
    events = (
        await desk.auth.trail.ListAuditEvents(audit_pb.ListAuditEventsRequest(), metadata=bearer(desk.root))
    ).events
    assert [(event.resource, event.action, event.result) for event in events] == [
        (f"link:{desk.advisor.id}/{absent}", audit_pb.AUDIT_ACTION_ADMIN_ACTION, "LINK_NOT_FOUND"),
        (named, audit_pb.AUDIT_ACTION_ADMIN_ACTION, "OK"),
        (named, audit_pb.AUDIT_ACTION_ADMIN_ACTION, "OK"),
    ]
