"""How each method is called so that whoever may is answered, and which of its fields names something of a user's.

`{id}` stands for the thing that the field names. A method that is missing here, or one of its fields that names
something, fails the suite.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.authorization.things import MARKETDATA, OPTIMIZER, PAIR, PASSWORD, UNIVERSE, upload

AUTH = "/qpo.auth.v1.AuthService"
KEYS = "/qpo.auth.v1.ApiKeyService"
SECOND = "/qpo.auth.v1.SecondFactorService"
USERS = "/qpo.auth.v1.UserService"
AUDIT = "/qpo.auth.v1.AuditService"
SECURITY = "/qpo.auth.v1.SecurityService"
PORTFOLIO = "/qpo.portfolio.v1.PortfolioService"
QUALITY = "/qpo.marketdata.v1.DataQualityService"
FEEDS = "/qpo.marketdata.v1.FeedService"
ALTERNATIVE = "/qpo.marketdata.v1.AlternativeDataService"
ML = "/qpo.ml.v1.MlService"
OK, NOT_FOUND = "OK", "NOT_FOUND"
NOBODY = str(uuid.UUID(int=9))
NO_USER, NO_LINK = f"{NOT_FOUND} USER_NOT_FOUND", f"{NOT_FOUND} LINK_NOT_FOUND"
NO_ADVISOR = "FAILED_PRECONDITION NOT_AN_ADVISOR"


@dataclass(frozen=True)
class Ask:
    """A call. `field` names a thing of `kind`; neither, if the call is about the caller alone.

    Outcomes are written `CODE REASON`: of a caller who is let in, of one who names what is their own, where that is
    another; of one who names what is not there, and of one who may reach what belongs to another, but not all that it
    rests on.
    """

    messages: Sequence[Mapping[str, Any]]
    kind: str = ""
    field: str = ""
    let_in: str = OK
    own: str = ""
    absent: str = ""
    elsewhere: str = OK
    scopeless: str = ""
    """The outcome of who holds no scope, where that is another."""
    looked_up: bool = True
    """False: the field is kept, or filters what is the caller's own: whatever it names, the answer is the same."""

    def naming(self, thing: str) -> list[dict[str, Any]]:
        """The messages about a thing."""
        found: list[dict[str, Any]] = json.loads(json.dumps(list(self.messages)).replace("{id}", thing))
        for each in found:
            if "email" in each:
                each["email"] = f"{uuid.uuid4().hex}@example.com"
        return found


def alone(message: Mapping[str, Any] | None = None, let_in: str = OK) -> list[Ask]:
    """About the caller alone."""
    return [Ask([message or {}], let_in=let_in)]


def about(kind: str, field: str, absent: str, *more: Mapping[str, Any], **stated: Any) -> Ask:
    """About a thing that is named at the top of the first message, beside more."""
    first, *others = more or ({},)
    return Ask([{field: "{id}"} | dict(first), *others], kind, field, absent=f"{NOT_FOUND} {absent}", **stated)


def of_dataset(*more: Mapping[str, Any], **stated: Any) -> list[Ask]:
    """About a dataset."""
    return [about("dataset", "dataset", "DATASET_NOT_FOUND", *more, **stated)]


def of_portfolio(*more: Mapping[str, Any], **stated: Any) -> list[Ask]:
    """About a portfolio."""
    return [about("portfolio", "portfolio_id", "PORTFOLIO_NOT_FOUND", *more, **stated)]


def of_job(**stated: Any) -> list[Ask]:
    """About a job."""
    return [about("job", "job_id", "JOB_NOT_FOUND", **stated)]


def of_user(**more: Any) -> list[Ask]:
    """About a user."""
    return [about("user", "user_id", "USER_NOT_FOUND", more)]


def sourced(within: str = "", **more: Any) -> list[Ask]:
    """About moments: of a dataset, or of a universe."""
    asked = [
        ("dataset", "source.universe.dataset", {"universe": {"dataset": "{id}", "symbols": UNIVERSE}}),
        ("universe", "source.universe_id", {"universe_id": "{id}"}),
    ]
    found = []
    for kind, field, source in asked:
        message = {"source": source} | more
        reason = "DATASET_NOT_FOUND" if kind == "dataset" else "UNIVERSE_NOT_FOUND"
        sent = {within: message} if within else message
        found.append(Ask([sent], kind, f"{within}.{field}" if within else field, absent=f"{NOT_FOUND} {reason}"))
    return found


