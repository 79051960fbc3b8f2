from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from services.auth.domain.roles import Role
from services.auth.domain.user import newcomer, normalized

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_newcomer_is_in_a_tenant_of_its_own_on_the_free_tier():
    user = newcomer("an-id", " Ann@Example.com ", Role.USER, NOW)
    assert (user.tenant_id, user.subscription_tier, user.token_version) == ("an-id", "free", 1)
    assert user.email == "ann@example.com"


@given(st.emails())
def test_an_address_in_its_normal_form_is_normal(email):
    assert normalized(normalized(email)) == normalized(email) == normalized(email.upper().lower())


def test_another_role_replaces_the_present_ones_and_raises_the_version():
    user = newcomer("an-id", "ann@example.com", Role.USER, NOW).with_role(Role.ADVISOR)
    assert (user.roles, user.token_version) == ({Role.ADVISOR}, 2)


def test_the_same_role_again_changes_nothing():
    user = newcomer("an-id", "ann@example.com", Role.USER, NOW)
    assert user.with_role(Role.USER) is user
