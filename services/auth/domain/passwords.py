"""Which passwords are refused. Length is what the contract says; what is refused besides is what is guessed first."""

from __future__ import annotations

from typing import Final

from services.auth.domain.errors import WeakPassword
from services.auth.domain.guessable import pieces, plain, repeats_itself
from services.auth.domain.user import normalized

SHORTEST: Final = 12
LONGEST: Final = 128
FEWEST_PIECES: Final = 6
# A shorter name says too little to be held against a password that happens to contain it.
SHORTEST_NAME: Final = 4


def refuse_weak(password: str, email: str) -> None:
    """Return if the password may be used for this address; raises WeakPassword that says why not."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPassword(f"the password must have {SHORTEST} to {LONGEST} characters")
    if _names_owner(password, email):
        raise WeakPassword("the password contains the email address; choose one that does not")
    if repeats_itself(password):
        raise WeakPassword("the password is a short text repeated; choose one that is not")
    if pieces(password) < FEWEST_PIECES:
        raise WeakPassword("the password is made of common words, years or keyboard rows; add words or characters")


def _names_owner(password: str, email: str) -> bool:
    address = normalized(email)
    name = address.partition("@")[0]
    clear = plain(password)
    return address in clear or (len(name) >= SHORTEST_NAME and name in clear)
