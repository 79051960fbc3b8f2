"""A server of any method of ours that answers as a test wrote it, call by call, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import symbol_database
from google.protobuf.message import Message

# An answer, several of a stream, or a refusal; a list may end in a refusal.
Answer = Message | grpc.StatusCode | list[Message | grpc.StatusCode]


@dataclass
class Scripted(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Answers by method name, each used once and the last one for good."""

    script: dict[str, deque[Answer]] = field(default_factory=lambda: defaultdict(deque))
    asked: list[tuple[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def will(self, method: str, *answers: Answer) -> None:
        """What a method answers from now on."""
        self.script[method] = deque(answers)

    def requests(self, method: str) -> list[Any]:
        """What a method was asked, in order."""
        return [request for name, request in self.asked if name == method]

    def service(self, handler_call_details: Any) -> Any:
        service, name = handler_call_details.method.strip("/").split("/")
        method = symbol_database.Default().pool.FindServiceByName(service).FindMethodByName(name)
        read = symbol_database.Default().GetSymbol(method.input_type.full_name).FromString
        token = dict(handler_call_details.invocation_metadata).get("authorization", "")
        wrap, answer = (
            (grpc.unary_stream_rpc_method_handler, self._stream(name, token))
            if method.server_streaming
            else (grpc.unary_unary_rpc_method_handler, self._unary(name, token))
        )
        return wrap(answer, request_deserializer=read, response_serializer=lambda message: message.SerializeToString())

    def _next(self, name: str, token: str, request: Any) -> Answer:
        with self.lock:
            self.asked.append((name, request))
            self.tokens.append(token)
            left = self.script[name]
            return left.popleft() if len(left) > 1 else left[0]

    def _unary(self, name: str, token: str) -> Callable[[Any, Any], Any]:
        def answer(request: Any, context: Any) -> Any:
            told = self._next(name, token, request)
            if isinstance(told, grpc.StatusCode):
                context.abort(told, "as the test says")
            return told

        return answer

    def _stream(self, name: str, token: str) -> Callable[[Any, Any], Iterator[Any]]:
        def answer(request: Any, context: Any) -> Iterator[Any]:
            told = self._next(name, token, request)
            for each in told if isinstance(told, list) else [told]:
                if isinstance(each, grpc.StatusCode):
                    context.abort(each, "as the test says")
                yield each

        return answer


@contextmanager
def serving() -> Iterator[tuple[Scripted, str]]:
    """The server on a free port, and its address."""
    scripted = Scripted()
    server = grpc.server(ThreadPoolExecutor(4), handlers=(scripted,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield scripted, f"http://127.0.0.1:{port}"
    finally:
        server.stop(None).wait()
