"""Where a peer is reached: one address, or those of all its replicas."""

from __future__ import annotations

import socket


def target(addresses: str) -> str:
    """Returns grpc's name for an address (`host:port`, `unix:path`) or for several, separated by commas.

    Of several, names of hosts are looked up now and not again: where replicas come and go, give the one name that
    stands for all of them, which grpc looks up whenever a connection is lost. Raises OSError for an unknown name.
    """
    each = _each(addresses)
    if len(each) < 2:
        return addresses.strip()
    found = [_looked_up(address) for address in each]
    for family, scheme in ((socket.AF_INET, "ipv4"), (socket.AF_INET6, "ipv6")):
        if all(family in one for one in found):
            return f"{scheme}:{','.join(one[family] for one in found)}"
    raise OSError(f"{addresses}: no one family of addresses reaches all of them")


def is_several(addresses: str) -> bool:
    """Tells whether replicas are named one by one, so that nobody but the caller leaves out those that leave."""
    return len(_each(addresses)) > 1


def _each(addresses: str) -> list[str]:
    return [address.strip() for address in addresses.split(",") if address.strip()]


def _looked_up(address: str) -> dict[socket.AddressFamily, str]:
    """Returns the first address of each family, as `host:port` or `[host]:port`."""
    host, _, port = address.rpartition(":")
    found: dict[socket.AddressFamily, str] = {}
    for family, _, _, _, place in socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM):
        numeric = str(place[0])
        found.setdefault(family, f"[{numeric}]:{port}" if family is socket.AF_INET6 else f"{numeric}:{port}")
    return found
