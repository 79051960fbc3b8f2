"""What watches is told its secrets by files, and is missed by name."""

import json
import shutil
from pathlib import Path

import httpx
import pytest
from redis import Redis as Client

from stack.alertmanager import Alertmanager
from stack.exporters import of_postgres, of_redis
from stack.part import CannotStart
from stack.process import running
from stack.redis import Redis
from tests.observability.conftest import await_true

POSTGRES = "postgresql://watcher:pa%2Fss@db:5432/qpo?sslmode=require"
REDIS = "rediss://watcher:pa%2Fss@cache:6379"


def metrics(address: str) -> str:
    return httpx.get(f"http://{address}/metrics", trust_env=False, timeout=10).text


def test_a_missing_program_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(CannotStart, match=r"no prometheus-redis-exporter on the PATH.*apt install"):
        of_redis("127.0.0.1", 1, REDIS, tmp_path).prepare()


@pytest.mark.component("prometheus-postgres-exporter")
@pytest.mark.component("prometheus-redis-exporter")
def test_a_password_is_in_a_file_for_its_owner_alone_and_nowhere_else(tmp_path: Path) -> None:
    for exporter in (of_postgres("127.0.0.1", 1, POSTGRES, tmp_path), of_redis("127.0.0.1", 1, REDIS, tmp_path)):
        exporter.prepare()
        command = exporter.command
        assert "pa/ss" not in repr(command)
        assert "pa%2Fss" not in repr(command)
    assert (tmp_path / "user").read_text() == "watcher"
    assert (tmp_path / "password").read_text() == "pa/ss"
    assert json.loads((tmp_path / "passwords").read_text()) == {"rediss://cache:6379": "pa/ss"}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.component("prometheus-alertmanager")
def test_the_webhook_s_url_is_in_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    part = Alertmanager("127.0.0.1", 1, tmp_path / "data", "https://hooks/secret")
    part.prepare()
    assert "secret" not in repr(part.command)
    assert (tmp_path / "data" / "alertmanager.yml").stat().st_mode & 0o777 == 0o600


@pytest.mark.component("prometheus-redis-exporter")
def test_the_exporter_gets_in_with_its_password(tmp_path: Path) -> None:
    with running(Redis(tmp_path / "data", tmp_path / "socket"), tmp_path / "redis.log") as _:
        socket = tmp_path / "socket" / "redis.sock"
        with Client(unix_socket_path=str(socket)) as client:
            client.config_set("requirepass", "pa/ss")
        exporter = of_redis("127.0.0.1", free_port(), f"unix://:pa%2Fss@{socket}", tmp_path / "told")
        with running(exporter, tmp_path / "exporter.log"):
            await_true(lambda: "redis_up 1" in metrics(exporter.address), metrics(exporter.address), 10)


def free_port() -> int:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
