"""The command tree. A noun's module is imported only when one of its commands runs."""

from collections.abc import Sequence

from cyclopts import App, Group, Parameter

_HELP = """Optimizes portfolios from your terminal.

A first walk, every line of which you can type as it stands:

```
qpo up                                       # leave it running
qpo register me@example.com                  # in a second terminal
qpo prices import prices.csv --dataset mine
qpo portfolio create "My first" --dataset mine --cash 100000
qpo optimize --dataset mine                  # where should the money go?
qpo frontier --dataset mine --png risk.png   # what does return cost in risk?
```

`qpo demo` does all of that with real prices and cleans up behind itself. `qpo profile set --dataset mine` saves naming
the dataset; `--dry-run` tries what `create`, `import`, `optimize` and `rebalance` would do; `--watch` keeps looking;
`-o json` and `-o yaml` are for programs; `qpo call` reaches every method by its name.

**Exit codes.** 0 done · 1 failed on this machine · 2 command line not understood · 130 Ctrl-C · 10 + gRPC status
if the platform refused the call:

| code | status | code | status | code | status |
|---|---|---|---|---|---|
| 11 | CANCELLED | 16 | ALREADY_EXISTS | 21 | OUT_OF_RANGE |
| 12 | UNKNOWN | 17 | PERMISSION_DENIED | 22 | UNIMPLEMENTED |
| 13 | INVALID_ARGUMENT | 18 | RESOURCE_EXHAUSTED | 23 | INTERNAL |
| 14 | DEADLINE_EXCEEDED | 19 | FAILED_PRECONDITION | 24 | UNAVAILABLE |
| 15 | NOT_FOUND | 20 | ABORTED | 26 | UNAUTHENTICATED |
"""

_RUN = Group("Run it", sort_key=1)
_ENTER = Group("Come in", sort_key=2)
_WORK = Group("Work with it", sort_key=3)
_MORE = Group("Go further", sort_key=4)

_COMMANDS: tuple[tuple[Group, str, str, str], ...] = (
    (_RUN, "up", "clients.cli.mesh:up", "Run the whole mesh on this machine."),
    (_RUN, "status", "clients.cli.mesh:status", "Ask every part of it whether it is ready."),
    (_RUN, "logs", "clients.cli.mesh:logs", "Print what its parts wrote."),
    (_RUN, "restart", "clients.cli.restart:restart", "Replace its processes one by one while it works."),
    (_RUN, "down", "clients.cli.mesh:down", "End it."),
    (_RUN, "doctor", "clients.cli.doctor:doctor", "Find what is wrong here, and how to mend it."),
    (_RUN, "backup", "clients.cli.backup:app", "Back it up into one encrypted file, and restore it."),
    (_RUN, "demo", "clients.cli.demo.command:demo", "Walk one real portfolio through all of it."),
    (_ENTER, "register", "clients.cli.account:register", "Make an account and log in to it."),
    (_ENTER, "login", "clients.cli.account:login", "Log in; later commands use the login."),
    (_ENTER, "logout", "clients.cli.account:logout", "Log out, here and at the platform."),
    (_ENTER, "whoami", "clients.cli.account:whoami", "Show who you are, and what you may do."),
    (_ENTER, "account", "clients.cli.account:app", "Second factor, keys for machines, your data, the account's end."),
    (_ENTER, "profile", "clients.cli.profiles:app", "Keep installations apart, each with login and defaults."),
    (_ENTER, "admin", "clients.cli.admin:app", "Make the first administrator; give roles; delete accounts."),
    (_ENTER, "audit", "clients.cli.audit:app", "See who did what, and prove that nothing of it was changed."),
    (_WORK, "prices", "clients.cli.prices:app", "Import daily prices, and read what is stored."),
    (_WORK, "portfolio", "clients.cli.portfolio:app", "Create portfolios, see what they hold, rebalance them."),
    (_WORK, "rebalance-all", "clients.cli.rebalance_all:rebalance_all", "Rebalance all portfolios; can be taken up."),
    (_WORK, "optimize", "clients.cli.optimize:app", "Find the best weights; watch the solver while it works."),
    (_WORK, "frontier", "clients.cli.frontier:frontier", "Show what return costs in risk; draw it."),
    (_WORK, "moments", "clients.cli.moments:moments", "Estimate expected returns and covariance."),
    (_WORK, "universe", "clients.cli.universes:app", "Put moments where many solves find them."),
    (_WORK, "ticks", "clients.cli.ticks:app", "Watch prices as they happen, or as they happened."),
    (_WORK, "bars", "clients.cli.bars:app", "See the bars that ticks were rolled up to; draw them."),
    (
        _WORK,
        "quality",
        "clients.cli.quality:app",
        "See what was found of ticks, by which rules; let out what is right.",
    ),
    (_WORK, "actions", "clients.cli.actions:app", "Say when units were split and dividends paid."),
    (_WORK, "feeds", "clients.cli.feeds:app", "Have vendors asked for data; see how that goes."),
    (_WORK, "sentiment", "clients.cli.sentiment:app", "See what is written about instruments, and how it sounds."),
    (_WORK, "figures", "clients.cli.figures:app", "See what companies report, and how the economy does."),
    (_MORE, "call", "clients.cli.call.command:call", "Call any method of the platform, JSON in, JSON out."),
    (_MORE, "completion", "clients.cli.completion:completion", "Print the script that lets your shell complete this."),
)


def build(arguments: Sequence[str]) -> App:
    """The `qpo` command. The summaries are for its own help: on a command they would stand in its docstring's place."""
    listing = not any(argument == name for argument in arguments for _, name, _, _ in _COMMANDS)
    app = App(
        name="qpo",
        help=_HELP,
        help_format="markdown",
        version=_version,
        result_action="return_value",
        suppress_keyboard_interrupt=False,
        default_parameter=Parameter(show_default=False, negative=()),
    )
    for flag in ("--help", "--version"):
        app[flag].group = _MORE
    for group, name, where, summary in _COMMANDS:
        app.command(where, name=name, group=group, help=summary if listing else None)
    return app


def _version() -> str:
    from importlib.metadata import version

    return f"qpo {version('qpo')}"
