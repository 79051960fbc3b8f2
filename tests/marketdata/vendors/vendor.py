"""A vendor on this machine: answers over HTTP as it is told, in the format that its name documents."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qsl, urlsplit

NOW = datetime(2026, 11, 27, 18, 0, 30, tzinfo=UTC)
KEY = "sesame-0123456789"


@dataclass
class Asked:
    method: str
    path: str
    params: dict
    headers: dict
    body: str


@dataclass
class Said:
    """One answer; `cut` sends so many bytes of it and hangs up, `silent` never answers."""

    document: object = None
    status: int = 200
    headers: dict = field(default_factory=dict)
    raw: bytes | None = None
    cut: int | None = None
    silent: bool = False

    def body(self):
        return self.raw if self.raw is not None else json.dumps(self.document).encode()


@dataclass
class LocalVendor:
    """Answers with what `answer` returns for each call; `ahead` is how far its clock is, in s."""

    answer: object
    ahead: timedelta | None = None
    asked: list = field(default_factory=list)
    url: str = ""

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self._server.close()

    async def _serve(self, reader, writer):
        try:
            while line := await reader.readline():
                method, target, _ = line.decode().split(" ", 2)
                headers = {}
                while (header := (await reader.readline()).decode().strip()) != "":
                    name, _, value = header.partition(":")
                    headers[name.lower()] = value.strip()
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                parts = urlsplit(target)
                asked = Asked(method, parts.path, dict(parse_qsl(parts.query)), headers, body.decode())
                self.asked.append(asked)
                if not await self._say(writer, self.answer(asked)):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client hung up, which some tests are about
        finally:
            writer.close()

    async def _say(self, writer, said):
        if said.silent:
            await asyncio.sleep(3600)
        body = said.body() if said.status != 304 else b""
        date = format_datetime(NOW + self.ahead if self.ahead else NOW, usegmt=True)
        headers = {"Date": date, "Content-Type": "application/json", "Content-Length": str(len(body))} | said.headers
        head = f"HTTP/1.1 {said.status} -\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
        writer.write(head.encode() + (body if said.cut is None else body[: said.cut]))
        await writer.drain()
        return said.cut is None
