import pytest

from chassis.paging import PageTokenInvalid, PageTokens
from services.marketdata.domain.errors import CursorInvalid
from services.marketdata.domain.ticks import Position
from services.marketdata.rpc.tokens import Tokens
from tests.marketdata.builders import OWNER, STRANGER

TOKENS = Tokens(PageTokens(bytes(32)))
PLACE = Position("epoch", 41)


def test_a_cursor_leads_back_to_its_place():
    assert TOKENS.position("d", TOKENS.cursor("d", PLACE)) == PLACE
    assert TOKENS.position("d", "") is None


@pytest.mark.parametrize("cursor", ["x", TOKENS.cursor("another", PLACE), TOKENS.cursor("d", PLACE)[:-1] + "~"])
def test_a_cursor_that_was_not_given_for_the_dataset_is_refused(cursor):
    with pytest.raises(CursorInvalid):
        TOKENS.position("d", cursor)


def test_a_page_token_serves_its_caller_method_and_filter_alone():
    token = TOKENS.listing(OWNER, "ListBars", "prices", ["A"]).token(("2024-01-02", "A"))
    assert TOKENS.listing(OWNER, "ListBars", "prices", ["A"]).after(token) == ["2024-01-02", "A"]
    for other in (
        TOKENS.listing(STRANGER, "ListBars", "prices", ["A"]),
        TOKENS.listing(OWNER, "ListInstruments", "prices", ["A"]),
        TOKENS.listing(OWNER, "ListBars", "prices", ["B"]),
    ):
        with pytest.raises(PageTokenInvalid):
            other.after(token)
