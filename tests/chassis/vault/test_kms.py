"""What holds of every key management service, and what of a keyring in a file."""

import asyncio
import fcntl
import json
import os
import secrets
import stat

import pytest

from chassis import key_files
from chassis.key_files import KeyFileExposed
from chassis.vault.kms import KeyRefused
from chassis.vault.kms_local import LocalKms

KEY = secrets.token_bytes(32)
CONTEXT = {"schema": "gadget", "tenant": "ann", "purpose": "fields", "key": "1"}


@pytest.fixture(params=["kms", "aws_kms"])
def each_kms(request):
    """Every adapter of the port, one after the other."""
    return request.getfixturevalue(request.param)


async def test_a_wrapped_key_opens_in_its_context(each_kms):
    wrapped = await each_kms.wrap(KEY, CONTEXT)
    assert KEY not in wrapped.body
    assert wrapped.kek_id == (await each_kms.current()).id
    assert await each_kms.unwrap(wrapped, CONTEXT) == KEY


@pytest.mark.parametrize("part", CONTEXT)
async def test_a_wrapped_key_in_another_context_is_refused(each_kms, part):
    wrapped = await each_kms.wrap(KEY, CONTEXT)
    with pytest.raises(KeyRefused):
        await each_kms.unwrap(wrapped, CONTEXT | {part: "another"})


async def test_a_wrapped_key_that_was_changed_is_refused(each_kms):
    wrapped = await each_kms.wrap(KEY, CONTEXT)
    for at in (len(wrapped.body) // 2, len(wrapped.body) - 1):
        changed = bytearray(wrapped.body)
        changed[at] ^= 1
        with pytest.raises(KeyRefused):
            await each_kms.unwrap(wrapped._replace(body=bytes(changed)), CONTEXT)


async def test_a_key_that_is_not_there_is_refused_by_name(kms):
    wrapped = await kms.wrap(KEY, CONTEXT)
    with pytest.raises(KeyRefused, match="local:gone"):
        await kms.unwrap(wrapped._replace(kek_id="local:gone"), CONTEXT)


async def test_a_renewed_keyring_wraps_with_the_new_key_and_opens_with_the_old(kms, now):
    wrapped, old = await kms.wrap(KEY, CONTEXT), await kms.current()
    now.advance(days=1)
    await kms.renew(before=old.since)
    assert await kms.current() == old
    await kms.renew(before=now.now())
    new = await kms.current()
    assert new.id != old.id
    assert new.since == now.now()
    assert (await kms.wrap(KEY, CONTEXT)).kek_id == new.id
    assert await kms.unwrap(wrapped, CONTEXT) == KEY


async def test_replicas_share_the_file_and_renew_it_once(kms, now, keyring_file):
    others = [LocalKms(keyring_file, clock=now) for _ in range(4)]
    wrapped = [await each.wrap(KEY, CONTEXT) for each in others]
    now.advance(days=1)
    before = now.now()
    await asyncio.gather(*(each.renew(before) for each in (kms, *others)))
    assert len(json.loads(keyring_file.read_text())["keys"]) == 2
    wrapped += [await each.wrap(KEY, CONTEXT) for each in others]
    assert {len({each.kek_id for each in some}) for some in (wrapped[:4], wrapped[4:])} == {1}
    for each in (kms, *others):
        assert [await each.unwrap(one, CONTEXT) for one in wrapped] == [KEY] * 8


async def test_a_process_that_renews_waits_for_another_and_finds_it_done(kms, now, keyring_file):
    old = await kms.current()
    folder = os.open(keyring_file.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    now.advance(days=1)
    renewing = asyncio.create_task(kms.renew(before=now.now()))
    done, _ = await asyncio.wait([renewing], timeout=0.2)
    kept = json.loads(keyring_file.read_text())
    newest = kept["keys"][0] | {"id": "local:by another", "created_at": now.now().isoformat()}
    key_files.replace(keyring_file, json.dumps({"keys": [*kept["keys"], newest]}).encode())
    os.close(folder)
    await renewing
    assert not done
    assert [key["id"] for key in json.loads(keyring_file.read_text())["keys"]] == [old.id, "local:by another"]


async def test_the_file_is_its_owners_alone_from_the_first_key_on(kms, now, keyring_file):
    await kms.wrap(KEY, CONTEXT)
    now.advance(days=1)
    await kms.renew(before=now.now())
    assert stat.S_IMODE(keyring_file.stat().st_mode) == 0o600
    assert [path.name for path in keyring_file.parent.iterdir()] == [keyring_file.name]


async def test_a_file_that_anybody_can_read_is_refused(kms, keyring_file):
    await kms.wrap(KEY, CONTEXT)
    keyring_file.chmod(0o644)
    with pytest.raises(KeyFileExposed):
        await kms.wrap(KEY, CONTEXT)
