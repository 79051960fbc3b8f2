"""How Envoy speaks on its connections: in clear text, or by TLS with the edge's certificate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stack.addresses import SERVICES
from stack.identities import EDGE, Identity

_TYPE = "type.googleapis.com/envoy.extensions.transport_sockets"
_CLEAR = {
    "name": "envoy.transport_sockets.raw_buffer",
    "typed_config": {"@type": f"{_TYPE}.raw_buffer.v3.RawBuffer"},
}
# Which suites of 1.3 are spoken nobody can configure: BoringSSL has one list of three, see docs/adr/0031.
_NEWEST = {"tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_3"}


def sockets(edge: Identity | None, folder: Path) -> dict[str, str]:
    """Returns the template's names of transport sockets, the edge's own and those towards services, with their JSON.

    `edge` is None where clear text is spoken. In `folder` lies what `secret` returns, as `edge.json`.
    """
    own = _CLEAR if edge is None else _downstream(folder)
    towards = {
        service: _CLEAR if edge is None else _upstream(Identity(service, edge.folder), folder) for service in SERVICES
    }
    named = {EDGE: own} | towards
    return {f"{name.upper()}_SOCKET": json.dumps(socket) for name, socket in named.items()}


# Of an edge that speaks clear text on all sides.
CLEAR: Mapping[str, str] = sockets(None, Path())


def secret(edge: Identity) -> str:
    """Returns how Envoy is told of the edge's certificate: told by a file, it reads it again when it is replaced."""
    file = {"filename": str(edge.file)}
    certificate = {
        "certificate_chain": file,
        "private_key": file,
        "watched_directory": {"path": str(edge.folder)},
    }
    return json.dumps(
        {"resources": [{"@type": f"{_TYPE}.tls.v3.Secret", "name": EDGE, "tls_certificate": certificate}]}
    )


def _downstream(folder: Path) -> dict[str, Any]:
    return _tls("DownstreamTlsContext", {"common_tls_context": _own(folder, ["h2", "http/1.1"])})


def _upstream(service: Identity, folder: Path) -> dict[str, Any]:
    """To a service that proves by its SPIFFE ID to be the one that is meant."""
    judged = {
        "trusted_ca": {"filename": str(service.authority)},
        "match_typed_subject_alt_names": [{"san_type": "URI", "matcher": {"exact": service.uri}}],
    }
    common = _own(folder, ["h2"]) | {"validation_context": judged}
    return _tls("UpstreamTlsContext", {"common_tls_context": common, "sni": service.host})


def _own(folder: Path, protocols: list[str]) -> dict[str, Any]:
    path = {"path": str(folder / f"{EDGE}.json")}
    certificate = {"name": EDGE, "sds_config": {"resource_api_version": "V3", "path_config_source": path}}
    return {
        "tls_params": _NEWEST,
        "alpn_protocols": protocols,
        "tls_certificate_sds_secret_configs": [certificate],
    }


def _tls(kind: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"name": "envoy.transport_sockets.tls", "typed_config": {"@type": f"{_TYPE}.tls.v3.{kind}"} | config}
