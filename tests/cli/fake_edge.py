# ruff: noqa: N802 - methods bear the contract's names
"""A stand-in for the platform behind its edge: the contracts, answered from memory, in a process of its own.

Run as a program it prints its address and serves until its standard input closes. It is a process because the tests
around it run grpc.aio, and this one is a plain threaded server.
"""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from uuid import UUID

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2 as details
from google.rpc import status_pb2
from google.type.date_pb2 import Date
from grpc_status import rpc_status
from qpo.auth.v1 import auth_service_pb2 as auth
from qpo.auth.v1 import auth_service_pb2_grpc as auth_grpc
from qpo.auth.v1 import user_pb2 as users
from qpo.marketdata.v1 import marketdata_service_pb2 as md
from qpo.marketdata.v1 import marketdata_service_pb2_grpc as md_grpc
from qpo.marketdata.v1 import prices_pb2 as prices
from qpo.optimizer.v1 import optimization_pb2 as jobs
from qpo.optimizer.v1 import optimizer_service_pb2 as opt
from qpo.optimizer.v1 import optimizer_service_pb2_grpc as opt_grpc
from qpo.portfolio.v1 import portfolio_pb2 as portfolios
from qpo.portfolio.v1 import portfolio_service_pb2 as pf
from qpo.portfolio.v1 import portfolio_service_pb2_grpc as pf_grpc
from qpo.types.v1.decimal_pb2 import Decimal
from qpo.types.v1.mandate_pb2 import Goal, Objective
from qpo.types.v1.matrix_pb2 import Doubles, Matrix

PASSWORD = "correct horse battery"
SYMBOLS = ("AAPL", "JNJ", "XOM")


def mint(number: int) -> str:
    """A UUID that tests can predict."""
    return str(UUID(int=number))


def refuse(context, code, reason, message, *, violations=(), preconditions=(), retry=None):
    """Ends the call as the platform would: google.rpc.Status with ErrorInfo and what belongs to it."""
    context.abort_with_status(rpc_status.to_status(status_of(code, reason, message, violations, preconditions, retry)))


def status_of(code, reason, message, violations=(), preconditions=(), retry=None):
    status = status_pb2.Status(code=code.value[0], message=message)
    status.details.add().Pack(details.ErrorInfo(reason=reason, domain="fake.qpo"))
    if violations:
        bad = details.BadRequest()
        for field, description in violations:
            bad.field_violations.add(field=field, description=description)
        status.details.add().Pack(bad)
    if preconditions:
        failure = details.PreconditionFailure()
        for type_, subject, description in preconditions:
            failure.violations.add(type=type_, subject=subject, description=description)
        status.details.add().Pack(failure)
    if retry is not None:
        info = details.RetryInfo()
        info.retry_delay.FromMilliseconds(int(retry * 1000))
        status.details.add().Pack(info)
    return status


