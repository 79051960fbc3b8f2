"""A keyring of the chassis's own, in a fresh database."""

import logging
import uuid
from contextlib import closing, contextmanager

import asyncpg
import boto3
import pytest
import pytest_asyncio
from moto.server import ThreadedMotoServer

from chassis.postgres import prepare
from chassis.vault.keyring_postgres import KEYRING_DDL
from chassis.vault.kms_aws import AwsKms
from chassis.vault.kms_local import LocalKms
from tests.chassis.conftest import FOLDER, SCHEMA
from tests.chassis.vault.clocks import SetClock

NOTES = """
CREATE TABLE notes (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, body bytea NOT NULL,
                    key_id uuid NOT NULL REFERENCES tenant_keys (id));
CREATE INDEX notes_key ON notes (key_id);
"""


@pytest_asyncio.fixture
async def pool(settings):
    """Tenants' keys, and a table of sealed notes."""
    pool = await prepare(settings, SCHEMA, FOLDER)
    owner = await asyncpg.connect(settings.migration_url.get_secret_value())
    await owner.execute(f"SET search_path TO {SCHEMA}")
    for ddl in (KEYRING_DDL, NOTES):
        await owner.execute(ddl)
    await owner.close()
    yield pool
    await pool.close()


@pytest.fixture
def now():
    return SetClock()


@pytest.fixture
def keyring_file(tmp_path):
    return tmp_path / "keys" / "keyring.json"


@pytest.fixture
def kms(keyring_file, now):
    return LocalKms(keyring_file, clock=now)


@contextmanager
def serving_kms():
    """AWS KMS as moto serves it over HTTP; all servers of this process know the same keys."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def aws_url():
    with serving_kms() as url:
        yield url


class Aws:
    """Whoever runs KMS: a key of their own, and an alias that points to it."""

    def __init__(self, url):
        self._admin = boto3.session.Session().client("kms", endpoint_url=url)
        self.key, self.alias = self._made(), f"alias/qpo-{uuid.uuid4()}"
        self._admin.create_alias(AliasName=self.alias, TargetKeyId=self.key)

    def _made(self):
        return self._admin.create_key()["KeyMetadata"]["Arn"]

    def rotate(self):
        self._admin.rotate_key_on_demand(KeyId=self.key)

    def point_elsewhere(self):
        """Another key behind the alias."""
        self.key = self._made()
        self._admin.update_alias(AliasName=self.alias, TargetKeyId=self.key)


@pytest.fixture
def aws(aws_url, monkeypatch):
    for name, value in (("ACCESS_KEY_ID", "anybody"), ("SECRET_ACCESS_KEY", "any"), ("DEFAULT_REGION", "eu-west-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    return Aws(aws_url)


@pytest.fixture
def aws_kms(aws, aws_url):
    with closing(AwsKms(aws.alias, aws_url)) as kms:
        yield kms
