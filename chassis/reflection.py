"""Server reflection, under v1alpha and v1.

grpcio-reflection speaks v1alpha; v1 is the same messages under another name, and newer tools ask for it first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_reflection.v1alpha import _async, reflection_pb2, reflection_pb2_grpc

_ALPHA = "grpc.reflection.v1alpha"
_STABLE = "grpc.reflection.v1"
_SERVICE = "ServerReflection"


def add_reflection(server: Any, services: Sequence[str]) -> None:
    """Lets `server` tell the contracts of `services` (full names)."""
    _describe_stable()
    names = [*services, f"{_STABLE}.{_SERVICE}", f"{_ALPHA}.{_SERVICE}"]
    servicer = _async.ReflectionServicer(names, _Contracts(descriptor_pool.Default()))
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(servicer, server)
    server.add_generic_rpc_handlers((_stable_handler(servicer),))


class _Contracts:
    """A pool in which the file of a method is found by the method's name too, as the protocol wants it."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    def FindFileContainingSymbol(self, symbol: str) -> Any:  # noqa: N802 - the pool's name for it
        """Returns the file that declares a symbol; raises KeyError if none does."""
        try:
            return self._pool.FindFileContainingSymbol(symbol)
        except KeyError:
            return self._pool.FindMethodByName(symbol).containing_service.file


def _stable_handler(servicer: Any) -> Any:
    method = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler(f"{_STABLE}.{_SERVICE}", {"ServerReflectionInfo": method})


def _describe_stable() -> None:
    """Puts v1's own contract into the pool, so that a tool can ask for it too."""
    pool = descriptor_pool.Default()
    try:
        pool.FindServiceByName(f"{_STABLE}.{_SERVICE}")
    except KeyError:
        pool.Add(_stable_file())


def _stable_file() -> descriptor_pb2.FileDescriptorProto:
    """Returns v1alpha's file with every name moved to v1."""
    file = descriptor_pb2.FileDescriptorProto()
    reflection_pb2.DESCRIPTOR.CopyToProto(file)
    file.name, file.package = "grpc/reflection/v1/reflection.proto", _STABLE
    for message in file.message_type:
        for field in message.field:
            if field.type_name:
                field.type_name = _moved(field.type_name)
    for method in file.service[0].method:
        method.input_type, method.output_type = _moved(method.input_type), _moved(method.output_type)
    return file


def _moved(name: str) -> str:
    return name.replace(f".{_ALPHA}.", f".{_STABLE}.")
