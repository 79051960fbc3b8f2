"""The whole bench, on counts too small to mean anything: it runs, and says what it promises to say."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.figures import Figure, read

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(420)]
ROOT = Path(__file__).parents[2]
READS = ("ours", "ours_l1", "fastapi", "fastapi_tuned")
CALLS = ("get_portfolio_postgres", "get_portfolio_l1", "list_portfolios", "create_portfolio", "optimize", "solve")
SHOWN = ("server_cpu", "envoy_cpu", "postgres_cpu", "rate", "p50", "p95", "p99", "generator_share")
PROMISED = {
    *(
        "start.cold",
        "start.warm",
        "door.cpu",
        "tracing.unsampled",
        "tracing.sampled",
        "tracing.exported",
        "tracing.statement",
    ),
    *(f"reading.saturated.{server}.cpu" for server in READS),
    *(f"reading.calm.{ratio}" for ratio in ("ours_over_fastapi", "l1_over_fastapi", "ours_over_tuned")),
    *(f"edge.{call}.{protocol}.c1.{what}" for call in CALLS for protocol in ("grpc", "rest") for what in SHOWN),
    *("batch.process.rate", "batch.grpc.front_cpu", "batch.grpc.rate_per_worker_core"),
    *(f"resident.{path}.solve.p95" for path in ("grpc", "edge_grpc", "edge_rest")),
    *("audit.verification", "audit.rate"),
    *("guessing.compared", "guessing.read.attacked_over_quiet", "guessing.same_time_p"),
    *(f"encryption.{name}.{what}" for name in ("clear", "tls") for what in ("p50", "portfolio_cpu", "first_call")),
    *(f"transcoding.{size}.transcoded_over_proxied" for size in ("tiny", "small", "holdings")),
}


@pytest.fixture(scope="module")
def figures() -> dict[str, Figure]:
    """What a quick run prints; every line of it is a figure."""
    command = [sys.executable, "-m", "benchmarks", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return {figure.name: figure for figure in map(read, done.stdout.splitlines())}


@pytest.mark.nightly
def test_the_bench_says_every_figure_that_it_promises(figures):
    assert set(figures) >= PROMISED


@pytest.mark.nightly
def test_no_time_and_no_rate_is_negative_or_nothing(figures):
    rates = [figure for figure in figures.values() if figure.unit in ("1/s", "ms", "s", "x")]
    assert len(rates) > len(CALLS)
    assert [figure for figure in rates if figure.value <= 0] == []


def test_one_measurement_can_be_asked_for_alone():
    command = [sys.executable, "-m", "benchmarks", "--quick", "--only", "tracing"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    assert {read(line).name.partition(".")[0] for line in done.stdout.splitlines()} == {"door", "tracing"}
