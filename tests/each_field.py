"""Messages with one field set, made from the contracts' descriptors: a field that is added later is among them."""

from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor as Field

_REALS = (Field.CPPTYPE_DOUBLE, Field.CPPTYPE_FLOAT)
_DAY = {"year": 2022, "month": 12, "day": 28}


def each_field(kind, only=()):
    """(path, message) for each value of each field, at any depth; of `only` these fields, if any are named.

    A field whose absence means something comes with its default, too: 0 is not nothing.
    """
    for field in kind.DESCRIPTOR.fields:
        if not only or field.name in only:
            for path, value in _values(field):
                yield f"{field.name}{path}", kind(**{field.name: value})


def _values(field):
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        for path, value in _one(field.message_type.fields_by_name["value"]):
            yield f"[AAPL]{path}", {"AAPL": value}
    elif field.is_repeated:
        values = list(_one(field))
        yield "[:]", [value for _, value in values]
        yield from ((f"[0]{path}", [value]) for path, value in values)
    else:
        yield from _one(field)
        if field.has_presence and field.message_type is None:
            yield "=default", field.default_value


def _one(field):
    if field.cpp_type == Field.CPPTYPE_MESSAGE:
        kind = message_factory.GetMessageClass(field.message_type)
        if kind.DESCRIPTOR.full_name == "google.type.Date":  # a part of it is no day
            yield "=day", kind(**_DAY)
            return
        yield "={}", kind()
        yield from ((f".{path}", message) for path, message in each_field(kind))
    elif field.cpp_type == Field.CPPTYPE_ENUM:
        yield from ((f"={each.name}", each.number) for each in field.enum_type.values if each.number)
    elif field.cpp_type == Field.CPPTYPE_STRING:
        yield from ((f"={text}", text) for text in ("AAPL", "XOM"))
    else:
        yield "=", 0.25 if field.cpp_type in _REALS else True if field.cpp_type == Field.CPPTYPE_BOOL else 3
