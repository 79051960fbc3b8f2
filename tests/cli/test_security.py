"""`qpo admin security` on a fake edge."""


def test_events_are_listed_with_what_was_noticed_and_of_whom(me):
    said = me("admin", "security", "events")
    assert said.code == 0
    for words in ("anomaly", "refresh-token-reused", "score 0.71", "192.0.2.1", "more"):
        assert words in said.out


def test_a_kind_can_be_asked_for(me):
    said = me("admin", "security", "events", "--kind", "refresh-token-reused")
    assert "192.0.2.1" in said.out
    assert "score" not in said.out


def test_events_are_watched_as_they_come(me):
    said = me("admin", "security", "watch", "--seconds", "0.3")
    assert "900 calls" in said.out


def test_what_is_named_of_the_policy_changes_and_nothing_else(me):
    said = me("admin", "security", "set-policy", "--anomaly-action", "block", "--least-calls", "50", "-o", "json")
    policy = said.json["policy"]
    assert (policy["anomaly_action"], policy["least_calls"]) == ("SECURITY_ACTION_BLOCK", 50)
    assert policy["block_minutes"] == 15


def test_a_change_of_nothing_is_refused(me):
    said = me("admin", "security", "set-policy")
    assert said.code != 0
    assert "nothing would change" in said.err


def test_detectors_tell_what_they_were_trained_on(me):
    said = me("admin", "security", "detectors")
    assert "abababababab" in said.out
    assert "4,321 minutes" in said.out