def kept(field: str, message: Mapping[str, Any]) -> Ask:
    """A dataset's name that is kept and, later, looked up as whoever needs its prices."""
    return Ask([message], "dataset", field, looked_up=False)


# The strategy of a portfolio that is not there: whatever dataset it names, that is what is told.
_RESTATED = Ask(
    [{"portfolio_id": str(uuid.UUID(int=8)), "portfolio": {"name": "n", "strategy": {"dataset": "{id}"}}}],
    "dataset",
    "portfolio.strategy.dataset",
    "NOT_FOUND PORTFOLIO_NOT_FOUND",
    looked_up=False,
)
_KEY = {"name": "nightly", "scopes": ["read:portfolio"], "valid_days": 30, "password": PASSWORD}
_FEED = {"source": "fmp", "kind": "FEED_KIND_QUOTES"}
_DRAFT = {"portfolio": {"name": "Renamed"}}
_DATASET = {"strategy": {"dataset": "{id}"}}
_FRAME = {"frame_id": 1, "count": 1, "mu_tilts": base64.b64encode(np.zeros(len(PAIR)).tobytes()).decode()}
_RECORD = {"symbol": "A", "occurred_at": ["1"], "prices": [1.0], "numbers": ["1"]}
_MINUTE = {"interval": "BAR_INTERVAL_1M"}

