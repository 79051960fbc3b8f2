import pytest


def test_a_key_is_shown_once_when_it_is_made(me):
    said = me("account", "keys", "create", "nightly", "--scopes", "read:portfolio,run:optimization", "--days", "30")
    assert said.code == 0
    for word in ("qpo_a-key", "nightly", "read:portfolio, run:optimization", "2026-10-21"):
        assert word in said.out


def test_where_there_is_a_second_factor_a_key_takes_its_code(qpo):
    assert qpo("login", "twice@example.com").code == 0
    assert qpo("account", "keys", "create", "nightly", "--scopes", "read:portfolio").code == 0


def test_a_list_says_which_keys_are_in_use_and_which_have_ended(me):
    said = me("account", "keys", "list")
    rows = {row.split("│")[2].strip(): row for row in said.out.splitlines() if row.count("│") > 2}
    assert "2026-09-21" in rows["nightly"]
    assert "counts" in rows["nightly"]
    assert "never" in rows["old"]
    assert "has ended" in rows["old"]
    assert "qpo_" not in said.out


@pytest.fixture
def machine(qpo, monkeypatch):
    """`qpo` with a key, and without a login."""
    monkeypatch.setenv("QPO_API_KEY", "qpo_a-key")
    return qpo


def test_a_key_in_the_environment_is_used_in_place_of_a_login(machine, home):
    said = machine("whoami")
    assert said.code == 0
    assert "a machine" in said.out
    assert not (home / "config" / "qpo" / "default.json").exists()


def test_a_key_goes_before_the_login_of_the_profile(me, machine):
    assert "a machine" in machine("whoami").out


def test_a_key_is_exchanged_for_a_token_to_use_elsewhere(machine):
    assert machine("account", "keys", "token", "-o", "json").json["access_token"].startswith("access-")


def test_what_wants_somebody_in_person_says_what_to_do(machine):
    said = machine("account", "keys", "list")
    assert said.code == 17
    assert "QPO_API_KEY" in said.err


def test_a_key_that_does_not_count_is_refused(machine, monkeypatch):
    monkeypatch.setenv("QPO_API_KEY", "qpo_another")
    said = machine("whoami")
    assert said.code == 26
    assert "API_KEY_INVALID" in said.err


def test_without_a_key_there_is_none_to_exchange(qpo):
    said = qpo("account", "keys", "token")
    assert said.code == 1
    assert "--key-file" in said.err


def test_there_is_no_option_for_a_key(qpo):
    assert qpo("whoami", "--api-key", "qpo_a-key").code == 2
