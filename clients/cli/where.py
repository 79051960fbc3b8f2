"""Which edge is meant when nobody says."""

from clients.cli.connection import DEFAULT_EDGE
from clients.cli.profile import ProfileFile


def edge_of(given: str, file: ProfileFile) -> str:
    """The address given; else the one the profile is logged in at; else the laptop's default."""
    if given:
        return given.rstrip("/")
    profile = file.read()
    return profile.edge if profile else DEFAULT_EDGE
