"""`qpo call`: any method of the platform, by its name."""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Annotated, Any

import grpc
from cyclopts import Parameter
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from rich.console import Group, RenderableType
from rich.text import Text

from clients.cli.call import prose
from clients.cli.call.catalogue import Method, find, methods
from clients.cli.call.describe import describe as described
from clients.cli.call.messages import requests
from clients.cli.completers import method_names
from clients.cli.connection import Edge
from clients.cli.console import stdout
from clients.cli.interrupt import until_interrupted
from clients.cli.options import DEFAULTS, Flag, Options
from clients.cli.output import Format, append_content, content, grid, print_content

_LONGEST = 24 * 3600.0


def call(
    method: Annotated[str, Parameter(completer=method_names)] = "",
    request: Annotated[str, Parameter(allow_leading_hyphen=True)] = "",
    /,
    *,
    describe: Flag = False,
    options: Options = DEFAULTS,
) -> None:
    """Call any method of the platform by its name: JSON in, JSON out.

    ```
    qpo call                                                        # what is there?
    qpo call qpo.portfolio.v1.PortfolioService/GetPortfolio --describe
    qpo call GetPortfolio '{"portfolio_id": "0199…"}'
    echo '{"page_size": 2}' | qpo call ListPortfolios -
    qpo call SubscribeTicks '{"dataset": "mine"}' | head -3         # a stream: one JSON line per message
    ```

    Needs what the method needs: most a login with the scope that the contract names. Prints the answer as the API's own
    JSON, or as YAML with -o yaml; a stream as NDJSON. Calls that the edge does not serve take --edge with the service's
    own address.

    Parameters
    ----------
    method
        The method, e.g. qpo.portfolio.v1.PortfolioService/GetPortfolio; its last part is enough. Without it all are
        listed.
    request
        The request as JSON, or - to read it from standard input; for a method that takes a stream, one request per
        line, or a JSON list. Without it an empty request.
    describe
        Call nothing; show the method's messages, field by field, in the contract's own words.
    """
    if not method:
        _list(options)
        return
    found = find(method)
    if describe:
        stdout().print(described(found))
        return
    sent = requests(found.descriptor.input_type, request, many=found.descriptor.client_streaming)
    with options.open() as edge:
        _exchange(edge, found, sent, options)


def _exchange(edge: Edge, method: Method, sent: Iterator[Message], options: Options) -> None:
    """Sends, and prints what comes back. A table of any message would be no table: it is JSON as well."""
    format_: Format = "yaml" if options.format == "yaml" else "json"
    invoke = _stub(edge.unsigned if method.open else edge.signed, method)
    outgoing = sent if method.descriptor.client_streaming else next(sent)
    if not method.descriptor.server_streaming:
        print_content(content(invoke(outgoing)), format_)
        return
    with until_interrupted() as struck:
        stream = invoke(outgoing, timeout=_LONGEST)
        try:
            for answer in stream:
                append_content(content(answer), format_)
                if struck.is_set():
                    break
        finally:
            stream.cancel()


def _stub(channel: grpc.Channel, method: Method) -> Callable[..., Any]:
    it = method.descriptor
    ways = f"{'stream' if it.client_streaming else 'unary'}_{'stream' if it.server_streaming else 'unary'}"
    made: Callable[..., Any] = getattr(channel, ways)(
        f"/{method.path}",
        request_serializer=GetMessageClass(it.input_type).SerializeToString,
        response_deserializer=GetMessageClass(it.output_type).FromString,
    )
    return made


def _list(options: Options) -> None:
    if options.format == "table":
        services = groupby(methods(), lambda it: it.descriptor.containing_service.full_name)
        stdout().print(Group(*(_service(name, list(its)) for name, its in services)))
        return
    listed = [
        {"method": it.path, "kind": it.kind or "unary", "command": f"qpo {it.command}", "about": prose.of(it.path)}
        for it in methods()
    ]
    print_content({"methods": listed}, options.format)


def _service(name: str, its: list[Method]) -> RenderableType:
    rows = [
        (
            Text(it.descriptor.name, "cyan"),
            f"[{it.kind}] {prose.first_sentence(it.path)}" if it.kind else prose.first_sentence(it.path),
            f"qpo {it.command}",
        )
        for it in its
    ]
    return grid(("method", "", "command"), rows, title=f"\n{name}", note=prose.first_sentence(name))
