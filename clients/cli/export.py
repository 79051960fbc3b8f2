"""`qpo account export`: all that is kept about you, in one archive."""

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from qpo.auth.v1 import auth_service_pb2 as auth
from qpo.marketdata.v1 import marketdata_service_pb2 as marketdata
from qpo.optimizer.v1 import optimizer_service_pb2 as optimizer
from qpo.portfolio.v1 import portfolio_service_pb2 as portfolio
from qpo.types.v1.export_pb2 import ExportChunk
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from clients.cli.connection import Edge
from clients.cli.console import note, stderr
from clients.cli.options import DEFAULTS, Options
from clients.cli.problem import Problem

MANIFEST = "manifest.json"
LONGEST = 300.0  # seconds of one service's answer, unless --timeout says more

Open = Callable[[str], IO[bytes]]


def export(to: Path, /, *, options: Options = DEFAULTS) -> None:
    """Take along all that is kept about you: account, sessions, portfolios with their history, jobs, datasets.

    ```
    qpo account export mine.zip
    qpo account export mine/
    ```

    Needs what every user has: a login, the scope `read:portfolio`, the scope `run:optimization`, and
    the scope `read:marketdata`. Prints nothing but a note. The archive holds lines of JSON and tables of prices, and
    `manifest.json` with the number of rows and the SHA-256 of each file. It is readable by you alone, and is not there
    at all if it could not be made whole.

    Parameters
    ----------
    to
        A file that ends with .zip, or a folder; neither may be there yet.
    """
    if to.exists():
        raise Problem(f"{to} is there already", [("to", "name another file or folder, or remove it first")])
    with options.open() as edge, _whole(to) as (open_file, progress):
        user = edge.auth.WhoAmI(auth.WhoAmIRequest()).user
        written = _Written(open_file, progress)
        for name, answers in _streams(edge, max(options.timeout, LONGEST)):
            written.take(name, (answer.chunk for answer in answers))
        stated = {"user_id": user.id, "exported_at": datetime.now(UTC).isoformat(), "files": written.files}
        with open_file(MANIFEST) as file:
            file.write(json.dumps(stated, indent=2).encode() + b"\n")
    rows = sum(file["rows"] for file in written.files)
    note(f"[green]✓[/] {len(written.files)} files with {rows:,} rows are in {to}")


def _streams(edge: Edge, timeout: float) -> Iterator[tuple[str, Any]]:
    """What each service gives, asked for one after the other."""
    yield "account", edge.auth.ExportMyData(auth.ExportMyDataRequest(), timeout=timeout)
    yield "portfolios", edge.portfolios.ExportMyData(portfolio.ExportMyDataRequest(), timeout=timeout)
    yield "optimizations", edge.optimizer.ExportMyData(optimizer.ExportMyDataRequest(), timeout=timeout)
    yield "datasets", edge.marketdata.ExportMyData(marketdata.ExportMyDataRequest(), timeout=timeout)


class _Written:
    """Writes chunks to their files, and keeps what is to be said of each."""

    def __init__(self, open_file: Open, progress: Progress) -> None:
        self._open, self._progress = open_file, progress
        self._bar = progress.add_task("", total=4)
        self.files: list[dict[str, Any]] = []

    def take(self, service: str, chunks: Iterator[ExportChunk]) -> None:
        """All of a service's chunks."""
        self._progress.update(self._bar, description=service)
        with ExitStack() as stack:
            file, digest = None, hashlib.sha256()
            for chunk in chunks:
                if file is None or self.files[-1]["name"] != chunk.file:
                    stack.close()
                    file, digest = stack.enter_context(self._begun(chunk)), hashlib.sha256()
                file.write(chunk.data)
                digest.update(chunk.data)
                told = self.files[-1]
                told["rows"] += chunk.rows
                told["bytes"] += len(chunk.data)
                told["sha256"] = digest.hexdigest()
        self._progress.advance(self._bar)

    def _begun(self, chunk: ExportChunk) -> IO[bytes]:
        path = PurePosixPath(chunk.file)
        if path.is_absolute() or ".." in path.parts or not path.name or "\\" in chunk.file:
            raise Problem(f"the platform named a file that is none of an archive: {chunk.file!r}")
        if chunk.file in {MANIFEST, *(file["name"] for file in self.files)}:
            raise Problem(f"the platform gave {chunk.file} twice")
        self.files.append({"name": chunk.file, "content_type": chunk.content_type, "rows": 0, "bytes": 0, "sha256": ""})
        return self._open(chunk.file)


@contextmanager
def _whole(to: Path) -> Iterator[tuple[Open, Progress]]:
    """A way to open files of the archive, which is in its place once the block succeeds; a bar shows how far it is."""
    console = stderr()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    # Beside its place, so that it is moved there in one step; its mode is 0700.
    beside = Path(tempfile.mkdtemp(dir=to.absolute().parent, prefix=f".{to.name}."))
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            made = beside / "archive"
            with _zipped(made) if to.suffix == ".zip" else _unfolded(made) as open_file:
                yield open_file, progress
        made.replace(to)
    finally:
        shutil.rmtree(beside)


@contextmanager
def _zipped(path: Path) -> Iterator[Open]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        yield lambda name: archive.open(name, "w", force_zip64=True)


@contextmanager
def _unfolded(path: Path) -> Iterator[Open]:
    path.mkdir(mode=0o700)

    def open_file(name: str) -> IO[bytes]:
        file = path / name
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    yield open_file
