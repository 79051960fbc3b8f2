import pytest


@pytest.fixture
def secret(home):
    file = home / "bootstrap_secret"
    file.write_text("the-secret\n")
    return str(file)


def bootstrap(qpo, edge, secret):
    return qpo(
        "admin", "bootstrap", "root@example.com", "--auth", edge.removeprefix("http://"), "--secret-file", secret
    )


def test_the_secret_from_the_key_folder_makes_the_first_administrator(qpo, edge, secret):
    said = bootstrap(qpo, edge, secret)
    assert said.code == 0
    assert "admin" in said.out


def test_another_secret_is_refused(qpo, edge, secret, home):
    (home / "bootstrap_secret").write_text("a guess\n")
    said = bootstrap(qpo, edge, secret)
    assert said.code == 17
    assert "BOOTSTRAP_SECRET_WRONG" in said.err


def test_a_missing_secret_is_named(qpo, edge):
    said = bootstrap(qpo, edge, "nowhere")
    assert said.code == 1
    assert "nowhere" in said.err


def test_without_a_mesh_here_the_address_is_asked_for(qpo):
    said = qpo("admin", "bootstrap", "root@example.com")
    assert said.code == 1
    assert "no mesh runs here" in said.err


def test_a_role_is_given(me):
    said = me("admin", "role", "00000000-0000-0000-0000-000000000001", "advisor")
    assert said.code == 0
    assert "advisor" in said.out


def test_accounts_are_listed_with_who_is_disabled_since_when(me):
    said = me("admin", "users")
    assert said.code == 0
    for word in ("ann@example.com", "bob@example.com", "2026-09-21", "more"):
        assert word in said.out
    assert "bob" not in me("admin", "users", "--email", "ann@example.com").out


def test_an_account_is_disabled_and_enabled(me):
    assert "2026-09-21" in me("admin", "disable", "u-1").out
    assert "disabled" not in me("admin", "enable", "u-1").out


def test_an_advisor_is_linked_for_a_time_and_the_links_are_listed(me):
    said = me("admin", "link", "u-1", "u-2", "--until", "2027-01-01")
    assert said.code == 0
    assert "2027-01-01 00:00:00Z" in said.out
    listed = me("admin", "links").out
    for word in ("u-1", "u-2", "u-3", "it is ended", "2026-09-21", "more"):
        assert word in listed
    assert "u-3" not in me("admin", "links", "--client", "u-2").out
    assert "2026-09-21" in me("admin", "unlink", "u-1", "u-2").out
