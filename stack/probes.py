"""Asks a server over its own protocol whether it is ready. Every function raises NotReady if it is not."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

from stack.identities import Identity
from stack.part import NotReady

TIMEOUT = 2.0


def ask_tcp(address: str) -> None:
    """Opens a connection to `host:port`."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), TIMEOUT).close()
    except OSError as error:
        raise NotReady(f"{address}: {error}") from error


def ask_grpc(address: str, asker: Identity | None = None, asked: Identity | None = None) -> None:
    """Calls grpc.health.v1.Health/Check on a gRPC server; if given, as `asker`, of one that proves to be `asked`."""
    ask_tcp(address)
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with channel(address, asker, asked) as way:
        try:
            answer = health_pb2_grpc.HealthStub(way).Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT)
        except grpc.RpcError as error:
            raise NotReady(f"{address}: {error.code().name} {error.details()}") from error
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        raise NotReady(f"{address}: not serving")


def channel(address: str, asker: Identity | None = None, asked: Identity | None = None) -> Any:
    """Returns a gRPC channel to `host:port`; if given, as `asker`, to one that proves to be `asked`."""
    import grpc

    options: list[tuple[str, str | int]] = [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1)]
    if asker is None or asked is None:
        return grpc.insecure_channel(address, options)
    own = asker.file.read_bytes()
    credentials = grpc.ssl_channel_credentials(asked.authority.read_bytes(), own, own)
    return grpc.secure_channel(address, credentials, [*options, ("grpc.ssl_target_name_override", asked.host)])


def ask_edge(url: str, identity: Identity | None = None) -> None:
    """Asks the edge whether it reaches every service, and for the public keys: a real RPC, through the transcoder.

    An https edge has a certificate of `identity`'s authority, or of one that everybody trusts.
    """
    if (ready := _get(url, "/ready", identity))[0] != http.client.OK:
        raise NotReady(f"{url}/ready: {ready[0]}")
    status, body = _get(url, "/api/v1/auth/jwks", identity)
    if status != http.client.OK or not json.loads(body).get("keys"):
        raise NotReady(f"{url}/api/v1/auth/jwks: {status}")


def ask_http(url: str, path: str) -> None:
    """Gets a path that answers 200 when the server is ready."""
    if (status := _get(url, path, None)[0]) != http.client.OK:
        raise NotReady(f"{url}{path}: {status}")


def _get(url: str, path: str, identity: Identity | None) -> tuple[int, bytes]:
    connection = _connection(url, identity)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise NotReady(f"{url}{path}: {error or type(error).__name__}") from error
    finally:
        connection.close()


def _connection(url: str, identity: Identity | None) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    if parts.scheme != "https":
        return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
    trusted = ssl.create_default_context(cafile=identity.authority if identity else None)
    return http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=TIMEOUT, context=trusted)


def ask_redis(url: str) -> None:
    """Sends PING to a Redis at `unix://PATH` or `redis://[[user]:password@]host[:port]`."""
    parts = urlsplit(url)
    try:
        with _connected(url) as connection:
            if parts.password:
                words = ["AUTH", *([parts.username] if parts.username else []), parts.password]
                connection.sendall(_resp(words))
                connection.recv(256)
            connection.sendall(_resp(["PING"]))
            answer = connection.recv(256)
    except OSError as error:
        raise NotReady(f"{parts.hostname or parts.path}: {error}") from error
    if not answer.startswith(b"+PONG"):
        raise NotReady(f"{parts.hostname or parts.path}: {answer.decode(errors='replace').strip()}")


def _connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return socket.create_connection((parts.hostname or "localhost", parts.port or 6379), TIMEOUT)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(TIMEOUT)
    try:
        connection.connect(parts.path)
    except OSError:
        connection.close()
        raise
    return connection


def _resp(words: list[str]) -> bytes:
    """Encodes a Redis command (RESP2)."""
    return b"".join([b"*%d\r\n" % len(words), *(b"$%d\r\n%s\r\n" % (len(w.encode()), w.encode()) for w in words)])
