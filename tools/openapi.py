"""Write the REST surface of the contracts as OpenAPI 3.1: descriptor set in, one document out.

What a comment says in a contract stands here as description; what protovalidate checks stands here as schema. A message
that is asked with and answered has two schemas, since the edge takes a field left out and prints every field there is:
the asked one is `<name>.Input`, refuses what it does not know, and has the rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from buf.validate import validate_pb2
from google.api import annotations_pb2, field_behavior_pb2
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import (
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    MethodDescriptor,
    OneofDescriptor,
    ServiceDescriptor,
)
from qpo.options.v1 import options_pb2

from tools.comments import Comments
from tools.constraints import constraints_of

JsonObject = dict[str, Any]
VERBS = ("get", "put", "post", "delete", "patch")
_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_PATH = rf"{_NAME}(\.{_NAME})*"
# Well-known types that JSON writes as something simpler than their fields.
WELL_KNOWN: dict[str, JsonObject] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]{1,11}(\.[0-9]{1,9})?s$", "examples": ["1.5s"]},
    "google.protobuf.FieldMask": {
        "type": "string",
        "pattern": rf"^({_PATH}(,{_PATH})*)?$",
        "description": "Field paths, comma-separated.",
    },
}
BASE64 = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
SCALARS: dict[int, JsonObject] = {
    FieldDescriptor.TYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.TYPE_FLOAT: {"type": "number", "format": "float"},
    FieldDescriptor.TYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "contentEncoding": "base64", "pattern": BASE64},
}
# Which of the rules say what a value looks like rather than what one may ask for: they hold of answers too.
FORMS = {"format", "items"}


@dataclass(frozen=True)
class Refusal:
    """A status of HTTP by which a call is refused: what it means, and the codes of gRPC that are met with it."""

    means: str
    codes: tuple[int, ...]
    retried: bool = False
    with_body: bool = False


# docs/api/errors.md has the same table, by code; tests compare the two.
REFUSALS = {
    "400": Refusal(
        "A field is wrong, and BadRequest names it and how to mend it; or what is asked cannot be.", (3, 9, 11)
    ),
    "401": Refusal("No access token, or one that is malformed, expired or not ours.", (16,)),
    "403": Refusal("The access token lacks the scope that ErrorInfo names, or this is not the caller's to do.", (7,)),
    "404": Refusal("There is no such thing, or you may not see it.", (5,)),
    "408": Refusal("The request did not arrive in time.", (4,)),
    "409": Refusal("The thing changed meanwhile, exists already, or has not ended.", (6, 10), retried=True),
    "413": Refusal("The body is larger than 1 MiB.", (8,), with_body=True),
    "429": Refusal("Too many at once; RetryInfo says when to come again.", (8,), retried=True),
    "431": Refusal("The headers are larger than the edge takes.", (3,)),
    "503": Refusal("A service does not answer; come again.", (14,), retried=True),
    "504": Refusal("The deadline passed.", (4,)),
}
DETAILS = ("ErrorInfo", "BadRequest", "PreconditionFailure", "RetryInfo")
STATUS = "google.rpc.Status"
# The generated stub gives the extension a type that its own accessor does not take.
ONEOF_RULES: Any = validate_pb2.oneof


class Document:
    """Collects paths and the schemas that they need."""

    def __init__(self, image: descriptor_pb2.FileDescriptorSet) -> None:
        self.pool = descriptor_pool.DescriptorPool()
        for file in image.file:
            self.pool.Add(file)
        self.comments = Comments(image)
        self.schemas: JsonObject = {}
        self.paths: dict[str, JsonObject] = {}
        self.tags: list[JsonObject] = []
        methods = [method for service in self.services(image) for method in service.methods]
        self.both = reached(method.input_type for method in methods) & reached(method.output_type for method in methods)

    def services(self, image: descriptor_pb2.FileDescriptorSet) -> list[ServiceDescriptor]:
        """Every service of ours."""
        files = [file for file in image.file if file.package.startswith("qpo.")]
        return [self.pool.FindServiceByName(f"{file.package}.{one.name}") for file in files for one in file.service]

    def option(self, options: Any, extension: Any) -> Any:
        """Read an option of a pool-made descriptor through the generated extension."""
        kind = type(options)
        generated = {
            "MethodOptions": descriptor_pb2.MethodOptions,
            "FieldOptions": descriptor_pb2.FieldOptions,
        }[kind.DESCRIPTOR.name]()
        generated.ParseFromString(options.SerializeToString())
        return generated.Extensions[extension]

    # -- schemas -----------------------------------------------------------------------------------------------
    def reference(self, message: Descriptor, asked: bool) -> JsonObject:
        """A $ref to the schema of a message that is asked with or answered; it is written if it is not there yet."""
        if message.full_name in WELL_KNOWN:
            return dict(WELL_KNOWN[message.full_name])
        name = message.full_name + (".Input" if asked and message.full_name in self.both else "")
        if name not in self.schemas:
            self.schemas[name] = {}
            self.schemas[name] = self.asked_schema(message) if asked else self.answered_schema(message)
        return {"$ref": f"#/components/schemas/{name}"}

    def asked_schema(self, message: Descriptor, leave_out: frozenset[str] = frozenset()) -> JsonObject:
        """An object with at most one property per field and no other."""
        fields = [field for field in message.fields if field.name not in leave_out]
        schema: JsonObject = {"type": "object", "description": self.comments.of(message.full_name)}
        if fields:
            schema["properties"] = {field.name: self.field_schema(field, asked=True) for field in fields}
        if required := [field.name for field in fields if self.is_required(field)]:
            schema["required"] = required
        schema["additionalProperties"] = False
        choices = [choice(oneof) for oneof in message.oneofs if not is_synthetic(oneof)]
        return schema | (choices[0] if len(choices) == 1 else {"allOf": choices} if choices else {})

    def answered_schema(self, message: Descriptor) -> JsonObject:
        """An object with every field but those that may be absent: messages, and what a contract calls optional."""
        schema: JsonObject = {"type": "object", "description": self.comments.of(message.full_name)}
        if message.fields:
            schema["properties"] = {field.name: self.field_schema(field, asked=False) for field in message.fields}
        if always := [field.name for field in message.fields if not field.has_presence]:
            schema["required"] = always
        return schema

    def is_required(self, field: FieldDescriptor) -> bool:
        """True if the contract marks the field REQUIRED."""
        behaviors = self.option(field.GetOptions(), field_behavior_pb2.field_behavior)
        return field_behavior_pb2.REQUIRED in behaviors

    def field_schema(self, field: FieldDescriptor, asked: bool) -> JsonObject:
        """The schema of a field with its comment and rules."""
        schema = self.described_value(field, asked)
        schema["description"] = self.comments.of(field.full_name) or schema.get("description", "")
        if field_behavior_pb2.OUTPUT_ONLY in self.option(field.GetOptions(), field_behavior_pb2.field_behavior):
            schema["readOnly"] = True
        return schema

    def described_value(self, field: FieldDescriptor, asked: bool) -> JsonObject:
        """A map, an array or a single value, with the rules of protovalidate."""
        rules = constraints_of(field)
        if not asked:
            rules = {keyword: rule for keyword, rule in rules.items() if keyword in FORMS}
        inner = rules.pop("items", {})
        if not asked:
            inner = {keyword: rule for keyword, rule in inner.items() if keyword in FORMS}
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            value = self.value_schema(field.message_type.fields_by_name["value"], asked)
            return {"type": "object", "additionalProperties": value | inner, **rules}
        if field.is_repeated:
            return {"type": "array", "items": self.value_schema(field, asked) | inner, **rules}
        return self.value_schema(field, asked) | rules

    def value_schema(self, field: FieldDescriptor, asked: bool) -> JsonObject:
        """The schema of one value of the field's type."""
        if field.message_type is not None:
            return self.reference(field.message_type, asked)
        if field.enum_type is not None:
            return self.enum_reference(field.enum_type)
        return dict(SCALARS[field.type])

    def enum_reference(self, enum: EnumDescriptor) -> JsonObject:
        """A $ref to the enum's schema."""
        lines = [self.comments.of(enum.full_name)]
        lines += [f"- `{value.name}`: {self.comments.of_value(enum, value.name)}" for value in enum.values]
        names = [value.name for value in enum.values]
        self.schemas[enum.full_name] = {"type": "string", "enum": names, "description": "\n".join(lines)}
        return {"$ref": f"#/components/schemas/{enum.full_name}"}

    # -- operations --------------------------------------------------------------------------------------------
    def add_method(self, method: MethodDescriptor) -> None:
        """Add every HTTP binding of a method."""
        rule = self.option(method.GetOptions(), annotations_pb2.http)
        for number, binding in enumerate([rule, *rule.additional_bindings]):
            verb = binding.WhichOneof("pattern")
            if verb not in VERBS:
                continue
            operation = self.operation(method, binding, getattr(binding, verb))
            if number:
                operation["operationId"] += f"_{number + 1}"
            self.paths.setdefault(getattr(binding, verb), {})[verb] = operation

    def operation(self, method: MethodDescriptor, rule: Any, path: str) -> JsonObject:
        """One verb of one path."""
        text = self.comments.of(method.full_name)
        summary, _, _ = text.partition(".")
        operation: JsonObject = {
            "operationId": f"{method.containing_service.name}_{method.name}",
            "tags": [method.containing_service.name],
            "summary": " ".join(summary.split()),
            "description": text + self.access_sentence(method),
        }
        in_path = re.findall(r"{(\w+)}", path)
        parameters = [self.path_parameter(method.input_type.fields_by_name[name]) for name in in_path]
        if rule.body:
            operation["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": self.body_schema(method, rule.body, frozenset(in_path))}},
            }
        if rule.body != "*":
            skip = {*in_path, rule.body}
            rest = [field for field in method.input_type.fields if field.name not in skip]
            parameters += [parameter for field in rest for parameter in self.query_parameters(field)]
        if parameters:
            operation["parameters"] = parameters
        operation["responses"] = self.responses(method, bool(rule.body))
        operation["security"] = [] if self.access(method).open else [{"bearer": []}]
        return operation

    def access(self, method: MethodDescriptor) -> Any:
        """Who may call the method."""
        return self.option(method.GetOptions(), options_pb2.access)

    def access_sentence(self, method: MethodDescriptor) -> str:
        """The scope as a sentence."""
        access = self.access(method)
        return f"\n\nNeeds the scope `{access.scope}`." if access.scope else ""

    def body_schema(self, method: MethodDescriptor, body: str, in_path: frozenset[str]) -> JsonObject:
        """The request message less its path fields, or the one field that is the body."""
        if body != "*":
            return self.field_schema(method.input_type.fields_by_name[body], asked=True)
        if not in_path:
            return self.reference(method.input_type, asked=True)
        return self.asked_schema(method.input_type, in_path)

    def path_parameter(self, field: FieldDescriptor) -> JsonObject:
        """A parameter in the path."""
        schema = self.field_schema(field, asked=True)
        return {
            "name": field.name,
            "in": "path",
            "required": True,
            "description": schema.pop("description"),
            "schema": schema,
        }

    def query_parameters(self, field: FieldDescriptor, prefix: str = "") -> Iterator[JsonObject]:
        """A field as query parameters; a message's fields are named with dots."""
        message = field.message_type
        if message is not None and message.full_name not in WELL_KNOWN:
            for inner in message.fields:
                yield from self.query_parameters(inner, f"{prefix}{field.name}.")
            return
        schema = self.field_schema(field, asked=True)
        yield {
            "name": prefix + field.name,
            "in": "query",
            "required": not prefix and self.is_required(field),
            "description": schema.pop("description"),
            "schema": schema,
        }

    def responses(self, method: MethodDescriptor, has_body: bool) -> JsonObject:
        """The answer and the errors."""
        schema = self.reference(method.output_type, asked=False)
        text = self.comments.of(method.output_type.full_name)
        kinds = ["application/json"]
        if method.server_streaming:
            text += (
                " A stream: one such object per line or, if `Accept` asks for `text/event-stream`, per event's `data`;"
                " read it as it comes."
            )
            kinds = ["application/x-ndjson", "text/event-stream"]
        answer = {"description": text, "content": {kind: {"schema": schema} for kind in kinds}}
        refusals = [code for code, refusal in REFUSALS.items() if has_body or not refusal.with_body]
        return {"200": answer, **{code: {"$ref": f"#/components/responses/{code}"} for code in refusals}}

    def error_responses(self) -> JsonObject:
        """The answers of a refused call; all have one shape, and each status its codes."""
        self.schemas[STATUS] = self.status_schema()
        return {http: self.error_response(refusal) for http, refusal in REFUSALS.items()}

    def error_response(self, refusal: Refusal) -> JsonObject:
        """One refusal."""
        schema = {
            "allOf": [{"$ref": f"#/components/schemas/{STATUS}"}],
            "properties": {"code": {"enum": list(refusal.codes)}},
        }
        response: JsonObject = {"description": refusal.means, "content": {"application/json": {"schema": schema}}}
        if refusal.retried:
            text = "In how many seconds to come again, as RetryInfo says it."
            response["headers"] = {"Retry-After": {"description": text, "schema": {"type": "integer", "minimum": 0}}}
        return response

    def status_schema(self) -> JsonObject:
        """google.rpc.Status with the details that there are."""
        for name in DETAILS:
            self.schemas[f"google.rpc.{name}"] = self.detail_schema(name)
        schema = self.answered_schema(self.pool.FindMessageTypeByName(STATUS))
        schema["properties"]["details"]["items"] = {
            "oneOf": [{"$ref": f"#/components/schemas/google.rpc.{name}"} for name in DETAILS]
        }
        return schema

    def detail_schema(self, name: str) -> JsonObject:
        """One kind of detail, told from the others by its `@type`."""
        schema = self.answered_schema(self.pool.FindMessageTypeByName(f"google.rpc.{name}"))
        kind = {"type": "string", "const": f"type.googleapis.com/google.rpc.{name}"}
        schema["properties"] = {"@type": kind, **schema["properties"]}
        schema["required"] = ["@type", *schema.get("required", ())]
        return schema

    def add_service(self, service: ServiceDescriptor) -> None:
        """Add a service's methods under its tag."""
        self.tags.append({"name": service.name, "description": self.comments.of(service.full_name)})
        for method in service.methods:
            self.add_method(method)


