"""What the descriptors say of every method: who may call it, what it takes, and which of it names a user's things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.api import field_behavior_pb2
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor, ServiceDescriptor

from chassis.methods import Admission, methods_of

IMAGE = Path(__file__).resolve().parents[2] / "gen/descriptors/qpo.binpb"
# What a field names, by its name; None: nothing that belongs to somebody.
NAMES: Mapping[str, str | None] = {
    "portfolio_id": "portfolio",
    "job_id": "job",
    "universe_id": "universe",
    "dataset": "dataset",
    "replay_id": "replay",
    "user_id": "user",
    "key_id": "api_key",
    "owner_id": "user",
    "advisor_id": "user",
    "client_id": "user",
    "request_id": None,  # of the caller's own making, and looked up among the caller's own
    "portfolio_ids": None,  # a frame's labels, which are given back and never looked up
    "frame_id": None,  # likewise
    "ids": None,  # of quarantined records, looked up within the dataset beside them
    "id": None,  # of a document, within the feed's dataset; of a portfolio, by the service alone
}


@dataclass(frozen=True)
class Served:
    """A method as the contract states it."""

    path: str
    admission: Admission
    scope: str
    service: ServiceDescriptor
    request: Any
    answer: Descriptor
    client_streaming: bool
    server_streaming: bool
    descriptor: MethodDescriptor


def _methods() -> Iterator[Served]:
    files = descriptor_pb2.FileDescriptorSet.FromString(IMAGE.read_bytes())
    for file in files.file:
        for service in file.service if file.package.startswith("qpo.") else ():
            __import__(file.name.replace("/", ".").removesuffix(".proto") + "_pb2")
            found = descriptor_pool.Default().FindServiceByName(f"{file.package}.{service.name}")
            for method in methods_of(found):
                at = found.methods_by_name[method.name]
                streams = (method.client_streaming, method.server_streaming)
                stated = (method.path, method.admission, method.scope, found, method.request, at.output_type)
                yield Served(*stated, *streams, at)


def service_of(path: str) -> str:
    """`portfolio` of `/qpo.portfolio.v1.PortfolioService/GetPortfolio`."""
    return path.split(".")[1]


def identifiers(method: Served) -> Iterator[tuple[str, str]]:
    """(path, field's name) of every text in the request by which something could be named, but for what is answered."""
    yield from _identifiers(method.request.DESCRIPTOR, "", ())


def _identifiers(message: Descriptor, within: str, above: tuple[Descriptor, ...]) -> Iterator[tuple[str, str]]:
    for field in message.fields:
        path = f"{within}{field.name}"
        if _is_output(field):
            continue
        if field.message_type is not None and field.message_type not in above:
            yield from _identifiers(field.message_type, f"{path}.", (*above, message))
        elif _may_name(field):
            yield path, field.name


def _is_output(field: FieldDescriptor) -> bool:
    return field_behavior_pb2.OUTPUT_ONLY in field.GetOptions().Extensions[field_behavior_pb2.field_behavior]


def _may_name(field: FieldDescriptor) -> bool:
    if field.type != FieldDescriptor.TYPE_STRING:
        return False
    return field.name == "dataset" or field.name.rpartition("_")[2] in ("id", "ids")


METHODS: Mapping[str, Served] = {method.path: method for method in _methods()}
