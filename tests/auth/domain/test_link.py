from datetime import UTC, datetime, timedelta

import pytest

from services.auth.domain.errors import InvalidLink
from services.auth.domain.link import Term, linked

NOW, HOUR = datetime(2026, 3, 1, 12, tzinfo=UTC), timedelta(hours=1)


def a_link(**term):
    return linked("link", "advisor", "client", Term(**term), NOW)


def test_a_link_runs_from_now_until_it_is_ended_if_nothing_else_is_said():
    link = a_link()
    assert (link.valid_from, link.valid_until) == (NOW, None)
    assert not link.is_over(NOW + 1000 * HOUR)


def test_a_repeat_changes_nothing():
    link = a_link()
    assert link.changed(Term(), NOW + HOUR) is link
    ended = link.ended(NOW + HOUR)
    assert ended.ended(NOW + 2 * HOUR) is ended


def test_an_ended_link_is_over_at_that_moment_and_begins_anew_later():
    ended = a_link().ended(NOW + HOUR)
    assert ended.is_over(NOW + HOUR)
    again = ended.changed(Term(), NOW + 2 * HOUR)
    assert (again.valid_from, again.valid_until, again.version) == (NOW + 2 * HOUR, None, 3)


def test_a_link_that_is_to_come_is_not_over_and_can_be_ended():
    link = a_link(valid_from=NOW + HOUR)
    assert not link.is_over(NOW)
    ended = link.ended(NOW)
    assert ended.is_over(NOW)
    assert ended.valid_from <= ended.valid_until


@pytest.mark.parametrize(
    "term",
    [
        {"valid_until": NOW},
        {"valid_from": NOW - 2 * HOUR, "valid_until": NOW - HOUR},
        {"valid_from": NOW + HOUR, "valid_until": NOW + HOUR},
    ],
)
def test_a_link_that_would_never_be_valid_is_refused(term):
    with pytest.raises(InvalidLink) as refused:
        a_link(**term)
    assert refused.value.field == "valid_until"


def test_nobody_advises_themselves():
    with pytest.raises(InvalidLink) as refused:
        linked("link", "somebody", "somebody", Term(), NOW)
    assert refused.value.field == "client_id"
