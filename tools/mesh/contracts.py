"""The methods of a service as its mesh must know them: may one be repeated, how long may it take, is it open to all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2
from qpo.options.v1 import options_pb2

IMAGE = Path(__file__).resolve().parents[2] / "gen" / "descriptors" / "qpo.binpb"


class Patience(Enum):
    """How a caller's sidecar treats a call."""

    QUICK = "quick"  # short, and may be repeated
    LONG = "long"  # may be repeated until it has begun to answer, and takes its time
    ENDLESS = "endless"  # a stream of no stated length, which its reader resumes; may be repeated until it has begun
    ONCE = "once"  # must not be repeated, or is a client's stream, which only the client could send again


@dataclass(frozen=True, slots=True)
class Method:
    """One RPC."""

    contract: str  # "qpo.portfolio.v1.PortfolioService"
    name: str
    idempotent: bool  # by its contract's idempotency_level
    patience: Patience
    open: bool  # asked without a token

    @property
    def path(self) -> str:
        """As HTTP/2 carries it."""
        return f"/{self.contract}/{self.name}"


@cache
def methods_of(service: str) -> list[Method]:
    """Returns the methods of all contracts of a service, in the contracts' order."""
    image = descriptor_pb2.FileDescriptorSet.FromString(IMAGE.read_bytes())
    return list(_methods(image, f"qpo.{service}.v1"))


def _methods(image: descriptor_pb2.FileDescriptorSet, package: str) -> Iterator[Method]:
    for file in image.file:
        for contract in file.service if file.package == package else ():
            for method in contract.method:
                yield _method(f"{package}.{contract.name}", method)


def _method(contract: str, method: descriptor_pb2.MethodDescriptorProto) -> Method:
    # Read again: the extensions are known to the parser only now.
    options: Any = descriptor_pb2.MethodOptions.FromString(method.options.SerializeToString())
    idempotent = options.idempotency_level != options.IDEMPOTENCY_UNKNOWN
    return Method(
        contract=contract,
        name=method.name,
        idempotent=idempotent,
        patience=_patience(method, idempotent, options.Extensions[options_pb2.computes]),
        open=options.Extensions[options_pb2.access].open,
    )


def _patience(method: descriptor_pb2.MethodDescriptorProto, idempotent: bool, computes: bool) -> Patience:
    if method.server_streaming and method.name.startswith("Subscribe"):
        return Patience.ENDLESS if idempotent else Patience.ONCE
    if not idempotent or method.client_streaming:
        return Patience.ONCE
    return Patience.LONG if computes or method.server_streaming else Patience.QUICK
