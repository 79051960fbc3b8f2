"""How Envoy speaks on its connections: in clear text, or by TLS with the edge's certificate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
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


def sockets(edge: Identity | None, folder: Path, public: Identity | None = None) -> dict[str, str]:
    """Returns the template's names of transport sockets, the edge's own and those towards services, with their JSON.

    `edge` is None where clear text is spoken; whoever asks the edge by a name that `public` is for is shown that. In
    `folder` lies what `secret` returns, as `<name>.json`.
    """
    own = _CLEAR if edge is None else _downstream(folder, [EDGE, *([public.name] if public else [])])
    towards = {
        service: _CLEAR if edge is None else _upstream(Identity(service, edge.folder), folder) for service in SERVICES
    }
    named = {EDGE: own} | towards
    return {f"{name.upper()}_SOCKET": json.dumps(socket) for name, socket in named.items()}


# Of an edge that speaks clear text on all sides.
CLEAR: Mapping[str, str] = sockets(None, Path())


def secret(edge: Identity) -> str:
    """Returns how Envoy is told of a certificate: told by a file, it reads it again when it is replaced."""
    file = {"filename": str(edge.file)}
    certificate = {
        "certificate_chain": file,
        "private_key": file,
        "watched_directory": {"path": str(edge.folder)},
    }
    return json.dumps(
        {"resources": [{"@type": f"{_TYPE}.tls.v3.Secret", "name": edge.name, "tls_certificate": certificate}]}
    )


def _downstream(folder: Path, shown: list[str]) -> dict[str, Any]:
    """Of several certificates the one is shown that is for the host's name, or else the first."""
    return _tls("DownstreamTlsContext", {"common_tls_context": _own(folder, ["h2", "http/1.1"], shown)})


def _upstream(service: Identity, folder: Path) -> dict[str, Any]:
    """To a service that proves by its SPIFFE ID to be the one that is meant."""
    judged = {
        "trusted_ca": {"filename": str(service.authority)},
        "match_typed_subject_alt_names": [{"san_type": "URI", "matcher": {"exact": service.uri}}],
    }
    common = _own(folder, ["h2"]) | {"validation_context": judged}
    return _tls("UpstreamTlsContext", {"common_tls_context": common, "sni": service.host})


def _own(folder: Path, protocols: list[str], shown: Sequence[str] = (EDGE,)) -> dict[str, Any]:
    return {
        "tls_params": _NEWEST,
        "alpn_protocols": protocols,
        "tls_certificate_sds_secret_configs": [_told(folder, name) for name in shown],
    }


def _told(folder: Path, name: str) -> dict[str, Any]:
    path = {"path": str(folder / f"{name}.json")}
    return {"name": name, "sds_config": {"resource_api_version": "V3", "path_config_source": path}}


def _tls(kind: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"name": "envoy.transport_sockets.tls", "typed_config": {"@type": f"{_TYPE}.tls.v3.{kind}"} | config}
