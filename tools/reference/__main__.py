"""`python -m tools.reference`: start a PostgreSQL, migrate every schema, write the tables of docs/."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from stack.postgres import Postgres
from stack.process import running
from tools.reference import pages, schema


def main() -> None:
    """Run from the command line."""
    folder = Path(tempfile.mkdtemp(prefix="qpo-docs-"))
    server = Postgres(folder / "data", folder / "socket", durable=False)
    try:
        with running(server, folder / "postgres.log"):
            schema.migrate_all(server.url())
            for page in pages.write(pages.pages(), server.url()):
                print(f"wrote {page.relative_to(pages.ROOT)}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
