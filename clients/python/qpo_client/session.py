"""Who calls: tokens, renewed before they end."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Protocol
from uuid import uuid4

from qpo.auth.v1.api_key_service_pb2 import ExchangeApiKeyRequest
from qpo.auth.v1.api_key_service_pb2_grpc import ApiKeyServiceStub
from qpo.auth.v1.auth_service_pb2 import LoginRequest, RefreshRequest
from qpo.auth.v1.auth_service_pb2_grpc import AuthServiceStub

# Seconds before its end at which a token is given up.
RENEW_BEFORE = 30.0


class Session(Protocol):
    """Whoever has access tokens."""

    def token(self) -> str:
        """One that is good for a while."""


class Person:
    """Somebody who logs in with a password; the refresh token is kept in memory alone."""

    def __init__(self, door: AuthServiceStub, login: LoginRequest, now: Callable[[], float] = time.monotonic) -> None:
        """Logs in. Raises grpc.RpcError as Login refuses."""
        self._door, self._now, self._lock = door, now, Lock()
        began = now()
        tokens = door.Login(login).tokens
        self._access: str = tokens.access_token
        self._refresh: str = tokens.refresh_token
        self._until: float = began + tokens.expires_in
        # Of the refresh under way. Asked for again under another id, a token that was spent would end every session.
        self._renewal = str(uuid4())

    def token(self) -> str:
        """The access token, renewed if it ends soon. One thread renews it for all: a refresh token counts once."""
        with self._lock:
            began = self._now()
            if began > self._until - RENEW_BEFORE:
                asked = RefreshRequest(refresh_token=self._refresh, request_id=self._renewal)
                tokens = self._door.Refresh(asked).tokens
                self._access, self._refresh, self._renewal = tokens.access_token, tokens.refresh_token, str(uuid4())
                self._until = began + tokens.expires_in
            return self._access


class Machine:
    """A program with an API key."""

    def __init__(self, door: ApiKeyServiceStub, key: str, now: Callable[[], float] = time.monotonic) -> None:
        self._door, self._key, self._now, self._lock = door, key, now, Lock()
        self._access, self._until = "", 0.0

    def token(self) -> str:
        """The access token that the key was exchanged for, as often as one ends."""
        with self._lock:
            began = self._now()
            if not self._access or began > self._until - RENEW_BEFORE:
                given = self._door.ExchangeApiKey(ExchangeApiKeyRequest(key=self._key))
                self._access, self._until = given.access_token, began + given.expires_in
            return self._access
