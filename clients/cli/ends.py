"""A floor and a cap as they are typed: MIN:MAX."""

from clients.cli.by_symbol import number
from clients.cli.problem import USAGE, Problem


def ends(text: str, option: str, whole: str, form: str) -> tuple[float | None, float | None]:
    """MIN:MAX, either of which may be left out. Raises Problem, showing the form of the whole, if it is none."""
    low, colon, high = text.partition(":")
    try:
        both = (number(low) if low else None), (number(high) if high else None)
    except ValueError:
        colon = ""
    if not colon:
        raise unread(option, whole, form)
    return both


def unread(option: str, text: str, form: str) -> Problem:
    """What was typed after an option and cannot be read, and how to write it."""
    return Problem(f"cannot read {text!r}", [(option, f"write it as {form}")], exit_code=USAGE)