class Tokens:
    """Access tokens that were given and are still good, and refresh tokens that were not spent."""

    def __init__(self):
        self.lock = threading.Lock()
        self.count = 0
        self.access = {}
        self.refresh = {}

    def give(self, email):
        with self.lock:
            self.count += 1
            access, refresh = f"access-{self.count}", f"refresh-{self.count}"
            self.access[access] = email
            self.refresh[refresh] = email
        # 20 s is inside the half minute in which the client renews: every call of `brief` needs a new pair.
        seconds = 20 if email.startswith("brief") else 900
        return users.Tokens(access_token=access, refresh_token=refresh, expires_in=seconds, token_type="Bearer")

    def spend(self, refresh):
        with self.lock:
            return self.refresh.pop(refresh, None)

    def caller(self, context):
        sent = dict(context.invocation_metadata()).get("authorization", "")
        email = self.access.get(sent.removeprefix("Bearer "))
        if email is None:
            refuse(context, grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED", "no valid access token")
        return email


class FakeAuth(auth_grpc.AuthServiceServicer):
    def __init__(self, tokens):
        self.tokens = tokens

    def Register(self, request, context):
        if request.email.startswith("taken"):
            refuse(context, grpc.StatusCode.ALREADY_EXISTS, "EMAIL_TAKEN", "this email has an account")
        return auth.RegisterResponse(user=self.user(request.email))

    def Login(self, request, context):
        if request.password != PASSWORD:
            refuse(context, grpc.StatusCode.UNAUTHENTICATED, "BAD_CREDENTIALS", "email or password is wrong")
        return auth.LoginResponse(tokens=self.tokens.give(request.email))

    def Refresh(self, request, context):
        email = self.tokens.spend(request.refresh_token)
        if email is None:
            refuse(context, grpc.StatusCode.UNAUTHENTICATED, "REFRESH_TOKEN_INVALID", "the refresh token is spent")
        return auth.RefreshResponse(tokens=self.tokens.give(email))

    def Logout(self, request, context):
        self.tokens.spend(request.refresh_token)
        return auth.LogoutResponse()

    def WhoAmI(self, request, context):
        email = self.tokens.caller(context)
        return auth.WhoAmIResponse(user=self.user(email), scopes=["read:portfolio", "write:portfolio"])

    def BootstrapAdmin(self, request, context):
        if request.bootstrap_secret != "the-secret":
            refuse(context, grpc.StatusCode.PERMISSION_DENIED, "BOOTSTRAP_SECRET_WRONG", "the secret is wrong")
        return auth.BootstrapAdminResponse(user=users.User(id=mint(9), email=request.email, roles=[users.ROLE_ADMIN]))

    def UpdateRole(self, request, context):
        self.tokens.caller(context)
        return auth.UpdateRoleResponse(user=users.User(id=request.user_id, email="x@example.com", roles=[request.role]))

    def user(self, email):
        return users.User(id=mint(1), email=email, subscription_tier="free", roles=[users.ROLE_USER])


class FakePortfolios(pf_grpc.PortfolioServiceServicer):
    def __init__(self, tokens):
        self.tokens = tokens
        self.stored = {}

    def found(self, portfolio_id, context):
        self.tokens.caller(context)
        if portfolio_id not in self.stored:
            refuse(
                context,
                grpc.StatusCode.NOT_FOUND,
                "PORTFOLIO_NOT_FOUND",
                "there is no such portfolio, or you may not see it",
            )
        return self.stored[portfolio_id]

    def CreatePortfolio(self, request, context):
        self.tokens.caller(context)
        if "." in request.initial_cash.value and len(request.initial_cash.value.split(".")[1]) > 2:
            fixes = [("initial_cash.value", "write at most two decimals")]
            refuse(context, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST", "bad cash", violations=fixes)
        it = portfolios.Portfolio(
            id="" if request.validate_only else mint(100 + len(self.stored)),
            name=request.name,
            strategy=request.strategy,
            constraints=request.constraints,
            base_currency="USD",
            initial_cash=request.initial_cash,
            cash=request.initial_cash,
            etag="1",
        )
        if it.id:
            self.stored[it.id] = it
        return pf.CreatePortfolioResponse(portfolio=it)

    def GetPortfolio(self, request, context):
        return pf.GetPortfolioResponse(portfolio=self.found(request.portfolio_id, context))

    def ListPortfolios(self, request, context):
        self.tokens.caller(context)
        return pf.ListPortfoliosResponse(portfolios=self.stored.values(), next_page_token="page-2")

    def UpdatePortfolio(self, request, context):
        it = self.found(request.portfolio_id, context)
        if request.portfolio.etag not in ("", it.etag):
            refuse(context, grpc.StatusCode.ABORTED, "ETAG_MISMATCH", "somebody changed it: get it again")
        request.update_mask.MergeMessage(request.portfolio, it, replace_message_field=True, replace_repeated_field=True)
        it.etag = str(int(it.etag) + 1)
        return pf.UpdatePortfolioResponse(portfolio=it)

    def DeletePortfolio(self, request, context):
        del self.stored[self.found(request.portfolio_id, context).id]
        return pf.DeletePortfolioResponse()

    def ListHoldings(self, request, context):
        it = self.found(request.portfolio_id, context)
        nav = Decimal(value="1000.00")
        return pf.ListHoldingsResponse(
            holdings=it.holdings, cash=it.cash, nav=nav, cash_weight=Decimal(value="0.000001")
        )

    def RebalancePortfolio(self, request, context):
        it = self.found(request.portfolio_id, context)
        held = portfolios.Holding(
            symbol="AAPL",
            quantity=Decimal(value="7.5"),
            weight=Decimal(value="0.999999"),
            value=Decimal(value="999.99"),
            price_date=Date(year=2022, month=12, day=28),
        )
        trade = portfolios.Trade(
            symbol="AAPL", quantity=Decimal(value="7.5"), price=133.33, value=Decimal(value="999.99")
        )
        changed = portfolios.Portfolio()
        changed.CopyFrom(it)
        changed.holdings.append(held)
        if not request.validate_only:
            it.holdings.append(held)
        return pf.RebalancePortfolioResponse(
            portfolio=changed,
            trades=[trade],
            nav=Decimal(value="1000.00"),
            expected_return=0.2,
            volatility=0.25,
            sharpe_ratio=0.8,
            price_date=held.price_date,
            validate_only=request.validate_only,
        )


class FakeMarketData(md_grpc.MarketDataServiceServicer):
    def __init__(self, tokens):
        self.tokens = tokens
        self.subscriptions = 0

    def IngestPrices(self, requests, context):
        self.tokens.caller(context)
        header = next(requests).header
        content = b"".join(part.chunk for part in requests)
        answer = md.IngestPricesResponse(
            dataset=prices.Dataset(name=header.dataset),
            bars_stored=content.count(b"\n"),
            lines_read=content.count(b"\n") - 1,
        )
        for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
            if "-1.0" in line:
                reason = prices.DEFECT_REASON_NON_POSITIVE_PRICE
                answer.defects.add(
                    line=number, column="AAPL", symbol="AAPL", reason=reason, detail="-1.0 [is no price]"
                )
        if answer.defects:
            answer.defect_counts.add(reason=prices.DEFECT_REASON_NON_POSITIVE_PRICE, count=len(answer.defects))
        return answer

    def ListDatasets(self, request, context):
        self.tokens.caller(context)
        start = Date(year=1990, month=1, day=2)
        dataset = prices.Dataset(id=mint(5), name="mine", instruments=20, start=start)
        return md.ListDatasetsResponse(datasets=[dataset])

    def ListInstruments(self, request, context):
        self.tokens.caller(context)
        if request.dataset == "nothing":
            refuse(context, grpc.StatusCode.NOT_FOUND, "DATASET_NOT_FOUND", "there is no such dataset")
        return md.ListInstrumentsResponse(
            instruments=[prices.Instrument(symbol=symbol, currency="USD", sessions=8313) for symbol in SYMBOLS]
        )

    def ListBars(self, request, context):
        self.tokens.caller(context)
        bar = prices.Bar(symbol="AAPL", session=request.start, close=1.5, adjusted_close=1.25, volume=1000)
        return md.ListBarsResponse(bars=[bar])

    def GetReturns(self, request, context):
        self.tokens.caller(context)
        nan = float("nan")
        return md.GetReturnsResponse(
            symbols=["AAPL", "JNJ"],
            sessions=[Date(year=2022, month=12, day=day) for day in (1, 2, 5)],
            returns=Matrix(rows=3, cols=2, doubles=Doubles(values=[0.01, nan, 0.03, 0.01, 0.02, 0.02])),
            histories=[md.History(symbol="AAPL", observations=3), md.History(symbol="JNJ", observations=2, missing=1)],
        )

    def SubscribeTicks(self, request, context):
        self.tokens.caller(context)
        first = int(request.cursor or 0)
        tick = prices.Tick(symbol="AAPL", price=100.0 + first, seq=first)
        yield md.SubscribeTicksResponse(snapshot=not request.cursor, ticks=[tick], cursor=str(first + 1))
        if not request.cursor:
            return  # a server that ends the stream at its maximum age: the client is to go on behind the cursor
        for seq in range(first + 1, 1000):
            if not context.is_active():
                return
            tick = prices.Tick(symbol="AAPL", price=100.0 + seq, seq=seq)
            yield md.SubscribeTicksResponse(ticks=[tick], cursor=str(seq + 1), conflated=1)
            time.sleep(0.01)

    def StartReplay(self, request, context):
        self.tokens.caller(context)
        return md.StartReplayResponse(replay=self.replay(prices.REPLAY_STATE_RUNNING, request.speed))

    def GetReplay(self, request, context):
        return md.GetReplayResponse(replay=self.replay(prices.REPLAY_STATE_FINISHED, 10))

    def StopReplay(self, request, context):
        return md.StopReplayResponse(replay=self.replay(prices.REPLAY_STATE_STOPPED, 10))

    def replay(self, state, speed):
        return prices.Replay(id=mint(7), state=state, speed=speed, sessions_played=3, sessions_total=100)


class FakeOptimizer(opt_grpc.OptimizerServiceServicer):
    def __init__(self, tokens):
        self.tokens = tokens
        self.requests = {}

    def Optimize(self, request, context):
        self.tokens.caller(context)
        job_id = mint(1000 + len(self.requests))
        self.requests[job_id] = request
        return opt.OptimizeResponse(job_id=job_id, job=self.job(job_id, jobs.JOB_STATE_QUEUED))

    def GetOptimizationStatus(self, request, context):
        self.tokens.caller(context)
        return opt.GetOptimizationStatusResponse(job=self.job(request.job_id, jobs.JOB_STATE_RUNNING))

    def GetOptimizationResult(self, request, context):
        self.tokens.caller(context)
        if request.job_id not in self.requests:
            refuse(context, grpc.StatusCode.ABORTED, "NOT_FINISHED", "the job has not ended", retry=0.5)
        return opt.GetOptimizationResultResponse(result=self.result(request.job_id))

    def WatchOptimization(self, request, context):
        self.tokens.caller(context)
        job_id = request.job_id
        for step, gap in enumerate((1e-2, 1e-5, 1e-10)):
            job = self.job(job_id, jobs.JOB_STATE_RUNNING)
            progress = jobs.Progress(iteration=step, objective=1.1, bound=1.1 + gap, gap=gap, elapsed_ms=step)
            job.progress.CopyFrom(progress)
            yield opt.WatchOptimizationResponse(job=job)
        if self.impossible(job_id):
            conflict = [("BOUNDS", "default_bounds.max", "20 assets × 0.01 reach 0.2 of 1: raise it to 0.05")]
            failed = self.job(job_id, jobs.JOB_STATE_FAILED)
            message = "no weights satisfy the constraints"
            failed.error.CopyFrom(
                status_of(grpc.StatusCode.FAILED_PRECONDITION, "INFEASIBLE", message, preconditions=conflict)
            )
            yield opt.WatchOptimizationResponse(job=failed)
            return
        done = self.job(job_id, jobs.JOB_STATE_SUCCEEDED)
        yield opt.WatchOptimizationResponse(job=done, result=self.result(job_id))

    def CancelOptimization(self, request, context):
        return opt.CancelOptimizationResponse(job=self.job(request.job_id, jobs.JOB_STATE_CANCELLED))

    def ListOptimizations(self, request, context):
        self.tokens.caller(context)
        return opt.ListOptimizationsResponse(jobs=[self.job(mint(1000), jobs.JOB_STATE_SUCCEEDED)])

    def SolveFrontier(self, request, context):
        self.tokens.caller(context)
        answer = opt.SolveFrontierResponse(
            symbols=SYMBOLS, asset_expected_returns=[0.3, 0.1, 0.12], asset_volatilities=[0.35, 0.2, 0.28]
        )
        count = request.points or 50
        for place in range(count):
            expected = 0.11 + 0.19 * place / (count - 1)
            volatility = (0.18**2 + (expected - 0.11) ** 2 * 2.5) ** 0.5
            answer.points.add(
                expected_return=expected,
                volatility=volatility,
                sharpe_ratio=expected / volatility,
                weights={"AAPL": place / (count - 1), "JNJ": 1 - place / (count - 1), "XOM": 0.0},
            )
        return answer

    def impossible(self, job_id):
        constraints = self.requests[job_id].constraints
        return constraints.HasField("default_bounds") and constraints.default_bounds.max < 0.05

    def job(self, job_id, state):
        return jobs.Optimization(
            job_id=job_id, state=state, assets=3, attempts=1, created_at=Timestamp(seconds=1_700_000_000)
        )

    def result(self, job_id):
        return jobs.OptimizationResult(
            job_id=job_id,
            weights={"AAPL": 0.625, "JNJ": 0.375, "XOM": 0.0},
            expected_return=0.22,
            volatility=0.2,
            sharpe_ratio=1.1,
            confidence_interval=jobs.Interval(lower=0.1, upper=2.1),
            objective=1.1,
            bound=1.1,
            engine="fake",
            goal=Goal(objective=Objective.OBJECTIVE_SHARPE),
        )


def main():
    server = grpc.server(ThreadPoolExecutor(8))
    tokens = Tokens()
    auth_grpc.add_AuthServiceServicer_to_server(FakeAuth(tokens), server)
    pf_grpc.add_PortfolioServiceServicer_to_server(FakePortfolios(tokens), server)
    md_grpc.add_MarketDataServiceServicer_to_server(FakeMarketData(tokens), server)
    opt_grpc.add_OptimizerServiceServicer_to_server(FakeOptimizer(tokens), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    with suppress(KeyboardInterrupt):
        sys.stdin.read()
    server.stop(None)


if __name__ == "__main__":
    main()
