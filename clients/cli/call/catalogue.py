"""The methods of the contracts, and the command that is made for each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module

from google.protobuf.descriptor import FileDescriptor, MethodDescriptor
from qpo.options.v1.options_pb2 import access

from clients.cli.problem import USAGE, Problem

ENTRIES = (
    "qpo.auth.v1.auth_service",
    "qpo.auth.v1.api_key_service",
    "qpo.auth.v1.second_factor_service",
    "qpo.auth.v1.user_service",
    "qpo.auth.v1.audit_service",
    "qpo.auth.v1.security_service",
    "qpo.portfolio.v1.portfolio_service",
    "qpo.marketdata.v1.marketdata_service",
    "qpo.marketdata.v1.data_quality_service",
    "qpo.marketdata.v1.feed_service",
    "qpo.marketdata.v1.alternative_data_service",
    "qpo.ml.v1.ml_service",
    "qpo.optimizer.v1.optimizer_service",
)
"""The files of the contracts that hold services."""

COMMANDS: Mapping[str, str] = {
    "qpo.auth.v1.AuthService/Register": "register",
    "qpo.auth.v1.AuthService/Login": "login",
    "qpo.auth.v1.AuthService/Refresh": "account refresh",
    "qpo.auth.v1.AuthService/Logout": "logout",
    "qpo.auth.v1.AuthService/WhoAmI": "whoami",
    "qpo.auth.v1.AuthService/GetJwks": "account jwks",
    "qpo.auth.v1.AuthService/BootstrapAdmin": "admin bootstrap",
    "qpo.auth.v1.AuthService/UpdateRole": "admin role",
    "qpo.auth.v1.AuthService/LogoutEverywhere": "account logout-everywhere",
    "qpo.auth.v1.AuthService/UnlockUser": "admin unlock",
    "qpo.auth.v1.AuthService/DeleteUser": "account delete",
    "qpo.auth.v1.ApiKeyService/CreateApiKey": "account keys create",
    "qpo.auth.v1.ApiKeyService/ListApiKeys": "account keys list",
    "qpo.auth.v1.ApiKeyService/DeleteApiKey": "account keys delete",
    "qpo.auth.v1.ApiKeyService/ExchangeApiKey": "account keys token",
    "qpo.auth.v1.SecondFactorService/BeginSecondFactor": "account second-factor on",
    "qpo.auth.v1.SecondFactorService/ConfirmSecondFactor": "account second-factor on",
    "qpo.auth.v1.SecondFactorService/RemoveSecondFactor": "account second-factor off",
    "qpo.auth.v1.AuthService/ExportMyData": "account export",
    "qpo.auth.v1.UserService/ListUsers": "admin users",
    "qpo.auth.v1.UserService/GetUser": "admin user",
    "qpo.auth.v1.UserService/DisableUser": "admin disable",
    "qpo.auth.v1.UserService/EnableUser": "admin enable",
    "qpo.auth.v1.UserService/ResetSecondFactor": "admin reset-second-factor",
    "qpo.auth.v1.UserService/LinkAdvisor": "admin link",
    "qpo.auth.v1.UserService/ListLinks": "admin links",
    "qpo.auth.v1.UserService/EndLink": "admin unlink",
    "qpo.auth.v1.AuditService/ListAuditEvents": "audit list",
    "qpo.auth.v1.AuditService/VerifyAudit": "audit verify",
    "qpo.auth.v1.SecurityService/ListSecurityEvents": "admin security events",
    "qpo.auth.v1.SecurityService/SubscribeSecurityEvents": "admin security watch",
    "qpo.auth.v1.SecurityService/GetSecurityPolicy": "admin security policy",
    "qpo.auth.v1.SecurityService/UpdateSecurityPolicy": "admin security set-policy",
    "qpo.auth.v1.SecurityService/TrainDetector": "admin security train",
    "qpo.auth.v1.SecurityService/ListDetectors": "admin security detectors",
    "qpo.portfolio.v1.PortfolioService/CreatePortfolio": "portfolio create",
    "qpo.portfolio.v1.PortfolioService/GetPortfolio": "portfolio show",
    "qpo.portfolio.v1.PortfolioService/ListPortfolios": "portfolio list",
    "qpo.portfolio.v1.PortfolioService/ReplacePortfolio": "portfolio replace",
    "qpo.portfolio.v1.PortfolioService/UpdatePortfolio": "portfolio update",
    "qpo.portfolio.v1.PortfolioService/DeletePortfolio": "portfolio delete",
    "qpo.portfolio.v1.PortfolioService/ListHoldings": "portfolio holdings",
    "qpo.portfolio.v1.PortfolioService/RebalancePortfolio": "portfolio rebalance",
    "qpo.portfolio.v1.PortfolioService/ExportMyData": "account export",
    "qpo.marketdata.v1.MarketDataService/IngestPrices": "prices import",
    "qpo.marketdata.v1.MarketDataService/ListDatasets": "prices datasets",
    "qpo.marketdata.v1.MarketDataService/ListInstruments": "prices instruments",
    "qpo.marketdata.v1.MarketDataService/UpdateInstruments": "prices classify",
    "qpo.marketdata.v1.MarketDataService/UpdateCorporateActions": "actions set",
    "qpo.marketdata.v1.MarketDataService/ListCorporateActions": "actions list",
    "qpo.marketdata.v1.MarketDataService/ListBars": "prices bars",
    "qpo.marketdata.v1.MarketDataService/ListCloses": "prices closes",
    "qpo.marketdata.v1.MarketDataService/GetReturns": "prices returns",
    "qpo.marketdata.v1.MarketDataService/SubscribeTicks": "ticks watch",
    "qpo.marketdata.v1.MarketDataService/StartReplay": "ticks replay",
    "qpo.marketdata.v1.MarketDataService/GetReplay": "ticks status",
    "qpo.marketdata.v1.MarketDataService/StopReplay": "ticks stop",
    "qpo.marketdata.v1.MarketDataService/IngestTicks": "ticks send",
    "qpo.marketdata.v1.MarketDataService/ListTickBars": "bars list",
    "qpo.marketdata.v1.MarketDataService/SubscribeBars": "bars watch",
    "qpo.marketdata.v1.MarketDataService/ExportMyData": "account export",
    "qpo.marketdata.v1.DataQualityService/GetQualityReport": "quality report",
    "qpo.marketdata.v1.DataQualityService/GetQualityRules": "quality rules",
    "qpo.marketdata.v1.DataQualityService/UpdateQualityRules": "quality set",
    "qpo.marketdata.v1.DataQualityService/ListQuarantine": "quality quarantine",
    "qpo.marketdata.v1.DataQualityService/ReleaseQuarantined": "quality release",
    "qpo.marketdata.v1.FeedService/ListSources": "feeds sources",
    "qpo.marketdata.v1.FeedService/StartFeed": "feeds start",
    "qpo.marketdata.v1.FeedService/ListFeeds": "feeds status",
    "qpo.marketdata.v1.FeedService/StopFeed": "feeds stop",
    "qpo.marketdata.v1.AlternativeDataService/IngestDocuments": "sentiment send",
    "qpo.marketdata.v1.AlternativeDataService/ListDocuments": "sentiment documents",
    "qpo.marketdata.v1.AlternativeDataService/ListSentiment": "sentiment list",
    "qpo.marketdata.v1.AlternativeDataService/SubscribeSentiment": "sentiment watch",
    "qpo.marketdata.v1.AlternativeDataService/ListFundamentals": "figures fundamentals",
    "qpo.marketdata.v1.AlternativeDataService/ListMacroObservations": "figures macro",
    "qpo.ml.v1.MlService/EstimateMoments": "moments",
    "qpo.optimizer.v1.OptimizerService/Optimize": "optimize submit",
    "qpo.optimizer.v1.OptimizerService/GetOptimizationStatus": "optimize status",
    "qpo.optimizer.v1.OptimizerService/GetOptimizationResult": "optimize result",
    "qpo.optimizer.v1.OptimizerService/WatchOptimization": "optimize watch",
    "qpo.optimizer.v1.OptimizerService/CancelOptimization": "optimize cancel",
    "qpo.optimizer.v1.OptimizerService/ListOptimizations": "optimize list",
    "qpo.optimizer.v1.OptimizerService/PutUniverse": "universe put",
    "qpo.optimizer.v1.OptimizerService/ReplayRun": "optimize replay",
    "qpo.optimizer.v1.OptimizerService/Solve": "optimize solve",
    "qpo.optimizer.v1.OptimizerService/SolveBatch": "optimize batch",
    "qpo.optimizer.v1.OptimizerService/Explain": "optimize explain",
    "qpo.optimizer.v1.OptimizerService/SolveFrontier": "frontier",
    "qpo.optimizer.v1.OptimizerService/WatchFrontier": "frontier",
    "qpo.optimizer.v1.OptimizerService/ExportMyData": "account export",
}


@dataclass(frozen=True)
class Method:
    """One method of a contract."""

    descriptor: MethodDescriptor

    @property
    def path(self) -> str:
        """package.Service/Method, as gRPC has it without the first slash."""
        return f"{self.descriptor.containing_service.full_name}/{self.descriptor.name}"

    @property
    def command(self) -> str:
        """The command that is made for it, without `qpo`; empty if there is none."""
        return COMMANDS.get(self.path, "")

    @property
    def open(self) -> bool:
        """True if the method is served without a token."""
        return bool(self.descriptor.GetOptions().Extensions[access].open)  # type: ignore[index]

    @property
    def kind(self) -> str:
        """How many messages go there and come back."""
        sides = (self.descriptor.client_streaming, self.descriptor.server_streaming)
        return {(False, False): "", (True, False): "stream in", (False, True): "stream out"}.get(sides, "both ways")


def files() -> list[FileDescriptor]:
    """The files with services."""
    return [import_module(f"{entry}_pb2").DESCRIPTOR for entry in ENTRIES]


def methods() -> Iterator[Method]:
    """Every method, service by service."""
    for file in files():
        for service in file.services_by_name.values():
            yield from map(Method, service.methods)


def find(name: str) -> Method:
    """The method of a name, which may be cut from the left: `GetPortfolio` is enough where no other has that name.

    Raises Problem with what comes near if there is none.
    """
    wanted = name.strip("/").replace(".", "/").lower()
    known = list(methods())
    found = [it for it in known if f"/{it.path}".replace(".", "/").lower().endswith(f"/{wanted}")]
    if len(found) == 1:
        return found[0]
    last = wanted.rpartition("/")[2]
    by_name = {it.descriptor.name.lower(): it for it in known}
    near = [it.path for it in found] or [by_name[it].path for it in get_close_matches(last, by_name, 3, 0.5)]
    mend = f"did you mean {' or '.join(near)}?" if near else "qpo call lists them"
    raise Problem(f"there is no method {name}", [("METHOD", mend)], exit_code=USAGE)
