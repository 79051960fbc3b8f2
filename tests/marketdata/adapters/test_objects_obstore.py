"""Objects by name: the same of a folder, of memory and of a server that speaks S3 and checks every signature."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from pydantic import SecretStr

from services.marketdata.adapters.objects_obstore import open_objects
from services.marketdata.app.archive import ArchiveUnavailable, ObjectNotFound
from tests.marketdata.s3.server import LocalS3, Refused, Request, signature_of

NAME = "bars/width=60/dataset=0190-aa/year=2026/month=11/day=27.parquet"
SHORT = timedelta(seconds=3)


def on(server, secret=None, key=None, region=None, url=None):
    return open_objects(
        url or f"s3://{server.bucket}/kept/here",
        endpoint=server.url,
        region=region or server.region,
        access_key_id=key or server.key,
        secret_access_key=SecretStr(secret or server.secret),
        patience=SHORT,
    )


@pytest_asyncio.fixture
async def server():
    async with LocalS3(page=3) as opened:
        yield opened


@pytest_asyncio.fixture(params=["memory", "folder", "s3"])
async def objects(request, tmp_path):
    async with AsyncExitStack() as stack:
        match request.param:
            case "memory":
                yield open_objects("memory:///")
            case "folder":
                yield open_objects(f"file://{tmp_path}/a folder/archive")
            case "s3":
                yield on(await stack.enter_async_context(LocalS3(page=3)))


async def listed(objects, folder):
    return sorted([name async for name in objects.names(folder)])


async def test_what_is_put_is_read_back_whole_and_in_parts(objects):
    data = bytes(range(256)) * 100
    await objects.put(NAME, data)
    assert bytes(await objects.get(NAME)) == data
    await objects.put("another", b"another")
    wanted = [(NAME, 10, 20), ("another", 0, 3), (NAME, 25_590, 25_600), (NAME, 0, 4), ("another", 3, 7)]
    expected = [data[10:20], b"ano", data[25_590:], data[:4], b"ther"]
    assert [bytes(part) for part in await objects.parts(wanted)] == expected
    assert await objects.parts([]) == []


async def test_a_part_ends_where_the_object_does(objects):
    await objects.put(NAME, b"0123456789")
    assert [bytes(part) for part in await objects.parts([(NAME, 5, 1000)])] == [b"56789"]


async def test_what_is_put_again_is_the_new(objects):
    await objects.put(NAME, b"the old, which is longer")
    await objects.put(NAME, b"the new")
    assert bytes(await objects.get(NAME)) == b"the new"


async def test_names_are_listed_by_folder_however_many_there_are(objects):
    names = [f"bars/width=60/dataset=a/day={day:02}.parquet" for day in range(1, 12)]
    await asyncio.gather(*(objects.put(name, b"x") for name in [*names, "bars/width=60/dataset=ab/day=01.parquet"]))
    assert await listed(objects, "bars/width=60/dataset=a") == names
    assert len(await listed(objects, "bars")) == 12
    assert await listed(objects, "nothing/here") == []


async def test_what_is_deleted_is_gone_and_may_be_deleted_again(objects):
    await objects.put(NAME, b"x")
    await objects.put(f"{NAME}.other", b"y")
    await objects.delete(NAME)
    await objects.delete(NAME)
    assert await listed(objects, "bars") == [f"{NAME}.other"]


async def test_what_is_not_there_is_told_so(objects):
    for asking in (objects.get(NAME), objects.parts([(NAME, 0, 5)])):
        with pytest.raises(ObjectNotFound, match="no such object: cannot read bars/width=60"):
            await asking


async def test_an_object_in_a_folder_is_a_file_of_its_name(tmp_path):
    await open_objects(f"file://{tmp_path}/new").put(NAME, b"x")
    assert [path.relative_to(tmp_path / "new").as_posix() for path in tmp_path.rglob("*.parquet")] == [NAME]


async def test_a_folder_that_cannot_be_written_is_told_of(tmp_path):
    objects = open_objects(f"file://{tmp_path}")
    (tmp_path / "bars").write_text("a file where a folder should be")
    with pytest.raises(ArchiveUnavailable, match="cannot write bars/width=60"):
        await objects.put(NAME, b"x")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"secret": "another-secret"}, "403 SignatureDoesNotMatch"),
        ({"key": "AKIDOTHER"}, "403 InvalidAccessKeyId"),
        ({"region": "us-west-2"}, "400 AuthorizationHeaderMalformed"),
        ({"url": "s3://another-bucket"}, "404 NoSuchBucket"),
    ],
)
async def test_what_the_server_refuses_is_told_by_its_code_and_without_the_secret(server, wrong, code):
    objects = on(server, **wrong)
    with pytest.raises(ArchiveUnavailable) as refused:
        await objects.put(NAME, b"x")
    told = str(refused.value)
    assert "cannot write bars/" in told
    assert code in told, told
    assert server.objects == {}
    for secret in (server.secret, "another-secret"):
        assert secret not in told
        assert secret not in repr(objects)
        assert secret not in repr(refused.value.__cause__)


async def test_a_server_that_is_not_there_is_told_of(server):
    objects = on(replace(server, url="http://127.0.0.1:1"))
    with pytest.raises(ArchiveUnavailable, match="s3://bars/kept/here: cannot read"):
        await objects.get(NAME)


@pytest.mark.parametrize("failures", [[503, 503], ["cut"], [500, "cut", 503]])
async def test_what_fails_for_a_moment_is_done_again(server, failures):
    objects = on(server)
    server.failing.extend(failures)
    await objects.put(NAME, b"0123456789")
    assert server.objects == {f"kept/here/{NAME}": b"0123456789"}
    assert len(server.asked) == len(failures) + 1
    server.failing.extend(failures)
    assert bytes(await objects.get(NAME)) == b"0123456789"
    server.failing.extend(failures)
    assert [bytes(part) for part in await objects.parts([(NAME, 2, 4)])] == [b"23"]


async def test_an_answer_that_breaks_off_is_never_taken_for_the_object(server):
    objects, data = on(server), bytes(range(256)) * 4000
    await objects.put(NAME, data)
    server.failing.append("half")
    assert bytes(await objects.get(NAME)) == data


async def test_a_server_that_fails_for_long_is_told_of(server):
    server.failing.extend([503] * 100)
    with pytest.raises(ArchiveUnavailable, match="503 SlowDown"):
        await on(server).put(NAME, b"x")


async def test_only_what_is_asked_for_is_sent(server):
    objects = on(server)
    await objects.put(NAME, bytes(5_000_000))
    await objects.parts([(NAME, at, at + 10) for at in (0, 3_000_000, 3_000_100)])
    assert sorted(each.headers["range"] for each in server.asked[1:]) == ["bytes=0-9", "bytes=3000000-3000109"]


def test_other_places_are_refused_by_their_form():
    for url in ("", "archive", "file://host/folder", "gs://bucket", "s3:///prefix", "s3://key:secret@bucket"):
        with pytest.raises(ValueError, match=r"file:///folder or s3://bucket/prefix$"):
            open_objects(url)


def test_signatures_are_those_of_amazons_own_example():
    # "Example: GET Object" of the page named in server.py.
    headers = {
        "host": "examplebucket.s3.amazonaws.com",
        "range": "bytes=0-9",
        "x-amz-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-amz-date": "20130524T000000Z",
    }
    request = Request("GET", "/test.txt", headers)
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    signature, _ = signature_of(request, ";".join(headers), "20130524/us-east-1/s3/aws4_request", secret)
    assert signature == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"


async def test_the_server_of_these_tests_refuses_what_was_altered_on_its_way_and_what_is_stale(server):
    await on(server).put(NAME, b"as it was signed")
    [signed] = server.asked
    server.check(signed)
    altered = [
        (replace(signed, headers=signed.headers | {"host": "elsewhere"}), "SignatureDoesNotMatch"),
        (replace(signed, method="DELETE"), "SignatureDoesNotMatch"),
        (replace(signed, target=signed.target.replace("day%3D27", "day%3D28")), "SignatureDoesNotMatch"),
        (replace(signed, target=signed.target + "?uploads"), "SignatureDoesNotMatch"),
        (replace(signed, body=b"as it was altered"), "XAmzContentSHA256Mismatch"),
        (replace(signed, headers=signed.headers | {"x-amz-acl": "public-read"}), "AccessDenied"),
        (replace(signed, headers={k: v for k, v in signed.headers.items() if k != "authorization"}), "AccessDenied"),
    ]
    for request, code in altered:
        with pytest.raises(Refused) as refused:
            server.check(request)
        assert refused.value.code == code
    server.ahead = timedelta(minutes=16)
    with pytest.raises(Refused) as refused:
        server.check(signed)
    assert (refused.value.status, refused.value.code) == (403, "RequestTimeTooSkewed")
