"""Every alert, from the rules that Prometheus is given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tools.reference.markdown import code
from tools.reference.markdown import table as as_table

RULES = Path(__file__).resolve().parents[2] / "observability" / "rules"


def alerts() -> Iterator[dict[str, Any]]:
    """Each alert's rule, file by file."""
    for path in sorted(RULES.glob("*.yml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            yield from (rule for rule in group["rules"] if "alert" in rule)


def table() -> str:
    """One line per rule; an alert may have several."""
    rows = (
        (
            code(rule["alert"]),
            code(rule["expr"]),
            rule.get("for", "at once"),
            rule["labels"]["severity"],
            rule["labels"]["team"],
        )
        for rule in alerts()
    )
    return as_table(("alert", "when", "for", "severity", "team"), rows)
