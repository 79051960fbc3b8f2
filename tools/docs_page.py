"""Draw the OpenAPI document as one static page: no script is loaded from anywhere."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

JsonObject = dict[str, Any]

STYLE = Path(__file__).with_suffix(".css")
FILTER = """
const box = document.querySelector('nav input');
box.addEventListener('input', () => {
  const words = box.value.toLowerCase();
  for (const link of document.querySelectorAll('nav a'))
    link.hidden = !link.textContent.toLowerCase().includes(words);
});
"""


def draw(document: JsonObject) -> str:
    """The page as HTML."""
    operations = [
        (path, verb, operation) for path, verbs in document["paths"].items() for verb, operation in verbs.items()
    ]
    by_tag = {tag["name"]: [one for one in operations if one[2]["tags"] == [tag["name"]]] for tag in document["tags"]}
    schemas = document["components"]["schemas"]
    info = document["info"]
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_text(info["title"])} API</title><style>{STYLE.read_text()}</style></head><body>
<nav><h1>{_text(info["title"])} API</h1><p>{_text(info["version"])} · <a style="display:inline" href="/openapi.yaml">
openapi.yaml</a> · <a style="display:inline" href="/docs/live">live ticks</a></p>
<input placeholder="Filter" aria-label="Filter">
{"".join(_index(name, entries) for name, entries in by_tag.items())}</nav>
<main><h1>{_text(info["title"])}</h1><p class="prose">{_prose(info["description"])}</p>
{"".join(_tag(tag, by_tag[tag["name"]], document) for tag in document["tags"])}
<h2>Errors</h2>{_errors(document["components"]["responses"])}
<h2>Schemas</h2>{"".join(_schema(name, schema) for name, schema in schemas.items())}</main>
<script>{FILTER}</script></body></html>
"""


def _text(value: object) -> str:
    return html.escape(str(value))


def _prose(value: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", _text(value))


def _verb(verb: str) -> str:
    return f'<span class="verb {verb}">{verb}</span>'


def _index(name: str, entries: list[tuple[str, str, JsonObject]]) -> str:
    links = (
        f'<a href="#{one["operationId"]}" title="{_text(path)}">{_verb(verb)}{_text(path)}</a>'
        for path, verb, one in entries
    )
    return f"<h2>{_text(name)}</h2>{''.join(links)}"


def _tag(tag: JsonObject, entries: list[tuple[str, str, JsonObject]], document: JsonObject) -> str:
    body = "".join(_operation(path, verb, one, document) for path, verb, one in entries)
    return f'<h2>{_text(tag["name"])}</h2><p class="prose">{_prose(tag["description"])}</p>{body}'


def _operation(path: str, verb: str, one: JsonObject, document: JsonObject) -> str:
    lock = "" if one["security"] else ' <span class="type">no token</span>'
    rows = [_row(entry["name"], entry["schema"] | entry, entry["required"]) for entry in one.get("parameters", ())]
    parts = [_table("Parameters", rows)]
    if body := one.get("requestBody"):
        parts.append(_body("Body", body["content"]["application/json"]["schema"], document))
    answer = next(iter(one["responses"]["200"]["content"].values()))
    parts.append(_body("Answer", answer["schema"], document))
    return (
        f'<section id="{one["operationId"]}"><h3>{_verb(verb)}{_text(path)}{lock}</h3>'
        f'<p class="prose">{_prose(one["description"])}</p>{"".join(parts)}</section>'
    )


def _body(title: str, schema: JsonObject, document: JsonObject) -> str:
    shown = document["components"]["schemas"][_name(schema)] if "$ref" in schema else schema
    return _table(f"{title} {_type(schema)}", _rows(shown))


def _rows(schema: JsonObject) -> list[str]:
    required = schema.get("required", ())
    return [_row(name, value, name in required) for name, value in schema.get("properties", {}).items()]


def _row(name: str, schema: JsonObject, required: bool) -> str:
    must = ' <span class="must">required</span>' if required else ""
    description = _prose(schema.get("description", ""))
    return f'<tr><td>{_text(name)}{must}</td><td class="type">{_type(schema)}</td><td>{description}</td></tr>'


def _table(title: str, rows: list[str]) -> str:
    return f"<h4>{title}</h4><table>{''.join(rows)}</table>" if rows else ""


def _name(schema: JsonObject) -> str:
    return str(schema["$ref"]).rsplit("/", 1)[-1]


def _type(schema: JsonObject) -> str:
    if "$ref" in schema:
        name = _name(schema)
        return f'<a href="#{name}">{_text(name.rsplit(".", 1)[-1])}</a>'
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"map to {_type(schema['additionalProperties'])}"
    return _text(schema.get("format") or schema.get("type", ""))


def _errors(responses: JsonObject) -> str:
    rows = [f"<tr><td>{code}</td><td>{_text(entry['description'])}</td></tr>" for code, entry in responses.items()]
    return f"<section><table>{''.join(rows)}</table></section>"


def _schema(name: str, schema: JsonObject) -> str:
    return (
        f'<section id="{name}"><h3>{_text(name)}</h3><p class="prose">{_prose(schema.get("description", ""))}</p>'
        f"<table>{''.join(_rows(schema))}</table></section>"
    )
