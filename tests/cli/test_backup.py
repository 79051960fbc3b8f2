import stat


def test_a_key_is_made_once(me, tmp_path):
    key = tmp_path / "backup.key"
    assert me("backup", "key", str(key)).code == 0
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_text()
    said = me("backup", "key", str(key))
    assert said.code == 1
    assert "is there already" in said.err
    assert key.read_text() == before


def test_without_a_mesh_one_is_told_to_start_it(me, tmp_path):
    key = tmp_path / "backup.key"
    me("backup", "key", str(key))
    asked = ("backup", "create", str(tmp_path / "b.qpo"), "--key-file", str(key), "--state-dir", str(tmp_path / "none"))
    said = me(*asked)
    assert said.code == 1
    assert "qpo up" in said.err


def test_what_is_no_backup_is_said_to_be_none(me, tmp_path):
    key, file = tmp_path / "backup.key", tmp_path / "letter.txt"
    me("backup", "key", str(key))
    file.write_text("Dear all")
    for asked in (("check", str(file)), ("restore", str(file), "--state-dir", str(tmp_path / "new"))):
        said = me("backup", *asked, "--key-file", str(key))
        assert said.code == 1
        assert "cannot be opened: that is no sealed file" in said.err


def test_a_missing_key_is_named(me, tmp_path):
    said = me("backup", "check", str(tmp_path / "b.qpo"), "--key-file", str(tmp_path / "none.key"))
    assert said.code == 1
    assert "none.key" in said.err
