import json
import stat
import subprocess
import sys

import pytest

from clients.cli.profile import Profile, ProfileFile, StoredLogin, current

FIRST_RELEASE = {
    "edge": "http://127.0.0.1:1",
    "email": "old@example.com",
    "access_token": "access-old",
    "refresh_token": "refresh-old",
    "access_expires_at": 4e9,
}


@pytest.fixture
def folder(home):
    return home / "config" / "qpo"


def test_what_is_set_is_shown(qpo):
    assert qpo("profile", "set", "work", "--edge", "http://127.0.0.1:9", "--dataset", "mine", "-o", "yaml").code == 0
    shown = qpo("profile", "show", "work", "-o", "json").json
    assert (shown["edge"], shown["dataset"], shown["output"]) == ("http://127.0.0.1:9", "mine", "yaml")
    assert "http://127.0.0.1:9" in qpo("profile", "list").out


def test_nothing_to_set_is_a_usage_error(qpo):
    assert qpo("profile", "set", "work").code == 2


def test_an_empty_text_takes_a_setting_back(qpo):
    qpo("profile", "set", "work", "--dataset", "mine", "--edge", "http://127.0.0.1:9")
    qpo("profile", "set", "work", "--dataset", "")
    assert qpo("profile", "show", "work", "-o", "json").json["dataset"] == ""


def test_the_chosen_profile_is_used_until_another_is(me):
    me("login", "other@example.com", "--profile", "work")
    assert me("profile", "use", "work").code == 0
    assert "other@example.com" in me("whoami").out
    assert "me@example.com" in me("whoami", "--profile", "default").out
    me("profile", "use", "default")
    assert "me@example.com" in me("whoami").out


def test_the_environment_chooses_before_the_file(me, monkeypatch):
    me("login", "other@example.com", "--profile", "work")
    monkeypatch.setenv("QPO_PROFILE", "work")
    assert "other@example.com" in me("whoami").out


def test_an_unknown_profile_is_answered_with_those_there_are(me):
    said = me("profile", "use", "wrok")
    assert said.code == 1
    assert "default" in said.err


def test_a_deleted_profile_is_gone(me, folder):
    assert me("profile", "delete", "default").code == 0
    assert not (folder / "default.json").exists()
    assert "you are not logged in" in me("whoami").err


def test_no_command_prints_a_token(me, folder):
    tokens = json.loads((folder / "default.json").read_text())["login"]
    for line in (["profile", "list"], ["profile", "show"], ["whoami"], ["account", "refresh"]):
        for form in ("table", "json", "yaml"):
            said = me(*line, *([] if line[0] == "account" else ["-o", form]))
            assert tokens["access_token"] not in said.out + said.err
            assert tokens["refresh_token"] not in said.out + said.err


def test_a_login_shows_no_token_in_its_repr():
    assert "secret" not in repr(Profile(login=StoredLogin("e", "m", "secret-a", "secret-r", 0.0)))


def test_every_file_of_the_folder_is_its_owners_alone(me, folder):
    me("profile", "use", "default")
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.glob("*") if path.suffix != ".lock"} == {0o600}


def test_a_login_of_the_first_release_is_taken_over(qpo, folder):
    folder.mkdir(parents=True, mode=0o700)
    (folder / "default.json").write_text(json.dumps(FIRST_RELEASE))
    (folder / "default.json").chmod(0o600)
    assert qpo("profile", "show", "-o", "json").json["email"] == "old@example.com"
    assert ProfileFile().settings().login.access_token == "access-old"
    qpo("profile", "set", "--dataset", "mine")
    stored = json.loads((folder / "default.json").read_text())
    assert stored["login"]["refresh_token"] == "refresh-old"


def test_logging_out_leaves_what_else_was_set(me, folder):
    me("profile", "set", "--dataset", "mine")
    me("logout")
    assert json.loads((folder / "default.json").read_text()) == {
        "edge": "", "ca_file": "", "dataset": "mine", "output": "", "login": None,
    }  # fmt: skip


def test_a_default_dataset_stands_in_for_one_that_is_not_named(me):
    assert me("prices", "instruments").code == 2
    assert "which dataset?" in me("optimize").err
    me("profile", "set", "--dataset", "mine")
    assert "AAPL" in me("prices", "instruments").out
    assert me("optimize").code == 0
    assert me("portfolio", "create", "Mine", "-o", "json").json["portfolio"]["strategy"]["dataset"] == "mine"


def test_a_default_output_is_followed_unless_told_otherwise(me):
    me("profile", "set", "--output", "json")
    assert me("whoami").json["user"]["email"] == "me@example.com"
    assert "│ email" in me("whoami", "-o", "table").out


def test_the_profiles_edge_is_used_where_none_is_given(qpo, edge, monkeypatch):
    monkeypatch.delenv("QPO_EDGE")
    qpo("profile", "set", "--edge", edge)
    assert qpo("login", "me@example.com").code == 0
    assert edge in qpo("whoami").out


def test_an_address_that_is_none_is_told_when_it_is_set(qpo):
    assert "is no address of an edge" in qpo("profile", "set", "--edge", "ftp://x").err


def test_a_missing_certificate_file_is_told_when_it_is_set(qpo):
    assert "there is no file" in qpo("profile", "set", "--ca-file", "nowhere.pem").err


def test_the_current_profile_is_default_until_one_is_chosen(folder):
    assert current(folder) == "default"


def test_a_setting_waits_for_a_token_that_is_being_renewed(me, folder):
    file = ProfileFile()
    with file.locked():
        command = [sys.executable, "-m", "clients.cli", "profile", "set", "--dataset", "mine"]
        setting = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        with pytest.raises(subprocess.TimeoutExpired):
            setting.wait(1.5)
        file.log_in(StoredLogin("http://127.0.0.1:1", "me@example.com", "next-a", "next-r", 4e9))
    assert setting.wait(20) == 0
    profile = file.settings()
    assert (profile.dataset, profile.login.refresh_token) == ("mine", "next-r")
