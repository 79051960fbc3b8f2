"""What a server knows of a method before its first call, all of it read from the contract."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from qpo.options.v1 import options_pb2

from chassis.masks import Mask, mask_of

_OURS = "qpo."
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Admission(Enum):
    """Who may pass."""

    OPEN = "open"
    ANY_PRINCIPAL = "any principal"
    SCOPE = "scope"


class Cost(Enum):
    """What a call costs the platform, as far as the contract tells."""

    READ = "read"
    WRITE = "write"
    SOLVE = "solve"


class UnannotatedMethod(Exception):
    """A method's contract does not say who may call it, or what it may update."""


@dataclass(frozen=True, slots=True)
class Method:
    """One RPC, from its descriptor."""

    path: str  # "/package.Service/Method"
    name: str
    kind: str  # as Metrics labels it
    admission: Admission
    scope: str  # empty unless admission is SCOPE
    request: Any  # the message class
    client_streaming: bool
    server_streaming: bool
    mask: Mask | None = None  # of what it may update
    cost: Cost = Cost.WRITE

    @property
    def endless(self) -> bool:
        """True for a stream that ends only by its age or its reader."""
        return self.server_streaming and self.name.startswith("Subscribe")

    @property
    def attribute(self) -> str:
        """The servicer's method that serves this one: GetPortfolio → get_portfolio."""
        return _HUMP.sub("_", self.name).lower()


def methods_of(service: ServiceDescriptor) -> list[Method]:
    """Returns the methods of `service`; raises UnannotatedMethod, naming all that say too little."""
    for option, is_missing in (("access", _unannotated), ("mutable_paths", _unlimited)):
        forgotten = ", ".join(method.full_name for method in service.methods if is_missing(method))
        if forgotten:
            raise UnannotatedMethod(f"refusing to start: no option (qpo.options.v1.{option}) on {forgotten}")
    return [_method(m) for m in service.methods]


def handler_of(servicer: object, method: Method) -> Callable[..., Any]:
    """Returns the servicer's function for `method`; raises TypeError if it has none."""
    function = getattr(servicer, method.attribute, None)
    if not callable(function):
        raise TypeError(f"refusing to start: {type(servicer).__name__} has no {method.attribute} for {method.path}")
    return function  # type: ignore[no-any-return]


def _unannotated(method: MethodDescriptor) -> bool:
    return method.containing_service.full_name.startswith(_OURS) and _rule(method) is None


def _unlimited(method: MethodDescriptor) -> bool:
    mask = mask_of(method)
    return mask is not None and not mask.paths


def _rule(method: MethodDescriptor) -> tuple[Admission, str] | None:
    """Reads the access option; a rule that is set to false or to an empty scope is no rule."""
    options = method.GetOptions()
    option: Any = options_pb2.access
    if not options.HasExtension(option):
        return None
    access: Any = options.Extensions[option]
    if access.open:
        return Admission.OPEN, ""
    if access.any_principal:
        return Admission.ANY_PRINCIPAL, ""
    return (Admission.SCOPE, access.scope) if access.scope else None


def _method(descriptor: MethodDescriptor) -> Method:
    admission, scope = _rule(descriptor) or (Admission.OPEN, "")
    return Method(
        path=f"/{descriptor.containing_service.full_name}/{descriptor.name}",
        name=descriptor.name,
        kind=_kind(descriptor),
        admission=admission,
        scope=scope,
        request=message_factory.GetMessageClass(descriptor.input_type),
        client_streaming=descriptor.client_streaming,
        server_streaming=descriptor.server_streaming,
        mask=mask_of(descriptor),
        cost=_cost(descriptor),
    )


def _cost(descriptor: MethodDescriptor) -> Cost:
    options = descriptor.GetOptions()
    computes: Any = options_pb2.computes
    if options.Extensions[computes]:
        return Cost.SOLVE
    return Cost.READ if options.idempotency_level == options.NO_SIDE_EFFECTS else Cost.WRITE


def _kind(descriptor: MethodDescriptor) -> str:
    kinds = {(False, False): "unary", (False, True): "server_stream", (True, False): "client_stream"}
    return kinds.get((descriptor.client_streaming, descriptor.server_streaming), "bidi_stream")
