"""`qpo audit` on a fake edge."""


def test_events_are_listed_with_who_what_and_whence(me):
    said = me("audit", "list")
    assert said.code == 0
    for word in ("BAD_CREDENTIALS", "account:ab12", "192.0.2.1", "user-register", "EstimateMoments", "more"):
        assert word in said.out


def test_an_action_can_be_asked_for(me):
    said = me("audit", "list", "--action", "user-login")
    assert "account:ab12" in said.out
    assert "192.0.2.1" not in said.out


def test_an_intact_trail_is_said_to_be(me):
    said = me("audit", "verify")
    assert said.code == 0
    assert "intact" in said.out


def test_a_broken_trail_ends_with_1_and_names_the_first_event(qpo):
    qpo("login", "victim@example.com")
    said = qpo("audit", "verify")
    assert said.code == 1
    assert "broken at 2: it is missing" in said.out
