"""Arguments that several commands take: what each means, and what a shell offers for it at TAB."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from clients.cli.completers import dataset_names, job_ids, portfolio_ids

PortfolioId = Annotated[
    str, Parameter(completer=portfolio_ids, help="The portfolio's id, as `qpo portfolio list` prints it.")
]
JobId = Annotated[str, Parameter(completer=job_ids, help="The job's id, as `qpo optimize list` prints it.")]
Dataset = Annotated[str, Parameter(completer=dataset_names, help="The dataset's name or id; without it the profile's.")]
Symbols = Annotated[
    tuple[str, ...], Parameter(negative=(), help="Which symbols, e.g. AAPL,MSFT; without it all of the dataset.")
]
Png = Annotated[Path | None, Parameter(name="--png", help="Draw it to this file as well, as a PNG picture.")]
KnownAt = Annotated[
    datetime | None,
    Parameter(help="Answer as the platform knew prices at this time, UTC, e.g. 2025-01-31T18:00:00; without it now."),
]
Adjust = Annotated[
    Literal["none", "splits", "all"],
    Parameter(
        help="Adjust prices and volumes for splits, or for splits and dividends; without it they stay as they were."
    ),
]
RequestId = Annotated[
    str, Parameter(help="A UUID that makes the command safe to repeat; without it a new one is made.")
]
Etag = Annotated[
    str,
    Parameter(help="Do it only if nobody has changed it since you read it; `qpo portfolio show` prints the etag."),
]
UserId = Annotated[str, Parameter(help="The user's id; `qpo whoami` prints it to them, `qpo admin users` to you.")]
PageSize = Annotated[int, Parameter(help="Rows per page, at most 1000; without it 50.")]
PageToken = Annotated[str, Parameter(help="The token that the page before ended with.")]


def adjustment(chosen: str) -> str:
    """The contract's word for --adjust."""
    words = {"none": "UNSPECIFIED", "splits": "SPLITS", "all": "SPLITS_AND_DIVIDENDS"}
    return f"ADJUSTMENT_{words[chosen]}"
