import json
import stat
import subprocess
import sys

import pytest


@pytest.fixture
def profile(home):
    return home / "config" / "qpo" / "default.json"


def test_who_registers_is_logged_in(qpo, edge):
    assert qpo("register", "new@example.com").code == 0
    said = qpo("whoami")
    assert "new@example.com" in said.out
    assert "read:portfolio, write:portfolio" in said.out


def test_the_profile_can_be_read_by_its_owner_alone(me, profile):
    assert stat.S_IMODE(profile.stat().st_mode) == 0o600
    assert stat.S_IMODE(profile.parent.stat().st_mode) == 0o700


def test_a_profile_that_others_may_read_is_refused(me, profile):
    profile.chmod(0o644)
    said = me("whoami")
    assert said.code == 1
    assert "chmod 600" in said.err


def test_a_damaged_profile_is_named(me, profile):
    profile.write_text("{")
    assert "is damaged" in me("whoami").err


def test_a_token_near_its_end_is_renewed_before_the_call(qpo, profile):
    qpo("login", "brief@example.com")
    before = json.loads(profile.read_text())["login"]
    assert qpo("whoami").code == 0
    after = json.loads(profile.read_text())["login"]
    assert after["access_token"] != before["access_token"]
    assert after["refresh_token"] != before["refresh_token"]
    assert qpo("whoami").code == 0


def test_a_renewal_whose_answer_is_lost_is_asked_for_again_and_nobody_is_logged_out(qpo):
    qpo("login", "brief-lost@example.com")
    assert [qpo("whoami").code for _ in range(2)] == [0, 0]


def test_two_commands_at_once_spend_a_refresh_token_once(qpo):
    qpo("login", "brief@example.com")
    command = [sys.executable, "-m", "clients.cli", "whoami"]
    both = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(30) for process in both] == [0, 0]


def test_a_spent_refresh_token_asks_for_a_login(qpo, profile):
    qpo("login", "brief@example.com")
    kept = profile.read_text()
    qpo("whoami")
    profile.write_text(kept)
    said = qpo("whoami")
    assert said.code == 26
    assert "qpo login" in said.err


def test_logout_revokes_and_forgets(me, profile):
    assert me("logout").code == 0
    assert not profile.exists()
    said = me("whoami")
    assert said.code == 1
    assert "you are not logged in" in said.err


def test_logging_out_twice_is_no_error(me):
    me("logout")
    assert me("logout").code == 0


def test_a_token_is_not_sent_to_another_host(me):
    said = me("whoami", "--edge", "http://localhost:1")
    assert said.code == 1
    assert "you are logged in at" in said.err


def test_a_wrong_password_exits_with_unauthenticated(qpo, monkeypatch):
    monkeypatch.setenv("QPO_PASSWORD", "wrong")
    said = qpo("login", "me@example.com")
    assert said.code == 26
    assert "email or password is wrong" in said.err
    assert "BAD_CREDENTIALS" in said.err


def test_a_password_comes_from_a_file(qpo, home, monkeypatch):
    monkeypatch.delenv("QPO_PASSWORD")
    (home / "secret").write_text("correct horse battery\n")
    assert qpo("login", "me@example.com", "--password-file", "secret").code == 0


def test_a_password_comes_from_standard_input(program):
    said = program("login", "me@example.com", "--password-stdin", stdin="correct horse battery\n")
    assert said.code == 0, said.err


def test_without_a_terminal_a_missing_password_is_told_not_asked_for(program, monkeypatch):
    monkeypatch.delenv("QPO_PASSWORD")
    said = program("login", "me@example.com")
    assert said.code == 1
    assert "--password-stdin" in said.err


def test_a_password_is_asked_for_twice_when_an_account_is_made(qpo, monkeypatch):
    monkeypatch.delenv("QPO_PASSWORD")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    answers = iter(["correct horse battery", "another"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    said = qpo("register", "new@example.com")
    assert said.code == 1
    assert "the two passwords differ" in said.err


def test_there_is_no_option_for_a_password(qpo):
    assert qpo("login", "me@example.com", "--password", "x").code == 2


def test_profiles_are_kept_apart(me):
    assert me("login", "other@example.com", "--profile", "work").code == 0
    assert "other@example.com" in me("whoami", "--profile", "work").out
    assert "me@example.com" in me("whoami").out


def test_a_profile_name_cannot_leave_its_folder(qpo):
    assert qpo("whoami", "--profile", "../x").code == 1


def test_a_login_asks_for_a_code_where_there_is_a_second_factor(qpo, monkeypatch):
    monkeypatch.delenv("QPO_CODE")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: "123456")
    assert qpo("login", "twice@example.com").code == 0
    assert "twice@example.com" in qpo("whoami").out


def test_a_wrong_code_logs_nobody_in(qpo, monkeypatch):
    monkeypatch.setenv("QPO_CODE", "654321")
    said = qpo("login", "twice@example.com")
    assert said.code == 26
    assert "SECOND_FACTOR_WRONG" in said.err
    assert qpo("whoami").code == 1


def test_without_a_terminal_a_missing_code_is_told_not_asked_for(program, monkeypatch):
    monkeypatch.delenv("QPO_CODE")
    said = program("login", "twice@example.com")
    assert said.code == 1
    assert "QPO_CODE" in said.err


def test_a_second_factor_is_shown_and_confirmed_and_recovery_codes_alone_are_printed(me):
    said = me("account", "second-factor", "on")
    assert said.code == 0
    assert "otpauth://totp/QPO:me" in said.err
    assert "JBSWY3DPEHPK3PXP" in said.err
    assert "JBSWY3DPEHPK3PXP" not in said.out
    assert len(me("account", "second-factor", "on", "-o", "json").json["recovery_codes"]) == 10
