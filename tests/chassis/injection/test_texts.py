"""Which strings of a request are read: those that its contract leaves open."""

from qpo.auth.v1 import auth_service_pb2, user_service_pb2
from qpo.marketdata.v1 import marketdata_service_pb2 as marketdata
from qpo.portfolio.v1 import portfolio_service_pb2

from chassis.injection import Texts


def read(request):
    return dict(Texts.of(type(request).DESCRIPTOR).read(request))


def test_names_and_descriptions_are_read_wherever_they_stand():
    request = portfolio_service_pb2.CreatePortfolioRequest(name="Core")
    request.constraints.groups.add(name="Tech")
    assert read(request) == {"name": "Core", "constraints.groups[0].name": "Tech"}


def test_a_secret_is_never_read():
    request = auth_service_pb2.LoginRequest(email="ann@example.com", password="' or 1=1--")
    assert "password" not in read(request)


def test_what_can_only_be_an_id_or_was_given_out_by_us_is_not_read():
    assert not Texts.of(portfolio_service_pb2.GetPortfolioRequest.DESCRIPTOR)
    request = user_service_pb2.ListUsersRequest(email="x", page_token="y")
    assert read(request) == {"email": "x"}


def test_of_many_short_texts_those_beside_an_odd_one_are_read_with_their_places():
    request = marketdata.ListCorporateActionsRequest(symbols=["AAPL", "MSFT"])
    assert read(request) == {}
    request.symbols.append("x' or 1=1--")
    assert read(request)["symbols[2]"] == "x' or 1=1--"


def test_a_pattern_that_lets_no_attack_in_closes_a_field():
    closed = {field.name for field in Texts.of(marketdata.ListCorporateActionsRequest.DESCRIPTOR).fields}
    assert closed == {"symbols"}
