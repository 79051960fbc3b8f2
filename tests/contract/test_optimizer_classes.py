"""Limits on classes of assets, by every call of qpo.optimizer.v1 that takes constraints."""

import grpc
import pytest

from tests.contract.test_optimizer_batch import answered, ended, frame, header, numbers, opened, packed
from tests.contract.test_optimizer_universes import factor_model
from tests.optimizer.served import INLINE, refusal, sent_along
from tests.optimizer.standins import refused

SYMBOLS = INLINE["universe"]
SECTOR_OF = dict.fromkeys(SYMBOLS[:4], "technology") | dict.fromkeys(SYMBOLS[4:8], "energy")  # four have none
UNIVERSE = {"universe": {"dataset": "prices", "symbols": SYMBOLS}}
OURS = [{"attribute": "sector", "members": SECTOR_OF, "limits": {"technology": {"max": 0.1}}, "max_each": 0.2}]
CAPPED = {"classes": [{"attribute": "sector", "limits": {"technology": {"max": 0.1}}, "max_each": 0.2}]}


@pytest.fixture
def alice(optimizer, optimizer_peers):
    optimizer_peers.marketdata.instruments = {symbol: {"sector": sector} for symbol, sector in SECTOR_OF.items()}
    return optimizer.user()


def sums(weights):
    """The weight of each sector, to the solver's accuracy."""
    found = {}
    for symbol, weight in weights.items():
        found[SECTOR_OF.get(symbol, "")] = found.get(SECTOR_OF.get(symbol, ""), 0.0) + weight
    return found


def within(weights):
    held = sums(weights)
    return held["technology"] <= 0.1 + 1e-9 and held["energy"] <= 0.2 + 1e-9


async def test_a_solve_keeps_to_the_caps_of_sectors_that_marketdata_knows(alice, optimizer_peers):
    goal = {"objective": "OBJECTIVE_RISK"}
    free = (await alice("Solve", source=UNIVERSE, goal=goal)).result
    assert not within(free.weights)
    assert optimizer_peers.marketdata.requests == []
    capped = (await alice("Solve", source=UNIVERSE, goal=goal, constraints=CAPPED)).result
    assert within(capped.weights)
    assert capped.objective > free.objective
    [request], [token] = optimizer_peers.marketdata.requests, optimizer_peers.marketdata.tokens
    assert (request.dataset, list(request.symbols), token) == ("prices", SYMBOLS, alice.metadata[0][1])


async def test_members_sent_along_need_nobody(alice, optimizer_peers):
    classes = [CAPPED["classes"][0] | {"attribute": "my sectors", "members": SECTOR_OF}]
    found = (await alice("Solve", source=sent_along(), constraints={"classes": classes})).result
    assert within(found.weights)
    assert optimizer_peers.marketdata.requests == []


async def test_sectors_and_the_groups_that_they_are_have_one_optimum(alice):
    technology = [symbol for symbol, sector in SECTOR_OF.items() if sector == "technology"]
    groups = [
        {"name": "sector energy", "symbols": [s for s in SYMBOLS if SECTOR_OF.get(s) == "energy"], "max": 0.2},
        {"name": "sector technology", "symbols": technology, "max": 0.1},
    ]
    one = (await alice("Solve", source=UNIVERSE, constraints=CAPPED)).result
    other = (await alice("Solve", source=UNIVERSE, constraints={"groups": groups})).result
    assert one.input_hash == other.input_hash


async def test_a_conflict_is_told_by_attribute_and_class(alice):
    bounds = {SYMBOLS[0]: {"min": 0.3, "max": 1}}
    told = await refusal(alice("Solve", source=UNIVERSE, constraints=CAPPED | {"bounds": bounds}))
    assert (told.code, told.reason) == ("FAILED_PRECONDITION", "INFEASIBLE")
    wanted = "the cap of group sector technology is 0.1; it would have to be at least 0.3"
    assert ("GROUP_CAP", "constraints.groups[sector technology].max", wanted) in told.conflicts


async def test_a_job_keeps_to_the_classes_of_when_it_was_submitted(alice, optimizer_peers):
    answer = await alice("Optimize", **INLINE, constraints=CAPPED, wait_ms=15_000)
    assert within(answer.result.weights)


async def test_every_point_of_a_frontier_keeps_to_them(alice):
    frontier = await alice("SolveFrontier", source=UNIVERSE, constraints=CAPPED, points=4)
    assert len(frontier.points) == 4
    assert all(within(point.weights) for point in frontier.points)
    seen = await alice.frontier_watched(source=UNIVERSE, constraints=CAPPED, points=4)
    assert len(seen) == 4
    assert all(within(message.point.weights) for message in seen)


async def test_an_explanation_tells_what_the_cap_of_a_class_costs_by_its_name(alice):
    goal = {"objective": "OBJECTIVE_RISK"}
    why = (await alice("Explain", source=UNIVERSE, goal=goal, constraints=CAPPED)).explanation
    subjects = {price.subject for price in why.shadow_prices if price.type == "GROUP_CAP"}
    assert "constraints.groups[sector technology].max" in subjects
    assert [group.name for group in why.groups] == ["sector energy", "sector technology"]


