"""Every path of a resource × role × relationship, in the mask of every method that takes one.

What the contract admits changes, and that alone; anything else changes nothing, and is refused before the resource is
looked for, so that it tells nobody whether there is one.
"""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from qpo.auth.v1 import security_service_pb2 as security
from qpo.portfolio.v1 import portfolio_pb2 as pb

from chassis.masks import mask_of
from services.auth.domain.roles import Role
from tests.authorization.contract import METHODS
from tests.authorization.test_matrix import EVERYBODY_S, ROLES, TERMS, Relation, account, as_role, owner_of
from tests.authorization.things import nothing

SERVICE = "/qpo.portfolio.v1.PortfolioService"
UPDATE = f"{SERVICE}/UpdatePortfolio"
UPDATE_POLICY = "/qpo.auth.v1.SecurityService/UpdateSecurityPolicy"
ADMITTED = mask_of(METHODS[UPDATE].descriptor).paths
RELATIONS = (Relation.OWN, Relation.COLLEAGUE, Relation.STRANGER, Relation.ABSENT)
LINKS_OF = {Role.ADVISOR.value: TERMS, Role.USER.value: [Relation.CLIENT]}
BY_THE_SERVICE = ("etag", "updated_at")  # written with every change
ODD = ("*", "", "none", "Name", "name.", ".name", "strategy.none", "strategy.goal.none", "portfolio", "portfolio.name")

# What a caller may set of a portfolio, twice, so that no field is the same in both and either may stand in the other.
STORED: dict[str, Any] = {
    "name": "Core",
    "strategy": {
        "goal": {
            "objective": "OBJECTIVE_RISK",
            "risk_free_rate": 0.01,
            "risk_aversion": 3.0,
            "min_return": 0.05,
            "max_volatility": 0.4,
            "cvar_confidence": 0.9,
            "risk_budgets": {"A": 1.0},
            "linkage": "LINKAGE_SINGLE",
            "clusters": 2,
        },
        "universe": ["A", "B", "C"],
        "dataset": "mine",
        "estimation": {
            "expected_return": "EXPECTED_RETURN_METHOD_SAMPLE",
            "covariance": "COVARIANCE_METHOD_PCA_FACTORS",
            "lookback": 50,
            "half_life": 20.0,
            "factors": 2,
            "end": {"year": 2024, "month": 2, "day": 1},
        },
        "costs": {
            "commission": 0.001,
            "half_spread": 0.001,
            "half_spreads": {"A": 0.001},
            "impact": 0.1,
            "portfolio_value": 1000.0,
            "average_daily_values": {"A": 1000.0},
            "borrow": 0.01,
            "borrow_rates": {"A": 0.01},
            "horizon_years": 0.5,
        },
    },
    "constraints": {
        "min_budget": 0.5,
        "max_budget": 0.9,
        "default_bounds": {"min": 0.01, "max": 0.5},
        "bounds": {"A": {"min": 0.1, "max": 0.4}},
        "groups": [{"name": "one", "symbols": ["A"], "max": 0.5}],
        "max_turnover": 0.5,
        "max_gross": 1.5,
        "benchmark": {"A": 1.0},
        "active_bounds": {"min": -0.5, "max": 0.5},
        "max_tracking_error": 0.1,
        "max_cvar": {"max": 0.1, "confidence": 0.9},
        "rows": [{"name": "tilt", "coefficients": {"A": 1.0}, "max": 0.5}],
        "factors": [{"factor": 1, "max": 0.5}],
        "cardinality": {"max_assets": 2},
        "classes": [{"attribute": "sector", "max_each": 0.5}],
    },
}
CHANGED: dict[str, Any] = {
    "name": "Renamed",
    "strategy": {
        "goal": {
            "objective": "OBJECTIVE_UTILITY",
            "risk_free_rate": 0.02,
            "risk_aversion": 4.0,
            "min_return": 0.06,
            "max_volatility": 0.5,
            "cvar_confidence": 0.95,
            "risk_budgets": {"A": 2.0},
            "linkage": "LINKAGE_WARD",
            "clusters": 3,
        },
        "universe": ["A", "B"],
        "dataset": "others",
        "estimation": {
            "expected_return": "EXPECTED_RETURN_METHOD_SHRUNK",
            "covariance": "COVARIANCE_METHOD_SAMPLE",
            "lookback": 60,
            "half_life": 30.0,
            "factors": 3,
            "end": {"year": 2024, "month": 3, "day": 1},
        },
        "costs": {"commission": 0.002},
    },
    "constraints": {
        "min_budget": 0.6,
        "max_budget": 0.8,
        "default_bounds": {"min": 0.02, "max": 0.6},
        "bounds": {"A": {"min": 0.2, "max": 0.3}},
        "groups": [{"name": "other", "symbols": ["B"], "max": 0.6}],
        "max_turnover": 0.6,
        "max_gross": 1.6,
        "benchmark": {"B": 1.0},
        "active_bounds": {"min": -0.6, "max": 0.6},
        "max_tracking_error": 0.2,
        "max_cvar": {"max": 0.2, "confidence": 0.95},
        "rows": [{"name": "other", "coefficients": {"B": 1.0}, "max": 0.6}],
        "factors": [{"factor": 2, "max": 0.6}],
        "cardinality": {"max_assets": 1},
        "classes": [{"attribute": "country", "max_each": 0.6}],
    },
}
# What nobody may set, set.
FORGED: dict[str, Any] = {
    "id": "01987f6c-0000-7000-8000-0000000000ff",
    "user_id": "01987f6c-0000-7000-8000-0000000000fe",
    "base_currency": "USD",
    "initial_cash": {"value": "7.00"},
    "cash": {"value": "1000000000.00"},
    "cash_weight": {"value": "0.100000"},
    "holdings": [{"symbol": "A", "quantity": {"value": "1000000.00000000"}}],
    "created_at": "2001-01-01T00:00:00Z",
    "updated_at": "2001-01-01T00:00:00Z",
}


