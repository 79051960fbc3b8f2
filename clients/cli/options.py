"""The options that every command has."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

from cyclopts import Group, Parameter

from clients.cli.output import Format
from clients.cli.problem import USAGE, Problem
from clients.cli.profile import ProfileFile
from clients.cli.where import Trust, authority_of, edge_of

if TYPE_CHECKING:
    from clients.cli.connection import Edge

ALWAYS = Group("Options of every command", sort_key=100)

Flag = Annotated[bool, Parameter(negative=())]
DryRun = Annotated[bool, Parameter(name=["--dry-run", "--validate-only"], negative=())]


@Parameter(name="*", group=ALWAYS)
@dataclass(frozen=True, kw_only=True)
class Options:
    """The options that every command has."""

    edge: Annotated[str, Parameter(env_var="QPO_EDGE")] = ""
    """Address of the platform. Without it: the profile's, where you are logged in, or the mesh of `qpo up` here."""
    ca_file: Annotated[Path | None, Parameter(name=["--ca-file", "--ca"], env_var="QPO_CA_FILE")] = None
    """PEM file of the authority that vouches for the platform. Without it: that of the mesh of `qpo up --tls` here, the
    profile's, or those that everybody trusts."""
    profile: Annotated[str, Parameter(env_var="QPO_PROFILE")] = ""
    """Name of the profile that keeps your login and defaults; without it the one that `qpo profile use` chose."""
    timeout: Annotated[float, Parameter(env_var="QPO_TIMEOUT")] = 30.0
    """Seconds after which a call without an answer is given up; without it 30."""
    output: Annotated[Format | None, Parameter(name=["--output", "-o"])] = None
    """How results are printed: table is for people, json and yaml are the API's own; without it as the profile says."""

    @property
    def profile_file(self) -> ProfileFile:
        """The file of the chosen profile."""
        return ProfileFile(self.profile)

    @property
    def url(self) -> str:
        """The edge that is meant."""
        return edge_of(self.edge, self.profile_file.settings())

    @property
    def format(self) -> Format:
        """How results are printed: as asked, else as the profile says, else as a table."""
        return self.output or format_of(self.profile_file.settings().output)

    def dataset(self, given: str) -> str:
        """The dataset that is named, or the profile's. Raises Problem if neither is."""
        chosen = given or self.profile_file.settings().dataset
        if not chosen:
            mend = "name one, or choose one for good: qpo profile set --dataset NAME; qpo prices datasets lists them"
            raise Problem("which dataset?", [("dataset", mend)], exit_code=USAGE)
        return chosen

    def open(self) -> "Edge":
        """A connection as the logged-in user, or by the key in QPO_API_KEY."""
        from clients.cli.connection import Edge, KeyInHand, Login

        url, key = self.url, os.environ.get("QPO_API_KEY")
        who = KeyInHand(key) if key else Login(self.profile_file, url)
        return Edge(url, who, timeout=self.timeout, trust=self.trust(url))

    def trust(self, url: str) -> Trust:
        """How the edge at `url` is believed."""
        return Trust(authority_of(self.ca_file, self.profile_file.settings(), url))


DEFAULTS = Options()


def format_of(text: str) -> Format:
    """A format by its name; a table if it is not one."""
    return next((known for known in get_args(Format) if known == text), "table")
