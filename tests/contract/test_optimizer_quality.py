"""What a result of qpo.optimizer.v1 says of the data behind it."""

import pytest
from qpo.ml.v1 import ml_service_pb2 as ml

from tests.optimizer.served import INLINE, sent_along


@pytest.fixture
def alice(optimizer):
    return optimizer.user()


@pytest.fixture
def doubtful(optimizer_peers):
    """An estimate with much to say about itself."""
    histories = [{"symbol": "S000", "short": True}, {"symbol": "S001", "stale": True}, {"symbol": "S002"}]
    optimizer_peers.ml.quality = ml.MomentsQuality(
        sessions_asked=756, sessions_used=740, histories=histories, psd_shift=1e-9, condition_number=40
    )


async def test_a_result_tells_what_its_moments_rest_on(alice, doubtful):
    barred = {"bounds": {"S005": {"min": 0, "max": 0}, "S006": {"min": 0, "max": 0.1}}}
    found = (await alice("Optimize", **INLINE, constraints=barred, wait_ms=10_000)).result
    told = found.quality
    assert (list(told.short_histories), list(told.stale), list(told.dropped)) == (["S000"], ["S001"], ["S005"])
    assert (told.observations_asked, told.observations_used) == (756, 740)
    assert (told.psd_shift, told.condition_number) == (1e-9, 40)
    assert (await alice("GetOptimizationResult", job_id=found.job_id)).result.quality == told


async def test_moments_that_come_along_are_the_caller_s_to_judge(alice):
    assert not (await alice("Solve", source=sent_along())).result.HasField("quality")
