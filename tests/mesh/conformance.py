"""The OpenAPI document as a judge: whatever the edge answers to a path of it must be what it says there.

A published answer may grow, so that the document leaves its objects open; the judge closes them, and has formats count.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import jsonschema_rs
import yaml

JsonObject = dict[str, Any]
DOCUMENT = Path(__file__).resolve().parents[2] / "gen/openapi/qpo.yaml"
LINES, EVENTS = "application/x-ndjson", "text/event-stream"
PARAMETER = re.compile(r"{\w+}")


@cache
def document() -> JsonObject:
    """The document as it is published."""
    return yaml.load(DOCUMENT.read_text(), Loader=yaml.CSafeLoader)


@cache
def closed() -> JsonObject:
    """The document, in which no object has more than its properties."""
    text = json.loads(json.dumps(document()))
    for schema in text["components"]["schemas"].values():
        if schema["type"] == "object":
            schema.setdefault("additionalProperties", False)
    return text


class NotAsDocumented(AssertionError):
    """An answer that the document does not have."""


class Conformance:
    """Judges answers, and remembers which statuses each operation has met."""

    def __init__(self) -> None:
        self.met: dict[tuple[str, str], set[int]] = defaultdict(set)
        self._paths = [(_pattern(path), path) for path in document()["paths"]]

    def operation(self, verb: str, url: str) -> tuple[str, str] | None:
        """Verb and path as the document has them; None for what is not in it."""
        found = urlsplit(url).path
        for pattern, path in self._paths:
            if pattern.fullmatch(found) and verb.lower() in document()["paths"][path]:
                return verb, path
        return None

    def judge(self, verb: str, path: str, answer: httpx.Response, bodies: list[bytes]) -> None:
        """Raises NotAsDocumented; of a stream `bodies` are its messages, else the one body."""
        self.met[verb, path].add(answer.status_code)
        kind = answer.headers.get("content-type", "").partition(";")[0]
        validator = _validator(verb.lower(), path, str(answer.status_code), kind)
        for body in bodies:
            _obey(validator, body, f"{verb} {path} {answer.status_code}")
        if answer.status_code in (429, 503):
            self._says_when(answer, bodies[0])

    def _says_when(self, answer: httpx.Response, body: bytes) -> None:
        told = [each for each in json.loads(body)["details"] if each["@type"].endswith("RetryInfo")]
        if bool(told) != ("retry-after" in answer.headers):
            raise NotAsDocumented(f"RetryInfo and Retry-After say different things: {told}, {answer.headers}")


@cache
def _validator(verb: str, path: str, status: str, kind: str) -> Any:
    whole = closed()
    responses = whole["paths"][path][verb]["responses"]
    if status not in responses:
        raise NotAsDocumented(f"{verb} {path}: the status {status} is not documented")
    response = responses[status]
    if "$ref" in response:
        response = whole["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    if kind not in response["content"]:
        raise NotAsDocumented(f"{verb} {path} {status}: the type {kind!r} is not documented")
    schema = {**response["content"][kind]["schema"], "components": whole["components"]}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def _obey(validator: Any, body: bytes, where: str) -> None:
    if wrong := list(validator.iter_errors(json.loads(body))):
        told = "; ".join(f"{list(each.instance_path)}: {each.message[:300]}" for each in wrong[:5])
        raise NotAsDocumented(f"{where}: {told}: {body[:500]!r}")


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(part) for part in PARAMETER.split(path)))


def messages(kind: str, body: bytes) -> list[bytes]:
    """The messages of a body of this type."""
    if kind == EVENTS:
        return [line[5:] for line in body.split(b"\n") if line.startswith(b"data:")]
    return [line for line in body.split(b"\n") if line] if kind == LINES else [body]


class Judged(httpx.SyncByteStream):
    """A stream's body, each message of which is judged as it passes."""

    def __init__(self, conformance: Conformance, verb: str, path: str, answer: httpx.Response) -> None:
        self._conformance, self._verb, self._path, self._answer = conformance, verb, path, answer
        self._stream: Any = answer.stream

    def __iter__(self) -> Iterator[bytes]:
        kind, rest = self._answer.headers["content-type"], b""
        for chunk in self._stream:
            *_, rest = lines = (rest + chunk).split(b"\n")
            whole = messages(kind, b"\n".join(lines[:-1]))
            self._conformance.judge(self._verb, self._path, self._answer, whole)
            yield chunk

    def close(self) -> None:
        self._stream.close()


class Transport(httpx.HTTPTransport):
    """A way to the edge on which every answer to a documented call is judged."""

    conformance: Conformance

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        operation = self.conformance.operation(request.method, str(request.url))
        if operation is None:
            return answer
        kind = answer.headers.get("content-type", "")
        if kind in (LINES, EVENTS):
            self.conformance.met[operation].add(answer.status_code)
            answer.stream = Judged(self.conformance, *operation, answer)
        else:
            answer.request = request
            self.conformance.judge(*operation, answer, [answer.read()])
        return answer
