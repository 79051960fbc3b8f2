import stat
from datetime import UTC, datetime

import pytest

from stack import backup
from stack.backup import CannotBackUp, CannotRestore
from stack.mesh import Mesh
from stack.postgres import Postgres
from stack.sealed import Unsealed
from tests.stack import owner
from tests.stack.conftest import postgres_of

KEY = bytes(range(32))
NOW = datetime(2024, 5, 17, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(mesh, tmp_path_factory):
    """A backup of a mesh that holds a table of a thousand rows, a key and an archived file."""
    postgres_of(mesh.layout.root).execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n", "qpo")
    mesh.layout.secret_file("auth", "signing")
    archived = mesh.layout.data("archive") / "2024" / "bars.parquet"
    archived.parent.mkdir(parents=True)
    archived.write_bytes(b"bars")
    file = tmp_path_factory.mktemp("backups") / "one.qpo"
    backup.create(mesh.layout.root, file, KEY, NOW)
    return file


def test_a_backup_is_for_its_owner_alone_and_holds_nothing_in_clear(made, mesh):
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert mesh.layout.secret_file("auth", "signing").read_bytes() not in made.read_bytes()
    assert [each.name for each in made.parent.iterdir()] == [made.name]


def test_a_backup_can_be_looked_at_without_restoring_it(made):
    seen = []
    found = backup.check(made, KEY, seen.append)
    assert found.made_at == NOW
    assert found.size == seen[-1] > 1e6
    assert seen == sorted(seen)


def test_a_restored_cluster_has_the_rows_and_the_folder_the_keys(made, mesh, tmp_path):
    state = tmp_path / "state"
    found = backup.restore(made, KEY, state)
    assert found == backup.check(made, KEY)
    assert (state / "secrets/auth/signing").read_text() == mesh.layout.secret_file("auth", "signing").read_text()
    assert (state / "data/archive/2024/bars.parquet").read_bytes() == b"bars"
    assert stat.S_IMODE((state / "secrets/auth").stat().st_mode) == 0o700
    assert not list(state.glob(".restoring-*"))
    with Mesh(owner.settings(state)):
        assert postgres_of(state).execute("SELECT count(*), sum(n) FROM kept", "qpo").strip() == "1000|500500"


def test_a_backup_is_never_written_over(made, mesh):
    before = made.read_bytes()
    with pytest.raises(FileExistsError):
        backup.create(mesh.layout.root, made, KEY, NOW)
    assert made.read_bytes() == before


def test_a_folder_that_holds_a_mesh_is_never_restored_over(made, mesh):
    with pytest.raises(CannotRestore, match="holds a mesh"):
        backup.restore(made, KEY, mesh.layout.root)


def test_a_damaged_backup_leaves_nothing_behind(made, tmp_path):
    damaged = bytearray(made.read_bytes())
    damaged[-1] ^= 1
    (tmp_path / "damaged.qpo").write_bytes(damaged)
    with pytest.raises(Unsealed, match="damaged"):
        backup.restore(tmp_path / "damaged.qpo", KEY, tmp_path / "state")
    assert not list((tmp_path / "state/data").iterdir())
    assert not list((tmp_path / "state").glob(".restoring-*"))


def test_a_file_that_postgresql_gave_otherwise_is_found(mesh, tmp_path, monkeypatch):
    add = backup._Packer._add

    def bitten(packer, member, content):
        if member.name == "data/postgres/PG_VERSION":
            content.read(member.size)
            content = (mesh.layout.data("postgres") / "postmaster.opts").open("rb")
        add(packer, member, content)

    monkeypatch.setattr(backup._Packer, "_add", bitten)
    backup.create(mesh.layout.root, tmp_path / "bitten.qpo", KEY, NOW)
    with pytest.raises(Unsealed, match="PG_VERSION is not the file"):
        backup.check(tmp_path / "bitten.qpo", KEY)


def test_keys_that_change_meanwhile_spoil_the_backup(mesh, tmp_path):
    with pytest.raises(CannotBackUp, match="keys were changed"):
        backup.create(
            mesh.layout.root, tmp_path / "b.qpo", KEY, NOW, lambda _: mesh.layout.secret_file("auth", "another")
        )
    assert not list(tmp_path.iterdir())


def test_what_postgresql_refuses_is_told_and_nothing_is_written(mesh, tmp_path, monkeypatch):
    monkeypatch.setattr(Postgres, "url", lambda *_: "postgresql://nobody-knows@/postgres?host=/nowhere")
    with pytest.raises(CannotBackUp, match="pg_basebackup"):
        backup.create(mesh.layout.root, tmp_path / "b.qpo", KEY, NOW)
    assert not list(tmp_path.iterdir())


def test_without_a_mesh_there_is_nothing_to_back_up(tmp_path):
    with pytest.raises(CannotBackUp, match="no mesh runs"):
        backup.create(tmp_path / "state", tmp_path / "b.qpo", KEY, NOW)