def paths_of(message, within="", above=()):
    """Every path of a message, also into lists, maps and messages of others."""
    for field in message.fields:
        path = f"{within}{field.name}"
        yield path
        if field.message_type is not None and field.message_type not in above:
            yield from paths_of(field.message_type, f"{path}.", (*above, message))


EVERY = (*paths_of(pb.Portfolio.DESCRIPTOR), *ODD)


async def made(house, owner):
    """A portfolio of all that a caller may set."""
    answer: Any = await house.answer(owner, f"{SERVICE}/CreatePortfolio", STORED)
    return answer.portfolio.id


def update(thing, path):
    request = ParseDict({"portfolio_id": thing, "portfolio": CHANGED | FORGED}, METHODS[UPDATE].request())
    request.update_mask.paths.append(path)
    return request


async def read(house, owner, thing):
    """A portfolio's fields, by path."""
    answer: Any = await house.answer(owner, f"{SERVICE}/GetPortfolio", {"portfolio_id": thing})
    return dict(flat(MessageToDict(answer.portfolio, preserving_proto_field_name=True)))


def flat(value, within=""):
    for name, part in value.items():
        if isinstance(part, dict):
            yield from flat(part, f"{within}{name}.")
        else:
            yield f"{within}{name}", part


def expected(role, relation, path):
    """How an update of a path ends."""
    scopes = ROLES[role]
    if scopes is None:
        return "UNAUTHENTICATED UNAUTHENTICATED"
    if METHODS[UPDATE].scope not in scopes:
        return "PERMISSION_DENIED SCOPE_MISSING"
    if path not in ADMITTED:
        return "INVALID_ARGUMENT FIELD_NOT_MUTABLE"
    reached = relation is Relation.OWN or (EVERYBODY_S["portfolio"] == role and relation is not Relation.ABSENT)
    reached = reached or (relation is Relation.CLIENT and role == Role.ADVISOR)
    return "OK" if reached else "NOT_FOUND PORTFOLIO_NOT_FOUND"


def test_the_two_portfolios_differ_in_all_that_an_update_may_change():
    one, other = (dict(flat(each)) for each in (STORED, CHANGED))
    for path in ADMITTED:
        below = [name for name in {*one, *other} if name == path or name.startswith(f"{path}.")]
        assert any(one.get(name) != other.get(name) for name in below), path