async def test_moments_sent_along_without_members_are_refused_with_the_mend(alice):
    for method in ("Solve", "Explain", "SolveFrontier"):
        told = await refusal(alice(method, source=sent_along(), constraints=CAPPED))
        assert (told.code, told.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
        assert told.fields == ["constraints.classes[0].members"]
        assert "send members, or a dataset" in told.message


@pytest.mark.parametrize(
    ("classes", "field"),
    [
        ({"attribute": "sector", "limits": {"utilities": {"max": 0.1}}}, 'constraints.classes[0].limits["utilities"]'),
        ({"attribute": "country", "max_each": 0.1}, "constraints.classes[0]"),
        ({"attribute": "theme", "max_each": 0.1}, "constraints.classes[0]"),
        ({"attribute": "sector"}, "constraints.classes[0]"),
        (
            {"attribute": "theme", "members": {"NOBODY": "x", SYMBOLS[0]: "x"}, "max_each": 0.1},
            'constraints.classes[0].members["NOBODY"]',
        ),
        (
            {"attribute": "sector", "limits": {"energy": {"min": 0.2, "max": 0.1}}},
            'constraints.classes[0].limits["energy"]',
        ),
    ],
)
async def test_limits_that_would_limit_nothing_or_not_what_is_meant_are_refused_by_field(alice, classes, field):
    told = await refusal(alice("Solve", source=UNIVERSE, constraints={"classes": [classes]}))
    assert (told.code, told.reason, told.fields) == ("INVALID_ARGUMENT", "INVALID_REQUEST", [field])


async def test_an_attribute_is_named_once(alice):
    told = await refusal(alice("Solve", source=UNIVERSE, constraints={"classes": CAPPED["classes"] * 2}))
    assert (told.reason, told.fields) == ("INVALID_REQUEST", ["constraints.classes"])


async def test_a_rule_refuses_classes_and_nobody_is_asked_for_them(alice, optimizer_peers):
    goal = {"objective": "OBJECTIVE_RISK_PARITY"}
    told = await refusal(alice("Solve", source=UNIVERSE, goal=goal, constraints=CAPPED))
    assert (told.reason, told.fields) == ("INVALID_REQUEST", ["constraints.classes"])
    assert optimizer_peers.marketdata.requests == []


async def test_what_marketdata_refuses_is_refused_here(alice, optimizer_peers):
    optimizer_peers.marketdata.refusal = refused(grpc.StatusCode.NOT_FOUND, "DATASET_NOT_FOUND")
    told = await refusal(alice("Solve", source=UNIVERSE, constraints=CAPPED))
    assert (told.code, told.reason) == ("NOT_FOUND", "DATASET_NOT_FOUND")
    optimizer_peers.marketdata.refusal = refused(grpc.StatusCode.UNAVAILABLE)
    told = await refusal(alice("Solve", source=UNIVERSE, constraints=CAPPED))
    assert (told.code, told.reason, told.metadata) == ("UNAVAILABLE", "PEER_UNAVAILABLE", {"peer": "marketdata"})


# ---- Over a universe that was put


@pytest.mark.parametrize("method", ["Solve", "Explain", "SolveFrontier"])
async def test_over_a_universe_that_was_put_members_are_sent_along_or_refused(alice, optimizer_peers, method):
    put = {"universe_id": (await alice("PutUniverse", source=factor_model())).universe_id}
    answer = await alice(method, source=put, constraints={"classes": OURS})
    points = answer.points if method == "SolveFrontier" else [answer.result]
    assert all(within(point.weights) for point in points)
    told = await refusal(alice(method, source=put, constraints=CAPPED))
    assert (told.reason, told.fields) == ("INVALID_REQUEST", ["constraints.classes[0].members"])
    strange = [OURS[0] | {"members": {"NOBODY": "x"}, "limits": {}}]
    told = await refusal(alice(method, source=put, constraints={"classes": strange}))
    assert (told.reason, told.fields) == ("INVALID_REQUEST", ['constraints.classes[0].members["NOBODY"]'])
    assert optimizer_peers.marketdata.requests == []


async def test_a_watched_frontier_over_a_universe_that_was_put_keeps_to_them(alice):
    put = {"universe_id": (await alice("PutUniverse", source=factor_model())).universe_id}
    seen = await alice.frontier_watched(source=put, constraints={"classes": OURS}, points=3)
    assert len(seen) == 3
    assert all(within(message.point.weights) for message in seen)


async def test_every_portfolio_of_a_batch_keeps_to_them(alice):
    [answer] = await answered(alice, await header(alice, constraints={"classes": OURS}), frame(1, 5))
    weights = numbers(answer.weights, 5, -1)
    assert all(within(dict(zip(SYMBOLS, row, strict=True))) for row in weights)


@pytest.mark.parametrize(
    ("classes", "field"),
    [
        (CAPPED["classes"], "header.constraints.classes[0].members"),
        ([OURS[0] | {"limits": {"utilities": {}}}], 'header.constraints.classes[0].limits["utilities"]'),
    ],
)
async def test_a_batch_refuses_classes_that_it_cannot_limit(alice, classes, field):
    first = await header(alice, constraints={"classes": classes})

    async def sent():
        yield first
        yield frame(1)

    told, refused_with = await ended(opened(alice, sent()))
    assert (told, refused_with.reason, refused_with.fields) == ([], "INVALID_REQUEST", [field])


async def test_caps_of_rows_do_not_stand_beside_classes(alice):
    first = await header(alice, constraints={"classes": OURS})

    async def sent():
        yield first
        yield frame(1, 3, row_caps=packed([[0.1], [0.2], [0.3]]))

    told, refused_with = await ended(opened(alice, sent()))
    assert (told, refused_with.reason) == ([], "INVALID_REQUEST")
    assert "frame.row_caps" in refused_with.fields
