import json

import pytest

from clients.cli.call import prose
from clients.cli.call.catalogue import find, methods


def test_a_method_is_called_by_its_whole_name(me, portfolio):
    body = json.dumps({"portfolio_id": portfolio["id"]})
    said = me("call", "qpo.portfolio.v1.PortfolioService/GetPortfolio", body)
    assert said.code == 0, said.err
    assert said.json["portfolio"]["name"] == "Mine"


@pytest.mark.parametrize("name", ["GetPortfolio", "PortfolioService/GetPortfolio", "getportfolio"])
def test_the_last_part_of_a_name_is_enough(name):
    assert find(name).path == "qpo.portfolio.v1.PortfolioService/GetPortfolio"


def test_a_method_that_needs_no_token_is_called_without_a_login(qpo):
    assert qpo("call", "GetJwks").json["keys"][0]["kid"] == "key-1"


def test_a_request_is_read_from_standard_input(me, program, portfolio):
    said = program("call", "GetPortfolio", "-", stdin=json.dumps({"portfolio_id": portfolio["id"]}))
    assert said.code == 0, said.err
    assert said.json["portfolio"]["id"] == portfolio["id"]


def test_a_stream_is_printed_line_by_line(me, typed):
    job = typed("{job}")[0]
    said = me("call", "WatchOptimization", json.dumps({"job_id": job}))
    states = [json.loads(line)["job"]["state"] for line in said.out.splitlines()]
    assert states[-1] == "JOB_STATE_SUCCEEDED"
    assert len(states) == 4


def test_a_stream_in_is_a_list_or_lines(me, program):
    header = {"header": {"dataset": "mine", "format": "PRICE_FORMAT_CSV"}}
    chunk = {"chunk": "ZGF0ZSxBQVBMCjIwMjItMDEtMDMsMS4wCg=="}
    assert me("call", "IngestPrices", json.dumps([header, chunk])).json["bars_stored"] == 2
    lines = f"{json.dumps(header)}\n{json.dumps(chunk)}\n"
    assert program("call", "IngestPrices", "-", stdin=lines).json["bars_stored"] == 2


def test_a_refusal_exits_as_that_of_any_command(me):
    said = me("call", "GetPortfolio", '{"portfolio_id": "00000000-0000-0000-0000-00000000ffff"}')
    assert said.code == 15
    assert "PORTFOLIO_NOT_FOUND" in said.err


def test_an_unknown_method_is_answered_with_its_neighbours(qpo):
    said = qpo("call", "GetPortfolo")
    assert said.code == 2
    assert "did you mean qpo.portfolio.v1.PortfolioService/GetPortfolio" in said.err


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"portfolioid": "x"}', "portfolioid: did you mean portfolio_id?"),
        ('{"portfolio_id": 5}', "portfolio_id: expected string"),
        ('{"nothing_like_it": 1}', "nothing_like_it: there are portfolio_id"),
        ("{portfolio_id: 1}", "line 1, column 2"),
        ("[]", "write {…}"),
    ],
)
def test_a_mistake_in_the_json_is_named_by_its_field(me, body, told):
    said = me("call", "GetPortfolio", body)
    assert said.code == 2
    assert told in said.err


def test_a_mistake_deep_inside_is_named_by_its_path(me):
    said = me("call", "CreatePortfolio", '{"strategy": {"goal": {"objectve": 1}}}')
    assert "strategy.goal.objectve: did you mean objective?" in said.err
    said = me("call", "CreatePortfolio", '{"strategy": {"goal": {"objective": "OBJECTIVE_SHARP"}}}')
    assert "strategy.goal.objective: did you mean OBJECTIVE_SHARPE?" in said.err


def test_alone_it_lists_every_method_with_what_it_does(qpo):
    said = qpo("call")
    for method in methods():
        assert method.descriptor.name in said.out
    assert "Gets a portfolio with its holdings." in said.out
    listed = qpo("call", "-o", "json").json["methods"]
    assert len(listed) == len(list(methods()))
    assert all(entry["about"] for entry in listed)


def test_it_describes_messages_in_the_contracts_own_words(qpo):
    said = qpo("call", "CreatePortfolio", "--describe").out
    assert "repeated string" in said
    assert "map<string, WeightBounds>" in said
    assert "OBJECTIVE_UTILITY" in said
    assert "A UUID of the caller's own" in said
    assert "[or " in qpo("call", "EstimateMoments", "--describe").out


def test_without_the_contracts_words_names_and_types_are_left(qpo, monkeypatch):
    monkeypatch.setattr(prose, "prose", dict)
    said = qpo("call", "GetPortfolio", "--describe")
    assert said.code == 0
    assert "portfolio_id" in said.out


def test_every_method_message_and_field_has_words():
    known = prose.prose()
    for method in methods():
        assert known[method.path]
        for message in (method.descriptor.input_type, method.descriptor.output_type):
            assert known[message.full_name]
            assert all(known[field.full_name] for field in message.fields)


def test_the_first_sentence_ends_at_its_period():
    assert prose.first_sentence("qpo.auth.v1.AuthService/Register") == "Registers a user with ROLE_USER."
    assert "\n" not in prose.first_sentence("qpo.portfolio.v1.PortfolioService/GetPortfolio")
