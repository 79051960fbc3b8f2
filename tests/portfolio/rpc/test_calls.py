"""What a call says besides its request."""

import pytest
from qpo.portfolio.v1 import portfolio_service_pb2 as pb

from chassis.context import bound
from chassis.paging import PageTokenInvalid, PageTokens
from chassis.principal import Principal
from services.portfolio.app.ports import Place, Reach
from services.portfolio.rpc.calls import Pages, once, reader, writer
from tests.portfolio.builders import ALICE, BOB, ID, NOW

PAGES = Pages(PageTokens(b"k" * 32))
MINE, PLACE = Reach(ALICE, ALICE), Place(NOW, ID)


def principal(*scopes):
    return Principal(ALICE, "tenant", frozenset(), frozenset(scopes), "free", "t", 0.0)


@pytest.mark.parametrize(
    ("scope", "reads", "writes"), [("x", False, False), ("read:all", True, False), ("write:all", False, True)]
)
def test_a_caller_reaches_their_own_and_all_only_by_scope(scope, reads, writes):
    with bound(principal=principal(scope)):
        assert reader() == Reach(ALICE, "tenant", reads)
        assert writer() == Reach(ALICE, "tenant", writes)


def test_a_call_without_a_request_id_is_not_done_once():
    with bound(principal=principal()):
        assert once(pb.CreatePortfolioRequest(name="x"), "CreatePortfolio") is None


def test_the_order_of_a_map_s_entries_makes_no_other_body():
    def request(*symbols):
        made = pb.CreatePortfolioRequest(request_id="r")
        for symbol in symbols:
            made.constraints.bounds[symbol].max = 1
        return made

    with bound(principal=principal()):
        one, other = (once(request(*order), "M") for order in ("ABCDEFGH", "HGFEDCBA"))
    assert one == other
    assert (one.method, one.user_id, one.tenant_id, one.request_id) == ("M", ALICE, "tenant", "r")


def test_a_place_survives_its_token():
    assert PAGES.place(MINE, PAGES.token(MINE, PLACE)) == PLACE
    assert PAGES.place(MINE, "") is None
    assert PAGES.token(MINE, None) == ""


@pytest.mark.parametrize("reach", [Reach(BOB, ALICE), Reach(ALICE, BOB), Reach(ALICE, ALICE, everyone=True)])
def test_a_token_serves_none_but_whom_it_was_given_to(reach):
    with pytest.raises(PageTokenInvalid):
        PAGES.place(reach, PAGES.token(MINE, PLACE))


def test_a_token_serves_for_the_owner_who_was_named_alone():
    assert PAGES.place(MINE, PAGES.token(MINE, PLACE, BOB), BOB) == PLACE
    for given, shown in ((BOB, ""), ("", BOB), (BOB, ALICE)):
        with pytest.raises(PageTokenInvalid):
            PAGES.place(MINE, PAGES.token(MINE, PLACE, given), shown)
