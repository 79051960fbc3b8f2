import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from qpo.optimizer.v1 import batch_pb2 as _batch_pb2
from qpo.optimizer.v1 import explanation_pb2 as _explanation_pb2
from qpo.optimizer.v1 import optimization_pb2 as _optimization_pb2
from qpo.options.v1 import options_pb2 as _options_pb2
from qpo.types.v1 import costs_pb2 as _costs_pb2
from qpo.types.v1 import export_pb2 as _export_pb2
from qpo.types.v1 import mandate_pb2 as _mandate_pb2
from qpo.types.v1 import matrix_pb2 as _matrix_pb2
from qpo.types.v1 import moments_pb2 as _moments_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MomentsSource(_message.Message):
    __slots__ = ("universe", "moments", "universe_id")
    UNIVERSE_FIELD_NUMBER: _ClassVar[int]
    MOMENTS_FIELD_NUMBER: _ClassVar[int]
    UNIVERSE_ID_FIELD_NUMBER: _ClassVar[int]
    universe: DatasetUniverse
    moments: _moments_pb2.Moments
    universe_id: str
    def __init__(self, universe: _Optional[_Union[DatasetUniverse, _Mapping]] = ..., moments: _Optional[_Union[_moments_pb2.Moments, _Mapping]] = ..., universe_id: _Optional[str] = ...) -> None: ...

class DatasetUniverse(_message.Message):
    __slots__ = ("dataset", "symbols", "estimation", "as_of")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    ESTIMATION_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    symbols: _containers.RepeatedScalarFieldContainer[str]
    estimation: _moments_pb2.EstimationSpec
    as_of: _timestamp_pb2.Timestamp
    def __init__(self, dataset: _Optional[str] = ..., symbols: _Optional[_Iterable[str]] = ..., estimation: _Optional[_Union[_moments_pb2.EstimationSpec, _Mapping]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class OptimizeRequest(_message.Message):
    __slots__ = ("portfolio_id", "goal", "constraints", "universe", "dataset", "estimation", "current_weights", "stop", "wait_ms", "request_id", "validate_only", "costs", "bootstrap_draws", "seed", "sampling", "lots")
    class CurrentWeightsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    PORTFOLIO_ID_FIELD_NUMBER: _ClassVar[int]
    GOAL_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    UNIVERSE_FIELD_NUMBER: _ClassVar[int]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    ESTIMATION_FIELD_NUMBER: _ClassVar[int]
    CURRENT_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    STOP_FIELD_NUMBER: _ClassVar[int]
    WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    COSTS_FIELD_NUMBER: _ClassVar[int]
    BOOTSTRAP_DRAWS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_FIELD_NUMBER: _ClassVar[int]
    LOTS_FIELD_NUMBER: _ClassVar[int]
    portfolio_id: str
    goal: _mandate_pb2.Goal
    constraints: _mandate_pb2.Constraints
    universe: _containers.RepeatedScalarFieldContainer[str]
    dataset: str
    estimation: _moments_pb2.EstimationSpec
    current_weights: _containers.ScalarMap[str, float]
    stop: _optimization_pb2.StopRule
    wait_ms: int
    request_id: str
    validate_only: bool
    costs: _costs_pb2.Costs
    bootstrap_draws: int
    seed: int
    sampling: _optimization_pb2.Sampling
    lots: _optimization_pb2.Lots
    def __init__(self, portfolio_id: _Optional[str] = ..., goal: _Optional[_Union[_mandate_pb2.Goal, _Mapping]] = ..., constraints: _Optional[_Union[_mandate_pb2.Constraints, _Mapping]] = ..., universe: _Optional[_Iterable[str]] = ..., dataset: _Optional[str] = ..., estimation: _Optional[_Union[_moments_pb2.EstimationSpec, _Mapping]] = ..., current_weights: _Optional[_Mapping[str, float]] = ..., stop: _Optional[_Union[_optimization_pb2.StopRule, _Mapping]] = ..., wait_ms: _Optional[int] = ..., request_id: _Optional[str] = ..., validate_only: _Optional[bool] = ..., costs: _Optional[_Union[_costs_pb2.Costs, _Mapping]] = ..., bootstrap_draws: _Optional[int] = ..., seed: _Optional[int] = ..., sampling: _Optional[_Union[_optimization_pb2.Sampling, _Mapping]] = ..., lots: _Optional[_Union[_optimization_pb2.Lots, _Mapping]] = ...) -> None: ...

class OptimizeResponse(_message.Message):
    __slots__ = ("job_id", "job", "result")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    JOB_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    job: _optimization_pb2.Optimization
    result: _optimization_pb2.OptimizationResult
    def __init__(self, job_id: _Optional[str] = ..., job: _Optional[_Union[_optimization_pb2.Optimization, _Mapping]] = ..., result: _Optional[_Union[_optimization_pb2.OptimizationResult, _Mapping]] = ...) -> None: ...

class GetOptimizationStatusRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class GetOptimizationStatusResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: _optimization_pb2.Optimization
    def __init__(self, job: _Optional[_Union[_optimization_pb2.Optimization, _Mapping]] = ...) -> None: ...

class GetOptimizationResultRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class GetOptimizationResultResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _optimization_pb2.OptimizationResult
    def __init__(self, result: _Optional[_Union[_optimization_pb2.OptimizationResult, _Mapping]] = ...) -> None: ...

class WatchOptimizationRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class WatchOptimizationResponse(_message.Message):
    __slots__ = ("job", "result")
    JOB_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    job: _optimization_pb2.Optimization
    result: _optimization_pb2.OptimizationResult
    def __init__(self, job: _Optional[_Union[_optimization_pb2.Optimization, _Mapping]] = ..., result: _Optional[_Union[_optimization_pb2.OptimizationResult, _Mapping]] = ...) -> None: ...

class CancelOptimizationRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class CancelOptimizationResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: _optimization_pb2.Optimization
    def __init__(self, job: _Optional[_Union[_optimization_pb2.Optimization, _Mapping]] = ...) -> None: ...

class ReplayRunRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class ReplayRunResponse(_message.Message):
    __slots__ = ("result", "identical", "result_hash", "original_result_hash", "differences")
    RESULT_FIELD_NUMBER: _ClassVar[int]
    IDENTICAL_FIELD_NUMBER: _ClassVar[int]
    RESULT_HASH_FIELD_NUMBER: _ClassVar[int]
    ORIGINAL_RESULT_HASH_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    result: _optimization_pb2.OptimizationResult
    identical: bool
    result_hash: str
    original_result_hash: str
    differences: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, result: _Optional[_Union[_optimization_pb2.OptimizationResult, _Mapping]] = ..., identical: _Optional[bool] = ..., result_hash: _Optional[str] = ..., original_result_hash: _Optional[str] = ..., differences: _Optional[_Iterable[str]] = ...) -> None: ...

class ListOptimizationsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "portfolio_id")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PORTFOLIO_ID_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    portfolio_id: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., portfolio_id: _Optional[str] = ...) -> None: ...

