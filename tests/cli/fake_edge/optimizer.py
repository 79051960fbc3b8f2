# ruff: noqa: N802 - methods bear the contract's names
"""optimizer, answered from memory."""

import math
import struct

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from qpo.optimizer.v1 import batch_pb2 as batch
from qpo.optimizer.v1 import explanation_pb2 as reasons
from qpo.optimizer.v1 import optimization_pb2 as jobs
from qpo.optimizer.v1 import optimizer_service_pb2 as opt
from qpo.optimizer.v1 import optimizer_service_pb2_grpc as opt_grpc
from qpo.types.v1.mandate_pb2 import Goal, Objective

from tests.cli.fake_edge.marketdata import SYMBOLS
from tests.cli.fake_edge.refusals import mint, refuse, status_of

WEIGHTS = {"AAPL": 0.625, "JNJ": 0.375, "XOM": 0.0}


class FakeOptimizer(opt_grpc.OptimizerServiceServicer):
    def __init__(self, tokens):
        self.tokens = tokens
        self.requests = {}

    def ExportMyData(self, request, context):
        self.tokens.caller(context)
        yield from ()

    def Optimize(self, request, context):
        self.tokens.caller(context)
        if request.validate_only:
            return opt.OptimizeResponse(job=self.job("", jobs.JOB_STATE_QUEUED))
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
        return opt.GetOptimizationResultResponse(result=self.result(request.job_id, self.requests[request.job_id]))

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
        yield opt.WatchOptimizationResponse(job=done, result=self.result(job_id, self.requests[job_id]))

    def PutUniverse(self, request, context):
        self.tokens.caller(context)
        expires_at = Timestamp(seconds=1_800_000_000)
        return opt.PutUniverseResponse(universe_id="ab" * 32, assets=len(SYMBOLS), factors=2, expires_at=expires_at)

    def Solve(self, request, context):
        self.tokens.caller(context)
        return opt.SolveResponse(result=self.result("", request))

    def SolveBatch(self, requests, context):
        self.tokens.caller(context)
        next(requests)
        for request in requests:
            it = request.frame
            good, bad = [batch.BATCH_OUTCOME_SOLVED] * (it.count - 1), batch.BATCH_OUTCOME_INFEASIBLE
            failed = batch.BatchFailure(
                index=it.count - 1, portfolio_id=it.portfolio_ids[-1], outcome=bad, description="nothing fits"
            )
            numbers = struct.pack(f"<{it.count}d", *[0.1] * (it.count - 1), math.nan)
            yield opt.SolveBatchResponse(
                frame_id=it.frame_id,
                count=it.count,
                portfolio_ids=it.portfolio_ids,
                weights=struct.pack("<3d", 0.5, 0.25, 0.25) * it.count,
                objectives=numbers,
                bounds=numbers,
                residuals=numbers,
                iterations=[5] * it.count,
                outcomes=[*good, bad],
                failures=[failed],
            )

    def ReplayRun(self, request, context):
        self.tokens.caller(context)
        result = self.result(request.job_id, opt.SolveRequest())
        result.run.versions["numpy"] = "2.4.6"
        difference = "weights: most in AAPL, 0.625 → 0.626"
        return opt.ReplayRunResponse(
            result=result, result_hash="ab" * 32, original_result_hash="cd" * 32, differences=[difference]
        )

    def Explain(self, request, context):
        self.tokens.caller(context)
        why = reasons.Explanation(diversification_ratio=1.3, effective_bets=1.9)
        sentence = "one more percent of the cap of group [tech] is worth 0.012 of Sharpe ratio"
        cap = {"type": "GROUP_CAP", "subject": "constraints.groups[tech].max", "side": reasons.LIMIT_SIDE_CAP}
        why.shadow_prices.add(**cap, limit=0.7, price=1.2, sentence=sentence)
        for symbol, weight, share in (("AAPL", 0.625, 0.7), ("JNJ", 0.375, 0.3)):
            risk = reasons.RiskShare(total=0.2 * share, share=share)
            why.assets.add(symbol=symbol, weight=weight, place=reasons.WEIGHT_PLACE_FREE, risk=risk)
        why.assets.add(symbol="XOM", place=reasons.WEIGHT_PLACE_ZERO, return_to_hold=0.0123, risk=reasons.RiskShare())
        why.groups.add(name="tech", weight=0.625, risk=reasons.RiskShare(total=0.14, share=0.7))
        why.factors.add(factor=0, exposure=0.15, risk=reasons.RiskShare(total=0.15, share=0.75))
        why.specific.CopyFrom(reasons.RiskShare(total=0.05, share=0.25))
        return opt.ExplainResponse(result=self.result("", request), explanation=why)

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
                risk=volatility / 10 if request.risk_measure == jobs.RISK_MEASURE_CVAR else volatility,
                sharpe_ratio=expected / volatility,
                weights={"AAPL": place / (count - 1), "JNJ": 1 - place / (count - 1), "XOM": 0.0},
            )
        return answer

    def WatchFrontier(self, request, context):
        whole = self.SolveFrontier(request.frontier, context)
        for index, point in enumerate(whole.points):
            seen = opt.WatchFrontierResponse(index=index, total=len(whole.points), point=point)
            if index == 0:
                seen.symbols.extend(whole.symbols)
                seen.asset_expected_returns.extend(whole.asset_expected_returns)
                seen.asset_volatilities.extend(whole.asset_volatilities)
            yield seen

    def impossible(self, job_id):
        constraints = self.requests[job_id].constraints
        return constraints.HasField("default_bounds") and constraints.default_bounds.max < 0.05

    def job(self, job_id, state):
        return jobs.Optimization(
            job_id=job_id, state=state, assets=3, attempts=1, created_at=Timestamp(seconds=1_700_000_000)
        )

    def result(self, job_id, request):
        found = jobs.OptimizationResult(
            job_id=job_id,
            weights=WEIGHTS,
            expected_return=0.22,
            volatility=0.2,
            sharpe_ratio=1.1,
            confidence_interval=jobs.Interval(lower=0.1, upper=2.1),
            objective=1.1,
            bound=1.1,
            engine="fake",
            goal=request.goal if request.HasField("goal") else Goal(objective=Objective.OBJECTIVE_SHARPE),
            kkt=jobs.KktResiduals(primal=1e-12, dual=2e-11, complementarity=3e-13),
            phases_ms={"certify": 0.25, "prepare": 1.5, "solve": 3.0},
        )
        for symbol, weight in WEIGHTS.items():
            current = request.current_weights.get(symbol, 0.0)
            if weight != current:
                cost = self.cost(abs(weight - current), request.costs)
                found.trades.add(symbol=symbol, to=weight, cost=cost, **{"from": current})
        found.cost.CopyFrom(self.cost(sum(abs(it.to - getattr(it, "from")) for it in found.trades), request.costs))
        if request.costs.impact:
            found.fallbacks.append("dual_newton: did not converge")
        if request.constraints.benchmark:
            found.tracking_error = 0.0321
        if request.constraints.HasField("max_cvar"):
            found.cvar = 0.0234
        return found

    def cost(self, traded, costs):
        commission, spread = traded * costs.commission, traded * costs.half_spread
        impact = traded * costs.impact / 1000
        return jobs.CostBreakdown(
            commission=commission, spread=spread, impact=impact, trading=commission + spread + impact
        )
