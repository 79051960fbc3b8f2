"""What every call carries: the caller's token, and a deadline if it is one request for one answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc


class Signing(
    grpc.UnaryUnaryClientInterceptor,  # type: ignore[misc]
    grpc.UnaryStreamClientInterceptor,  # type: ignore[misc]
    grpc.StreamUnaryClientInterceptor,  # type: ignore[misc]
    grpc.StreamStreamClientInterceptor,  # type: ignore[misc]
):
    """Adds the bearer token, and the deadline to a call of one request and one answer that has none of its own."""

    def __init__(self, token: Callable[[], str] | None, timeout: float) -> None:
        """`timeout` is in seconds."""
        self._token, self._timeout = token, timeout

    def _signed(self, details: Any, timeout: float | None) -> Any:
        metadata = list(details.metadata or ())
        if self._token is not None:
            metadata.append(("authorization", f"Bearer {self._token()}"))
        return _Details(details, timeout if details.timeout is None else details.timeout, metadata)

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        """One for one."""
        return continuation(self._signed(client_call_details, self._timeout), request)

    def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        """One for many."""
        return continuation(self._signed(client_call_details, None), request)

    def intercept_stream_unary(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        """Many for one."""
        return continuation(self._signed(client_call_details, None), request_iterator)

    def intercept_stream_stream(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        """Many for many."""
        return continuation(self._signed(client_call_details, None), request_iterator)


class _Details(grpc.ClientCallDetails):  # type: ignore[misc]
    def __init__(self, given: Any, timeout: float | None, metadata: list[tuple[str, str]]) -> None:
        self.method = given.method
        self.timeout = timeout
        self.metadata = metadata
        self.credentials = given.credentials
        self.wait_for_ready = given.wait_for_ready
        self.compression = given.compression
