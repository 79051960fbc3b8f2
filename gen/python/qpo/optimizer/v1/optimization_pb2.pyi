import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.rpc import status_pb2 as _status_pb2
from google.type import date_pb2 as _date_pb2
from qpo.types.v1 import mandate_pb2 as _mandate_pb2
from qpo.types.v1 import moments_pb2 as _moments_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class JobState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    JOB_STATE_UNSPECIFIED: _ClassVar[JobState]
    JOB_STATE_QUEUED: _ClassVar[JobState]
    JOB_STATE_RUNNING: _ClassVar[JobState]
    JOB_STATE_SUCCEEDED: _ClassVar[JobState]
    JOB_STATE_FAILED: _ClassVar[JobState]
    JOB_STATE_CANCELLED: _ClassVar[JobState]

class Sampler(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SAMPLER_UNSPECIFIED: _ClassVar[Sampler]
    SAMPLER_QAOA: _ClassVar[Sampler]
    SAMPLER_ANNEALING: _ClassVar[Sampler]
    SAMPLER_BIFURCATION: _ClassVar[Sampler]

class Mixer(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MIXER_UNSPECIFIED: _ClassVar[Mixer]
    MIXER_GROVER: _ClassVar[Mixer]
    MIXER_RING: _ClassVar[Mixer]
    MIXER_TRANSVERSE: _ClassVar[Mixer]

class RiskMeasure(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RISK_MEASURE_UNSPECIFIED: _ClassVar[RiskMeasure]
    RISK_MEASURE_VOLATILITY: _ClassVar[RiskMeasure]
    RISK_MEASURE_TRACKING_ERROR: _ClassVar[RiskMeasure]
    RISK_MEASURE_CVAR: _ClassVar[RiskMeasure]
JOB_STATE_UNSPECIFIED: JobState
JOB_STATE_QUEUED: JobState
JOB_STATE_RUNNING: JobState
JOB_STATE_SUCCEEDED: JobState
JOB_STATE_FAILED: JobState
JOB_STATE_CANCELLED: JobState
SAMPLER_UNSPECIFIED: Sampler
SAMPLER_QAOA: Sampler
SAMPLER_ANNEALING: Sampler
SAMPLER_BIFURCATION: Sampler
MIXER_UNSPECIFIED: Mixer
MIXER_GROVER: Mixer
MIXER_RING: Mixer
MIXER_TRANSVERSE: Mixer
RISK_MEASURE_UNSPECIFIED: RiskMeasure
RISK_MEASURE_VOLATILITY: RiskMeasure
RISK_MEASURE_TRACKING_ERROR: RiskMeasure
RISK_MEASURE_CVAR: RiskMeasure

class StopRule(_message.Message):
    __slots__ = ("gap_target", "time_budget_ms")
    GAP_TARGET_FIELD_NUMBER: _ClassVar[int]
    TIME_BUDGET_MS_FIELD_NUMBER: _ClassVar[int]
    gap_target: float
    time_budget_ms: int
    def __init__(self, gap_target: _Optional[float] = ..., time_budget_ms: _Optional[int] = ...) -> None: ...

class Optimization(_message.Message):
    __slots__ = ("job_id", "state", "goal", "portfolio_id", "assets", "created_at", "started_at", "finished_at", "attempts", "progress", "error")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    GOAL_FIELD_NUMBER: _ClassVar[int]
    PORTFOLIO_ID_FIELD_NUMBER: _ClassVar[int]
    ASSETS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    FINISHED_AT_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    state: JobState
    goal: _mandate_pb2.Goal
    portfolio_id: str
    assets: int
    created_at: _timestamp_pb2.Timestamp
    started_at: _timestamp_pb2.Timestamp
    finished_at: _timestamp_pb2.Timestamp
    attempts: int
    progress: Progress
    error: _status_pb2.Status
    def __init__(self, job_id: _Optional[str] = ..., state: _Optional[_Union[JobState, str]] = ..., goal: _Optional[_Union[_mandate_pb2.Goal, _Mapping]] = ..., portfolio_id: _Optional[str] = ..., assets: _Optional[int] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., finished_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., attempts: _Optional[int] = ..., progress: _Optional[_Union[Progress, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class Progress(_message.Message):
    __slots__ = ("iteration", "objective", "bound", "gap", "elapsed_ms")
    ITERATION_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    BOUND_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_MS_FIELD_NUMBER: _ClassVar[int]
    iteration: int
    objective: float
    bound: float
    gap: float
    elapsed_ms: float
    def __init__(self, iteration: _Optional[int] = ..., objective: _Optional[float] = ..., bound: _Optional[float] = ..., gap: _Optional[float] = ..., elapsed_ms: _Optional[float] = ...) -> None: ...

class Interval(_message.Message):
    __slots__ = ("lower", "upper")
    LOWER_FIELD_NUMBER: _ClassVar[int]
    UPPER_FIELD_NUMBER: _ClassVar[int]
    lower: float
    upper: float
    def __init__(self, lower: _Optional[float] = ..., upper: _Optional[float] = ...) -> None: ...

class CostBreakdown(_message.Message):
    __slots__ = ("commission", "spread", "impact", "borrow", "trading")
    COMMISSION_FIELD_NUMBER: _ClassVar[int]
    SPREAD_FIELD_NUMBER: _ClassVar[int]
    IMPACT_FIELD_NUMBER: _ClassVar[int]
    BORROW_FIELD_NUMBER: _ClassVar[int]
    TRADING_FIELD_NUMBER: _ClassVar[int]
    commission: float
    spread: float
    impact: float
    borrow: float
    trading: float
    def __init__(self, commission: _Optional[float] = ..., spread: _Optional[float] = ..., impact: _Optional[float] = ..., borrow: _Optional[float] = ..., trading: _Optional[float] = ...) -> None: ...

class Trade(_message.Message):
    __slots__ = ("symbol", "to", "cost")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    to: float
    cost: CostBreakdown
    def __init__(self, symbol: _Optional[str] = ..., to: _Optional[float] = ..., cost: _Optional[_Union[CostBreakdown, _Mapping]] = ..., **kwargs) -> None: ...

class KktResiduals(_message.Message):
    __slots__ = ("primal", "dual", "complementarity")
    PRIMAL_FIELD_NUMBER: _ClassVar[int]
    DUAL_FIELD_NUMBER: _ClassVar[int]
    COMPLEMENTARITY_FIELD_NUMBER: _ClassVar[int]
    primal: float
    dual: float
    complementarity: float
    def __init__(self, primal: _Optional[float] = ..., dual: _Optional[float] = ..., complementarity: _Optional[float] = ...) -> None: ...

class DataQuality(_message.Message):
    __slots__ = ("short_histories", "stale", "observations_asked", "observations_used", "psd_shift", "condition_number", "dropped")
    SHORT_HISTORIES_FIELD_NUMBER: _ClassVar[int]
    STALE_FIELD_NUMBER: _ClassVar[int]
    OBSERVATIONS_ASKED_FIELD_NUMBER: _ClassVar[int]
    OBSERVATIONS_USED_FIELD_NUMBER: _ClassVar[int]
    PSD_SHIFT_FIELD_NUMBER: _ClassVar[int]
    CONDITION_NUMBER_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    short_histories: _containers.RepeatedScalarFieldContainer[str]
    stale: _containers.RepeatedScalarFieldContainer[str]
    observations_asked: int
    observations_used: int
    psd_shift: float
    condition_number: float
    dropped: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, short_histories: _Optional[_Iterable[str]] = ..., stale: _Optional[_Iterable[str]] = ..., observations_asked: _Optional[int] = ..., observations_used: _Optional[int] = ..., psd_shift: _Optional[float] = ..., condition_number: _Optional[float] = ..., dropped: _Optional[_Iterable[str]] = ...) -> None: ...

class RunRecord(_message.Message):
    __slots__ = ("input_hash", "result_hash", "data_cutoff", "versions", "seed", "non_replayable")
    class VersionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    INPUT_HASH_FIELD_NUMBER: _ClassVar[int]
    RESULT_HASH_FIELD_NUMBER: _ClassVar[int]
    DATA_CUTOFF_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    NON_REPLAYABLE_FIELD_NUMBER: _ClassVar[int]
    input_hash: str
    result_hash: str
    data_cutoff: _date_pb2.Date
    versions: _containers.ScalarMap[str, str]
    seed: int
    non_replayable: bool
    def __init__(self, input_hash: _Optional[str] = ..., result_hash: _Optional[str] = ..., data_cutoff: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., versions: _Optional[_Mapping[str, str]] = ..., seed: _Optional[int] = ..., non_replayable: _Optional[bool] = ...) -> None: ...

class Lots(_message.Message):
    __slots__ = ("portfolio_value", "prices", "sizes")
    class PricesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class SizesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    PORTFOLIO_VALUE_FIELD_NUMBER: _ClassVar[int]
    PRICES_FIELD_NUMBER: _ClassVar[int]
    SIZES_FIELD_NUMBER: _ClassVar[int]
    portfolio_value: float
    prices: _containers.ScalarMap[str, float]
    sizes: _containers.ScalarMap[str, int]
    def __init__(self, portfolio_value: _Optional[float] = ..., prices: _Optional[_Mapping[str, float]] = ..., sizes: _Optional[_Mapping[str, int]] = ...) -> None: ...

class InLots(_message.Message):
    __slots__ = ("shares", "weights", "cash", "objective", "gap", "tracking_error")
    class SharesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class WeightsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    SHARES_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    CASH_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    TRACKING_ERROR_FIELD_NUMBER: _ClassVar[int]
    shares: _containers.ScalarMap[str, float]
    weights: _containers.ScalarMap[str, float]
    cash: float
    objective: float
    gap: float
    tracking_error: float
    def __init__(self, shares: _Optional[_Mapping[str, float]] = ..., weights: _Optional[_Mapping[str, float]] = ..., cash: _Optional[float] = ..., objective: _Optional[float] = ..., gap: _Optional[float] = ..., tracking_error: _Optional[float] = ...) -> None: ...

class Sampling(_message.Message):
    __slots__ = ("sampler", "assets", "shots", "mixer", "layers", "with_circuit")
    SAMPLER_FIELD_NUMBER: _ClassVar[int]
    ASSETS_FIELD_NUMBER: _ClassVar[int]
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    MIXER_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    WITH_CIRCUIT_FIELD_NUMBER: _ClassVar[int]
    sampler: Sampler
    assets: int
    shots: int
    mixer: Mixer
    layers: int
    with_circuit: bool
    def __init__(self, sampler: _Optional[_Union[Sampler, str]] = ..., assets: _Optional[int] = ..., shots: _Optional[int] = ..., mixer: _Optional[_Union[Mixer, str]] = ..., layers: _Optional[int] = ..., with_circuit: _Optional[bool] = ...) -> None: ...

class CircuitRun(_message.Message):
    __slots__ = ("mixer", "gammas", "betas", "evaluations", "approximation_ratio", "best_probability", "start_probability", "amplification", "amplification_ceiling", "openqasm")
    MIXER_FIELD_NUMBER: _ClassVar[int]
    GAMMAS_FIELD_NUMBER: _ClassVar[int]
    BETAS_FIELD_NUMBER: _ClassVar[int]
    EVALUATIONS_FIELD_NUMBER: _ClassVar[int]
    APPROXIMATION_RATIO_FIELD_NUMBER: _ClassVar[int]
    BEST_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    START_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    AMPLIFICATION_FIELD_NUMBER: _ClassVar[int]
    AMPLIFICATION_CEILING_FIELD_NUMBER: _ClassVar[int]
    OPENQASM_FIELD_NUMBER: _ClassVar[int]
    mixer: Mixer
    gammas: _containers.RepeatedScalarFieldContainer[float]
    betas: _containers.RepeatedScalarFieldContainer[float]
    evaluations: int
    approximation_ratio: float
    best_probability: float
    start_probability: float
    amplification: float
    amplification_ceiling: float
    openqasm: str
    def __init__(self, mixer: _Optional[_Union[Mixer, str]] = ..., gammas: _Optional[_Iterable[float]] = ..., betas: _Optional[_Iterable[float]] = ..., evaluations: _Optional[int] = ..., approximation_ratio: _Optional[float] = ..., best_probability: _Optional[float] = ..., start_probability: _Optional[float] = ..., amplification: _Optional[float] = ..., amplification_ceiling: _Optional[float] = ..., openqasm: _Optional[str] = ...) -> None: ...

class Draws(_message.Message):
    __slots__ = ("sampler", "symbols", "held", "choices", "exact", "shots", "feasible", "distinct", "circuit")
    SAMPLER_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    EXACT_FIELD_NUMBER: _ClassVar[int]
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    FEASIBLE_FIELD_NUMBER: _ClassVar[int]
    DISTINCT_FIELD_NUMBER: _ClassVar[int]
    CIRCUIT_FIELD_NUMBER: _ClassVar[int]
    sampler: Sampler
    symbols: _containers.RepeatedScalarFieldContainer[str]
    held: int
    choices: int
    exact: bool
    shots: int
    feasible: int
    distinct: int
    circuit: CircuitRun
    def __init__(self, sampler: _Optional[_Union[Sampler, str]] = ..., symbols: _Optional[_Iterable[str]] = ..., held: _Optional[int] = ..., choices: _Optional[int] = ..., exact: _Optional[bool] = ..., shots: _Optional[int] = ..., feasible: _Optional[int] = ..., distinct: _Optional[int] = ..., circuit: _Optional[_Union[CircuitRun, _Mapping]] = ...) -> None: ...

class Selection(_message.Message):
    __slots__ = ("assets", "nodes", "found_by", "draws")
    ASSETS_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    FOUND_BY_FIELD_NUMBER: _ClassVar[int]
    DRAWS_FIELD_NUMBER: _ClassVar[int]
    assets: int
    nodes: int
    found_by: str
    draws: Draws
    def __init__(self, assets: _Optional[int] = ..., nodes: _Optional[int] = ..., found_by: _Optional[str] = ..., draws: _Optional[_Union[Draws, _Mapping]] = ...) -> None: ...

class OptimizationResult(_message.Message):
    __slots__ = ("job_id", "weights", "expected_return", "volatility", "sharpe_ratio", "confidence_interval", "confidence_interval_absent_because", "objective", "bound", "gap", "iterations", "engine", "elapsed_ms", "turnover", "cash", "goal", "estimation", "observations", "start", "end", "non_replayable", "input_hash", "trades", "cost", "kkt", "phases_ms", "fallbacks", "quality", "run", "return_interval", "interval_method", "tracking_error", "cvar", "selection", "in_lots")
    class WeightsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class PhasesMsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_RETURN_FIELD_NUMBER: _ClassVar[int]
    VOLATILITY_FIELD_NUMBER: _ClassVar[int]
    SHARPE_RATIO_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_INTERVAL_ABSENT_BECAUSE_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    BOUND_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    ITERATIONS_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_MS_FIELD_NUMBER: _ClassVar[int]
    TURNOVER_FIELD_NUMBER: _ClassVar[int]
    CASH_FIELD_NUMBER: _ClassVar[int]
    GOAL_FIELD_NUMBER: _ClassVar[int]
    ESTIMATION_FIELD_NUMBER: _ClassVar[int]
    OBSERVATIONS_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    NON_REPLAYABLE_FIELD_NUMBER: _ClassVar[int]
    INPUT_HASH_FIELD_NUMBER: _ClassVar[int]
    TRADES_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    KKT_FIELD_NUMBER: _ClassVar[int]
    PHASES_MS_FIELD_NUMBER: _ClassVar[int]
    FALLBACKS_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    RETURN_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_METHOD_FIELD_NUMBER: _ClassVar[int]
    TRACKING_ERROR_FIELD_NUMBER: _ClassVar[int]
    CVAR_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    IN_LOTS_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    weights: _containers.ScalarMap[str, float]
    expected_return: float
    volatility: float
    sharpe_ratio: float
    confidence_interval: Interval
    confidence_interval_absent_because: str
    objective: float
    bound: float
    gap: float
    iterations: int
    engine: str
    elapsed_ms: float
    turnover: float
    cash: float
    goal: _mandate_pb2.Goal
    estimation: _moments_pb2.EstimationSpec
    observations: int
    start: _date_pb2.Date
    end: _date_pb2.Date
    non_replayable: bool
    input_hash: str
    trades: _containers.RepeatedCompositeFieldContainer[Trade]
    cost: CostBreakdown
    kkt: KktResiduals
    phases_ms: _containers.ScalarMap[str, float]
    fallbacks: _containers.RepeatedScalarFieldContainer[str]
    quality: DataQuality
    run: RunRecord
    return_interval: Interval
    interval_method: str
    tracking_error: float
    cvar: float
    selection: Selection
    in_lots: InLots
    def __init__(self, job_id: _Optional[str] = ..., weights: _Optional[_Mapping[str, float]] = ..., expected_return: _Optional[float] = ..., volatility: _Optional[float] = ..., sharpe_ratio: _Optional[float] = ..., confidence_interval: _Optional[_Union[Interval, _Mapping]] = ..., confidence_interval_absent_because: _Optional[str] = ..., objective: _Optional[float] = ..., bound: _Optional[float] = ..., gap: _Optional[float] = ..., iterations: _Optional[int] = ..., engine: _Optional[str] = ..., elapsed_ms: _Optional[float] = ..., turnover: _Optional[float] = ..., cash: _Optional[float] = ..., goal: _Optional[_Union[_mandate_pb2.Goal, _Mapping]] = ..., estimation: _Optional[_Union[_moments_pb2.EstimationSpec, _Mapping]] = ..., observations: _Optional[int] = ..., start: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., end: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., non_replayable: _Optional[bool] = ..., input_hash: _Optional[str] = ..., trades: _Optional[_Iterable[_Union[Trade, _Mapping]]] = ..., cost: _Optional[_Union[CostBreakdown, _Mapping]] = ..., kkt: _Optional[_Union[KktResiduals, _Mapping]] = ..., phases_ms: _Optional[_Mapping[str, float]] = ..., fallbacks: _Optional[_Iterable[str]] = ..., quality: _Optional[_Union[DataQuality, _Mapping]] = ..., run: _Optional[_Union[RunRecord, _Mapping]] = ..., return_interval: _Optional[_Union[Interval, _Mapping]] = ..., interval_method: _Optional[str] = ..., tracking_error: _Optional[float] = ..., cvar: _Optional[float] = ..., selection: _Optional[_Union[Selection, _Mapping]] = ..., in_lots: _Optional[_Union[InLots, _Mapping]] = ...) -> None: ...

class FrontierPoint(_message.Message):
    __slots__ = ("expected_return", "volatility", "sharpe_ratio", "weights", "gap", "risk", "selection")
    class WeightsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    EXPECTED_RETURN_FIELD_NUMBER: _ClassVar[int]
    VOLATILITY_FIELD_NUMBER: _ClassVar[int]
    SHARPE_RATIO_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    RISK_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    expected_return: float
    volatility: float
    sharpe_ratio: float
    weights: _containers.ScalarMap[str, float]
    gap: float
    risk: float
    selection: Selection
    def __init__(self, expected_return: _Optional[float] = ..., volatility: _Optional[float] = ..., sharpe_ratio: _Optional[float] = ..., weights: _Optional[_Mapping[str, float]] = ..., gap: _Optional[float] = ..., risk: _Optional[float] = ..., selection: _Optional[_Union[Selection, _Mapping]] = ...) -> None: ...
