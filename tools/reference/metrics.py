"""Every metric that our code makes, read from the calls that make them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.reference.markdown import code
from tools.reference.markdown import table as as_table

ROOT = Path(__file__).resolve().parents[2]
_KINDS = {"Counter": "counter", "Gauge": "gauge", "Histogram": "histogram", "Summary": "summary"}


@dataclass(frozen=True, slots=True, order=True)
class Metric:
    """A metric as its constructor names it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    buckets: tuple[float, ...]
    # The service, or `every service`.
    where: str
    help: str


def table() -> str:
    """One line per metric."""
    rows = ((code(one.name), one.kind, ", ".join(map(code, one.labels)), one.where, _meaning(one)) for one in metrics())
    return as_table(("metric", "kind", "labels", "of", "meaning"), rows)


def metrics() -> list[Metric]:
    """All of them, by name."""
    files = [path for folder in ("chassis", "services") for path in sorted((ROOT / folder).rglob("*.py"))]
    return sorted({metric for path in files for metric in _made_in(path)})


def _made_in(path: Path) -> Iterator[Metric]:
    text = path.read_text(encoding="utf-8")
    if "prometheus_client" not in text:
        return
    tree = ast.parse(text)
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _KINDS:
            yield _metric(node, _KINDS[node.func.id], constants, _where(path))


def _metric(call: ast.Call, kind: str, constants: dict[str, ast.expr], where: str) -> Metric:
    given = dict(zip(("name", "documentation", "labelnames"), call.args, strict=False))
    given |= {word.arg: word.value for word in call.keywords if word.arg}
    read = {name: _value(node, constants) for name, node in given.items() if name != "registry"}
    return Metric(
        _exposed(read["name"], kind),
        kind,
        tuple(read.get("labelnames") or ()),
        tuple(read.get("buckets") or ()),
        where,
        str(read["documentation"]),
    )


def _exposed(name: str, kind: str) -> str:
    """The name as /metrics has it: a counter's ends in _total."""
    return f"{name.removesuffix('_total')}_total" if kind == "counter" else name


def _value(node: ast.expr, constants: dict[str, ast.expr]) -> Any:
    """A literal, or the module's constant of that name."""
    return ast.literal_eval(constants[node.id] if isinstance(node, ast.Name) else node)


def _where(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[0] == "services" else "every service"


def _meaning(metric: Metric) -> str:
    buckets = f"; buckets {', '.join(f'{bound:g}' for bound in metric.buckets)}" if metric.buckets else ""
    return metric.help + buckets
