"""The demo's prices: daily closes of 20 S&P 500 stocks, 1990 to 2022, as the `skfolio` package carries them."""

import gzip
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from clients.cli.problem import Problem

_IN_PACKAGE = Path("datasets") / "data" / "sp500_dataset.csv.gz"
DEFECTS = Path(__file__).parent.parent / "data" / "defects.csv"


@dataclass(frozen=True)
class Closes:
    """A wide file of closes: a date column, then one column per symbol."""

    file: Path
    symbols: tuple[str, ...]
    source: str


def closes() -> Closes:
    """Finds the file inside the installed package, without importing the package: that would take seconds.

    Raises Problem if it is not installed.
    """
    spec = find_spec("skfolio")
    folders = (spec.submodule_search_locations if spec else None) or []
    files = [Path(folder) / _IN_PACKAGE for folder in folders]
    file = next((candidate for candidate in files if candidate.is_file()), None)
    if file is None:
        raise Problem("the demo's prices are not here", [("", "install the demo extra: pip install 'qpo[demo]'")])
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        header = lines.readline().strip().split(",")
    source = f"daily closes of {len(header) - 1} S&P 500 stocks from skfolio {version('skfolio')} ({file.name})"
    return Closes(file, tuple(header[1:]), source)
