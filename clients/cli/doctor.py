"""`qpo doctor`: what is wrong with the mesh and the machine, and how to mend it."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import RenderableType
from rich.text import Text

from clients.cli.console import note, stdout
from clients.cli.mesh import Output, Where, settings_of
from clients.cli.options import ALWAYS, Flag
from clients.cli.output import grid, print_content
from clients.cli.where import parts_of
from stack.doctor import examine, examine_edge
from stack.doctor.finding import Finding, Verdict

_LOOKS = {
    Verdict.FINE: Text("✓ fine", "green"),
    Verdict.WARNING: Text("! warning", "yellow"),
    Verdict.WRONG: Text("✗ wrong", "bold red"),
    Verdict.UNKNOWN: Text("– unknown", "dim"),
}


def doctor(
    *,
    url: str | None = None,
    ca_file: Annotated[Path | None, Parameter(name=["--ca-file", "--ca"], env_var="QPO_CA_FILE", group=ALWAYS)] = None,
    wrong: Flag = False,
    state_dir: Where = None,
    output: Output = "table",
) -> int:
    """Find what is wrong with the mesh and this machine, and how to mend it; nothing is changed.

    ```
    qpo doctor                              # the mesh of this folder, whether it runs or not
    qpo doctor --url https://qpo.example    # a platform elsewhere, as far as its edge tells
    qpo doctor --wrong -o json
    ```

    Needs nothing else. Prints one row per finding, each with how to mend it; exit code 1 if anything is wrong.
    Looked at are versions, contracts, ports, certificates, clocks, migrations, stores, room, secrets and leftovers.

    Parameters
    ----------
    url
        Edge of a platform elsewhere; without it what is here is examined.
    ca_file
        PEM file of the authority that vouches for that edge; without it those that everybody trusts.
    wrong
        Print only what is to be mended, warnings too.
    state_dir
        The state folder of the mesh; without it ./.qpo.
    output
        table, json or yaml.
    """
    if url:
        parts_of(url)
        findings = examine_edge(url if "//" in url else f"http://{url}", ca_file)
    else:
        findings = examine(settings_of({"state_dir": state_dir} if state_dir else {}))
    healthy = not any(each.verdict is Verdict.WRONG for each in findings)
    shown = [each for each in findings if not wrong or each.verdict in (Verdict.WRONG, Verdict.WARNING)]
    if output == "table":
        stdout().print(table(shown))
        note("[green]✓[/] nothing is wrong" if healthy else "[bold red]✗[/] mend what is wrong, then look again")
    else:
        print_content(content(shown, healthy=healthy), output)
    return 0 if healthy else 1


def table(findings: Sequence[Finding]) -> RenderableType:
    """One row per finding; how to mend it stands below what was found."""
    rows = [
        (each.check, _LOOKS[each.verdict], Text(each.detail + (f"\n→ {each.fix}" if each.fix else "")))
        for each in findings
    ]
    return grid(("check", "verdict", "found"), rows)


def content(findings: Sequence[Finding], *, healthy: bool) -> dict[str, Any]:
    """The findings for programs."""
    return {"healthy": healthy, "findings": [dataclasses.asdict(each) for each in findings]}
