"""AWS KMS: the key that wraps keys never leaves it, and says who used it when.

It needs kms:Encrypt, kms:Decrypt, kms:DescribeKey and kms:ListKeyRotations on one symmetric key, named by ARN or alias.
AWS renews what the key consists of when it is told to (`aws kms enable-key-rotation --rotation-period-in-days 90`), or
whoever runs it points the alias to another key; the service itself may do neither. Both show in `current`.

boto3 waits for its answers, so it does on threads of its own.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

from chassis.vault.kms import Context, Kek, KeyRefused, KmsUnavailable, Wrapped

_THREADS = 8
_PATIENCE = 2.0  # seconds for a connection, and for an answer
_ATTEMPTS = 2
# What says that a wrapped key is wrong, rather than that it cannot be looked at now.
_REFUSALS = frozenset({"InvalidCiphertextException", "IncorrectKeyException", "NotFoundException"})


class AwsKms:
    """Wraps by one key of AWS KMS; whose credentials, and which region, AWS's own variables and files say."""

    def __init__(self, key: str, url: str | None = None) -> None:
        """`key` is an ARN, an id or `alias/…`; `url` of an endpoint other than the region's own."""
        # Imported here: a service whose keys lie in a file need not carry it.
        from boto3.session import Session
        from botocore.config import Config

        config = Config(
            connect_timeout=_PATIENCE,
            read_timeout=_PATIENCE,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            max_pool_connections=_THREADS,
        )
        self._key = key
        self._client: Any = Session().client("kms", endpoint_url=url, config=config)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="kms")

    async def current(self) -> Kek:
        """The key, since its last rotation or, if it had none, its making."""
        about = (await self._asked("describe_key", KeyId=self._key))["KeyMetadata"]
        rotated = await self._asked("list_key_rotations", KeyId=about["Arn"])
        return Kek(about["Arn"], max([about["CreationDate"], *(each["RotationDate"] for each in rotated["Rotations"])]))

    async def wrap(self, key: bytes, context: Context) -> Wrapped:
        """As KMS encrypts it."""
        answer = await self._asked("encrypt", KeyId=self._key, Plaintext=key, EncryptionContext=dict(context))
        return Wrapped(answer["KeyId"], answer["CiphertextBlob"])

    async def unwrap(self, wrapped: Wrapped, context: Context) -> bytes:
        """As KMS decrypts it; the key is named, so that no other is tried."""
        asked = {"CiphertextBlob": wrapped.body, "KeyId": wrapped.kek_id, "EncryptionContext": dict(context)}
        key: bytes = (await self._asked("decrypt", **asked))["Plaintext"]
        return key

    async def renew(self, before: datetime) -> None:
        """AWS renews it."""

    def close(self) -> None:
        """End the threads; nobody waits for an answer any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    async def _asked(self, what: str, **about: Any) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        call = partial(getattr(self._client, what), **about)
        try:
            answer: dict[str, Any] = await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if what == "decrypt" and code in _REFUSALS:
                raise KeyRefused(f"KMS opens no such key: {code}") from error
            raise KmsUnavailable(f"KMS refuses to {what}: {code}") from error
        except BotoCoreError as error:
            raise KmsUnavailable(f"KMS does not answer: {type(error).__name__}") from error
        return answer
