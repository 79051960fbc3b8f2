"""Arguments that several commands take, each with what a shell offers for it at TAB."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from clients.cli.completers import dataset_names, job_ids, portfolio_ids

Symbols = Annotated[tuple[str, ...], Parameter(negative=())]
PortfolioId = Annotated[str, Parameter(completer=portfolio_ids)]
JobId = Annotated[str, Parameter(completer=job_ids)]
Dataset = Annotated[str, Parameter(completer=dataset_names)]
Png = Annotated[Path | None, Parameter(name="--png")]
