"""A reader of ticks over REST that knows only HTTP, keeps its last cursor and counts what it was told."""

import http.client
import json
import socket
import time
from urllib.parse import urlsplit

LINES, EVENTS = "application/x-ndjson", "text/event-stream"
CUT_OFF = (http.client.HTTPException, OSError)


class Reader:
    """Counts ticks delivered and conflated since its first snapshot, over any number of connections."""

    def __init__(self, edge_url: str, token: str, dataset: str, accept: str = LINES) -> None:
        self.where, self.dataset, self.accept = urlsplit(edge_url), dataset, accept
        self.authorization = f"Bearer {token}"
        self.cursor, self.snapshots, self.delivered, self.conflated = "", 0, 0, 0
        self.first: dict[str, float] = {}
        self.newest: dict[str, float] = {}
        self._connection: http.client.HTTPConnection | None = None
        self._answer: http.client.HTTPResponse | None = None

    def connect(self) -> "Reader":
        """Subscribes behind the last cursor. The kernel holds little on this side.

        Segments are as on a network: the loopback's, of 64 kB, fit into no window of so small a buffer, and the sender
        would wait a fifth of a second before each.
        """
        self.close()
        connection = http.client.HTTPConnection(self.where.hostname, self.where.port, timeout=30)
        connection.sock = socket.socket()
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
        connection.sock.settimeout(30)
        connection.sock.connect((self.where.hostname, self.where.port))
        self._connection = connection
        path = f"/api/v1/datasets/{self.dataset}/ticks" + (f"?cursor={self.cursor}" if self.cursor else "")
        connection.request("GET", path, headers={"accept": self.accept, "authorization": self.authorization})
        self._answer = connection.getresponse()
        if self._answer.status == 503:
            raise ConnectionError("no replica answers")
        assert self._answer.status == 200, self._answer.read()
        assert self._answer.headers["content-type"] == self.accept
        return self

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def take(self) -> dict:
        """The next message. Raises one of CUT_OFF if the stream ends."""
        line = b"\n"
        while line == b"\n":
            line = self._answer.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError("cut off")
        message = json.loads(line.removeprefix(b"data: ") if self.accept == EVENTS else line)
        self._count(message)
        return message

    def _count(self, message: dict) -> None:
        seqs = {tick["symbol"]: tick["seq"] for tick in message["ticks"]}
        self.newest |= seqs
        if message["snapshot"]:
            self.snapshots += 1
            self.first = seqs
            self.delivered = self.conflated = 0
        else:
            self.delivered += len(seqs)
            self.conflated += message["conflated"]
        self.cursor = message["cursor"]

    def follow(self, total: float, seconds: float = 120.0) -> None:
        """Reads until the newest seqs add up to `total`, subscribing again whenever it is cut off."""
        deadline = time.monotonic() + seconds
        while sum(self.newest.values()) < total:
            assert time.monotonic() < deadline, f"{sum(self.newest.values())} of {total} after {seconds} s"
            try:
                self.take()
            except CUT_OFF:
                self._again(deadline)

    def _again(self, deadline: float) -> None:
        """Subscribes behind the last cursor, as often as it takes."""
        while time.monotonic() < deadline:
            try:
                self.connect()
            except CUT_OFF:
                time.sleep(0.05)
            else:
                return

    @property
    def missed(self) -> float:
        """Ticks that happened since the first snapshot, by seq, and were neither delivered nor counted."""
        return sum(self.newest.values()) - sum(self.first.values()) - self.delivered - self.conflated
