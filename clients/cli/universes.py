"""`qpo universe`: moments that many solves share, sent or estimated once."""

from cyclopts import App
from qpo.optimizer.v1.optimizer_service_pb2 import PutUniverseRequest, PutUniverseResponse
from rich.console import RenderableType

from clients.cli.arguments import Dataset, Symbols
from clients.cli.mandate import NO_ESTIMATE, EstimateOptions, symbols_of
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import card, moment, show
from clients.cli.question import source

app = App(name="universe")


@app.command
def put(
    *,
    dataset: Dataset = "",
    symbols: Symbols = (),
    estimate: EstimateOptions = NO_ESTIMATE,
    hours: float = 24.0,
    options: Options = DEFAULTS,
) -> None:
    """Estimate a universe's moments and put them where solves find them by an id.

    ```
    qpo universe put --dataset mine --covariance pca-factors --factors 5
    qpo universe put --dataset mine -o json | jq -r .universe_id
    ```

    Needs the scope `run:optimization`. Prints the id: the same moments have the same one, and to put them again keeps
    them longer.

    Parameters
    ----------
    hours
        How long they are kept at least, at most 168 (a week); without it 24.
    """
    request = PutUniverseRequest(
        source=source(options.dataset(dataset), symbols_of(symbols), estimate.message()),
        ttl_seconds=round(hours * 3600),
    )
    with options.open() as edge:
        answer = edge.optimizer.PutUniverse(request)
    show(answer, options.format, table)


def table(answer: PutUniverseResponse) -> RenderableType:
    """What was put."""
    return card(
        [
            ("universe", answer.universe_id),
            ("assets", f"{answer.assets:,}"),
            ("factors", f"{answer.factors:,}" if answer.factors else "none: a dense covariance"),
            ("kept until", moment(answer.expires_at)),
        ]
    )
