"""Secrets that would be recognised anywhere: after a walk through the whole stack they are where they belong alone."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from benchmarks.program import free_port
from stack.addresses import SERVICES
from stack.mesh import Mesh
from stack.part import NotReady
from stack.postgres import Postgres, ask_postgres
from stack.probes import ask_redis
from stack.redis import binary
from stack.settings import MeshSettings
from tests.mesh.rest import PASSWORD, User

POSTGRES, REDIS, VENDOR = "canary-of-postgresql-51", "canary-of-redis-52", "CANARYOFAVENDOR53"
NOBODY = {"email": "nobody@example.com", "password": PASSWORD}


@contextmanager
def running(words: list[str], ready: Callable[[], None], stop: signal.Signals) -> Iterator[None]:
    process = subprocess.Popen(words, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                ready()
                break
            except NotReady:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield
    finally:
        process.send_signal(stop)
        process.wait(20)


class Guarded:
    """A PostgreSQL and a Redis that ask for passwords, over TCP, as they do elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.postgres = Postgres(folder / "postgres", folder / "run", durable=False)
        self.folder, self.ports = folder, (free_port(), free_port())
        self.postgres.prepare()
        with running([*self.postgres.command.argv], self.postgres.probe, signal.SIGINT):
            self.postgres.settle()
            self.postgres.execute(f"ALTER ROLE postgres PASSWORD '{POSTGRES}'")
        rules = self.postgres.data / "pg_hba.conf"
        rules.write_text(rules.read_text().replace("reject", "scram-sha-256"))

    @property
    def urls(self) -> tuple[str, str]:
        """With their passwords."""
        postgres = f"postgresql://postgres:{POSTGRES}@127.0.0.1:{self.ports[0]}/qpo"
        return postgres, f"redis://:{REDIS}@127.0.0.1:{self.ports[1]}/0"

    @contextmanager
    def postgres_runs(self) -> Iterator[None]:
        over_tcp = ["-c", "listen_addresses=127.0.0.1", "-c", f"port={self.ports[0]}"]
        words = [*self.postgres.command.argv, *over_tcp]
        with running(words, lambda: ask_postgres(self.urls[0]), signal.SIGINT):
            yield

    @contextmanager
    def redis_runs(self) -> Iterator[None]:
        words = [str(binary()), "--port", str(self.ports[1]), "--requirepass", REDIS, "--dir", str(self.folder)]
        with running(words, lambda: ask_redis(self.urls[1]), signal.SIGTERM):
            yield


def walk(mesh: Mesh) -> set[str]:
    """What a user does, mistakes included; returns the secrets that came about."""
    user = User(mesh.edge_url, mesh.edge_address).register()
    tokens = user.log_in()
    user.import_prices().new_portfolio()
    door = httpx.Client(base_url=mesh.edge_url, trust_env=False, timeout=20)
    door.post("/api/v1/auth/login", json={"email": user.email, "password": PASSWORD + "!"})
    door.post("/api/v1/auth/login", json={"email": PASSWORD, "password": [PASSWORD]})
    door.post("/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"] + "x"})
    door.get("/api/v1/portfolios", params=tokens, headers={"authorization": f"Basic {PASSWORD}"})
    assert user.rest.post("/api/v1/datasets/mine/feeds", json={"password": PASSWORD}).status_code >= 400
    return {PASSWORD, tokens["access_token"], tokens["refresh_token"]}


def kept(mesh: Mesh) -> set[str]:
    """What the files of secrets hold: each line that is long enough to be one."""
    files = [path for path in mesh.layout.secrets("any").parent.rglob("*") if path.is_file()]
    lines = [line.strip().strip('",') for path in files for line in path.read_text("latin-1").splitlines()]
    return {line for line in lines if len(line) >= 32 and "BEGIN" not in line and "END" not in line}


def told(mesh: Mesh) -> dict[str, str]:
    """All that the mesh says of itself to whoever looks: logs, arguments, environments, configurations, metrics."""
    texts = {str(path): path.read_text(errors="replace") for path in (mesh.layout.root / "logs").iterdir()}
    texts |= {str(path): path.read_text() for path in mesh.layout.data("envoy").iterdir()}
    for head in (psutil.Process(part.pid) for part in mesh.parts() if part.pid):
        for process in (head, *head.children(recursive=True)):
            texts[f"arguments of {process.name()} {process.pid}"] = "\n".join(process.cmdline())
            texts[f"environment of {process.name()} {process.pid}"] = "\n".join(process.environ().values())
    admin = f"http://127.0.0.1:{mesh.addresses.ports['edge_admin']}"
    for page in ("config_dump?include_eds", "stats", "clusters", "server_info"):
        texts[page] = httpx.get(f"{admin}/{page}", trust_env=False, timeout=20).text
    for service in SERVICES:
        texts[f"metrics of {service}"] = httpx.get(
            f"http://{mesh.metrics_address(service)}/metrics", trust_env=False
        ).text
    return texts


@pytest.mark.timeout(180)
def test_a_secret_is_in_no_log_argument_environment_or_configuration(tmp_path, monkeypatch):
    guarded = Guarded(tmp_path)
    given = tmp_path / "given"
    given.mkdir(mode=0o700)
    (given / "QPO_STACK_POSTGRES_URL").write_text(guarded.urls[0])
    (given / "QPO_MARKETDATA_ALPHA_VANTAGE_KEY").write_text(VENDOR)
    monkeypatch.setenv("QPO_SECRETS_DIR", str(given))
    monkeypatch.setenv("QPO_STACK_REDIS_URL", guarded.urls[1])
    settings = MeshSettings(state_dir=tmp_path / "state", free_ports=True, optimizer_workers=1)
    with ExitStack() as stores:
        stores.enter_context(guarded.postgres_runs())
        stores.enter_context(guarded.redis_runs())
        with Mesh(settings) as mesh:
            secrets = walk(mesh) | kept(mesh)
            stores.close()
            assert httpx.post(f"{mesh.edge_url}/api/v1/auth/login", json=NOBODY, trust_env=False, timeout=20).is_error
            texts = told(mesh)
    assert any(POSTGRES in secret for secret in secrets)
    assert len(secrets) > 20
    assert len(texts) > 30
    secrets |= {POSTGRES, REDIS, VENDOR}
    assert [(where, secret[:6]) for where, text in texts.items() for secret in secrets if secret in text] == []
