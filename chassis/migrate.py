"""Migrates a service's schema and ends: `python -m chassis.migrate SERVICE FOLDER`.

A Job's program, before the release that needs the schema is rolled out. It is told what the service would be,
QPO_<SERVICE>_MIGRATION_URL and QPO_<SERVICE>_DATABASE_URL: as the former's role it works, the password in the latter
becomes that of the service's own role.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.logging import configure
from chassis.migrations import migrate
from chassis.postgres import password_of
from chassis.settings import load


class MigrationSettings(BaseSettings):
    """What is needed of the service's own settings."""

    migration_url: SecretStr = Field(description="postgresql://… of a role that may create schemas and roles")
    database_url: SecretStr = Field(description="postgresql://… of the service's own role, which has no DDL")


def main(service: str, folder: Path) -> None:
    """Brings the schema to the newest revision in `folder`/versions; does nothing if it is there."""
    configure(service, "info", "migration")
    config = SettingsConfigDict(env_prefix=f"QPO_{service.upper()}_")
    settings = load(_with(config))
    password = password_of(settings.database_url.get_secret_value())
    asyncio.run(migrate(settings.migration_url.get_secret_value(), service, folder, password=password))


def _with(config: SettingsConfigDict) -> type[MigrationSettings]:
    return type("MigrationSettings", (MigrationSettings,), {"model_config": config, "__module__": __name__})


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]))
