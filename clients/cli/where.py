"""Which edge is meant when nobody says."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from clients.cli.problem import Problem
from clients.cli.profile import Profile

DEFAULT_EDGE = "http://127.0.0.1:8080"
HERE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Trust:
    """How a server of an https address is believed, and what it is shown. Of files, '' is none."""

    authority: str = ""  # PEM of who vouches for it; none: those that everybody trusts
    own: str = ""  # PEM of a key and its certificate, for a server who asks who calls
    host: str = ""  # the name in its certificate; none: the address's


@dataclass(frozen=True)
class RunningMesh:
    """The mesh that `qpo up` runs on this machine."""

    edge: str
    auth: str
    bootstrap_secret: Path
    # With TLS: who vouches for the edge, and how its owner and auth believe each other.
    authority: str = ""
    at_auth: Trust | None = None


def edge_of(given: str, profile: Profile) -> str:
    """The address given, the profile's, where it is logged in, that of the mesh that runs here: the first there is."""
    if chosen := given or profile.edge or (profile.login.edge if profile.login else ""):
        return chosen.rstrip("/")
    mesh = running_mesh()
    return mesh.edge if mesh else DEFAULT_EDGE


def authority_of(given: Path | None, profile: Profile, url: str) -> str:
    """The PEM file of the authority that vouches for the edge at `url`: the one given, that of the mesh which runs
    here if the edge is its own, the profile's; empty: those that everybody trusts.
    """
    if given:
        return str(given)
    if parts_of(url).scheme != "https":
        return ""
    mesh = running_mesh()
    return mesh.authority if mesh and mesh.authority and is_here(url, mesh.edge) else profile.ca_file


def is_here(url: str, edge: str) -> bool:
    """True if both are one port of this machine."""
    one, other = parts_of(url), parts_of(edge)
    return {one.hostname, other.hostname} <= set(HERE) and one.port == other.port


def parts_of(url: str) -> SplitResult:
    """The parts of `http://host:port` (clear text, as also without a scheme) or `https://host:port`.

    Raises Problem on any other address.
    """
    parts = urlsplit(url if "//" in url else f"//{url}", scheme="http")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Problem(f"{url} is no address of an edge", [("--edge", f"write it like {DEFAULT_EDGE}")])
    return parts


def running_mesh() -> RunningMesh | None:
    """The mesh of this folder (or of QPO_STACK_STATE_DIR), if one runs; None also where `stack` is not installed."""
    try:
        from stack.identities import OWNER
        from stack.layout import Layout
        from stack.record import Lock, Record
        from stack.settings import MeshSettings
    except ImportError:
        return None
    layout = Layout.of(MeshSettings().state_dir)
    addresses = Record.read(layout).addresses
    if addresses is None or not Lock.is_held(layout.lock):
        return None
    where = addresses.edge_url, addresses.service("auth"), layout.secrets("auth") / "bootstrap_secret"
    if not addresses.tls:
        return RunningMesh(*where)
    owner, asked = layout.identity(OWNER), layout.identity("auth")
    authority = str(owner.authority)
    return RunningMesh(*where, authority, Trust(authority, str(owner.file), asked.host))
