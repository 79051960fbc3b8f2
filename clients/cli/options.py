"""The options that every command has."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Group, Parameter

from clients.cli.connection import Edge, Login
from clients.cli.output import Format
from clients.cli.profile import ProfileFile
from clients.cli.where import edge_of

ALWAYS = Group("Options of every command", sort_key=100)


@Parameter(name="*", group=ALWAYS)
@dataclass(frozen=True, kw_only=True)
class Options:
    """The options that every command has."""

    edge: Annotated[str, Parameter(env_var="QPO_EDGE")] = ""
    """Address of the platform. Without it: where you are logged in, or the mesh that `qpo up` runs here."""
    profile: Annotated[str, Parameter(env_var="QPO_PROFILE")] = "default"
    """Name of the profile that keeps your login, in $XDG_CONFIG_HOME/qpo; without it `default`."""
    timeout: Annotated[float, Parameter(env_var="QPO_TIMEOUT")] = 30.0
    """Seconds after which a call without an answer is given up; without it 30."""
    output: Annotated[Format, Parameter(name=["--output", "-o"])] = "table"
    """How results are printed; json is the API's own, table is for people."""

    @property
    def profile_file(self) -> ProfileFile:
        """The file of the chosen profile."""
        return ProfileFile(self.profile)

    @property
    def url(self) -> str:
        """The edge that is meant."""
        return edge_of(self.edge, self.profile_file)

    def open(self) -> Edge:
        """A connection as the logged-in user."""
        return Edge(self.url, Login(self.profile_file, self.url), timeout=self.timeout)


DEFAULTS = Options()
