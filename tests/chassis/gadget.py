"""A contract with every kind of method, and a plain object that fulfils it: what the chassis is tried on.

It is made here rather than taken from a service, so that no service's contract is held still by these tests.
"""

import asyncio
from collections.abc import Awaitable, Callable

from buf.validate import validate_pb2
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from qpo.options.v1 import options_pb2

from chassis import context
from chassis.door import Refused
from chassis.errors import ErrorTable
from chassis.serve import Service

_PACKAGE = "qpo.gadget.v1"
_METHODS = [  # name, client streams, server streams, access
    ("MakeGadget", False, False, {"scope": "write:gadget"}),
    ("ReadGadget", False, False, {"open": True}),
    ("NameCaller", False, False, {"any_principal": True}),
    ("ComputeGadget", False, False, {"any_principal": True}),
    ("WatchGadget", False, True, {"any_principal": True}),
    ("SubscribeGadgets", False, True, {"any_principal": True}),
    ("IngestGadgets", True, False, {"any_principal": True}),
    ("TradeGadgets", True, True, {"any_principal": True}),
]
_Field = descriptor_pb2.FieldDescriptorProto


def contract(package: str, methods: list) -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{package.replace('.', '/')}/gadget.proto", package=package, syntax="proto3"
    )
    file.dependency.extend(["qpo/options/v1/options.proto", "buf/validate/validate.proto"])
    _message(file, "Part", ("label", _Field.TYPE_STRING))
    _message(file, "Gadget", ("name", _Field.TYPE_STRING), ("parts", f".{package}.Part"))
    file.message_type[0].field[0].options.Extensions[validate_pb2.field].string.pattern = "^[A-Z]+$"
    file.message_type[1].field[0].options.Extensions[validate_pb2.field].string.min_len = 1
    service = file.service.add(name="GadgetService")
    gadget = f".{package}.Gadget"
    for name, client, server, access in methods:
        method = service.method.add(name=name, input_type=gadget, output_type=gadget)
        method.client_streaming, method.server_streaming = client, server
        if name.startswith("Read"):
            method.options.idempotency_level = descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS
        method.options.Extensions[options_pb2.computes] = name.startswith("Compute")
        if access is not None:
            method.options.Extensions[options_pb2.access].CopyFrom(options_pb2.Access(**access))
    return file


def _message(file, name: str, *fields) -> None:
    message = file.message_type.add(name=name)
    for number, (field, kind) in enumerate(fields, 1):
        added = message.field.add(name=field, number=number, label=_Field.LABEL_OPTIONAL)
        if isinstance(kind, str):
            added.type, added.type_name, added.label = _Field.TYPE_MESSAGE, kind, _Field.LABEL_REPEATED
        else:
            added.type = kind


def service_of(package: str, methods: list):
    """The descriptor of a contract with other methods than the usual."""
    pool = descriptor_pool.Default()
    pool.Add(contract(package, methods))
    return pool.FindServiceByName(f"{package}.GadgetService")


DESCRIPTOR = service_of(_PACKAGE, _METHODS)
Gadget = message_factory.GetMessageClass(DESCRIPTOR.methods[0].input_type)
Part = message_factory.GetMessageClass(Gadget.DESCRIPTOR.fields_by_name["parts"].message_type)


class GadgetMissing(Exception):
    """A domain's error."""


def gadget(name: str = "g", *labels: str):
    return Gadget(name=name, parts=[Part(label=label) for label in labels])


class Workshop:
    """Serves gadgets; what a call does is set by the test."""

    def __init__(self, does: Callable[..., Awaitable] | None = None) -> None:
        self.does = does
        self.entered = asyncio.Event()
        self.left = asyncio.Event()
        self.may_go_on = asyncio.Event()

    async def make_gadget(self, request):
        self.entered.set()
        try:
            return request if self.does is None else await self.does(request)
        finally:
            self.left.set()

    async def read_gadget(self, request):
        return await self.make_gadget(request)

    async def compute_gadget(self, request):
        return await self.make_gadget(request)

    async def name_caller(self, _):
        return gadget(context.principal().user_id)

    async def watch_gadget(self, request):
        try:
            yield request
            self.entered.set()
            await self.may_go_on.wait()
            yield request.SerializeToString()
        finally:
            self.left.set()

    async def subscribe_gadgets(self, request):
        async for message in self.watch_gadget(request):
            yield message

    async def ingest_gadgets(self, requests):
        names = [request.name async for request in requests]
        return gadget("+".join(names))

    async def trade_gadgets(self, requests):
        async for request in requests:
            yield gadget(request.name + "!")


ERRORS = ErrorTable("gadget.qpo", {})


def workshop(servicer: Workshop, errors: ErrorTable = ERRORS, refused: Refused | None = None) -> Service:
    return Service(DESCRIPTOR, servicer, errors, refused)


def unary(channel, name: str = "MakeGadget"):
    return channel.unary_unary(f"/{_PACKAGE}.GadgetService/{name}", Gadget.SerializeToString, Gadget.FromString)


def raw(channel, name: str = "MakeGadget"):
    """A method called with bytes as they are."""
    return channel.unary_unary(f"/{_PACKAGE}.GadgetService/{name}")


def streamed(channel, name: str = "WatchGadget"):
    return channel.unary_stream(f"/{_PACKAGE}.GadgetService/{name}", Gadget.SerializeToString, Gadget.FromString)


def ingested(channel):
    path = f"/{_PACKAGE}.GadgetService/IngestGadgets"
    return channel.stream_unary(path, Gadget.SerializeToString, Gadget.FromString)


def traded(channel):
    path = f"/{_PACKAGE}.GadgetService/TradeGadgets"
    return channel.stream_stream(path, Gadget.SerializeToString, Gadget.FromString)
