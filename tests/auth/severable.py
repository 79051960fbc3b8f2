"""A PostgreSQL that can be cut off: a unix socket that passes bytes on until it is closed."""

import asyncio
import shutil
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

SOCKET = ".s.PGSQL.5432"


class Severable:
    """`url` leads to the database until `sever` is called."""

    def __init__(self, url, folder):
        self._parts = urlsplit(url)
        self._target = Path(parse_qs(self._parts.query)["host"][0]) / SOCKET
        self._path = folder / SOCKET
        self._writers, self._server = set(), None
        self.url = urlunsplit(self._parts._replace(query=urlencode({"host": str(folder)})))

    async def open(self):
        self._server = await asyncio.start_unix_server(self._serve, self._path)

    async def sever(self):
        self._server.close()
        self._path.unlink(missing_ok=True)
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader, writer):
        far_reader, far_writer = await asyncio.open_unix_connection(self._target)
        self._writers |= {writer, far_writer}
        await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer), return_exceptions=True)


@asynccontextmanager
async def severable(url):
    """A way to the database at `url` that can be cut."""
    folder = Path(tempfile.mkdtemp(prefix="qpo-cut-"))
    way = Severable(url, folder)
    await way.open()
    try:
        yield way
    finally:
        await way.sever()
        shutil.rmtree(folder)


async def _pass_on(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
