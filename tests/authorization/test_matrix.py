"""Who is answered what: every method × every role × everyone that it may be about, all of it from the descriptors.

The contract says whom a method lets in. One rule says the rest: what a caller may not reach is answered exactly as
what does not exist, by code, reason and text.
"""

from enum import Enum

import pytest
from google.protobuf import descriptor_pb2

from chassis.methods import Admission
from services.auth.domain.roles import Role, scopes_of
from tests.authorization.asks import ASKS
from tests.authorization.contract import METHODS, NAMES, identifiers, service_of
from tests.authorization.house import Caller, Outcome
from tests.authorization.things import MADE, SHARED, account, nothing
from tests.portfolio.links import TERMS as LINK_TERMS
from tests.portfolio.links import link

ROLES = {
    "nobody": None,
    "no scopes": frozenset(),
    **{role.value: scopes_of([role]) for role in Role},
}
OF_TENANT = ("dataset", "replay")  # read by the owner's tenant, or by all; written by the owner
NOT_OWNER, SCOPE_MISSING = "PERMISSION_DENIED NOT_OWNER", "PERMISSION_DENIED SCOPE_MISSING"
EVERYBODY_S = {"portfolio": "admin", "user": "admin"}  # within whose reach it is, whoever owns it


class Relation(Enum):
    """What the thing is to the caller."""

    NONE = "nothing is named"
    OWN = "their own"
    COLLEAGUE = "of another user of their tenant"
    STRANGER = "of another tenant"
    GUEST = "of another tenant, which shares it"
    CLIENT = "of a client, to whom the caller is linked"
    FORMER = "of a client, whose link is over"
    FUTURE = "of a client, whose link is yet to begin"
    ABSENT = "it does not exist"


TERMS = {Relation.CLIENT: "valid", Relation.FORMER: "ended", Relation.FUTURE: "not yet valid"}
# Of a client's: what an advisor may reach, and what belongs to nobody but who asked for it.
OF_CLIENTS = {"portfolio": list(TERMS), "job": [Relation.CLIENT]}
BY_CLIENTS_ALONE = "/qpo.portfolio.v1.PortfolioService/DeletePortfolio"


def relations(ask):
    if not ask.kind:
        return [Relation.NONE]
    shared = [Relation.GUEST] if ask.kind in SHARED else []
    advised = OF_CLIENTS.get(ask.kind, [])
    return [Relation.OWN, Relation.COLLEAGUE, Relation.STRANGER, *shared, *advised, Relation.ABSENT]


def cells(path):
    """(ask, role, relation) of a method."""
    return [(ask, role, relation) for ask in ASKS[path] for role in ROLES for relation in relations(ask)]


def expected(method, ask, role, relation):
    """The outcome by the contract and the one rule."""
    scopes = ROLES[role]
    if method.admission is not Admission.OPEN and scopes is None:
        return "UNAUTHENTICATED UNAUTHENTICATED"
    if method.admission is Admission.SCOPE and method.scope not in scopes:
        return "PERMISSION_DENIED SCOPE_MISSING"
    if relation in (Relation.NONE, Relation.OWN) or not ask.looked_up:
        return (relation is Relation.OWN and ask.own) or (not scopes and ask.scopeless) or ask.let_in
    return reached(method, ask, role, relation) or unreached(ask, role)


def reached(method, ask, role, relation):
    """The outcome for whoever may reach what is another's; None if this caller may not."""
    if relation is Relation.ABSENT:
        return None
    if EVERYBODY_S.get(ask.kind) == role:
        return ask.let_in if relation is Relation.COLLEAGUE else ask.elsewhere
    if ask.kind == "portfolio" and relation is Relation.CLIENT:
        return ask.elsewhere if role == Role.ADVISOR and method.path != BY_CLIENTS_ALONE else None
    if ask.kind in OF_TENANT and relation is not Relation.STRANGER:
        writes = service_of(method.path) == "marketdata" and method.scope != "read:marketdata"
        return NOT_OWNER if writes else ask.let_in
    return None


def unreached(ask, role):
    """The outcome for whoever may not, there being such a thing or not. Of users only an administrator is told."""
    return SCOPE_MISSING if ask.kind == "user" and EVERYBODY_S["user"] != role else ask.absent


async def somebody(house, method, role):
    """A caller of a role; of auth's methods one who has an account, a new one where the method may change it."""
    of_auth = service_of(method.path) == "auth"
    if of_auth and not leaves_accounts(method):
        return as_role(house, role, await account(house))
    if (role, of_auth) not in house.people:
        house.people[role, of_auth] = as_role(house, role, await account(house) if of_auth else None)
    return house.people[role, of_auth]


def leaves_accounts(method):
    """Whether accounts are after a call what they were before."""
    reads = method.descriptor.GetOptions().idempotency_level == descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS
    return reads or "Link" in method.path


