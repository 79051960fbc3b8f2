"""How a secret gets into a command: asked for, or by environment, file or stdin. Never as an argument, which every
user of the machine could read in the list of processes.
"""

import getpass
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from cyclopts import Group, Parameter

from clients.cli.problem import Problem

_GROUP = Group("Password", sort_key=50, help="Without any of these, QPO_PASSWORD is taken, or you are asked.")


@Parameter(name="*", group=_GROUP)
@dataclass(frozen=True, kw_only=True)
class PasswordFrom:
    """Where the password comes from."""

    password_stdin: bool = False
    """Read the password from standard input, up to the first line's end."""
    password_file: Path | None = None
    """Read the password from this file's first line."""

    def read(self, *, confirm: bool = False) -> str:
        """The password. Raises Problem if there is none to be had."""
        if self.password_stdin:
            return _filled(sys.stdin.readline(), "standard input")
        if self.password_file is not None:
            return first_line(self.password_file)
        if given := os.environ.get("QPO_PASSWORD"):
            return given
        if not sys.stdin.isatty():
            raise Problem("no password", [("--password-stdin", "give it there, in --password-file or QPO_PASSWORD")])
        return _asked(confirm=confirm)


ASK = PasswordFrom()


def code_of_app() -> str:
    """The code of a second factor: QPO_CODE, or asked for. Raises Problem if there is none to be had."""
    if given := os.environ.get("QPO_CODE"):
        return given
    if not sys.stdin.isatty():
        mend = "the authenticator app's present code, or a recovery code; at a terminal you are asked for it"
        raise Problem("a code of the second factor is wanted", [("QPO_CODE", mend)])
    return getpass.getpass("Code of your authenticator app: ")


def first_line(path: Path) -> str:
    """A secret's file: its first line, without the newline. Raises Problem if it is missing or empty."""
    try:
        with path.open(encoding="utf-8") as file:
            return _filled(file.readline(), str(path))
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}") from None


def _filled(line: str, origin: str) -> str:
    secret = line.rstrip("\r\n")
    if not secret:
        raise Problem(f"{origin} holds no password")
    return secret


def _asked(*, confirm: bool) -> str:
    password = getpass.getpass("Password: ")
    if confirm and getpass.getpass("Once more: ") != password:
        raise Problem("the two passwords differ", [("", "type the same one twice")])
    return password
