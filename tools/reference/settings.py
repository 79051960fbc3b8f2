"""Every setting: its variable, kind, default and meaning, from the classes that read them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from chassis.settings import BusSettings, CacheSettings, DatabaseSettings, ServiceSettings, VaultSettings
from services.auth.settings import AuthSettings
from services.marketdata.settings import MarketDataSettings
from services.ml.settings import MlSettings
from services.optimizer.settings import OptimizerSettings
from services.portfolio.settings import PortfolioSettings
from stack.settings import MeshSettings
from tools.reference.markdown import code, table

SERVICES: tuple[type[ServiceSettings], ...] = (
    AuthSettings,
    PortfolioSettings,
    MarketDataSettings,
    MlSettings,
    OptimizerSettings,
)
# What services share, and who is told it.
COMMON: Mapping[type[BaseModel], str] = {
    ServiceSettings: "Every service",
    DatabaseSettings: "Every service with a schema",
    VaultSettings: "Every service that encrypts what it stores",
    CacheSettings: "Every service that caches",
    BusSettings: "The bus, on which every service is",
}
_HEAD = ("variable", "kind", "default", "meaning")
_KINDS = {
    SecretStr: "secret",
    Path: "path",
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true, false",
    NoneType: "",
}
_CONTAINERS: Mapping[Any, str] = {tuple: "JSON list", dict: "JSON object"}
_BOUNDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


def tables() -> str:
    """One table for each group of services that share settings, one per service for what is its own."""
    shared = [_titled(title, "QPO_<SERVICE>_", cls.model_fields.items()) for cls, title in COMMON.items()]
    return "\n".join([*shared, *(_titled(name_of(cls), prefix_of(cls), own(cls)) for cls in SERVICES)])


def stack_table() -> str:
    """What `qpo up` and `make demo` read."""
    return table(_HEAD, (row(prefix_of(MeshSettings), *field) for field in MeshSettings.model_fields.items()))


def own(cls: type[ServiceSettings]) -> Iterable[tuple[str, FieldInfo]]:
    """What a service adds to the shared settings, or reads with another default or meaning."""
    common = {name: field for base in COMMON if issubclass(cls, base) for name, field in base.model_fields.items()}
    for name, stated in cls.model_fields.items():
        shared = common.get(name)
        meaning = stated.description or (shared.description if shared else None)
        field = FieldInfo.merge_field_infos(stated, description=meaning)
        if shared is None or row("", name, field) != row("", name, shared):
            yield name, field


def name_of(cls: type[BaseModel]) -> str:
    """The service's own name."""
    return prefix_of(cls).removeprefix("QPO_").removesuffix("_").lower()


def prefix_of(cls: type[BaseModel]) -> str:
    """The beginning of its variables' names."""
    return str(cls.model_config.get("env_prefix", ""))


def row(prefix: str, name: str, field: FieldInfo) -> tuple[str, str, str, str]:
    """A line of the table."""
    return code(f"{prefix}{name.upper()}"), kind(field), default(field), field.description or ""


def kind(field: FieldInfo) -> str:
    """The type in words, with its bounds."""
    bounds = [
        f"{sign} {getattr(rule, key)}" for rule in field.metadata for key, sign in _BOUNDS.items() if has(rule, key)
    ]
    patterns = [code(rule.pattern) for rule in field.metadata if has(rule, "pattern")]
    return ", ".join([_type(field.annotation), *bounds, *patterns])


def has(rule: Any, key: str) -> bool:
    """Whether a rule of pydantic's states this bound."""
    return getattr(rule, key, None) is not None


def _type(annotation: Any) -> str:
    if get_origin(annotation) in {Union, UnionType}:
        return " or ".join(filter(None, (_type(inner) for inner in get_args(annotation))))
    if get_origin(annotation) is Annotated:
        return _type(get_args(annotation)[0])
    return _CONTAINERS.get(get_origin(annotation)) or _KINDS[annotation]


def default(field: FieldInfo) -> str:
    """What stands if the variable does not."""
    value = field.get_default(call_default_factory=False)
    if value is PydanticUndefined:
        return "**needed**"
    if value in (None, "", {}):
        return "none"
    if isinstance(value, tuple):
        return code(json.dumps(["python" if word == sys.executable else word for word in value]))
    return code(str(value).lower() if isinstance(value, bool) else str(value))


def _titled(title: str, prefix: str, fields: Iterable[tuple[str, FieldInfo]]) -> str:
    return f"### {title}\n\n" + table(_HEAD, (row(prefix, name, field) for name, field in fields))
