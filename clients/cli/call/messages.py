"""JSON into messages, with a word for every mistake that JSON allows."""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from clients.cli.problem import USAGE, Problem

_STDIN = "-"
_PARSING = re.compile(r"Failed to parse (\S+) field: ")
_UNKNOWN = re.compile(r'no field named "(\w+)".*?Fields\(except extensions\): "?\[(.*?)\]', re.DOTALL)
_NAME = re.compile(r"'(\w+)'")
_ENUM = re.compile(r"Invalid enum value (\S+) for enum type ([\w.]+)")


def requests(type_: Descriptor, given: str, *, many: bool) -> Iterator[Message]:
    """The request of an argument, or of standard input for `-`; of a stream in, one per line or per item of a list."""
    if many:
        yield from (message(type_, content) for content in _several(given))
    else:
        yield message(type_, _parsed(sys.stdin.read() if given == _STDIN else given or "{}"))


def message(type_: Descriptor, content: Any) -> Message:
    """One message of JSON content. Raises Problem that names the field and what comes near it."""
    if not isinstance(content, dict):
        raise Problem(f"a {type_.name} is a JSON object", [("JSON", "write {…}")], exit_code=USAGE)
    try:
        return ParseDict(content, GetMessageClass(type_)())
    except ParseError as error:
        raise Problem(f"this is no {type_.name}", [_mended(str(error))], exit_code=USAGE) from None


def _several(given: str) -> Iterator[Any]:
    if given == _STDIN:
        yield from (_parsed(line) for line in sys.stdin if line.strip())
        return
    content = _parsed(given or "[]")
    yield from content if isinstance(content, list) else [content]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        fix = (f"line {error.lineno}, column {error.colno}", f"{error.msg}; quote it for the shell: '{{\"field\": 1}}'")
        raise Problem("this is no JSON", [fix], exit_code=USAGE) from None


def _mended(told: str) -> tuple[str, str]:
    """The field and the cure, read from protobuf's own complaint."""
    path, what = _PARSING.findall(told), _PARSING.sub("", told)
    if unknown := _UNKNOWN.search(what):
        known = [_as_proto(name) for name in _NAME.findall(unknown[2])]
        return ".".join([*path, unknown[1]]), _nearest(unknown[1], known)
    if enum := _ENUM.search(what):
        values = descriptor_pool.Default().FindEnumTypeByName(enum[2]).values_by_name
        return ".".join(path), _nearest(enum[1], list(values))
    return ".".join(path) or "JSON", what.rstrip(".")


def _nearest(given: str, known: Sequence[str]) -> str:
    near = get_close_matches(given, known, 1, 0.5)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"


def _as_proto(json_name: str) -> str:
    """portfolioId → portfolio_id: protobuf lists JSON's names, the contracts and our answers bear their own."""
    return re.sub(r"(?=[A-Z])", "_", json_name).lower()