def is_synthetic(oneof: OneofDescriptor) -> bool:
    """True of what stands for the presence of one optional field."""
    return len(oneof.fields) == 1 and oneof.name.startswith("_")


def choice(oneof: OneofDescriptor) -> JsonObject:
    """One of the fields, or none of them if the contract does not say that one must be."""
    each: list[JsonObject] = [{"required": [field.name]} for field in oneof.fields]
    options = descriptor_pb2.OneofOptions.FromString(oneof.GetOptions().SerializeToString())
    must = options.Extensions[ONEOF_RULES].required
    return {"oneOf": each if must else [*each, {"not": {"anyOf": each}}]}


def reached(roots: Iterable[Descriptor]) -> set[str]:
    """The names of messages, and of all that lie in them."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        message = waiting.pop()
        if message.full_name not in found:
            found.add(message.full_name)
            waiting += [field.message_type for field in message.fields if field.message_type is not None]
    return found


def emit(image: descriptor_pb2.FileDescriptorSet, version: str) -> JsonObject:
    """The OpenAPI 3.1 document of every service of ours in the descriptor set."""
    document = Document(image)
    for service in document.services(image):
        document.add_service(service)
    errors = document.error_responses()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "QPO",
            "version": version,
            "description": "Quantum Portfolio Optimizer over REST. The same methods are served as native gRPC on "
            "the same port. Every error has one shape, google.rpc.Status.",
            "license": {"name": "Proprietary", "identifier": "LicenseRef-QPO"},
        },
        "servers": [{"url": "/"}],
        "tags": document.tags,
        "paths": dict(sorted(document.paths.items())),
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "responses": errors,
            "schemas": dict(sorted(document.schemas.items())),
        },
    }


def read_image(path: Path) -> descriptor_pb2.FileDescriptorSet:
    """Read a descriptor set from a file."""
    return descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes())
