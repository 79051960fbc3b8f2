"""What holds of AWS KMS beside what holds of every key management service."""

import secrets
import uuid
from contextlib import closing
from datetime import timedelta

import pytest
from botocore.stub import Stubber
from prometheus_client import CollectorRegistry

from chassis.clock import SystemClock
from chassis.settings import VaultSettings
from chassis.vault import KmsUnavailable, Place, Vault, open_vault, rotation_of
from chassis.vault.kms import KeyRefused
from chassis.vault.kms_aws import AwsKms
from chassis.vault.rotation import Rotation, RotationMeter
from tests.chassis.vault.clocks import SetSeconds
from tests.chassis.vault.conftest import serving_kms

KEY = secrets.token_bytes(32)
CONTEXT = {"schema": "gadget", "tenant": "ann", "purpose": "fields", "key": "1"}
HERE = Place("gadget.notes", "body", "1")


async def test_a_key_is_wrapped_by_the_key_behind_the_alias_and_opened_by_the_one_it_was_wrapped_by(aws, aws_kms):
    wrapped, first = await aws_kms.wrap(KEY, CONTEXT), aws.key
    aws.point_elsewhere()
    assert (wrapped.kek_id, (await aws_kms.current()).id) == (first, aws.key)
    assert (await aws_kms.wrap(KEY, CONTEXT)).kek_id == aws.key != first
    assert await aws_kms.unwrap(wrapped, CONTEXT) == KEY


async def test_a_key_is_as_old_as_its_last_rotation(aws, aws_kms):
    made = await aws_kms.current()
    aws.rotate()
    rotated = await aws_kms.current()
    assert rotated.id == made.id
    assert rotated.since > made.since


async def test_the_service_renews_no_key_itself(aws_kms):
    before = await aws_kms.current()
    await aws_kms.renew(before.since + timedelta(days=91))
    assert await aws_kms.current() == before


async def test_a_key_that_is_not_there_to_wrap_with_is_as_good_as_no_service(aws, aws_url):
    with closing(AwsKms("alias/another", aws_url)) as kms, pytest.raises(KmsUnavailable, match="NotFoundException"):
        await kms.wrap(KEY, CONTEXT)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("InvalidCiphertextException", KeyRefused),
        ("IncorrectKeyException", KeyRefused),
        ("NotFoundException", KeyRefused),
        ("AccessDeniedException", KmsUnavailable),
        ("DisabledException", KmsUnavailable),
        ("KMSInvalidStateException", KmsUnavailable),
        ("ThrottlingException", KmsUnavailable),
        ("AnythingElse", KmsUnavailable),
    ],
)
async def test_what_cannot_be_opened_now_is_not_said_to_be_wrong(aws, aws_kms, code, error):
    """A wrapped key is refused only where KMS says that it is no such key; all else is to be tried again."""
    wrapped = await aws_kms.wrap(KEY, CONTEXT)
    with Stubber(aws_kms._client) as answers:
        answers.add_client_error("decrypt", code)
        with pytest.raises(error, match=code):
            await aws_kms.unwrap(wrapped, CONTEXT)


async def test_without_kms_a_tenants_key_serves_on_for_a_bounded_time(aws, pool):
    seconds = SetSeconds()
    with serving_kms() as url, closing(AwsKms(aws.alias, url)) as kms:
        vault = Vault(pool, kms, "gadget", seconds=seconds)
        sealed = await vault.seal(tenant := str(uuid.uuid4()), HERE, b"a note")
    with closing(AwsKms(aws.alias, url)) as vault.kms:
        assert await vault.open(HERE, sealed) == b"a note"
        seconds.seconds += 301
        for call in (vault.open(HERE, sealed), vault.seal(tenant, HERE, b"another")):
            with pytest.raises(KmsUnavailable):
                await call


@pytest.mark.parametrize("how", ["the alias points elsewhere", "the key is rotated"])
async def test_what_was_wrapped_before_is_wrapped_anew(aws, aws_kms, pool, now, how):
    """Though the clock here, `now`, is far behind that of KMS."""
    vault = Vault(pool, aws_kms, "gadget", clock=now)
    rotation = Rotation(pool, vault, [], RotationMeter(registry := CollectorRegistry()), clock=now)
    sealed = await vault.seal(str(uuid.uuid4()), HERE, b"a note")
    await rotation.turn()
    before = await pool.fetchrow("SELECT kek_id, wrapped FROM tenant_keys")
    await rotation.turn()
    assert await pool.fetchrow("SELECT kek_id, wrapped FROM tenant_keys") == before
    if how == "the key is rotated":
        aws.rotate()
    else:
        aws.point_elsewhere()
    await rotation.turn()
    after = await pool.fetchrow("SELECT kek_id, wrapped FROM tenant_keys")
    assert after["kek_id"] == aws.key
    assert after["wrapped"] != before["wrapped"]
    assert registry.get_sample_value("vault_keys_left") == 0
    assert await Vault(pool, aws_kms, "gadget").open(HERE, sealed) == b"a note"


async def test_the_age_of_the_key_is_told(aws, aws_kms, pool):
    vault = Vault(pool, aws_kms, "gadget")
    rotation = Rotation(pool, vault, [], RotationMeter(registry := CollectorRegistry()), clock=SystemClock())
    await rotation.turn()
    assert 0 <= registry.get_sample_value("vault_kek_age_seconds") < 60


async def test_in_production_a_vault_is_opened_on_kms(aws, aws_url, pool, settings):
    keys = VaultSettings(production=True, kms_key=aws.alias, kms_url=aws_url)
    tenant = str(uuid.uuid4())
    async with open_vault(settings, keys, "gadget") as vault:
        sealed = await vault.seal(tenant, HERE, b"a note")
        rotation = rotation_of(keys, pool, vault, [], registry := CollectorRegistry())
        await rotation.turn()
    async with open_vault(settings, keys, "gadget") as vault:
        assert await vault.open(HERE, sealed) == b"a note"
    assert await pool.fetchval("SELECT kek_id FROM tenant_keys WHERE tenant_id = $1", tenant) == aws.key
    assert registry.get_sample_value("vault_keys_left") == 0
