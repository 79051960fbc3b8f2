"""The template as rendered, and which route of it a path takes."""

import functools
import re
from collections.abc import Mapping
from typing import Any

import yaml
from envoy.config.bootstrap.v3 import bootstrap_pb2
from envoy.config.route.v3 import route_components_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import http_connection_manager_pb2 as hcm
from google.protobuf import descriptor_pb2, json_format

from stack.addresses import choose
from stack.envoy import Traces, render
from stack.layout import ROOT
from stack.settings import MeshSettings
from stack.sockets import CLEAR

SETTINGS = MeshSettings(free_ports=True)


def as_yaml(transport: Mapping[str, str] = CLEAR, collector: str | None = None) -> str:
    return render(choose(SETTINGS), SETTINGS.cors_origins, transport, traces=Traces(collector))


def as_proto(transport: Mapping[str, str] = CLEAR) -> bootstrap_pb2.Bootstrap:
    _load_extensions()
    return json_format.ParseDict(yaml.safe_load(as_yaml(transport)), bootstrap_pb2.Bootstrap())


def connection_manager(listener: str) -> hcm.HttpConnectionManager:
    found = next(each for each in as_proto().static_resources.listeners if each.name == listener)
    manager = hcm.HttpConnectionManager()
    assert found.filter_chains[0].filters[0].typed_config.Unpack(manager)
    return manager


@functools.cache
def routes() -> list[route_components_pb2.Route]:
    return list(connection_manager("edge").route_config.virtual_hosts[0].routes)


def route_of(path: str, *, grpc: bool = True) -> route_components_pb2.Route:
    """The first route that takes `path`, as Envoy chooses; none with conditions on headers."""
    return next(route for route in routes() if _takes(route.match, path, grpc))


def _takes(match: route_components_pb2.RouteMatch, path: str, grpc: bool) -> bool:
    if match.headers or (match.HasField("grpc") and not grpc):
        return False
    kind = match.WhichOneof("path_specifier")
    if kind == "prefix":
        return path.startswith(match.prefix)
    if kind == "path":
        return path == match.path
    assert kind == "safe_regex", f"unknown kind of match: {kind}"
    return re.fullmatch(match.safe_regex.regex, path) is not None


def methods() -> list[tuple[str, Any, Any]]:
    """Every method of our own services in the committed descriptor set: (service's short name, service, method)."""
    files = descriptor_pb2.FileDescriptorSet.FromString((ROOT / "gen/descriptors/qpo.binpb").read_bytes())
    return [
        (file.package.split(".")[1], f"{file.package}.{service.name}", method)
        for file in files.file
        for service in file.service
        if file.package.startswith("qpo.")
        for method in service.method
    ]


def _load_extensions() -> None:
    """Any fields are read by name: their types must have been imported."""
    from envoy.config.route.v3 import route_pb2  # noqa: F401
    from envoy.extensions.access_loggers.filters.cel.v3 import cel_pb2  # noqa: F401
    from envoy.extensions.access_loggers.stream.v3 import stream_pb2  # noqa: F401
    from envoy.extensions.compression.gzip.compressor.v3 import gzip_pb2  # noqa: F401
    from envoy.extensions.filters.http.buffer.v3 import buffer_pb2  # noqa: F401
    from envoy.extensions.filters.http.compressor.v3 import compressor_pb2  # noqa: F401
    from envoy.extensions.filters.http.cors.v3 import cors_pb2  # noqa: F401
    from envoy.extensions.filters.http.grpc_json_transcoder.v3 import transcoder_pb2  # noqa: F401
    from envoy.extensions.filters.http.grpc_stats.v3 import config_pb2 as _stats  # noqa: F401
    from envoy.extensions.filters.http.grpc_web.v3 import grpc_web_pb2  # noqa: F401
    from envoy.extensions.filters.http.header_mutation.v3 import header_mutation_pb2 as _mutation  # noqa: F401
    from envoy.extensions.filters.http.health_check.v3 import health_check_pb2  # noqa: F401
    from envoy.extensions.filters.http.jwt_authn.v3 import config_pb2  # noqa: F401
    from envoy.extensions.filters.http.local_ratelimit.v3 import local_rate_limit_pb2  # noqa: F401
    from envoy.extensions.filters.http.lua.v3 import lua_pb2  # noqa: F401
    from envoy.extensions.filters.http.rbac.v3 import rbac_pb2  # noqa: F401
    from envoy.extensions.filters.http.router.v3 import router_pb2  # noqa: F401
    from envoy.extensions.http.early_header_mutation.header_mutation.v3 import header_mutation_pb2  # noqa: F401
    from envoy.extensions.resource_monitors.downstream_connections.v3 import downstream_connections_pb2  # noqa: F401
    from envoy.extensions.resource_monitors.fixed_heap.v3 import fixed_heap_pb2  # noqa: F401
    from envoy.extensions.retry.host.previous_hosts.v3 import previous_hosts_pb2  # noqa: F401
    from envoy.extensions.transport_sockets.raw_buffer.v3 import raw_buffer_pb2  # noqa: F401
    from envoy.extensions.transport_sockets.tls.v3 import tls_pb2  # noqa: F401
    from envoy.extensions.upstreams.http.v3 import http_protocol_options_pb2  # noqa: F401