def test_every_method_that_takes_a_mask_is_looked_at_here():
    assert {path for path, method in METHODS.items() if mask_of(method.descriptor)} == {UPDATE, UPDATE_POLICY}


# Links mean something to advisors alone; of the others one stands for all, that no link helps without the scope.
CELLS = [(role, relation) for role in ROLES for relation in (*RELATIONS, *LINKS_OF.get(role, ()))]


@pytest.mark.parametrize(("role", "relation"), CELLS, ids=lambda each: getattr(each, "value", each))
async def test_a_mask_changes_what_the_contract_admits_for_whoever_may_and_nothing_else(house, role, relation):
    caller = as_role(house, role)
    owner = await owner_of(house, METHODS[UPDATE], relation, caller)
    thing = nothing("portfolio") if relation is Relation.ABSENT else await made(house, owner)
    before = await read(house, owner, thing) if relation is not Relation.ABSENT else {}
    found, touched = {}, {}
    for path in EVERY:
        found[path] = str(await house.call(caller, UPDATE, update(thing, path)))
        if relation is Relation.ABSENT:
            continue
        after = await read(house, owner, thing)
        touched[path] = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        if touched[path]:
            restored = {"portfolio_id": thing, "portfolio": STORED}
            await house.answer(owner, f"{SERVICE}/ReplacePortfolio", restored)
            before = await read(house, owner, thing)
    assert found == {path: expected(role, relation, path) for path in EVERY}
    for path, names in touched.items():
        changed = {name for name in names if name not in BY_THE_SERVICE}
        assert bool(changed) == (found[path] == "OK"), (path, names)
        assert all(name == path or name.startswith(f"{path}.") for name in changed), (path, names)


async def test_what_nobody_may_set_is_not_set_by_any_update(house):
    owner = house.somebody()
    thing = await made(house, owner)
    before = await read(house, owner, thing)
    fields = {"portfolio_id": thing, "portfolio": STORED | FORGED}
    for path in (UPDATE, f"{SERVICE}/ReplacePortfolio"):
        await house.answer(owner, path, fields)
        assert await read(house, owner, thing) == before


POLICY = ("anomaly_action", "anomaly_score", "consecutive_minutes", "least_calls", "injection_action", "block_minutes")
STORED_POLICY = dict(zip(POLICY, ("SECURITY_ACTION_ALARM", 0.6, 3, 20, "SECURITY_ACTION_ALARM", 15), strict=True))
CHANGED_POLICY = dict(zip(POLICY, ("SECURITY_ACTION_BLOCK", 0.7, 4, 30, "SECURITY_ACTION_OBSERVE", 5), strict=True))


async def policy(house, administrator):
    answer: Any = await house.answer(administrator, "/qpo.auth.v1.SecurityService/GetSecurityPolicy", {})
    return MessageToDict(answer.policy, preserving_proto_field_name=True)


@pytest.mark.parametrize("role", ROLES)
async def test_a_mask_changes_of_the_policy_what_the_contract_admits_for_administrators_and_nothing_else(house, role):
    administrator, caller = as_role(house, "admin", await account(house)), as_role(house, role, await account(house))
    await house.answer(administrator, UPDATE_POLICY, {"policy": STORED_POLICY})
    assert mask_of(METHODS[UPDATE_POLICY].descriptor).paths == set(POLICY)
    for path in (*paths_of(security.SecurityPolicy.DESCRIPTOR), *ODD):
        before = await policy(house, administrator)
        request = ParseDict({"policy": CHANGED_POLICY}, METHODS[UPDATE_POLICY].request())
        request.update_mask.paths.append(path)
        found = str(await house.call(caller, UPDATE_POLICY, request))
        after = await policy(house, administrator)
        changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        assert changed - set(BY_THE_SERVICE) == ({path} if found == "OK" else set()), path
        if ROLES[role] is not None and METHODS[UPDATE_POLICY].scope in ROLES[role]:
            assert found == ("OK" if path in POLICY else "INVALID_ARGUMENT FIELD_NOT_MUTABLE"), path
        else:
            assert found in ("UNAUTHENTICATED UNAUTHENTICATED", "PERMISSION_DENIED SCOPE_MISSING"), path
        await house.answer(administrator, UPDATE_POLICY, {"policy": STORED_POLICY})
