"""What an Envoy is started with, so that istiod tells it all else: as Istio's agent writes it."""

from pathlib import Path
from typing import Any

from stack.identities import DOMAIN
from tests.istio.certificates import spiffe
from tests.istio.registry import SYSTEM, Proxy

Part = dict[str, Any]
_TYPES = "type.googleapis.com/envoy.extensions"
_H2 = {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": f"{_TYPES}.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http2_protocol_options": {}},
    }
}
_EXPRESSIONS = "re2.max_program_size.error_level"


def bootstrap(proxy: Proxy, admin: int, istiod: int, agent: Path) -> Part:
    """Ports of its own administration and of istiod, and the socket at which it hears who it is."""
    metadata = {
        "INTERCEPTION_MODE": "NONE",
        "NAMESPACE": proxy.namespace,
        "SERVICE_ACCOUNT": proxy.account,
        "LABELS": proxy.labels,
        "WORKLOAD_NAME": proxy.name,
        "ISTIO_VERSION": "1.31.0",
        "MESH_ID": DOMAIN,
        # Ports below 1024 are not bound.
        "UNPRIVILEGED_POD": "true",
        "CLUSTER_ID": "Kubernetes",
    }
    ads = {"ads": {}, "initial_fetch_timeout": "0s", "resource_api_version": "V3"}
    control = _cluster("xds-grpc", _port(istiod)) | {"transport_socket": _mutual()}
    return {
        "node": {"id": proxy.node, "cluster": f"{proxy.account}.{proxy.namespace}", "metadata": metadata},
        "admin": {"address": _port(admin)},
        # As Istio's own bootstrap has it: a route of many methods is a long expression.
        "layered_runtime": {"layers": [{"name": "istio", "static_layer": {_EXPRESSIONS: 32768}}]},
        "dynamic_resources": {
            "lds_config": ads,
            "cds_config": ads,
            "ads_config": _api("DELTA_GRPC", "xds-grpc") | {"set_node_on_first_message_only": True},
        },
        "static_resources": {"clusters": [control, _cluster("sds-grpc", {"pipe": {"path": str(agent)}})]},
    }


def _mutual() -> Part:
    """TLS by which a proxy and istiod prove to each other who they are."""
    told = {"api_config_source": _api("GRPC", "sds-grpc"), "resource_api_version": "V3"}
    istiod = {"san_type": "URI", "matcher": {"exact": spiffe("istiod", SYSTEM)}}
    context = {
        "@type": f"{_TYPES}.transport_sockets.tls.v3.UpstreamTlsContext",
        "common_tls_context": {
            "tls_certificate_sds_secret_configs": [{"name": "default", "sds_config": told}],
            "combined_validation_context": {
                "default_validation_context": {"match_typed_subject_alt_names": [istiod]},
                "validation_context_sds_secret_config": {"name": "ROOTCA", "sds_config": told},
            },
        },
    }
    return {"name": "envoy.transport_sockets.tls", "typed_config": context}


def _api(kind: str, cluster: str) -> Part:
    services = [{"envoy_grpc": {"cluster_name": cluster}}]
    return {"api_type": kind, "transport_api_version": "V3", "grpc_services": services}


def _port(number: int) -> Part:
    return {"socket_address": {"address": "127.0.0.1", "port_value": number}}


def _cluster(name: str, address: Part) -> Part:
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": address}}]}]
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": _H2,
        "load_assignment": {"cluster_name": name, "endpoints": endpoints},
    }
