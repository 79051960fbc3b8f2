"""What the edge thinks of each replica, asked of Envoy's administration: whether it is sent calls."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from typing import Any

from stack.addresses import Addresses
from stack.part import NotReady
from stack.probes import TIMEOUT

# Of a host's health, what is told of one that is well.
_WELL = {"eds_health_status"}
_PAUSE = 0.1


def ask_admin(addresses: Addresses, path: str) -> Any:
    """Returns a page of the administration, read as JSON. Raises NotReady if it does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", addresses.ports["edge_admin"], timeout=TIMEOUT)
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotReady(f"Envoy's administration: {error or type(error).__name__}") from error
    finally:
        connection.close()


def is_sent_calls(addresses: Addresses, name: str) -> bool:
    """Tells whether the edge sends calls to a replica, in any of the clusters that it is a host of."""
    host, _, port = addresses.service(name).rpartition(":")
    place = {"address": host.strip("[]"), "port_value": int(port)}
    clusters = ask_admin(addresses, "/clusters?format=json")["cluster_statuses"]
    hosts = [host for cluster in clusters for host in cluster.get("host_statuses", ())]
    return any(
        not set(host.get("health_status", {})) - _WELL
        for host in hosts
        if host["address"].get("socket_address") == place
    )


def await_sent_calls(
    addresses: Addresses, name: str, wanted: bool, patience: float, given_up: Callable[[], bool]
) -> bool:
    """Waits until the edge sends a replica calls, or none; False if it does not within `patience` seconds.

    An edge that runs elsewhere, or does not answer, is given all of the time: nobody can tell what it has seen.
    """
    deadline = time.monotonic() + patience
    while not given_up():
        try:
            if "envoy" not in addresses.external and is_sent_calls(addresses, name) is wanted:
                return True
        except NotReady:
            pass  # as if it ran elsewhere
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return False
