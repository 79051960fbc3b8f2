"""Objects in a folder, in memory or on a server that speaks S3, through obstore."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from services.marketdata.app.archive import ArchiveUnavailable, ObjectNotFound

if TYPE_CHECKING:
    from obstore.store import ObjectStore as Store
    from obstore.store import S3Config
    from pydantic import SecretStr

PATIENCE = timedelta(seconds=30)  # that a request is made again after an error of the server's or the network's
SLOW = timedelta(seconds=120)  # that one request may take
_CODE = re.compile(r"<Code>([A-Za-z0-9]{1,60})</Code>")
_STATUS = re.compile(r"\b(?:status|code)[^0-9<]{0,20}([45][0-9]{2})\b")


@dataclass(frozen=True, slots=True)
class ObstoreObjects:
    """The port ObjectStore."""

    url: str  # as it may be told
    store: Store = field(repr=False)
    folder: Path | None = None  # where the objects are files

    async def put(self, name: str, data: bytes) -> None:
        """One request: nothing of it is left where it fails."""
        import obstore

        with self._told(f"write {name}"):
            await obstore.put_async(self.store, name, data, use_multipart=False)
            if self.folder is not None:
                await asyncio.to_thread(_settled, self.folder, name)

    async def get(self, name: str) -> memoryview:
        """One request."""
        import obstore

        with self._told(f"read {name}"):
            found = await obstore.get_async(self.store, name)
            return memoryview(await found.bytes_async())

    async def parts(self, wanted: Sequence[tuple[str, int, int]]) -> list[memoryview]:
        """Files one after the other in a thread, since each takes less time than to wait for it does.

        Of a server objects at once; one request for parts of an object that lie close together.
        """
        if self.folder is not None:
            return await asyncio.to_thread(self._read, wanted)
        spans = dict[str, list[tuple[int, int]]]()
        for name, start, end in wanted:
            spans.setdefault(name, []).append((start, end))
        found = await asyncio.gather(*(self._fetched(name, some) for name, some in spans.items()))
        of = {name: iter(some) for name, some in zip(spans, found, strict=True)}
        return [next(of[name]) for name, _, _ in wanted]

    async def names(self, folder: str) -> AsyncIterator[str]:
        """Some requests: a server lists so many at once."""
        import obstore

        with self._told(f"list {folder}"):
            async for found in obstore.list(self.store, folder):
                for each in found:
                    yield each["path"]

    async def delete(self, name: str) -> None:
        """One request."""
        import obstore

        with suppress(ObjectNotFound), self._told(f"delete {name}"):
            await obstore.delete_async(self.store, name)

    def _read(self, wanted: Sequence[tuple[str, int, int]]) -> list[memoryview]:
        import obstore

        found = list[memoryview]()
        for name, start, end in wanted:
            with self._told(f"read {name}"):
                found.append(memoryview(obstore.get_range(self.store, name, start=start, end=end)))
        return found

    async def _fetched(self, name: str, spans: Sequence[tuple[int, int]]) -> list[memoryview]:
        import obstore

        with self._told(f"read {name}"):
            starts, ends = [start for start, _ in spans], [end for _, end in spans]
            found = await obstore.get_ranges_async(self.store, name, starts=starts, ends=ends)
            return [memoryview(part) for part in found]

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Errors in our words: those of the library show what was signed, and how."""
        import obstore.exceptions

        try:
            yield
        except (obstore.exceptions.BaseError, OSError, ValueError) as error:
            reason = _reason(error)
            # Nor is there an object where there is no bucket.
            if isinstance(error, FileNotFoundError) and "NoSuchBucket" not in reason:
                raise ObjectNotFound(f"{self.url} has no such object: cannot {what}") from None
            raise ArchiveUnavailable(f"{self.url}: cannot {what}: {reason}") from None


def open_objects(
    url: str,
    *,
    endpoint: str | None = None,
    region: str | None = None,
    access_key_id: str | None = None,
    secret_access_key: SecretStr | None = None,
    patience: timedelta = PATIENCE,
) -> ObstoreObjects:
    """Open `file:///folder`, `memory:///` or `s3://bucket/prefix`. Raises ValueError.

    Another server than Amazon's is named by its endpoint, and addressed by path. Without a key the machine's own
    credentials are used, as Amazon's tools find them.
    """
    import obstore.store as stores

    parts = urlsplit(url)
    if parts.scheme == "memory":
        return ObstoreObjects("memory", stores.MemoryStore())
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        folder = Path(unquote(parts.path))
        folder.mkdir(parents=True, exist_ok=True)
        return ObstoreObjects(url, stores.LocalStore(folder, automatic_cleanup=True), folder)
    if parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc:
        raise ValueError("an archive is file:///folder or s3://bucket/prefix")
    # One by one, since not every server deletes many at once.
    config: S3Config = {"disable_bulk_delete": True, "virtual_hosted_style_request": endpoint is None}
    if endpoint is not None:
        config["endpoint"] = endpoint
    if region is not None:
        config["region"] = region
    if access_key_id is not None and secret_access_key is not None:
        config |= {"access_key_id": access_key_id, "secret_access_key": secret_access_key.get_secret_value()}
    store = stores.S3Store(
        parts.netloc,
        prefix=unquote(parts.path).strip("/") or None,
        config=config,
        client_options={"allow_http": (endpoint or "").startswith("http://"), "timeout": SLOW},
        retry_config={"max_retries": 10, "retry_timeout": patience},
    )
    return ObstoreObjects(url, store)


def _reason(error: Any) -> str:
    """What kind of error it is, what the server calls it, and its status, if they can be told."""
    text = str(error)
    found = [match[1] for match in (_STATUS.search(text), _CODE.search(text)) if match]
    return " ".join([type(error).__name__, *found])


def _settled(folder: Path, name: str) -> None:
    """Returns when a file, and every folder on the way to it, would outlast a power cut."""
    path = folder / name
    for each in (path, *path.relative_to(folder).parents):
        place = folder / each
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
