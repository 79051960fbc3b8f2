"""`qpo admin link`, `links` and `unlink`: which advisor is trusted with whose portfolios."""

from datetime import datetime
from typing import Annotated

from cyclopts import Parameter
from qpo.auth.v1.user_pb2 import Link
from qpo.auth.v1.user_service_pb2 import (
    EndLinkRequest,
    LinkAdvisorRequest,
    ListLinksRequest,
    ListLinksResponse,
)
from rich.console import RenderableType
from rich.table import Table

from clients.cli.arguments import PageSize, PageToken
from clients.cli.dates import stamp
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import card, grid, moment, show
from clients.cli.prices_tables import next_page


def link(
    advisor: str,
    client: str,
    /,
    *,
    start: Annotated[datetime | None, Parameter(name="--from")] = None,
    until: datetime | None = None,
    options: Options = DEFAULTS,
) -> None:
    """Trust an advisor with a client's portfolios, or change for how long.

    ```
    qpo admin link 0199… 0199…
    qpo admin link 0199… 0199… --from 2027-01-01 --until 2027-07-01
    ```

    Needs the scope `admin:users`, and an advisor who has that role (`qpo admin role`). Prints the link. It takes hold
    within moments.

    Parameters
    ----------
    advisor
        The advisor's id.
    client
        The client's id.
    start
        Not before this time, UTC; without it from now on.
    until
        Only until this time, UTC; without it until `qpo admin unlink`.
    """
    times = {"valid_from": stamp(start), "valid_until": stamp(until)}
    with options.open() as edge:
        answer = edge.users.LinkAdvisor(LinkAdvisorRequest(advisor_id=advisor, client_id=client, **times))
    show(answer, options.format, lambda made: _card(made.link))


def links(
    *,
    advisor: str = "",
    client: str = "",
    page_size: PageSize = 0,
    page_token: PageToken = "",
    options: Options = DEFAULTS,
) -> None:
    """List who advises whom, newest first, also what is over.

    ```
    qpo admin links
    qpo admin links --advisor 0199…
    ```

    Needs the scope `admin:users`; without it you see the links that you are a part of. Prints one row per link.

    Parameters
    ----------
    advisor
        Only this advisor's; the advisor's id.
    client
        Only this client's; the client's id.
    """
    request = ListLinksRequest(advisor_id=advisor, client_id=client, page_size=page_size, page_token=page_token)
    with options.open() as edge:
        show(edge.users.ListLinks(request), options.format, _links)


def unlink(advisor: str, client: str, /, *, options: Options = DEFAULTS) -> None:
    """Take an advisor's trust away: within moments they see nothing more of the client's portfolios.

    ```
    qpo admin unlink 0199… 0199…
    ```

    Needs the scope `admin:users`. Prints the link, which is over.

    Parameters
    ----------
    advisor
        The advisor's id.
    client
        The client's id.
    """
    with options.open() as edge:
        answer = edge.users.EndLink(EndLinkRequest(advisor_id=advisor, client_id=client))
    show(answer, options.format, lambda ended: _card(ended.link))


def _links(found: ListLinksResponse) -> RenderableType:
    if not found.links:
        return "no such links"
    rows = ((each.advisor_id, each.client_id, moment(each.valid_from), _end(each)) for each in found.links)
    return grid(("advisor", "client", "from", "until"), rows, note=next_page(found.next_page_token))


def _card(it: Link) -> Table:
    return card(
        [
            ("advisor", it.advisor_id),
            ("client", it.client_id),
            ("from", moment(it.valid_from)),
            ("until", _end(it)),
        ]
    )


def _end(it: Link) -> str:
    return moment(it.valid_until) if it.HasField("valid_until") else "it is ended"
