"""Backups of a mesh that runs here: everything that cannot be made again, in one sealed file; and the way back.

The file is a compressed tar: the signed heads of the audit trail, PostgreSQL's cluster by `pg_basebackup` with the
log that makes it whole, the archive of bars, the keys. In this order: no head may be ahead of the rows, and a bar that
moves into the archive meanwhile must not be missing in both. Redis is not in it: caches fill again, and the bus is
filled from the outboxes.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, cast

from stack.layout import Layout
from stack.postgres import Postgres, binaries, ordinary_user
from stack.record import Lock, Record
from stack.sealed import SealedReader, SealedWriter, Unsealed

# Level 1 is as fast as AES-GCM is with Python around it; the rest of the log's last segment is zeros.
_LEVEL = 1
_CLUSTER = "data/postgres/"
_ABOUT, _MANIFEST = "backup.json", f"{_CLUSTER}backup_manifest"
Progress = Callable[[int], None]


class CannotBackUp(Exception):
    """There is nothing to back up, or it could not be; the text says why and how to mend it."""


class CannotRestore(Exception):
    """The backup was not restored, and nothing was left behind; the text says why and how to mend it."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup says of itself."""

    made_at: datetime
    files: int
    # Of the files, in bytes.
    size: int


def create(state_dir: Path, file: Path, key: bytes, now: datetime, progress: Progress = lambda _: None) -> Backup:
    """Backs the running mesh of a state folder up into a new file, mode 0600; whole or not at all.

    `progress` is told the bytes that were taken so far. Raises CannotBackUp; FileExistsError if the file is there.
    """
    layout = Layout.of(state_dir)
    _must_run(layout)
    before = _contents(layout.root / "secrets")
    with _new(file) as target, _sealing(target, key) as archive:
        packer = _Packer(archive, progress)
        packer.about(made_at=now.isoformat())
        packer.add_folder(layout.root, "data/audit_heads")
        packer.add_cluster(_postgres(layout))
        packer.add_folder(layout.root, "data/archive")
        packer.add_folder(layout.root, "secrets")
        if _contents(layout.root / "secrets") != before:
            raise CannotBackUp("keys were changed meanwhile, and might not open what was backed up: make it again")
    return Backup(now, packer.files, packer.size)


def check(file: Path, key: bytes, progress: Progress = lambda _: None) -> Backup:
    """Opens all of a backup and keeps nothing. Raises Unsealed if it is not what was backed up."""
    with _opening(file, key) as archive:
        return _read(archive, None, progress)


def restore(file: Path, key: bytes, state_dir: Path, progress: Progress = lambda _: None) -> Backup:
    """Puts a backup into a state folder that holds no mesh yet, from where `qpo up` goes on.

    Everything is written beside, opened to its last frame and compared with PostgreSQL's manifest before the first file
    is moved to its place. Raises CannotRestore, Unsealed.
    """
    layout = Layout.of(state_dir)
    if Lock.is_held(layout.lock) or any(layout.data("postgres").glob("*")) or any(layout.secrets("auth").glob("*")):
        raise CannotRestore(f"{layout.root} holds a mesh: give the folder of a new one, or move that one away")
    layout.make()
    beside = Path(tempfile.mkdtemp(dir=layout.root, prefix=".restoring-"))
    try:
        with _opening(file, key) as archive:
            found = _read(archive, beside, progress)
        _close_to_others(beside)
        for parent in ("data", "secrets"):
            for folder in (beside / parent).iterdir():
                folder.rename(layout.root / parent / folder.name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return found


class _Packer:
    """Puts files into a tar and counts them."""

    def __init__(self, archive: tarfile.TarFile, progress: Progress) -> None:
        self._archive, self._progress = archive, progress
        self.files = self.size = 0

    def about(self, **facts: str) -> None:
        """Adds what the backup says of itself."""
        content = json.dumps(facts).encode()
        member = tarfile.TarInfo(_ABOUT)
        member.size = len(content)
        self._add(member, io.BytesIO(content))

    def add_folder(self, root: Path, name: str) -> None:
        """Adds the files of a folder of `root`, in order; what grows meanwhile, as far as it went."""
        for path in _files(root / name):
            with path.open("rb") as content:
                member = self._archive.gettarinfo(arcname=str(path.relative_to(root)), fileobj=content)
                self._add(member, content)

    def add_cluster(self, postgres: Postgres) -> None:
        """Adds PostgreSQL's base backup as it comes. Raises CannotBackUp with pg_basebackup's words."""
        words = ("--pgdata=-", "--format=tar", "--wal-method=fetch", "--checkpoint=fast", "--manifest-checksums=SHA256")
        with tempfile.TemporaryFile("w+") as said:
            command = [str(binaries() / "pg_basebackup"), f"--dbname={postgres.url('postgres')}", *words]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as base:
                try:
                    self._copy(cast("BinaryIO", base.stdout))
                except tarfile.ReadError:
                    base.kill()
            if base.returncode:
                said.seek(0)
                raise CannotBackUp(f"pg_basebackup: {said.read().strip() or 'was ended'}")

    def _copy(self, stream: BinaryIO) -> None:
        with tarfile.open(fileobj=stream, mode="r|") as cluster:
            for member in cluster:
                member.name = _CLUSTER + member.name
                self._add(member, cast("BinaryIO | None", cluster.extractfile(member)))

    def _add(self, member: tarfile.TarInfo, content: BinaryIO | None) -> None:
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        self._archive.addfile(member, content)
        self.files, self.size = self.files + member.isfile(), self.size + member.size
        self._progress(self.size)


def _must_run(layout: Layout) -> None:
    record = Record.read(layout)
    if record.addresses is None or not Lock.is_held(layout.lock):
        raise CannotBackUp(f"no mesh runs in {layout.root}: `qpo up` first; a mesh is backed up while it works")
    if "postgres" in record.addresses.external:
        raise CannotBackUp("PostgreSQL runs elsewhere: it is backed up there, and the folder of secrets with it")


def _postgres(layout: Layout) -> Postgres:
    return Postgres(layout.data("postgres"), layout.sockets("postgres"))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in _files(folder)}


