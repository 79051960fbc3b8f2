"""`python -m tests.fuzz`: anything at all for every method, at the services and at the edge; nothing may come apart.

No answer is UNKNOWN or INTERNAL, none tells of the code behind it, every process that began is there at the end.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import grpc
import httpx
import psutil
from google.api import annotations_pb2
from google.protobuf.descriptor import MethodDescriptor

from stack.addresses import SERVICES
from stack.mesh import Mesh
from stack.settings import MeshSettings
from tests.fuzz.requests import Generator
from tests.gateway.standin import CONTRACTS
from tests.mesh.rest import DATASET, DIRECT, SYMBOLS, administrator

LEAK = re.compile(rb"Traceback|<class|asyncpg|SELECT |site-packages|\.py\b|0x[0-9a-f]{8}")
# They would end what the fuzzing lives on; each has contract tests of its own.
SPARED = {"DeleteUser", "LogoutEverywhere", "Logout", "UpdateRole", "DisableUser", "UpdateSecurityPolicy"}
WRONG = {"UNKNOWN", "INTERNAL"}
SECONDS, ENDLESS = 3.0, 0.3
READ = 3  # messages of a stream
RENEWED = 5000  # rounds after which another token is asked for


@dataclass
class Found:
    """What came of it."""

    calls: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    growth: dict[str, float] = field(default_factory=dict)  # of memory, a share, by service


@dataclass(frozen=True)
class Place:
    """One method: at its service, and its paths at the edge."""

    service: str
    path: str
    method: MethodDescriptor

    def bindings(self) -> Iterator[tuple[str, str, bool]]:
        """Verb, path and whether there is a body."""
        rule = self.method.GetOptions().Extensions[annotations_pb2.http]
        for each in [rule, *rule.additional_bindings]:
            if verb := each.WhichOneof("pattern"):
                yield verb.upper(), getattr(each, verb), bool(each.body)


def places() -> list[Place]:
    """Every method of the contracts that is fuzzed."""
    return [
        Place(service, f"/{contract.full_name}/{method.name}", method)
        for service, contracts in CONTRACTS.items()
        for contract in contracts
        for method in contract.methods
        if method.name not in SPARED
    ]


class Fuzz:
    """Calls a mesh."""

    def __init__(self, mesh: Mesh, seed: int) -> None:
        self._mesh, self._chance, self.found = mesh, random.Random(seed), Found()
        self._user = administrator(mesh).import_prices().feed_ticks()
        job, portfolio = self._user.new_job()["job"]["job_id"], self._user.new_portfolio()["id"]
        nobody = "01987f6c-0000-7000-8000-0000000000aa"
        known = {
            **dict.fromkeys(("dataset", "dataset.name"), (DATASET,)),
            **dict.fromkeys(("symbol", "symbols", "universe", "entry.key"), SYMBOLS),
            **{"job_id": (job,), "portfolio_id": (portfolio,), "_id": (nobody, job, portfolio)},
            **{
                "decimal.value": ("100.00", "0.5", "1"),
                "currency": ("USD",),
                "source": ("tests",),
                "email": ("e@x.org",),
            },
            **{"password": ("a-long-pass-phrase-47",), "name": ("Mine", "a")},
        }
        self._generator = Generator(self._chance, known)
        self._channels = {name: grpc.insecure_channel(mesh.address(name), DIRECT) for name in SERVICES}
        self._rest = httpx.Client(base_url=mesh.edge_url, timeout=15, trust_env=False)
        self._places = places()

    def run(self, count: int, tell: Callable[[str], None]) -> Found:
        """So many calls at each service and as many at the edge."""
        memory: dict[str, int] = {}
        by_service = {name: [each for each in self._places if each.service == name] for name in SERVICES}
        for turn in range(count):
            if turn % RENEWED == 0:
                self._renew()
            if turn == count // 10:
                memory = self._memory()
            for name in SERVICES:
                self._at_the_service(self._chance.choice(by_service[name]))
            self._at_the_edge(self._chance.choice(self._places))
            if turn % 1000 == 999:
                tell(f"{self.found.calls:,} calls, {len(self.found.violations)} violations")
        now = self._memory()
        self.found.growth = {name: now[name] / memory[name] - 1 for name in now if name in memory}
        self._still_there()
        return self.found

    def _renew(self) -> None:
        self._metadata = (("authorization", f"Bearer {self._user.log_in()['access_token']}"),)
        self._rest.headers.update(dict(self._metadata))

    def _at_the_service(self, place: Place) -> None:
        method, channel = place.method, self._channels[place.service]
        bodies = [self._generator.body(method.input_type) for _ in range(3 if method.client_streaming else 1)]
        sent: Any = iter(bodies) if method.client_streaming else bodies[0]
        kinds = {
            (False, False): channel.unary_unary,
            (False, True): channel.unary_stream,
            (True, False): channel.stream_unary,
            (True, True): channel.stream_stream,
        }
        call = kinds[method.client_streaming, method.server_streaming](place.path)
        try:
            if method.server_streaming:
                seconds = ENDLESS if method.name.startswith("Subscribe") else SECONDS
                stream = call(sent, timeout=seconds, metadata=self._metadata)
                for _, answer in zip(range(READ), stream, strict=False):
                    self._look(place.path, "OK", answer)
                stream.cancel()
            else:
                self._look(place.path, "OK", call(sent, timeout=SECONDS, metadata=self._metadata))
        except grpc.RpcError as error:
            told = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
            self._look(place.path, error.code().name, (error.details() or "").encode() + told, bodies)

    def _at_the_edge(self, place: Place) -> None:
        choices = list(place.bindings())
        if not choices:
            return
        verb, path, has_body = self._chance.choice(choices)
        url = re.sub(r"\{[^}]*\}", lambda _: quote(self._generator.word(), safe=""), path)
        text = self._generator.text(place.method.input_type)
        query = {self._generator.word(): self._generator.word()}
        asked: dict[str, Any] = {"content": text} if has_body else {"params": query}
        try:
            with self._rest.stream(verb, url, **asked) as answer:
                body = next(answer.iter_raw(), b"")
        except (httpx.ReadTimeout, httpx.InvalidURL):
            self._look(path, "TIMEOUT", b"")
            return
        code = "INTERNAL" if answer.status_code in (500, 501, 502) else str(answer.status_code)
        self._look(f"{verb} {path}", code, body, [url.encode(), text])

    def _look(self, where: str, code: str, told: bytes, sent: list[bytes] | None = None) -> None:
        self.found.calls += 1
        self.found.codes[code] += 1
        leak = code != "OK" and not code.startswith("2") and LEAK.search(told)
        if code in WRONG or leak:
            self.found.violations.append(f"{where} {code}: {told[:300]!r} of {[each[:600] for each in sent or ()]!r}")

    def _processes(self) -> dict[str, int]:
        return {part.name: part.pid for part in self._mesh.parts() if part.name in SERVICES and part.pid}

    def _memory(self) -> dict[str, int]:
        return {name: psutil.Process(pid).memory_info().rss for name, pid in self._processes().items()}

    def _still_there(self) -> None:
        for part in self._mesh.parts():
            if part.restarts:
                self.found.violations.append(f"{part.name} was started again {part.restarts} times")


def fuzz(count: int, seed: int, tell: Callable[[str], None] = print) -> Found:
    """Fuzzes a mesh of its own."""
    with tempfile.TemporaryDirectory(prefix="qpo-fuzz-") as folder:
        settings = MeshSettings(state_dir=Path(folder) / "state", free_ports=True, optimizer_workers=1, limits=False)
        with Mesh(settings) as mesh:
            return Fuzz(mesh, seed).run(count, tell)


def main() -> int:
    """Fuzzes and reports; 1 on any violation."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Send anything to every method.")
    parser.add_argument("--count", type=int, default=100_000, help="calls at each service, and at the edge (100,000)")
    parser.add_argument("--seed", type=int, default=1, help="deals what is sent (1)")
    given = parser.parse_args()
    found = fuzz(given.count, given.seed)
    growth = ", ".join(f"{name} {100 * share:+.1f} %" for name, share in sorted(found.growth.items()))
    sys.stdout.write(
        f"{found.calls:,} calls: {dict(found.codes.most_common())}\nmemory: {growth}\n"
        + "".join(f"VIOLATION {each}\n" for each in found.violations[:50])
        + ("FAILED\n" if found.violations else "no violation\n")
    )
    return 1 if found.violations else 0


if __name__ == "__main__":
    sys.exit(main())
