import copy
import json
import re

import pytest
from google.protobuf import json_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qpo.optimizer.v1 import optimizer_service_pb2 as optimizer
from qpo.portfolio.v1 import portfolio_service_pb2 as portfolio

from tests.gateway import bodies, rendered

PORTFOLIOS, SOLVE = "/api/v1/portfolios", "/api/v1/solve"
ID = "01987f6c-0000-7000-8000-000000000001"
BINDINGS = list(bodies.bindings())
SELDOM = st.integers(0, 9).map(lambda number: number == 9)
EVERY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def send(edge, body, path=PORTFOLIOS, verb="POST", **headers):
    """What the edge answers, and whether the service was called."""
    edge.services.calls.clear()
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    answer = edge.rest.request(verb, path, headers={**edge.anyone, **headers}, content=content)
    return answer, any(call.method != "GetJwks" for call in edge.services.calls)


def violations(edge, body, path=PORTFOLIOS, verb="POST", **headers):
    """The fields that are refused and why; empty if the service was called."""
    answer, called = send(edge, body, path, verb, **headers)
    assert called == (answer.status_code == 200)
    if called:
        return {}
    said = answer.json()
    assert (answer.status_code, said["code"], set(said)) == (400, 3, {"code", "message", "details"})
    info, request = said["details"]
    assert (info["reason"], info["domain"]) == ("REQUEST_MALFORMED", "gateway.qpo")
    assert info["metadata"]["request_id"] == answer.headers["x-request-id"]
    assert request["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    assert said["message"].endswith(request["field_violations"][0]["description"])
    return {each["field"]: each["description"] for each in request["field_violations"]}


def test_a_misspelled_constraint_is_refused_and_the_spelling_it_may_have_meant_is_named(edge):
    assert violations(edge, {"constraints": {"defaultbound": {"max": 0.1}}}) == {
        "constraints.defaultbound": '"defaultbound" is not a field of qpo.types.v1.Constraints; '
        'did you mean "default_bounds"?'
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"strategy": {"max_weights": {"AAPL": 0.1}}}, "strategy.max_weights"),
        ({"constraints": {"bounds": {"AAPL": {"maximum": 0.1}}}}, 'constraints.bounds["AAPL"].maximum'),
        ({"name": "x", "strategy": {"universe": ["A"], "x": None}}, "strategy.x"),
        ({"Name": "x"}, "Name"),
        ({"n\u00e9me": "x"}, "n\\u00e9me"),
        ({"": 1}, ""),
    ],
)
def test_a_field_that_does_not_exist_is_refused_by_its_path(edge, body, field):
    assert list(violations(edge, body)) == [field]


def test_a_field_in_a_list_is_refused_by_its_index(edge):
    body = bodies.full(optimizer.SolveRequest.DESCRIPTOR)
    body["constraints"]["groups"][1]["stranger"] = 1
    assert list(violations(edge, body, SOLVE)) == ["constraints.groups[1].stranger"]


def test_all_of_several_are_named_up_to_ten(edge):
    assert len(violations(edge, {f"stranger_{number}": number for number in range(3)})) == 3
    assert len(violations(edge, {f"stranger_{number}": number for number in range(30)})) == 10


@pytest.mark.parametrize("camel", [False, True])
@pytest.mark.parametrize(("verb", "path", "message", "in_path"), BINDINGS, ids=lambda value: str(value)[:40])
def test_every_field_of_every_body_of_the_contracts_is_accepted_and_none_other(
    edge, verb, path, message, in_path, camel
):
    path = re.sub(r"{\w+}", ID, path)
    body = bodies.full(message, camel=camel, without=in_path)
    assert violations(edge, body, path, verb) == {}
    for place in range(len(list(bodies.objects(body)))):
        worse = copy.deepcopy(body)
        target = list(bodies.objects(worse))[place]
        name, value = target.popitem() if target else ("", 1)
        target[name + "X"] = value
        assert len(violations(edge, worse, path, verb)) == 1


@pytest.mark.parametrize("path", [f"{PORTFOLIOS}/", f"{PORTFOLIOS}?", "/api/v1/%70ortfolios", "//api/v1//portfolios"])
@pytest.mark.parametrize("accept", ["*/*", "text/event-stream"])
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain"])
def test_no_spelling_of_the_path_and_no_header_is_a_way_around(edge, path, accept, kind):
    headers = {"accept": accept, "content-type": kind}
    assert violations(edge, {}, f"{edge.url}{path}", **headers) == {}
    assert list(violations(edge, {"stranger": 1}, f"{edge.url}{path}", **headers)) == ["stranger"]


@pytest.mark.parametrize("body", ['{"name": "a", "name": "b"}', '{"initial_cash": {}, "initialCash": {}}'])
def test_a_field_given_twice_is_refused(edge, body):
    assert "given twice" in next(iter(violations(edge, body).values()))


