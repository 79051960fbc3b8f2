"""A command line for every method of the contracts; `{portfolio}`, `{job}` and so on stand for what a test makes."""

SOMEBODY = "00000000-0000-0000-0000-000000000001"

LINES = {
    "qpo.auth.v1.AuthService/Register": "register new@example.com",
    "qpo.auth.v1.AuthService/Login": "login me@example.com",
    "qpo.auth.v1.AuthService/Refresh": "account refresh",
    "qpo.auth.v1.AuthService/Logout": "logout",
    "qpo.auth.v1.AuthService/WhoAmI": "whoami",
    "qpo.auth.v1.AuthService/GetJwks": "account jwks",
    "qpo.auth.v1.AuthService/BootstrapAdmin": "admin bootstrap root@example.com --auth {auth} --secret-file {secret}",
    "qpo.auth.v1.AuthService/UpdateRole": f"admin role {SOMEBODY} advisor",
    "qpo.auth.v1.AuthService/LogoutEverywhere": "account logout-everywhere",
    "qpo.auth.v1.AuthService/UnlockUser": f"admin unlock {SOMEBODY}",
    "qpo.auth.v1.AuthService/DeleteUser": "account delete --yes",
    "qpo.auth.v1.UserService/ListUsers": "admin users",
    "qpo.auth.v1.UserService/GetUser": f"admin user {SOMEBODY}",
    "qpo.auth.v1.UserService/DisableUser": f"admin disable {SOMEBODY}",
    "qpo.auth.v1.UserService/EnableUser": f"admin enable {SOMEBODY}",
    "qpo.auth.v1.AuditService/ListAuditEvents": "audit list",
    "qpo.auth.v1.AuditService/VerifyAudit": "audit verify",
    "qpo.auth.v1.SecurityService/ListSecurityEvents": "admin security events",
    "qpo.auth.v1.SecurityService/SubscribeSecurityEvents": "admin security watch --seconds 0.2",
    "qpo.auth.v1.SecurityService/GetSecurityPolicy": "admin security policy",
    "qpo.auth.v1.SecurityService/UpdateSecurityPolicy": "admin security set-policy --least-calls 50",
    "qpo.auth.v1.SecurityService/TrainDetector": "admin security train",
    "qpo.auth.v1.SecurityService/ListDetectors": "admin security detectors",
    "qpo.portfolio.v1.PortfolioService/CreatePortfolio": "portfolio create Mine --dataset mine",
    "qpo.portfolio.v1.PortfolioService/GetPortfolio": "portfolio show {portfolio}",
    "qpo.portfolio.v1.PortfolioService/ListPortfolios": "portfolio list",
    "qpo.portfolio.v1.PortfolioService/ReplacePortfolio": "portfolio replace {portfolio} Other --symbols AAPL",
    "qpo.portfolio.v1.PortfolioService/UpdatePortfolio": "portfolio update {portfolio} --name Other",
    "qpo.portfolio.v1.PortfolioService/DeletePortfolio": "portfolio delete {portfolio}",
    "qpo.portfolio.v1.PortfolioService/ListHoldings": "portfolio holdings {portfolio}",
    "qpo.portfolio.v1.PortfolioService/RebalancePortfolio": "portfolio rebalance {portfolio}",
    "qpo.marketdata.v1.MarketDataService/IngestPrices": "prices import {closes} --dataset mine",
    "qpo.marketdata.v1.MarketDataService/ListDatasets": "prices datasets",
    "qpo.marketdata.v1.MarketDataService/ListInstruments": "prices instruments mine",
    "qpo.marketdata.v1.MarketDataService/UpdateInstruments": "prices classify mine --file {classes}",
    "qpo.marketdata.v1.MarketDataService/UpdateCorporateActions": "actions set mine --file {actions}",
    "qpo.marketdata.v1.MarketDataService/ListCorporateActions": "actions list mine",
    "qpo.marketdata.v1.MarketDataService/ListBars": "prices bars mine",
    "qpo.marketdata.v1.MarketDataService/ListCloses": "prices closes mine --on 2022-12-28",
    "qpo.marketdata.v1.MarketDataService/GetReturns": "prices returns mine",
    "qpo.marketdata.v1.MarketDataService/SubscribeTicks": "ticks watch mine --seconds 0.2",
    "qpo.marketdata.v1.MarketDataService/StartReplay": "ticks replay mine",
    "qpo.marketdata.v1.MarketDataService/GetReplay": f"ticks status {SOMEBODY}",
    "qpo.marketdata.v1.MarketDataService/StopReplay": f"ticks stop {SOMEBODY}",
    "qpo.marketdata.v1.MarketDataService/IngestTicks": "ticks send {ticks} --dataset mine",
    "qpo.marketdata.v1.MarketDataService/ListTickBars": "bars list mine --interval 1m",
    "qpo.marketdata.v1.MarketDataService/SubscribeBars": "bars watch mine --seconds 0.2",
    "qpo.marketdata.v1.DataQualityService/GetQualityReport": "quality report mine",
    "qpo.marketdata.v1.DataQualityService/GetQualityRules": "quality rules mine",
    "qpo.marketdata.v1.DataQualityService/UpdateQualityRules": "quality set mine --confirm 5",
    "qpo.marketdata.v1.DataQualityService/ListQuarantine": "quality quarantine mine",
    "qpo.marketdata.v1.DataQualityService/ReleaseQuarantined": f"quality release {SOMEBODY} --dataset mine",
    "qpo.marketdata.v1.FeedService/ListSources": "feeds sources",
    "qpo.marketdata.v1.FeedService/StartFeed": "feeds start fmp quotes AAPL --dataset mine",
    "qpo.marketdata.v1.FeedService/ListFeeds": "feeds status mine",
    "qpo.marketdata.v1.FeedService/StopFeed": "feeds stop fmp quotes --dataset mine",
    "qpo.marketdata.v1.AlternativeDataService/IngestDocuments": "sentiment send {documents} --dataset mine",
    "qpo.marketdata.v1.AlternativeDataService/ListDocuments": "sentiment documents mine",
    "qpo.marketdata.v1.AlternativeDataService/ListSentiment": "sentiment list mine",
    "qpo.marketdata.v1.AlternativeDataService/SubscribeSentiment": "sentiment watch mine --seconds 0.2",
    "qpo.marketdata.v1.AlternativeDataService/ListFundamentals": "figures fundamentals mine",
    "qpo.marketdata.v1.AlternativeDataService/ListMacroObservations": "figures macro mine",
    "qpo.ml.v1.MlService/EstimateMoments": "moments mine",
    "qpo.optimizer.v1.OptimizerService/Optimize": "optimize submit --dataset mine",
    "qpo.optimizer.v1.OptimizerService/GetOptimizationStatus": "optimize status {job}",
    "qpo.optimizer.v1.OptimizerService/GetOptimizationResult": "optimize result {job}",
    "qpo.optimizer.v1.OptimizerService/WatchOptimization": "optimize watch {job}",
    "qpo.optimizer.v1.OptimizerService/CancelOptimization": "optimize cancel {job}",
    "qpo.optimizer.v1.OptimizerService/ListOptimizations": "optimize list",
    "qpo.optimizer.v1.OptimizerService/PutUniverse": "universe put --dataset mine",
    "qpo.optimizer.v1.OptimizerService/ReplayRun": "optimize replay {job}",
    "qpo.optimizer.v1.OptimizerService/Solve": "optimize solve --dataset mine",
    "qpo.optimizer.v1.OptimizerService/SolveBatch": "optimize batch {mandates} --universe " + "ab" * 32,
    "qpo.optimizer.v1.OptimizerService/Explain": "optimize explain --dataset mine",
    "qpo.optimizer.v1.OptimizerService/SolveFrontier": "frontier --dataset mine",
    "qpo.optimizer.v1.OptimizerService/WatchFrontier": "frontier --dataset mine --live",
}

QUIET = {
    "register",
    "login",
    "logout",
    "account refresh",
    "account logout-everywhere",
    "account delete",
    "admin unlock",
}
QUIET |= {"portfolio delete"}
"""Commands that print a note and no result."""


def command_of(line: str) -> str:
    """The words of a line that name its command."""
    words = line.split()
    alone = {"register", "login", "logout", "whoami", "moments", "frontier"}
    if words[0] in alone:
        return words[0]
    return " ".join(words[: 3 if words[1] == "security" else 2])
