import pytest
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.settings import DatabaseSettings, ServiceSettings, VaultSettings, load


class GadgetSettings(ServiceSettings, DatabaseSettings):
    model_config = SettingsConfigDict(env_prefix="QPO_GADGET_")


GOOD = {
    "QPO_GADGET_PORT": "7009",
    "QPO_GADGET_METRICS_PORT": "7109",
    "QPO_GADGET_AUTH_ADDRESS": "127.0.0.1:7001",
    "QPO_GADGET_DATABASE_URL": "postgresql://qpo_gadget:hunter2@/qpo",
    "QPO_GADGET_PAGE_TOKEN_KEY_FILE": "/run/keys/page.key",
}


@pytest.fixture
def environment(monkeypatch):
    def put(**changes):
        for name, value in (GOOD | changes).items():
            monkeypatch.setenv(name, value) if value is not None else monkeypatch.delenv(name, raising=False)

    return put


def test_settings_come_from_the_environment(environment):
    environment()
    settings = load(GadgetSettings)
    assert (settings.port, settings.pool_size, settings.issuer) == (7009, 8, "https://auth.qpo")
    assert settings.migration_url is None


def test_all_bad_settings_are_named_at_once_by_their_variables(environment, capsys):
    environment(QPO_GADGET_PORT="high", QPO_GADGET_AUTH_ADDRESS=None, QPO_GADGET_LOG_LEVEL="loud")
    with pytest.raises(SystemExit) as stopped:
        load(GadgetSettings)
    said = capsys.readouterr().err
    assert stopped.value.code == 2
    for name in ("QPO_GADGET_PORT", "QPO_GADGET_AUTH_ADDRESS", "QPO_GADGET_LOG_LEVEL"):
        assert name in said
    assert "QPO_GADGET_METRICS_PORT" not in said


def test_a_bad_secret_is_not_repeated(environment, capsys):
    environment(QPO_GADGET_POOL_SIZE="hunter2")
    with pytest.raises(SystemExit):
        load(GadgetSettings)
    assert "hunter2" not in capsys.readouterr().err


def test_what_the_environment_leaves_out_comes_from_files_of_that_name(environment, monkeypatch, tmp_path):
    environment(QPO_GADGET_DATABASE_URL=None)
    for folder, content in (("theirs", "postgresql://first@/qpo"), ("ours", "postgresql://second@/qpo\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "QPO_GADGET_DATABASE_URL").write_text(content)
    monkeypatch.setenv("QPO_SECRETS_DIR", f"{tmp_path / 'theirs'}:{tmp_path / 'ours'}")
    assert load(GadgetSettings).database_url.get_secret_value() == "postgresql://second@/qpo"
    environment()
    assert load(GadgetSettings).database_url.get_secret_value() == GOOD["QPO_GADGET_DATABASE_URL"]


def test_a_database_url_does_not_show_in_a_dump(environment):
    environment()
    assert "hunter2" not in repr(load(GadgetSettings))


class Vaulted(VaultSettings, BaseSettings):
    model_config = SettingsConfigDict(env_prefix="QPO_GADGET_")


KEYRING, KEY = ("QPO_GADGET_KEYRING_FILE", "/run/keys/keyring.json"), ("QPO_GADGET_KMS_KEY", "alias/qpo")
PRODUCTION = ("QPO_GADGET_PRODUCTION", "true")


@pytest.mark.parametrize("told", [[KEYRING], [KEY], [PRODUCTION, KEY]])
def test_keys_are_wrapped_by_a_file_or_by_aws_kms(monkeypatch, told):
    for variable in told:
        monkeypatch.setenv(*variable)
    settings = load(Vaulted)
    assert (settings.keyring_file is None) != (settings.kms_key is None)


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ([], "QPO_GADGET_KMS_KEY"),
        ([KEYRING, KEY], "QPO_GADGET_KMS_KEY"),
        ([PRODUCTION], "QPO_GADGET_KMS_KEY"),
        ([PRODUCTION, KEYRING], "QPO_GADGET_KEYRING_FILE"),
        ([PRODUCTION, KEYRING, KEY], "QPO_GADGET_KEYRING_FILE"),
    ],
)
def test_neither_both_and_a_file_in_production_are_refused(monkeypatch, capsys, told, named):
    for variable in told:
        monkeypatch.setenv(*variable)
    with pytest.raises(SystemExit):
        load(Vaulted)
    assert named in capsys.readouterr().err