def test_a_name_with_escapes_is_refused(edge):
    assert violations(edge, '{"n\\u0061me": "x"}')


LENIENT = [
    "{'name': 'a'}",
    '{name: "a"}',
    '{"name": "a",}',
    '{"constraints": {default: {}}}',
    '{"name": \'"\', "b": "\'"}',
]


@pytest.mark.parametrize("body", LENIENT)
def test_what_only_a_lenient_reader_takes_for_json_is_refused_with_its_place(edge, body):
    said = violations(edge, body)
    assert list(said) == [""]
    assert re.search(r"not JSON: .*, at byte \d+ of the body", said[""])


@pytest.mark.parametrize(
    "body", ['{"name": ', '{"stranger": 1, "name": "', " ", '"text"', "null", '{"name": {"x": 1}}', "7"]
)
def test_what_the_transcoder_refuses_anyway_it_explains_itself(edge, body):
    answer, called = send(edge, body)
    assert (answer.status_code, called) == (400, False)
    assert "transcode" in answer.json()["details"][0]["metadata"]["cause"]


@pytest.mark.parametrize(
    "body", [b"\x00\x01\xff{", b'\xef\xbb\xbf{"stranger": 1}', b'{"\xff": 1}', b"a=1&b=2", b"<xml/>"]
)
def test_a_body_that_is_no_json_is_refused(edge, body):
    answer, called = send(edge, body)
    assert (answer.status_code, answer.json()["code"], called) == (400, 3, False)


@pytest.mark.parametrize("deep", ['{"strategy":' * 5000, "[" * 500_000, '{"name":' + "[" * 5000 + "]" * 5000 + "}"])
def test_a_deep_body_is_refused(edge, deep):
    answer, called = send(edge, deep)
    assert (answer.status_code, called) == (400, False)


def test_a_body_near_the_limit_is_read_whole(edge):
    weights = {f"S{number:05}": 0.5 for number in range(60_000)}
    body = {"current_weights": weights}
    assert 800_000 < len(json.dumps(body)) < 1_048_576
    assert violations(edge, body, SOLVE) == {}
    assert list(violations(edge, {**body, "stranger": 1}, SOLVE)) == ["stranger"]


@EVERY
@given(data=st.data())
@pytest.mark.parametrize(
    ("path", "kind"), [(PORTFOLIOS, portfolio.CreatePortfolioRequest), (SOLVE, optimizer.SolveRequest)]
)
def test_the_edge_and_protobufs_own_strict_reader_agree(edge, path, kind, data):
    body = data.draw(bodies.bodies(kind.DESCRIPTOR, SELDOM))
    try:
        json_format.ParseDict(body, kind(), ignore_unknown_fields=False)
        good = True
    except json_format.ParseError:
        good = False
    _, called = send(edge, json.dumps(body, ensure_ascii=data.draw(st.booleans())), path)
    assert called == good


@EVERY
@given(data=st.data())
def test_nothing_that_is_called_was_unreadable_or_had_a_stranger(edge, data):
    """Whatever is cut out of, or put into, the text of a body."""
    text = json.dumps(data.draw(bodies.bodies(portfolio.CreatePortfolioRequest.DESCRIPTOR, SELDOM)))
    start, length = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 3))
    text = text[:start] + data.draw(st.text("{}[]\"'\\:, \nxu", max_size=3)) + text[start + length :]
    _, called = send(edge, text)
    if called and text:
        assert not strangers_in(text)


def strangers_in(text):
    """What protobuf's own reader says of fields; that it is stricter about values is no matter here."""
    # The transcoder takes any escape in a value: it moves no quote.
    plain = re.sub(r"\\(.)", lambda pair: pair[0] if pair[1] in '"\\' else "", text, flags=re.DOTALL)
    body = json.loads(plain, strict=False, object_pairs_hook=without_repetition)
    try:
        json_format.ParseDict(body, portfolio.CreatePortfolioRequest())
    except json_format.ParseError as refused:
        return re.search("no field named|should not have multiple", str(refused))


def without_repetition(pairs):
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def test_native_grpc_never_meets_the_reader():
    for route in rendered.routes():
        if route.name.startswith("rest") or not route.HasField("route"):
            assert "envoy.filters.http.lua" not in route.typed_per_filter_config, route.name
        else:
            assert "envoy.filters.http.lua" in route.typed_per_filter_config, route.name


def test_the_body_is_read_before_it_is_transcoded_and_after_its_size_is_known():
    order = [each.name.rpartition(".")[2] for each in rendered.connection_manager("edge").http_filters]
    assert order.index("buffer") < order.index("lua") < order.index("grpc_json_transcoder")