class ListOptimizationsResponse(_message.Message):
    __slots__ = ("jobs", "next_page_token")
    JOBS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    jobs: _containers.RepeatedCompositeFieldContainer[_optimization_pb2.Optimization]
    next_page_token: str
    def __init__(self, jobs: _Optional[_Iterable[_Union[_optimization_pb2.Optimization, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class PutUniverseRequest(_message.Message):
    __slots__ = ("source", "ttl_seconds")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TTL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    source: MomentsSource
    ttl_seconds: int
    def __init__(self, source: _Optional[_Union[MomentsSource, _Mapping]] = ..., ttl_seconds: _Optional[int] = ...) -> None: ...

class PutUniverseResponse(_message.Message):
    __slots__ = ("universe_id", "assets", "factors", "expires_at")
    UNIVERSE_ID_FIELD_NUMBER: _ClassVar[int]
    ASSETS_FIELD_NUMBER: _ClassVar[int]
    FACTORS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    universe_id: str
    assets: int
    factors: int
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, universe_id: _Optional[str] = ..., assets: _Optional[int] = ..., factors: _Optional[int] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SolveRequest(_message.Message):
    __slots__ = ("source", "goal", "constraints", "current_weights", "stop", "costs", "scenarios", "bootstrap_draws", "seed", "sampling", "lots")
    class CurrentWeightsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    GOAL_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    CURRENT_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    STOP_FIELD_NUMBER: _ClassVar[int]
    COSTS_FIELD_NUMBER: _ClassVar[int]
    SCENARIOS_FIELD_NUMBER: _ClassVar[int]
    BOOTSTRAP_DRAWS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_FIELD_NUMBER: _ClassVar[int]
    LOTS_FIELD_NUMBER: _ClassVar[int]
    source: MomentsSource
    goal: _mandate_pb2.Goal
    constraints: _mandate_pb2.Constraints
    current_weights: _containers.ScalarMap[str, float]
    stop: _optimization_pb2.StopRule
    costs: _costs_pb2.Costs
    scenarios: _matrix_pb2.Matrix
    bootstrap_draws: int
    seed: int
    sampling: _optimization_pb2.Sampling
    lots: _optimization_pb2.Lots
    def __init__(self, source: _Optional[_Union[MomentsSource, _Mapping]] = ..., goal: _Optional[_Union[_mandate_pb2.Goal, _Mapping]] = ..., constraints: _Optional[_Union[_mandate_pb2.Constraints, _Mapping]] = ..., current_weights: _Optional[_Mapping[str, float]] = ..., stop: _Optional[_Union[_optimization_pb2.StopRule, _Mapping]] = ..., costs: _Optional[_Union[_costs_pb2.Costs, _Mapping]] = ..., scenarios: _Optional[_Union[_matrix_pb2.Matrix, _Mapping]] = ..., bootstrap_draws: _Optional[int] = ..., seed: _Optional[int] = ..., sampling: _Optional[_Union[_optimization_pb2.Sampling, _Mapping]] = ..., lots: _Optional[_Union[_optimization_pb2.Lots, _Mapping]] = ...) -> None: ...

class SolveResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _optimization_pb2.OptimizationResult
    def __init__(self, result: _Optional[_Union[_optimization_pb2.OptimizationResult, _Mapping]] = ...) -> None: ...

class ExplainRequest(_message.Message):
    __slots__ = ("source", "goal", "constraints", "current_weights", "stop", "costs", "scenarios", "bootstrap_draws", "seed", "sampling", "lots")
    class CurrentWeightsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    GOAL_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    CURRENT_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    STOP_FIELD_NUMBER: _ClassVar[int]
    COSTS_FIELD_NUMBER: _ClassVar[int]
    SCENARIOS_FIELD_NUMBER: _ClassVar[int]
    BOOTSTRAP_DRAWS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_FIELD_NUMBER: _ClassVar[int]
    LOTS_FIELD_NUMBER: _ClassVar[int]
    source: MomentsSource
    goal: _mandate_pb2.Goal
    constraints: _mandate_pb2.Constraints
    current_weights: _containers.ScalarMap[str, float]
    stop: _optimization_pb2.StopRule
    costs: _costs_pb2.Costs
    scenarios: _matrix_pb2.Matrix
    bootstrap_draws: int
    seed: int
    sampling: _optimization_pb2.Sampling
    lots: _optimization_pb2.Lots
    def __init__(self, source: _Optional[_Union[MomentsSource, _Mapping]] = ..., goal: _Optional[_Union[_mandate_pb2.Goal, _Mapping]] = ..., constraints: _Optional[_Union[_mandate_pb2.Constraints, _Mapping]] = ..., current_weights: _Optional[_Mapping[str, float]] = ..., stop: _Optional[_Union[_optimization_pb2.StopRule, _Mapping]] = ..., costs: _Optional[_Union[_costs_pb2.Costs, _Mapping]] = ..., scenarios: _Optional[_Union[_matrix_pb2.Matrix, _Mapping]] = ..., bootstrap_draws: _Optional[int] = ..., seed: _Optional[int] = ..., sampling: _Optional[_Union[_optimization_pb2.Sampling, _Mapping]] = ..., lots: _Optional[_Union[_optimization_pb2.Lots, _Mapping]] = ...) -> None: ...

class ExplainResponse(_message.Message):
    __slots__ = ("result", "explanation")
    RESULT_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    result: _optimization_pb2.OptimizationResult
    explanation: _explanation_pb2.Explanation
    def __init__(self, result: _Optional[_Union[_optimization_pb2.OptimizationResult, _Mapping]] = ..., explanation: _Optional[_Union[_explanation_pb2.Explanation, _Mapping]] = ...) -> None: ...

class SolveFrontierRequest(_message.Message):
    __slots__ = ("source", "constraints", "current_weights", "points", "risk_free_rate", "risk_measure", "cvar_confidence", "scenarios")
    class CurrentWeightsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    CURRENT_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    RISK_FREE_RATE_FIELD_NUMBER: _ClassVar[int]
    RISK_MEASURE_FIELD_NUMBER: _ClassVar[int]
    CVAR_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    SCENARIOS_FIELD_NUMBER: _ClassVar[int]
    source: MomentsSource
    constraints: _mandate_pb2.Constraints
    current_weights: _containers.ScalarMap[str, float]
    points: int
    risk_free_rate: float
    risk_measure: _optimization_pb2.RiskMeasure
    cvar_confidence: float
    scenarios: _matrix_pb2.Matrix
    def __init__(self, source: _Optional[_Union[MomentsSource, _Mapping]] = ..., constraints: _Optional[_Union[_mandate_pb2.Constraints, _Mapping]] = ..., current_weights: _Optional[_Mapping[str, float]] = ..., points: _Optional[int] = ..., risk_free_rate: _Optional[float] = ..., risk_measure: _Optional[_Union[_optimization_pb2.RiskMeasure, str]] = ..., cvar_confidence: _Optional[float] = ..., scenarios: _Optional[_Union[_matrix_pb2.Matrix, _Mapping]] = ...) -> None: ...

class WatchFrontierRequest(_message.Message):
    __slots__ = ("frontier",)
    FRONTIER_FIELD_NUMBER: _ClassVar[int]
    frontier: SolveFrontierRequest
    def __init__(self, frontier: _Optional[_Union[SolveFrontierRequest, _Mapping]] = ...) -> None: ...

class WatchFrontierResponse(_message.Message):
    __slots__ = ("index", "total", "point", "symbols", "asset_expected_returns", "asset_volatilities")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    POINT_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    ASSET_EXPECTED_RETURNS_FIELD_NUMBER: _ClassVar[int]
    ASSET_VOLATILITIES_FIELD_NUMBER: _ClassVar[int]
    index: int
    total: int
    point: _optimization_pb2.FrontierPoint
    symbols: _containers.RepeatedScalarFieldContainer[str]
    asset_expected_returns: _containers.RepeatedScalarFieldContainer[float]
    asset_volatilities: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, index: _Optional[int] = ..., total: _Optional[int] = ..., point: _Optional[_Union[_optimization_pb2.FrontierPoint, _Mapping]] = ..., symbols: _Optional[_Iterable[str]] = ..., asset_expected_returns: _Optional[_Iterable[float]] = ..., asset_volatilities: _Optional[_Iterable[float]] = ...) -> None: ...

class SolveFrontierResponse(_message.Message):
    __slots__ = ("points", "asset_expected_returns", "asset_volatilities", "symbols")
    POINTS_FIELD_NUMBER: _ClassVar[int]
    ASSET_EXPECTED_RETURNS_FIELD_NUMBER: _ClassVar[int]
    ASSET_VOLATILITIES_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    points: _containers.RepeatedCompositeFieldContainer[_optimization_pb2.FrontierPoint]
    asset_expected_returns: _containers.RepeatedScalarFieldContainer[float]
    asset_volatilities: _containers.RepeatedScalarFieldContainer[float]
    symbols: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, points: _Optional[_Iterable[_Union[_optimization_pb2.FrontierPoint, _Mapping]]] = ..., asset_expected_returns: _Optional[_Iterable[float]] = ..., asset_volatilities: _Optional[_Iterable[float]] = ..., symbols: _Optional[_Iterable[str]] = ...) -> None: ...

class SolveBatchRequest(_message.Message):
    __slots__ = ("header", "frame")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    header: _batch_pb2.BatchHeader
    frame: _batch_pb2.BatchFrame
    def __init__(self, header: _Optional[_Union[_batch_pb2.BatchHeader, _Mapping]] = ..., frame: _Optional[_Union[_batch_pb2.BatchFrame, _Mapping]] = ...) -> None: ...

class SolveBatchResponse(_message.Message):
    __slots__ = ("frame_id", "count", "portfolio_ids", "weights", "objectives", "bounds", "residuals", "iterations", "outcomes", "failures", "fallbacks")
    FRAME_ID_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    PORTFOLIO_IDS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVES_FIELD_NUMBER: _ClassVar[int]
    BOUNDS_FIELD_NUMBER: _ClassVar[int]
    RESIDUALS_FIELD_NUMBER: _ClassVar[int]
    ITERATIONS_FIELD_NUMBER: _ClassVar[int]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    FALLBACKS_FIELD_NUMBER: _ClassVar[int]
    frame_id: int
    count: int
    portfolio_ids: _containers.RepeatedScalarFieldContainer[str]
    weights: bytes
    objectives: bytes
    bounds: bytes
    residuals: bytes
    iterations: _containers.RepeatedScalarFieldContainer[int]
    outcomes: _containers.RepeatedScalarFieldContainer[_batch_pb2.BatchOutcome]
    failures: _containers.RepeatedCompositeFieldContainer[_batch_pb2.BatchFailure]
    fallbacks: int
    def __init__(self, frame_id: _Optional[int] = ..., count: _Optional[int] = ..., portfolio_ids: _Optional[_Iterable[str]] = ..., weights: _Optional[bytes] = ..., objectives: _Optional[bytes] = ..., bounds: _Optional[bytes] = ..., residuals: _Optional[bytes] = ..., iterations: _Optional[_Iterable[int]] = ..., outcomes: _Optional[_Iterable[_Union[_batch_pb2.BatchOutcome, str]]] = ..., failures: _Optional[_Iterable[_Union[_batch_pb2.BatchFailure, _Mapping]]] = ..., fallbacks: _Optional[int] = ...) -> None: ...

class ExportMyDataRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ExportMyDataResponse(_message.Message):
    __slots__ = ("chunk",)
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    chunk: _export_pb2.ExportChunk
    def __init__(self, chunk: _Optional[_Union[_export_pb2.ExportChunk, _Mapping]] = ...) -> None: ...
