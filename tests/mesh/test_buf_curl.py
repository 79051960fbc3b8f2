"""Ops tooling: `buf curl` lists every service by reflection, directly, and calls every one, also through the edge."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stack.addresses import SERVICES
from tests.mesh.rest import DATASET, SYMBOLS, User

ROOT = Path(__file__).resolve().parents[2]
BUF = Path(sys.executable).with_name("buf")
SERVICE_OF = {
    "auth": "qpo.auth.v1.AuthService",
    "portfolio": "qpo.portfolio.v1.PortfolioService",
    "marketdata": "qpo.marketdata.v1.MarketDataService",
    "ml": "qpo.ml.v1.MlService",
    "optimizer": "qpo.optimizer.v1.OptimizerService",
}
NO_PROXY = {**os.environ, "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}


def buf_curl(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(BUF), "curl", "--http2-prior-knowledge", "--protocol", "grpc", *arguments, url]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=NO_PROXY, check=False)


@pytest.fixture(scope="module")
def user(mesh: Any) -> User:
    return User(mesh.edge_url, mesh.edge_address).register().import_prices()


def requests() -> dict[str, tuple[str, dict[str, Any]]]:
    """One call of each service: its method and request."""
    universe = {"dataset": DATASET, "symbols": list(SYMBOLS)}
    return {
        "auth": ("WhoAmI", {}),
        "portfolio": ("CreatePortfolio", {"name": "By buf", "initial_cash": {"value": "10.00"}}),
        "marketdata": ("ListCloses", universe),
        "ml": ("EstimateMoments", {"dataset": universe, "estimation": {"lookback": 100}}),
        "optimizer": ("Solve", {"source": {"universe": universe}}),
    }


def test_every_service_has_a_case_here() -> None:
    assert set(SERVICE_OF) == set(SERVICES) == set(requests())


@pytest.mark.parametrize("service", SERVICES)
def test_buf_curl_lists_the_methods_of_a_service_by_reflection(mesh: Any, service: str) -> None:
    listed = buf_curl(f"http://{mesh.address(service)}", "--list-methods")
    assert listed.returncode == 0, listed.stderr
    assert f"{SERVICE_OF[service]}/{requests()[service][0]}" in listed.stdout


@pytest.mark.parametrize("service", SERVICES)
def test_buf_curl_calls_a_service_directly(mesh: Any, user: User, service: str) -> None:
    method, request = requests()[service]
    url = f"http://{mesh.address(service)}/{SERVICE_OF[service]}/{method}"
    answered = buf_curl(url, "-d", json.dumps(request), "-H", f"authorization: Bearer {user.token}")
    assert answered.returncode == 0, answered.stderr
    assert json.loads(answered.stdout)


@pytest.mark.parametrize("service", SERVICES)
def test_buf_curl_calls_a_service_through_the_edge(mesh: Any, user: User, service: str) -> None:
    method, request = requests()[service]
    schema = f"{ROOT / 'gen/descriptors/qpo.binpb'}#format=binpb"
    answered = buf_curl(
        f"{mesh.edge_url}/{SERVICE_OF[service]}/{method}",
        *("--schema", schema, "-d", json.dumps(request), "-H", f"authorization: Bearer {user.token}"),
    )
    assert answered.returncode == 0, answered.stderr
    assert json.loads(answered.stdout)


def test_buf_curl_shows_why_a_call_was_refused(mesh: Any, user: User) -> None:
    url = f"http://{mesh.address('portfolio')}/{SERVICE_OF['portfolio']}/GetPortfolio"
    refused = buf_curl(url, "-d", '{"portfolio_id": "nonsense"}', "-H", f"authorization: Bearer {user.token}")
    error = json.loads(refused.stderr)
    assert error["code"] == "invalid_argument"
    assert "portfolio_id" in error["message"]


def test_reflection_is_not_served_at_the_edge(mesh: Any) -> None:
    assert buf_curl(mesh.edge_url, "--list-methods").returncode != 0