ASKS: Mapping[str, Sequence[Ask]] = {
    f"{AUTH}/Register": alone({"email": "", "password": PASSWORD}),
    f"{AUTH}/Login": alone({"email": "", "password": PASSWORD}, "UNAUTHENTICATED BAD_CREDENTIALS"),
    f"{AUTH}/Refresh": alone({"refresh_token": "r" * 43}, "UNAUTHENTICATED REFRESH_TOKEN_INVALID"),
    f"{AUTH}/Logout": alone({"refresh_token": "r" * 43}),
    f"{AUTH}/WhoAmI": alone(),
    f"{AUTH}/GetJwks": alone(),
    f"{AUTH}/BootstrapAdmin": alone(
        {"bootstrap_secret": "guessed", "email": "", "password": PASSWORD}, "PERMISSION_DENIED BOOTSTRAP_SECRET_WRONG"
    ),
    f"{AUTH}/LogoutEverywhere": of_user(),
    f"{AUTH}/UpdateRole": of_user(role="ROLE_USER"),
    f"{AUTH}/UnlockUser": of_user(),
    f"{AUTH}/DeleteUser": of_user(),
    f"{KEYS}/CreateApiKey": [Ask([_KEY], scopeless="PERMISSION_DENIED SCOPE_MISSING")],
    f"{KEYS}/ListApiKeys": alone(),
    f"{KEYS}/DeleteApiKey": [about("api_key", "key_id", "API_KEY_NOT_FOUND")],
    f"{KEYS}/ExchangeApiKey": alone({"key": "qpo_typed"}, "INVALID_ARGUMENT API_KEY_MISTYPED"),
    f"{SECOND}/BeginSecondFactor": alone({"password": PASSWORD}),
    f"{SECOND}/ConfirmSecondFactor": alone({"code": "123456"}, "FAILED_PRECONDITION SECOND_FACTOR_OFF"),
    f"{SECOND}/RemoveSecondFactor": alone(
        {"password": PASSWORD, "code": "123456"}, "FAILED_PRECONDITION SECOND_FACTOR_OFF"
    ),
    **{f"{service}/ExportMyData": alone() for service in (AUTH, PORTFOLIO, MARKETDATA, OPTIMIZER)},
    f"{USERS}/ListUsers": alone(),
    f"{USERS}/GetUser": of_user(),
    f"{USERS}/DisableUser": [about("user", "user_id", "USER_NOT_FOUND", own="FAILED_PRECONDITION OWN_ACCOUNT")],
    f"{USERS}/EnableUser": of_user(),
    f"{USERS}/ResetSecondFactor": [about("user", "user_id", "USER_NOT_FOUND", own="FAILED_PRECONDITION OWN_ACCOUNT")],
    f"{USERS}/LinkAdvisor": [
        about("user", "advisor_id", "USER_NOT_FOUND", {"client_id": NOBODY}, let_in=NO_ADVISOR, elsewhere=NO_ADVISOR),
        Ask([{"advisor_id": NOBODY, "client_id": "{id}"}], "user", "client_id", NO_USER, looked_up=False),
    ],
    f"{USERS}/ListLinks": [Ask([{field: "{id}"}], "user", field, absent=OK) for field in ("advisor_id", "client_id")],
    f"{USERS}/EndLink": [
        Ask([{"advisor_id": "{id}", "client_id": NOBODY}], "user", "advisor_id", NO_LINK, looked_up=False),
        Ask([{"advisor_id": NOBODY, "client_id": "{id}"}], "user", "client_id", NO_LINK, looked_up=False),
    ],
    f"{AUDIT}/ListAuditEvents": [Ask([{"user_id": "{id}"}], "user", "user_id", looked_up=False)],
    f"{AUDIT}/VerifyAudit": alone(),
    f"{SECURITY}/ListSecurityEvents": [Ask([{"user_id": "{id}"}], "user", "user_id", looked_up=False)],
    f"{SECURITY}/SubscribeSecurityEvents": alone(),
    f"{SECURITY}/GetSecurityPolicy": alone(),
    f"{SECURITY}/UpdateSecurityPolicy": alone({"policy": {"least_calls": 20}}),
    f"{SECURITY}/TrainDetector": alone(let_in="FAILED_PRECONDITION TOO_FEW_MINUTES"),
    f"{SECURITY}/ListDetectors": alone(),
    f"{PORTFOLIO}/CreatePortfolio": [kept("strategy.dataset", {"name": "New"} | _DATASET)],
    f"{PORTFOLIO}/GetPortfolio": of_portfolio(),
    f"{PORTFOLIO}/ListPortfolios": [Ask([{"owner_id": "{id}"}], "user", "owner_id", looked_up=False)],
    f"{PORTFOLIO}/ReplacePortfolio": [*of_portfolio(_DRAFT), _RESTATED],
    f"{PORTFOLIO}/UpdatePortfolio": [*of_portfolio(_DRAFT | {"update_mask": "name"}), _RESTATED],
    f"{PORTFOLIO}/DeletePortfolio": of_portfolio(),
    f"{PORTFOLIO}/ListHoldings": of_portfolio(),
    f"{PORTFOLIO}/RebalancePortfolio": of_portfolio(elsewhere="FAILED_PRECONDITION NOT_REBALANCEABLE"),
    f"{MARKETDATA}/IngestPrices": [
        Ask(upload("{id}"), "dataset", "header.dataset", absent="NOT_FOUND DATASET_NOT_FOUND"),
    ],
    f"{MARKETDATA}/IngestTicks": [
        Ask(
            [{"feed": {"dataset": "{id}", "source": "tests"}}, {"records": _RECORD}],
            "dataset",
            "feed.dataset",
            absent="NOT_FOUND DATASET_NOT_FOUND",
        )
    ],
    f"{MARKETDATA}/ListDatasets": alone(),
    f"{MARKETDATA}/ListInstruments": of_dataset(),
    f"{MARKETDATA}/UpdateInstruments": of_dataset({"updates": [{"symbol": "A", "sector": "IT"}]}),
    f"{MARKETDATA}/UpdateCorporateActions": of_dataset(
        {"actions": [{"symbol": "A", "ex_date": {"year": 2024, "month": 1, "day": 4}, "split_ratio": {"value": "2"}}]}
    ),
    f"{MARKETDATA}/ListCorporateActions": of_dataset(),
    f"{MARKETDATA}/ListBars": of_dataset(),
    f"{MARKETDATA}/ListTickBars": of_dataset(_MINUTE),
    f"{MARKETDATA}/ListCloses": of_dataset({"symbols": ["A"]}),
    f"{MARKETDATA}/GetReturns": of_dataset(),
    f"{MARKETDATA}/SubscribeTicks": of_dataset({"symbols": ["A"]}),
    f"{MARKETDATA}/SubscribeBars": of_dataset(_MINUTE | {"symbols": ["A"]}),
    f"{MARKETDATA}/StartReplay": of_dataset({"speed": 1000}),
    f"{MARKETDATA}/GetReplay": [about("replay", "replay_id", "REPLAY_NOT_FOUND")],
    f"{MARKETDATA}/StopReplay": [about("replay", "replay_id", "REPLAY_NOT_FOUND")],
    f"{QUALITY}/GetQualityReport": of_dataset(),
    f"{QUALITY}/GetQualityRules": of_dataset(),
    f"{QUALITY}/UpdateQualityRules": of_dataset({"rules": {"confirm": 2}}),
    f"{QUALITY}/ListQuarantine": of_dataset(),
    f"{QUALITY}/ReleaseQuarantined": of_dataset({"ids": [str(uuid.UUID(int=7))]}, let_in="NOT_FOUND RECORD_NOT_FOUND"),
    f"{FEEDS}/ListSources": alone(),
    f"{FEEDS}/StartFeed": of_dataset(_FEED | {"targets": [{"symbol": "B"}]}),
    f"{FEEDS}/ListFeeds": of_dataset(),
    f"{FEEDS}/StopFeed": of_dataset(_FEED),
    f"{ALTERNATIVE}/IngestDocuments": [
        Ask(
            [{"feed": {"dataset": "{id}", "source": "tests"}}],
            "dataset",
            "feed.dataset",
            absent="NOT_FOUND DATASET_NOT_FOUND",
        )
    ],
    f"{ALTERNATIVE}/ListDocuments": of_dataset(),
    f"{ALTERNATIVE}/ListSentiment": of_dataset(),
    f"{ALTERNATIVE}/SubscribeSentiment": of_dataset(),
    f"{ALTERNATIVE}/ListFundamentals": of_dataset(),
    f"{ALTERNATIVE}/ListMacroObservations": of_dataset(),
    f"{ML}/EstimateMoments": [
        Ask([{"dataset": {"dataset": "{id}"}}], "dataset", "dataset.dataset", absent="NOT_FOUND DATASET_NOT_FOUND")
    ],
    f"{OPTIMIZER}/Optimize": [
        Ask(
            [{"portfolio_id": "{id}"}],
            "portfolio",
            "portfolio_id",
            absent="NOT_FOUND PORTFOLIO_NOT_FOUND",
            elsewhere="NOT_FOUND DATASET_NOT_FOUND",
        ),
        Ask(
            [{"dataset": "{id}", "universe": UNIVERSE, "goal": {"objective": "OBJECTIVE_RISK"}}],
            "dataset",
            "dataset",
            absent="NOT_FOUND DATASET_NOT_FOUND",
        ),
    ],
    f"{OPTIMIZER}/GetOptimizationStatus": of_job(),
    f"{OPTIMIZER}/GetOptimizationResult": of_job(),
    f"{OPTIMIZER}/WatchOptimization": of_job(),
    f"{OPTIMIZER}/CancelOptimization": of_job(),
    f"{OPTIMIZER}/ReplayRun": of_job(),
    f"{OPTIMIZER}/ListOptimizations": [Ask([{"portfolio_id": "{id}"}], "portfolio", "portfolio_id", looked_up=False)],
    f"{OPTIMIZER}/PutUniverse": sourced(),
    f"{OPTIMIZER}/Solve": sourced(),
    f"{OPTIMIZER}/Explain": sourced(),
    f"{OPTIMIZER}/SolveFrontier": sourced(points=3),
    f"{OPTIMIZER}/WatchFrontier": sourced("frontier", points=3),
    f"{OPTIMIZER}/SolveBatch": [
        Ask(
            [{"header": {"universe_id": "{id}", "goal": {"objective": "OBJECTIVE_UTILITY"}}}, {"frame": _FRAME}],
            "universe",
            "header.universe_id",
            absent="NOT_FOUND UNIVERSE_NOT_FOUND",
        )
    ],
}
