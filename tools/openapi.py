"""Write the REST surface of the contracts as OpenAPI 3.1: descriptor set in, one document out.

What a comment says in a contract stands here as description; what protovalidate checks stands here as schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.api import annotations_pb2, field_behavior_pb2
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, MethodDescriptor
from qpo.options.v1 import options_pb2

from tools.comments import Comments
from tools.constraints import constraints_of

JsonObject = dict[str, Any]
VERBS = ("get", "put", "post", "delete", "patch")
# Well-known types that JSON writes as something simpler than their fields.
WELL_KNOWN: dict[str, JsonObject] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "examples": ["1.5s"]},
    "google.protobuf.FieldMask": {"type": "string", "description": "Field paths, comma-separated."},
    "google.protobuf.Any": {
        "type": "object",
        "properties": {"@type": {"type": "string"}},
        "required": ["@type"],
        "additionalProperties": True,
    },
}
SCALARS: dict[int, JsonObject] = {
    FieldDescriptor.TYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.TYPE_FLOAT: {"type": "number", "format": "float"},
    FieldDescriptor.TYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
}
ERRORS = {
    "400": "A field is wrong; BadRequest names it and how to mend it.",
    "401": "No access token, or one that is malformed, expired or not ours.",
    "403": "The access token lacks the scope that ErrorInfo names.",
    "404": "There is no such thing, or you may not see it.",
    "409": "The thing changed meanwhile, exists already, or has not ended.",
    "429": "Too many at once; RetryInfo says when to come again.",
    "503": "A service does not answer; come again.",
    "504": "The deadline passed.",
}


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
    def reference(self, message: Descriptor) -> JsonObject:
        """A $ref to the message's schema, which is written if it is not there yet."""
        if message.full_name in WELL_KNOWN:
            return dict(WELL_KNOWN[message.full_name])
        name = message.full_name
        if name not in self.schemas:
            self.schemas[name] = {}
            self.schemas[name] = self.message_schema(message)
        return {"$ref": f"#/components/schemas/{name}"}

    def message_schema(self, message: Descriptor, leave_out: frozenset[str] = frozenset()) -> JsonObject:
        """An object with one property per field."""
        fields = [field for field in message.fields if field.name not in leave_out]
        schema: JsonObject = {"type": "object", "description": self.comments.of(message.full_name)}
        if fields:
            schema["properties"] = {field.name: self.field_schema(field) for field in fields}
        if required := [field.name for field in fields if self.is_required(field)]:
            schema["required"] = required
        return schema

    def is_required(self, field: FieldDescriptor) -> bool:
        """True if the contract marks the field REQUIRED."""
        behaviors = self.option(field.GetOptions(), field_behavior_pb2.field_behavior)
        return field_behavior_pb2.REQUIRED in behaviors

    def field_schema(self, field: FieldDescriptor) -> JsonObject:
        """The schema of a field with its comment and rules."""
        schema = self.described_value(field)
        schema["description"] = self.comments.of(field.full_name) or schema.get("description", "")
        if field_behavior_pb2.OUTPUT_ONLY in self.option(field.GetOptions(), field_behavior_pb2.field_behavior):
            schema["readOnly"] = True
        return schema

    def described_value(self, field: FieldDescriptor) -> JsonObject:
        """A map, an array or a single value, with the rules of protovalidate."""
        rules = constraints_of(field)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            value = self.value_schema(field.message_type.fields_by_name["value"])
            return {"type": "object", "additionalProperties": value | rules.pop("items", {}), **rules}
        if field.is_repeated:
            items = self.value_schema(field) | rules.pop("items", {})
            return {"type": "array", "items": items, **rules}
        return self.value_schema(field) | rules

    def value_schema(self, field: FieldDescriptor) -> JsonObject:
        """The schema of one value of the field's type."""
        if field.message_type is not None:
            return self.reference(field.message_type)
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
        operation["responses"] = self.responses(method)
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
            return self.field_schema(method.input_type.fields_by_name[body])
        if not in_path:
            return self.reference(method.input_type)
        return self.message_schema(method.input_type, in_path)

    def path_parameter(self, field: FieldDescriptor) -> JsonObject:
        """A parameter in the path."""
        schema = self.field_schema(field)
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
        schema = self.field_schema(field)
        yield {
            "name": prefix + field.name,
            "in": "query",
            "required": not prefix and self.is_required(field),
            "description": schema.pop("description"),
            "schema": schema,
        }

    def responses(self, method: MethodDescriptor) -> JsonObject:
        """The answer and the errors."""
        schema = self.reference(method.output_type)
        text = self.comments.of(method.output_type.full_name)
        if method.server_streaming:
            text += " One JSON object per line (NDJSON), without end of the array: read line by line."
        answer = {"description": text, "content": {"application/json": {"schema": schema}}}
        return {"200": answer, **{code: {"$ref": f"#/components/responses/{code}"} for code in ERRORS}}

    def error_responses(self) -> JsonObject:
        """The answers of a refused call; all have one shape."""
        status = self.reference(self.pool.FindMessageTypeByName("google.rpc.Status"))
        content = {"application/json": {"schema": status}}
        return {code: {"description": sentence, "content": dict(content)} for code, sentence in ERRORS.items()}

    def add_service(self, file: descriptor_pb2.FileDescriptorProto, name: str) -> None:
        """Add a service's methods under its tag."""
        service = self.pool.FindServiceByName(f"{file.package}.{name}")
        self.tags.append({"name": name, "description": self.comments.of(service.full_name)})
        for method in service.methods:
            self.add_method(method)


def emit(image: descriptor_pb2.FileDescriptorSet, version: str) -> JsonObject:
    """The OpenAPI 3.1 document of every service of ours in the descriptor set."""
    document = Document(image)
    for file in image.file:
        if file.package.startswith("qpo."):
            for service in file.service:
                document.add_service(file, service.name)
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
