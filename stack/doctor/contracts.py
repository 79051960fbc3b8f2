"""Whether the services that run speak the contracts of this installation."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from stack.addresses import SERVICES, service_of
from stack.doctor.edge import Edge
from stack.doctor.finding import Finding, fine, unknown, warning, wrong
from stack.doctor.patient import Patient
from stack.identities import OWNER, Identity
from stack.layout import ROOT
from stack.part import NotReady
from stack.probes import channel

DESCRIPTORS = ROOT / "gen" / "descriptors" / "qpo.binpb"
OPENAPI = ROOT / "gen" / "openapi" / "qpo.yaml"
_TIMEOUT = 5.0
# What the compiler writes for readers, and a program leaves out of what it tells of itself.
_COMMENTS = ("source_code_info",)


def of_services(patient: Patient, descriptors: Path = DESCRIPTORS) -> Iterator[Finding]:
    """Each replica, asked by reflection, against the descriptor set of this installation."""
    if patient.addresses is None:
        yield unknown("contracts", "no mesh runs here")
        return
    addresses = patient.addresses
    replicas = [name for service in SERVICES for name in addresses.replicas(service)]
    ours = _by_name(descriptors)

    def look(name: str) -> Finding | None:
        proof: tuple[Identity, Identity] | tuple[()] = ()
        if addresses.tls:
            proof = (patient.layout.identity(OWNER), patient.layout.identity(service_of(name)))
        return _of_replica(name, addresses.service(name), proof, ours)

    with ThreadPoolExecutor(len(replicas)) as pool:
        found = list(filter(None, pool.map(look, replicas)))
    yield from found or [fine("contracts", f"{len(replicas)} processes speak those of this installation")]


def _of_replica(name: str, address: str, proof: tuple[Any, ...], ours: dict[str, bytes]) -> Finding | None:
    try:
        told = reflected(address, *proof)
    except NotReady as silent:
        return unknown("contracts", f"{name}: {silent}", f"qpo logs {name}")
    others = sorted(file for file, content in told.items() if ours.get(file) != content)
    if not others:
        return None
    fix = f"qpo restart {service_of(name)}: it runs what was there when it started"
    return wrong("contracts", f"{name} speaks another version of {', '.join(others)}", fix)


def reflected(address: str, *proof: Any) -> dict[str, bytes]:
    """Returns the files of contracts of ours that a server tells, by name. Raises NotReady if it tells none."""
    import grpc
    from google.protobuf.descriptor_pb2 import FileDescriptorProto
    from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

    ask = reflection_pb2.ServerReflectionRequest
    with channel(address, *proof) as way:
        stub = reflection_pb2_grpc.ServerReflectionStub(way)
        try:
            (listed,) = stub.ServerReflectionInfo(iter([ask(list_services="")]), timeout=_TIMEOUT)
            names = [each.name for each in listed.list_services_response.service if each.name.startswith("qpo.")]
            asked = [ask(file_containing_symbol=name) for name in names]
            answers = list(stub.ServerReflectionInfo(iter(asked), timeout=_TIMEOUT))
        except grpc.RpcError as error:
            raise NotReady(f"{address}: {error.code().name} {error.details()}") from None
    files = [
        FileDescriptorProto.FromString(file)
        for answer in answers
        for file in answer.file_descriptor_response.file_descriptor_proto
    ]
    return {file.name: _bare(file) for file in files if file.name.startswith("qpo/")}


def _by_name(descriptors: Path) -> dict[str, bytes]:
    from google.protobuf.descriptor_pb2 import FileDescriptorSet

    known = FileDescriptorSet.FromString(descriptors.read_bytes())
    return {file.name: _bare(file) for file in known.file}


def _bare(file: Any) -> bytes:
    """A file of contracts without what is told for readers alone, or can be told from the rest."""
    for comment in _COMMENTS:
        file.ClearField(comment)
    pending = list(file.message_type)
    for field in file.extension:
        field.ClearField("json_name")
    while pending:
        message = pending.pop()
        pending += message.nested_type
        for field in (*message.field, *message.extension):
            field.ClearField("json_name")
    return bytes(file.SerializeToString(deterministic=True))


def of_edge(there: Edge, openapi: Path = OPENAPI) -> Iterator[Finding]:
    """What an edge elsewhere says that it serves, against what this installation calls."""
    if not openapi.exists():
        yield unknown("contracts", "no gen/openapi beside this installation: nothing to compare with")
        return
    answer = there.get("/openapi.yaml")
    ours, theirs = openapi.read_text(encoding="utf-8"), answer.body.decode(errors="replace")
    if answer.status != 200:
        yield unknown("contracts", f"{there.url}/openapi.yaml answers {answer.status}")
    elif ours == theirs:
        yield fine("contracts", "those of this installation")
    elif missing := sorted(_paths(ours) - _paths(theirs)):
        fix = "use the qpo of that platform's version, or have the platform updated"
        yield wrong("contracts", f"{there.url} does not serve {', '.join(missing[:5])}, which this qpo calls", fix)
    else:
        fix = "use the qpo of that platform's version"
        yield warning("contracts", f"{there.url} speaks another version than this qpo; it has all its paths", fix)


def _paths(openapi: str) -> set[str]:
    """The paths of a document, each on a line of its own at the second level."""
    return {line.strip().rstrip(":") for line in openapi.splitlines() if line.startswith("  /")}
