"""What a method takes and gives, message by message, in the contract's own words."""

from collections.abc import Iterator

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from rich.console import Group, RenderableType
from rich.text import Text

from clients.cli.call import prose
from clients.cli.call.catalogue import Method
from clients.cli.output import grid

_SCALARS = {
    FieldDescriptor.TYPE_DOUBLE: "double",
    FieldDescriptor.TYPE_FLOAT: "float",
    FieldDescriptor.TYPE_INT64: "int64",
    FieldDescriptor.TYPE_UINT64: "uint64",
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_UINT32: "uint32",
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_BYTES: "bytes, base64",
}


def describe(method: Method) -> RenderableType:
    """The method, then every message and enum of ours that it speaks in."""
    it = method.descriptor
    head = Text.assemble((method.path, "bold"), "\n", prose.of(method.path))
    made = [Text(f"\nqpo {method.command} is made for it.", "dim")] if method.command else []
    blocks = [_message(found) for found in _spoken(it.input_type, it.output_type)]
    enums = [_enum(found) for found in _enums(it.input_type, it.output_type)]
    return Group(head, *made, *(Group("", block) for block in [*blocks, *enums]))


def type_of(field: FieldDescriptor) -> str:
    """A field's type as the .proto file has it; google.protobuf's own by what JSON has in their place."""
    kind = field.message_type or field.enum_type
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        entry = field.message_type.fields_by_name
        return f"map<{type_of(entry['key'])}, {type_of(entry['value'])}>"
    name = kind.name if kind is not None else _SCALARS.get(field.type, "?")
    return f"repeated {name}" if field.is_repeated else name


def _message(it: Descriptor) -> RenderableType:
    rows = [
        (Text(field.name, "cyan"), type_of(field), _within_oneof(field) + prose.of(field.full_name))
        for field in it.fields
    ]
    title = f"{it.name}: {prose.of(it.full_name)}"
    return grid(("field", "type", ""), rows, title=title) if rows else Text(title, "bold")


def _enum(it: EnumDescriptor) -> RenderableType:
    rows = [(Text(value.name, "cyan"), prose.of(f"{it.full_name}.{value.name}")) for value in it.values]
    return grid(("value", ""), rows, title=f"{it.name}: {prose.of(it.full_name)}")


def _within_oneof(field: FieldDescriptor) -> str:
    oneof = field.containing_oneof
    if oneof is None or oneof.name.startswith("_"):
        return ""
    others = [other.name for other in oneof.fields if other.name != field.name]
    return f"[or {', '.join(others)}] " if others else ""


def _spoken(*roots: Descriptor) -> Iterator[Descriptor]:
    """Our messages, each once: the roots first, then what they hold."""
    seen: set[str] = set()
    waiting = list(roots)
    while waiting:
        it = waiting.pop(0)
        if it.full_name in seen or not it.full_name.startswith("qpo."):
            continue
        seen.add(it.full_name)
        if not it.GetOptions().map_entry:
            yield it
        waiting += [field.message_type for field in it.fields if field.message_type is not None]


def _enums(*roots: Descriptor) -> Iterator[EnumDescriptor]:
    fields = [field for message in _spoken(*roots) for field in message.fields]
    seen = {field.enum_type.full_name: field.enum_type for field in fields if field.enum_type is not None}
    yield from (it for name, it in seen.items() if name.startswith("qpo."))
