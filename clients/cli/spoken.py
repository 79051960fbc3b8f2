"""The command line as it was typed, before anything is parsed."""

from collections.abc import Sequence

WATCH = "--watch"
EVERY = 2.0
"""Seconds between two looks when nobody says."""


def with_seconds(arguments: Sequence[str]) -> list[str]:
    """Gives a bare `--watch` its seconds, so that the next word is taken for them only if it is a number."""
    spoken: list[str] = []
    words = list(arguments)
    while words:
        word = words.pop(0)
        if word == "--":
            return [*spoken, word, *words]
        if word == WATCH:
            word = f"{WATCH}={words.pop(0) if words and _is_number(words[0]) else f'{EVERY:g}'}"
        spoken.append(word)
    return spoken


def wants_json(arguments: Sequence[str]) -> bool:
    """True if results were asked for in a form for programs: their errors are JSON, which is YAML as well."""
    pairs = list(zip(arguments, [*arguments[1:], ""], strict=True))
    return any(
        (flag in ("-o", "--output") and value in ("json", "yaml"))
        or flag in {form + name for form in ("-o", "-o=", "--output=") for name in ("json", "yaml")}
        for flag, value in pairs
    )


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()
