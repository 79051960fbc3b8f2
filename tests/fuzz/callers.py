"""One who calls: anything at all for the methods of one service, or for all of them at the edge."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import grpc
import httpx
from google.api import annotations_pb2
from google.protobuf.descriptor import MethodDescriptor

from tests.fuzz.requests import Generator
from tests.gateway.standin import CONTRACTS
from tests.mesh.rest import DIRECT

LEAK = re.compile(rb"Traceback|<class|asyncpg|SELECT |site-packages|\.py\b|0x[0-9a-f]{8}")
# They would end what the fuzzing lives on, or close it by wrong passwords; each has contract tests of its own.
SPARED = {
    "DeleteUser",
    "LogoutEverywhere",
    "Logout",
    "UpdateRole",
    "DisableUser",
    "BeginSecondFactor",
    "RemoveSecondFactor",
    "CreateApiKey",
    "UpdateSecurityPolicy",
}
WRONG = {"UNKNOWN", "INTERNAL"}
SECONDS, ENDLESS = 3.0, 0.3
READ = 3  # messages of a stream
Known = Mapping[str, Sequence[str]]


@dataclass
class Found:
    """What came of it."""

    calls: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def look(self, where: str, code: str, told: bytes, sent: Sequence[bytes] = ()) -> None:
        """Counts an answer, and keeps it if it should never have been given."""
        self.calls += 1
        self.codes[code] += 1
        leak = code != "OK" and not code.startswith("2") and LEAK.search(told)
        if code in WRONG or leak:
            self.violations.append(f"{where} {code}: {told[:300]!r} of {[each[:600] for each in sent]!r}")


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


class Service:
    """Calls the methods of one service, past the edge."""

    def __init__(self, name: str, address: str, seed: int, known: Known, token: Callable[[], str]) -> None:
        self.name, self.found = name, Found()
        self._chance, self._token = random.Random(f"{seed} {name}"), token
        self._places = [each for each in places() if each.service == name]
        self._generator = Generator(self._chance, known)
        self._channel = grpc.insecure_channel(address, DIRECT)

    def call(self) -> None:
        """One method, once."""
        place = self._chance.choice(self._places)
        method = place.method
        bodies = [self._generator.body(method.input_type) for _ in range(3 if method.client_streaming else 1)]
        sent: Any = iter(bodies) if method.client_streaming else bodies[0]
        kinds = {
            (False, False): self._channel.unary_unary,
            (False, True): self._channel.unary_stream,
            (True, False): self._channel.stream_unary,
            (True, True): self._channel.stream_stream,
        }
        call = kinds[method.client_streaming, method.server_streaming](place.path)
        metadata = (("authorization", f"Bearer {self._token()}"),)
        try:
            if method.server_streaming:
                seconds = ENDLESS if method.name.startswith("Subscribe") else SECONDS
                stream = call(sent, timeout=seconds, metadata=metadata)
                for _, answer in zip(range(READ), stream, strict=False):
                    self.found.look(place.path, "OK", answer)
                stream.cancel()
            else:
                self.found.look(place.path, "OK", call(sent, timeout=SECONDS, metadata=metadata))
        except grpc.RpcError as error:
            told = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
            self.found.look(place.path, error.code().name, (error.details() or "").encode() + told, bodies)


class Edge:
    """Calls the paths of all services, as REST."""

    name = "edge"

    def __init__(self, url: str, seed: int, known: Known, token: Callable[[], str]) -> None:
        self.found = Found()
        self._chance, self._token = random.Random(f"{seed} edge"), token
        self._bindings = [(each, list(each.bindings())) for each in places()]
        self._generator = Generator(self._chance, known)
        self._rest = httpx.Client(base_url=url, timeout=15, trust_env=False)

    def call(self) -> None:
        """One path, once."""
        place, choices = self._chance.choice([each for each in self._bindings if each[1]])
        verb, path, has_body = self._chance.choice(choices)
        url = re.sub(r"\{[^}]*\}", lambda _: quote(self._generator.word(), safe=""), path)
        text = self._generator.text(place.method.input_type)
        query = {self._generator.word(): self._generator.word()}
        asked: dict[str, Any] = {"content": text} if has_body else {"params": query}
        headers = {"authorization": f"Bearer {self._token()}"}
        try:
            with self._rest.stream(verb, url, headers=headers, **asked) as answer:
                body = next(answer.iter_raw(), b"")
        except (httpx.ReadTimeout, httpx.InvalidURL):
            self.found.look(path, "TIMEOUT", b"")
            return
        code = "INTERNAL" if answer.status_code in (500, 501, 502) else str(answer.status_code)
        self.found.look(f"{verb} {path}", code, body, [url.encode(), text])
