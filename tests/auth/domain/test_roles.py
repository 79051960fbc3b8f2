from hypothesis import given
from hypothesis import strategies as st

from services.auth.domain.roles import GRANTS, IMPLIED, READ_SCOPES, WRITE_SCOPES, Role, closure, scopes_of

EVERY = sorted({scope for scopes in (*GRANTS.values(), *IMPLIED.values()) for scope in scopes} | {"unheard:of"})
scope_sets = st.frozensets(st.sampled_from(EVERY))


@given(scope_sets)
def test_a_closure_holds_what_it_was_made_of_and_closing_it_again_adds_nothing(scopes):
    closed = closure(scopes)
    assert scopes <= closed
    assert closure(closed) == closed


@given(scope_sets, scope_sets)
def test_more_scopes_never_imply_fewer(scopes, more):
    assert closure(scopes) <= closure(scopes | more)


@given(st.frozensets(st.sampled_from(Role)), st.sampled_from(Role))
def test_another_role_never_takes_a_scope_away(roles, role):
    assert scopes_of(roles) <= scopes_of(roles | {role})


def test_a_user_owns_portfolios_and_datasets_and_may_optimize():
    owned = {"read:portfolio", "write:portfolio", "read:marketdata", "write:marketdata", "run:optimization"}
    assert scopes_of([Role.USER]) == owned


def test_an_advisor_may_what_a_user_may_and_look_after_clients():
    clients = {"read:client_portfolio", "write:client_portfolio", "read:reports"}
    assert scopes_of([Role.ADVISOR]) == scopes_of([Role.USER]) | clients


def test_an_administrator_may_whatever_anybody_may():
    everything = {"read:all", "write:all", "admin:users", "ingest:ticks", "run:optimization"}
    assert scopes_of([Role.ADMIN]) == everything | READ_SCOPES | WRITE_SCOPES
    assert all(scopes_of([role]) <= scopes_of([Role.ADMIN]) for role in Role)


def test_every_reading_and_writing_scope_that_a_role_grants_is_implied_by_all():
    granted = scopes_of([Role.USER, Role.ADVISOR])
    assert {scope for scope in granted if scope.startswith("read:")} == READ_SCOPES
    assert {scope for scope in granted if scope.startswith("write:")} == WRITE_SCOPES


def test_only_an_administrator_may_change_users_or_feed_ticks():
    others = scopes_of([Role.USER, Role.ADVISOR])
    assert not others & {"admin:users", "ingest:ticks", "read:all", "write:all"}