def as_role(house, role, user_id=None):
    scopes = ROLES[role]
    found = house.somebody(scopes or (), user_id=user_id, roles=(role,))
    return Caller(found.user_id, found.tenant_id, None) if scopes is None else found


async def owner_of(house, method, relation, caller):
    """Who owns the thing, with every scope."""
    if relation is Relation.OWN:
        return house.somebody(None, caller.tenant_id, user_id=caller.user_id)
    tenant = caller.tenant_id if relation is Relation.COLLEAGUE else None
    of_auth, key = service_of(method.path) == "auth", (caller.user_id, relation)
    if of_auth and not leaves_accounts(method):
        return house.somebody(None, tenant, user_id=await account(house))
    if key not in house.people:
        house.people[key] = house.somebody(None, tenant, user_id=await account(house) if of_auth else None)
        if relation in TERMS:
            await link(*house.portfolios, caller.user_id, house.people[key].user_id, *LINK_TERMS[TERMS[relation]])
    return house.people[key]


async def outcome(house, method, ask, role, relation) -> Outcome:
    """Has the thing made, and asks."""
    caller, thing = await somebody(house, method, role), ""
    if relation is Relation.ABSENT:
        thing = nothing(ask.kind)
    elif ask.kind:
        make = SHARED if relation is Relation.GUEST else MADE
        thing = await make[ask.kind](house, await owner_of(house, method, relation, caller))
    return await house.call(caller, method.path, *ask.naming(thing), naming=thing)


def test_every_method_and_every_field_that_names_something_is_in_the_matrix():
    assert set(ASKS) == set(METHODS)
    for path, method in METHODS.items():
        named = list(identifiers(method))
        unknown = [field for field, name in named if name not in NAMES]
        assert not unknown, f"{path}: say in NAMES what {', '.join(unknown)} names"
        asked = {(ask.field, ask.kind) for ask in ASKS[path] if ask.kind}
        assert asked == {(field, NAMES[name]) for field, name in named if NAMES[name]}, path


@pytest.mark.parametrize("path", METHODS)
async def test_a_method_answers_each_role_about_each_relationship_as_the_contract_says(house, path):
    method, found, wanted, denied = METHODS[path], {}, {}, {}
    for ask, role, relation in cells(path):
        cell = (ask.field, role, relation.value)
        wanted[cell] = expected(method, ask, role, relation)
        got = await outcome(house, method, ask, role, relation)
        found[cell] = str(got)
        if ask.kind and wanted[cell] == unreached(ask, role):
            denied.setdefault((ask.field, role), set()).add(got)
    assert found == wanted
    # Whatever it is that a caller may not reach, and whether it is there: one answer, to the letter.
    assert all(len(answers) == 1 for answers in denied.values()), denied


@pytest.mark.parametrize("role", [role.value for role in Role])
@pytest.mark.parametrize(
    ("path", "kind", "field", "name"),
    [
        ("/qpo.portfolio.v1.PortfolioService/ListPortfolios", "portfolio", "portfolios", "id"),
        ("/qpo.optimizer.v1.OptimizerService/ListOptimizations", "job", "jobs", "job_id"),
        ("/qpo.marketdata.v1.MarketDataService/ListDatasets", "dataset", "datasets", "id"),
    ],
)
async def test_a_list_shows_what_its_reader_may_reach(house, path, kind, field, name, role):
    caller, method = as_role(house, role), METHODS[path]
    made = {
        relation: await MADE[kind](house, await owner_of(house, method, relation, caller))
        for relation in (Relation.OWN, Relation.COLLEAGUE, Relation.STRANGER)
    }
    asked = {"page_size": 1000}
    listed = {getattr(each, name) for each in getattr(await house.answer(caller, path, asked), field)}
    wanted = {Relation.OWN}
    wanted |= {Relation.COLLEAGUE} if kind in OF_TENANT else set()
    wanted |= set(made) if EVERYBODY_S.get(kind) == role else set()
    assert {relation for relation, thing in made.items() if thing in listed} == wanted


@pytest.mark.parametrize("role", [role.value for role in Role])
async def test_a_list_of_one_owner_s_shows_what_its_reader_may_reach(house, role):
    caller, path = as_role(house, role), "/qpo.portfolio.v1.PortfolioService/ListPortfolios"
    reached = {Relation.OWN} | ({Relation.CLIENT} if role == Role.ADVISOR else set())
    for relation in (Relation.OWN, Relation.COLLEAGUE, Relation.STRANGER, *TERMS):
        owner = await owner_of(house, METHODS[path], relation, caller)
        made = await MADE["portfolio"](house, owner)
        listed = [each.id for each in (await house.answer(caller, path, {"owner_id": owner.user_id})).portfolios]
        assert (made in listed) == (relation in reached or role == Role.ADMIN), relation
        assert made in listed or not listed, relation
