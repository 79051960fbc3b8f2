"""What an update may change, read from the contract: a mask that names anything else never reaches its method."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from qpo.options.v1 import options_pb2

from chassis.errors import FieldNotMutable

_MASK = "google.protobuf.FieldMask"


@dataclass(frozen=True, slots=True)
class Mask:
    """The mask of a request, and the paths that it may name."""

    field: str
    paths: frozenset[str]

    def check(self, request: Any) -> None:
        """Raises FieldNotMutable for the first path that may not be changed."""
        for path in getattr(request, self.field).paths:
            if path not in self.paths:
                raise FieldNotMutable(self.field, path, self._outermost())

    def _outermost(self) -> list[str]:
        """The paths that no other covers, which tell a caller enough."""
        return sorted(path for path in self.paths if not any(path.startswith(f"{other}.") for other in self.paths))


def mask_of(method: MethodDescriptor) -> Mask | None:
    """Returns the method's mask, None if it takes none; one that the contract states no path for admits none.

    Raises LookupError for a stated path that leads to no field.
    """
    masks, messages = _messages_of(method.input_type)
    if not masks:
        return None
    option: Any = options_pb2.mutable_paths
    stated = method.GetOptions().Extensions[option]
    return Mask(masks[0], frozenset(path for named in stated for path in _with_parts(messages, named)))


def _messages_of(request: Descriptor) -> tuple[Sequence[str], Sequence[Descriptor]]:
    """The request's masks by name, and what they may be about: the messages beside them."""
    beside = [(field.name, message) for field in request.fields if (message := _message_of(field))]
    masks = [name for name, message in beside if message.full_name == _MASK]
    return masks, [message for _, message in beside if message.full_name != _MASK]


def _with_parts(messages: Sequence[Descriptor], path: str) -> Iterator[str]:
    """A path, and those of the fields of the message that it leads to."""
    field = next((found for message in messages if (found := _at(message, path.split(".")))), None)
    if field is None:
        raise LookupError(f"refusing to start: (qpo.options.v1.mutable_paths) names {path}, which leads to no field")
    yield path
    message = _message_of(field)
    if message is not None:
        yield from (f"{path}.{part.name}" for part in message.fields)


def _at(message: Descriptor, path: Sequence[str]) -> FieldDescriptor | None:
    """The field that a path leads to, through messages that are there once."""
    field = message.fields_by_name.get(path[0])
    if field is None or len(path) == 1:
        return field
    within = _message_of(field)
    return None if within is None else _at(within, path[1:])


def _message_of(field: FieldDescriptor) -> Descriptor | None:
    """The message that a field holds once; None if it holds another value, or several."""
    return None if field.is_repeated else field.message_type
