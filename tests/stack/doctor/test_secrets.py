"""Secrets that others could read."""

import pytest

from stack.doctor import secrets
from stack.settings import SECRETS_DIR
from tests.stack.doctor.conftest import verdicts, wrong


@pytest.fixture
def key(patient):
    path = patient.layout.secret_file("auth", "page_token_key")
    patient.layout.state.touch(mode=0o600)
    return path


def test_secrets_of_their_owner_alone_are_fine(patient, key):
    assert verdicts(secrets.secrets(patient)) == ["fine"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_named_with_how_to_close_it(patient, key, mode):
    key.chmod(mode)
    (found,) = wrong(secrets.secrets(patient))
    assert str(key) in found.detail
    assert found.fix == f"chmod 600 {key}"


def test_a_folder_of_keys_that_others_may_enter_is_wrong(patient, key):
    key.parent.chmod(0o755)
    (found,) = wrong(secrets.secrets(patient))
    assert found.fix == f"chmod 700 {key.parent}"


def test_a_record_that_others_may_read_is_wrong_for_it_may_hold_a_password(patient, key):
    patient.layout.state.chmod(0o644)
    assert str(patient.layout.state) in wrong(secrets.secrets(patient))[0].detail


def test_a_folder_of_secrets_that_the_environment_names_is_looked_at_too(patient, key, tmp_path, monkeypatch):
    given = tmp_path / "given"
    given.mkdir(mode=0o700)
    (given / "QPO_STACK_POSTGRES_URL").touch(mode=0o644)
    (given / "QPO_STACK_POSTGRES_URL").chmod(0o644)
    monkeypatch.setenv(SECRETS_DIR, str(given))
    assert "QPO_STACK_POSTGRES_URL" in wrong(secrets.secrets(patient))[0].detail
