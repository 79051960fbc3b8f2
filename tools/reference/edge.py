"""What the edge answers by itself, from its template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc
import yaml

from tools.reference import markdown

TEMPLATE = Path(__file__).resolve().parents[2] / "gateway/envoy.yaml"
_CODES = {member.value[0]: member.name for member in grpc.StatusCode}
# Envoy's own text, or what jwt_authn says.
_ITS_OWN = "%LOCAL_REPLY_BODY%"


def table_rows() -> list[tuple[str, str, str, str]]:
    """HTTP status, gRPC status, reason and message of each answer of the edge's own."""
    rows = []
    mappers = _mappers(yaml.safe_load(TEMPLATE.read_text(encoding="utf-8")))
    # One without JSON only changes the status, and so which of the others says it, or the words for gRPC.
    for mapper in (mapper for mapper in mappers if "json_format" in mapper.get("body_format_override", {})):
        body = mapper["body_format_override"]["json_format"]
        http = str(mapper.get("status_code") or _status(mapper["filter"]))
        message = body["message"].replace(_ITS_OWN, "…")
        rows.append((http, _CODES[int(body["code"])], body["details"][0]["reason"], message))
    return sorted(set(rows))


def table() -> str:
    """The table of `gateway.qpo`."""
    rows = ((http, status, markdown.code(reason), message) for http, status, reason, message in table_rows())
    return markdown.table(("HTTP", "gRPC status", "reason", "message"), rows)


def _mappers(node: Any) -> list[dict[str, Any]]:
    """The mappers of the first local_reply_config below a node."""
    if isinstance(node, dict) and "local_reply_config" in node:
        return list(node["local_reply_config"]["mappers"])
    below = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return next((found for child in below if (found := _mappers(child))), [])


def _status(node: Any) -> str:
    """The HTTP status that a mapper's filter asks for; `other 5xx` if it asks for that or more."""
    asked = next(part for part in node["and_filter"]["filters"] if "status_code_filter" in part)
    comparison = asked["status_code_filter"]["comparison"]
    status = str(comparison["value"]["default_value"])
    return status if comparison["op"] == "EQ" else f"other {status[0]}xx"
