"""Which edge is meant when nobody says."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from clients.cli.problem import Problem
from clients.cli.profile import Profile

DEFAULT_EDGE = "http://127.0.0.1:8080"


@dataclass(frozen=True)
class RunningMesh:
    """The mesh that `qpo up` runs on this machine."""

    edge: str
    auth: str
    bootstrap_secret: Path


def edge_of(given: str, profile: Profile) -> str:
    """The address given, the profile's, where it is logged in, that of the mesh that runs here: the first there is."""
    if chosen := given or profile.edge or (profile.login.edge if profile.login else ""):
        return chosen.rstrip("/")
    mesh = running_mesh()
    return mesh.edge if mesh else DEFAULT_EDGE


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
        from stack.layout import Layout
        from stack.record import Lock, Record
        from stack.settings import MeshSettings
    except ImportError:
        return None
    layout = Layout.of(MeshSettings().state_dir)
    addresses = Record.read(layout).addresses
    if addresses is None or not Lock.is_held(layout.lock):
        return None
    return RunningMesh(addresses.edge_url, addresses.service("auth"), layout.secrets("auth") / "bootstrap_secret")
