"""`qpo backup`: everything of a mesh that cannot be made again, in one encrypted file; and the way back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.progress import DownloadColumn, Progress, SpinnerColumn, TextColumn, TransferSpeedColumn

from clients.cli.console import note, stderr, stdout
from clients.cli.mesh import Where, folder_of
from clients.cli.options import ALWAYS
from clients.cli.problem import Problem
from stack import backup, sealed

app = App(name="backup", help="Back the mesh of this machine up into one encrypted file, and restore it.")

KeyFile = Annotated[Path, Parameter(name="--key-file", env_var="QPO_BACKUP_KEY_FILE", group=ALWAYS)]
"""The file of the key, as `qpo backup key` made it."""


@app.command
def key(file: Path, /) -> None:
    """Make a key for backups: 256 random bits in a new file that nobody else can read.

    ```
    qpo backup key ~/qpo-backup.key
    ```

    Needs nothing else. Prints where it is. Keep a copy where neither this machine nor the backups are: without the key
    no backup can be opened, by anybody.

    Parameters
    ----------
    file
        Where to write it.
    """
    with _told():
        sealed.make_key(file)
    note(f"[green]✓[/] {file}: keep a copy of it apart from the backups")


@app.command
def create(file: Path, /, *, key_file: KeyFile, state_dir: Where = None) -> None:
    """Back up the mesh that runs here, while it works.

    ```
    qpo backup create monday.qpo --key-file ~/qpo-backup.key
    ```

    Needs a mesh that `qpo up` runs here, with its own PostgreSQL. Takes the database as it is at the end of the backup,
    the audit trail's signed heads, archived bars and all keys of the services, by AES-256-GCM; not Redis, whose content
    comes back from the database. Prints how much it was.

    Parameters
    ----------
    file
        Where to write it; a file that is not there yet.
    key_file
        The key, as `qpo backup key` made it.
    state_dir
        The state folder of the mesh; without it ./.qpo.
    """
    with _told(), _progress(f"backing up to {file.name}") as seen:
        made = backup.create(folder_of(state_dir), file, sealed.read_key(key_file), datetime.now(UTC), seen)
    note(f"[green]✓[/] {file}: {_content(made)}, {file.stat().st_size / 1e6:,.1f} MB encrypted")


@app.command
def check(file: Path, /, *, key_file: KeyFile) -> None:
    """Open all of a backup, to its last byte, and keep nothing of it.

    ```
    qpo backup check monday.qpo --key-file ~/qpo-backup.key
    ```

    Needs no mesh. Prints when it was made and how much it holds.

    Parameters
    ----------
    file
        The backup.
    key_file
        The key that it was made with.
    """
    with _told(file), _progress(f"opening {file.name}") as seen:
        found = backup.check(file, sealed.read_key(key_file), seen)
    stdout().print(f"{file}: whole, {_content(found)}, made {found.made_at:%Y-%m-%d %H:%M:%S} UTC", highlight=False)


@app.command
def restore(file: Path, /, *, key_file: KeyFile, state_dir: Where = None) -> None:
    """Put a backup into a new state folder, from where `qpo up` goes on.

    ```
    qpo backup restore monday.qpo --key-file ~/qpo-backup.key --state-dir restored
    qpo up --state-dir restored
    ```

    Needs a folder without a mesh. Prints as of when it is. Nothing is left behind unless all of it could be opened, and
    PostgreSQL's own manifest agrees.

    Parameters
    ----------
    file
        The backup.
    key_file
        The key that it was made with.
    state_dir
        A folder that holds no mesh yet; without it ./.qpo.
    """
    with _told(file), _progress(f"restoring {file.name}") as seen:
        found = backup.restore(file, sealed.read_key(key_file), folder_of(state_dir), seen)
    note(f"[green]✓[/] {_content(found)}, as of {found.made_at:%Y-%m-%d %H:%M:%S} UTC")
    note("  → start it with `qpo up`; whoever logged in later than that logs in again")


def _content(found: backup.Backup) -> str:
    return f"{found.files:,} files, {found.size / 1e6:,.1f} MB"


@contextmanager
def _told(file: Path | None = None) -> Iterator[None]:
    """Turns what went wrong into a Problem."""
    try:
        yield
    except sealed.Unsealed as error:
        raise Problem(f"{file} cannot be opened: {error}" if file else str(error)) from None
    except FileExistsError as error:
        raise Problem(f"{error.filename or error} is there already", [("FILE", "name a new one")]) from None
    except (backup.CannotBackUp, backup.CannotRestore) as error:
        raise Problem(str(error)) from None


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int], None]]:
    console = stderr()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda size: bar.update(task, completed=size)
