"""What a shell offers at TAB where only the platform or the profiles know: ids, datasets, symbols, names of profiles.

A shell that waits for an answer seems broken, so a question is given up after two seconds; an error offers nothing.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cyclopts.completion import CompletionContext

    from clients.cli.connection import Edge

Offers = list[tuple[str, str]]
_PATIENCE = 2.0


def profile_names(_context: "CompletionContext") -> Offers:
    """The profiles of this user."""
    from clients.cli.profile import ProfileFile, folder_of_profiles, names

    folder = folder_of_profiles()
    logins = ((name, ProfileFile(name).settings().login) for name in names(folder))
    return [(name, login.email if login else "") for name, login in logins]


def portfolio_ids(context: "CompletionContext") -> Offers:
    """The newest portfolios of the caller, each with its name."""

    def ask(edge: "Edge") -> Offers:
        from qpo.portfolio.v1.portfolio_service_pb2 import ListPortfoliosRequest

        return [(it.id, it.name) for it in edge.portfolios.ListPortfolios(ListPortfoliosRequest()).portfolios]

    return _asked(context, ask)


def dataset_names(context: "CompletionContext") -> Offers:
    """The datasets that the caller may read."""

    def ask(edge: "Edge") -> Offers:
        from qpo.marketdata.v1.marketdata_service_pb2 import ListDatasetsRequest

        found = edge.marketdata.ListDatasets(ListDatasetsRequest()).datasets
        return [(it.name, f"{it.instruments} instruments") for it in found]

    return _asked(context, ask)


def job_ids(context: "CompletionContext") -> Offers:
    """The newest jobs of the caller, each with its state."""

    def ask(edge: "Edge") -> Offers:
        from qpo.optimizer.v1.optimization_pb2 import JobState
        from qpo.optimizer.v1.optimizer_service_pb2 import ListOptimizationsRequest

        found = edge.optimizer.ListOptimizations(ListOptimizationsRequest()).jobs
        return [(it.job_id, JobState.Name(it.state).removeprefix("JOB_STATE_").lower()) for it in found]

    return _asked(context, ask)


def method_names(_context: "CompletionContext") -> Offers:
    """The methods of the contracts."""
    from clients.cli.call.catalogue import methods

    return [(method.path, method.command) for method in methods()]


def _asked(context: "CompletionContext", ask: "Callable[[Edge], Offers]") -> Offers:
    """Asks as the command that is being typed would: under its --profile and at its --edge."""
    from clients.cli.options import Options

    typed = {name: _typed(context, name) for name in ("edge", "profile")}
    with Options(timeout=_PATIENCE, **{name: value for name, value in typed.items() if value}).open() as edge:
        return ask(edge)


def _typed(context: "CompletionContext", name: str) -> Any:
    from os import environ

    found = context.get(f"--{name}")
    return (found.raw if found else None) or environ.get(f"QPO_{name.upper()}", "")
