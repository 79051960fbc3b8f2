"""The part of requirements.lock that one service's image needs: `python -m tools.image_lock portfolio`.

An image is installed from the very versions and hashes that the tests ran with, and from no others. Who needs whom is
what the lock's own comments say (`# via`). The standard library is enough: the build stage has nothing else yet.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PROJECT = "qpo"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VIA = re.compile(r"^    #(?: via|  ) +(\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Locked:
    """A package of the lock: its lines, and by whom it is needed."""

    lines: str
    needed_by: frozenset[str]


def main(service: str) -> None:
    """Prints the lock of a service's image."""
    print(image_lock(service), end="")


def image_lock(service: str) -> str:
    """The lines of the lock that the service's extra needs, directly or through others."""
    packages = locked((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = closure(roots(project, service), packages)
    return "".join(packages[name].lines for name in sorted(wanted))


def locked(text: str) -> Mapping[str, Locked]:
    """The lock's packages by name."""
    packages = {}
    for entry in re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]:
        packages[normal(entry)] = Locked(entry, frozenset(map(normal, _VIA.findall(entry))))
    return packages


def roots(project: Mapping[str, Any], extra: str) -> set[str]:
    """What the project needs by itself and with an extra."""
    extras = project["optional-dependencies"]
    return named(project["dependencies"], extras) | named(extras[extra], extras)


def named(requirements: Iterable[str], extras: Mapping[str, list[str]]) -> set[str]:
    """The packages of a list of requirements; our own extras are replaced by what they hold."""
    names = set()
    for requirement in requirements:
        if inner := re.match(rf"{PROJECT}\[(.+)\]", requirement):
            names |= named([one for extra in inner[1].split(",") for one in extras[extra]], extras)
        else:
            names.add(normal(requirement))
    return names


def closure(wanted: set[str], packages: Mapping[str, Locked]) -> set[str]:
    """What is wanted, and everything that the lock holds because of it."""
    while more := {name for name, package in packages.items() if package.needed_by & wanted} - wanted:
        wanted = wanted | more
    return wanted


def normal(text: str) -> str:
    """The name that a requirement begins with, as registries compare it."""
    found = _NAME.match(text)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


if __name__ == "__main__":
    main(sys.argv[1])
