"""All that is kept about oneself, in an archive that is whole, one's own, and says what is in it."""

import hashlib
import json
import stat
import zipfile

import pytest


def files_of(path):
    """What lies in the archive, by name."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            return {name: archive.read(name) for name in archive.namelist()}
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


@pytest.mark.parametrize("to", ["mine.zip", "mine"])
def test_an_archive_holds_every_file_and_a_manifest_that_agrees(me, home, portfolio, to):
    said = me("account", "export", to)
    assert said.code == 0, said.err
    files = files_of(home / to)
    manifest = json.loads(files.pop("manifest.json"))
    assert set(files) == {"account.ndjson", "sessions.ndjson", "portfolios.ndjson", "datasets/d-1/prices.csv"}
    assert files["sessions.ndjson"] == b'{"n":0}\n{"n":1}\n'
    assert portfolio["id"].encode() in files["portfolios.ndjson"]
    stated = {file["name"]: (file["rows"], file["bytes"], file["sha256"]) for file in manifest["files"]}
    for name, content in files.items():
        rows = content.count(b"\n") - name.endswith(".csv")
        assert stated.pop(name) == (rows, len(content), hashlib.sha256(content).hexdigest())
    assert not stated
    assert manifest["user_id"]


@pytest.mark.parametrize("to", ["mine.zip", "mine"])
def test_an_archive_is_readable_by_its_owner_alone(me, home, to):
    me("account", "export", to)
    assert stat.S_IMODE((home / to).stat().st_mode) & 0o077 == 0


def test_what_is_there_is_not_written_over(me, home):
    (home / "mine.zip").write_text("precious")
    said = me("account", "export", "mine.zip")
    assert said.code == 1
    assert "there already" in said.err
    assert (home / "mine.zip").read_text() == "precious"


@pytest.mark.parametrize("who", ["unlucky@example.com", "victim@example.com"])
@pytest.mark.parametrize("to", ["mine.zip", "mine"])
def test_an_export_that_fails_leaves_nothing_behind_nor_anything_elsewhere(qpo, home, who, to):
    qpo("login", who)
    before = sorted(home.iterdir())
    assert qpo("account", "export", to).code != 0
    assert sorted(home.iterdir()) == before
    assert not (home.parent / "prices.csv").exists()