@contextlib.contextmanager
def _new(file: Path) -> Iterator[BinaryIO]:
    """A file that has its name once it is whole and on the disk."""
    if file.exists():
        raise FileExistsError(f"{file} exists")
    descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "wb") as target:
            yield target
            target.flush()
            os.fsync(target.fileno())
        os.link(draft, file)
    finally:
        Path(draft).unlink()


@contextlib.contextmanager
def _sealing(target: BinaryIO, key: bytes) -> Iterator[tarfile.TarFile]:
    """Without the last frame if anything goes wrong, so that nothing that is not whole can ever be opened."""
    sealed = SealedWriter(target, key)
    with (
        gzip.GzipFile(fileobj=sealed, mode="wb", compresslevel=_LEVEL, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|") as archive,
    ):
        yield archive
    sealed.finish()


@contextlib.contextmanager
def _opening(file: Path, key: bytes) -> Iterator[tarfile.TarFile]:
    """Behind the block the rest is read too, to the last frame."""
    with file.open("rb") as source, io.BufferedReader(SealedReader(source, key)) as clear:
        try:
            with gzip.GzipFile(fileobj=clear, mode="rb") as packed:
                with tarfile.open(fileobj=packed, mode="r|") as archive:
                    yield archive
                while packed.read(1 << 20):
                    pass
        except (tarfile.ReadError, EOFError, gzip.BadGzipFile):
            raise Unsealed("it is sealed, but no backup") from None


def _read(archive: tarfile.TarFile, folder: Path | None, progress: Progress) -> Backup:
    """Reads all of it, into `folder` or nowhere, and compares the cluster with its manifest."""
    digests: dict[str, str] = {}
    told: dict[str, Any] = {}
    files = size = 0
    for member in archive:
        if folder:
            archive.extract(member, folder, filter="tar")
        if member.isfile():
            content = (folder / member.name).open("rb") if folder else archive.extractfile(member)
            with cast("BufferedReader", content) as content:
                if member.name in {_ABOUT, _MANIFEST}:
                    told[member.name] = json.load(content)
                else:
                    digests[member.name] = hashlib.file_digest(content, "sha256").hexdigest()
        files, size = files + member.isfile(), size + member.size
        progress(size)
    if told.keys() != {_ABOUT, _MANIFEST}:
        raise Unsealed("it is sealed, but no backup")
    for stated in told[_MANIFEST]["Files"]:
        if digests.get(_CLUSTER + stated["Path"]) != stated["Checksum"]:
            raise Unsealed(f"{stated['Path']} is not the file that PostgreSQL gave")
    return Backup(datetime.fromisoformat(told[_ABOUT]["made_at"]), files, size)


def _close_to_others(folder: Path) -> None:
    """Folders are for their owner alone, and PostgreSQL's cluster is its user's."""
    for parent, _, _ in os.walk(folder):
        Path(parent).chmod(0o700)
    user = ordinary_user()
    for parent, folders, files in os.walk(folder / _CLUSTER) if user else ():
        for name in (".", *folders, *files):
            os.chown(Path(parent) / name, user.pw_uid, user.pw_gid)  # type: ignore[union-attr]
