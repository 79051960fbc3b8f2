"""`qpo register|login|logout|whoami` and `qpo account`: who is at the terminal."""

import time

from cyclopts import App
from qpo.auth.v1.auth_service_pb2 import (
    DeleteUserRequest,
    GetJwksRequest,
    GetJwksResponse,
    LoginRequest,
    LoginResponse,
    LogoutEverywhereRequest,
    LogoutRequest,
    RegisterRequest,
    WhoAmIRequest,
    WhoAmIResponse,
)
from qpo.auth.v1.user_pb2 import Role, Tokens
from rich.console import RenderableType
from rich.table import Table

from clients.cli.confirm import confirmed
from clients.cli.connection import Edge, Login
from clients.cli.console import note
from clients.cli.export import export
from clients.cli.keys import app as keys
from clients.cli.options import DEFAULTS, Flag, Options
from clients.cli.output import card, grid, moment, show, word
from clients.cli.profile import ProfileFile, StoredLogin
from clients.cli.second_factor import app as second_factor
from clients.cli.second_factor import with_code
from clients.cli.secret import ASK, PasswordFrom
from clients.cli.watching import ONCE, WatchOptions, look

app = App(
    name="account",
    help="Your account beyond logging in: add a second factor or keys, take along what is kept about you, delete it.",
)
app.command(second_factor)
app.command(keys)
app.command(export)


def register(email: str, /, *, password: PasswordFrom = ASK, options: Options = DEFAULTS) -> None:
    """Make an account and log in to it.

    ```
    qpo register me@example.com                                  # asks for the password
    pass show qpo | qpo register me@example.com --password-stdin
    ```

    Needs a password of 12 to 128 characters. Prints nothing but a note; the login is kept in the profile.

    Parameters
    ----------
    email
        The address that you will log in with.
    """
    word_ = password.read(confirm=True)
    with options.open() as edge:
        edge.door.Register(RegisterRequest(email=email, password=word_))
        log_in(edge, options, email, word_)
    note(f"[green]✓[/] {email} is registered and logged in at {edge.url}; next: qpo prices import FILE --dataset NAME")


def login(email: str, /, *, password: PasswordFrom = ASK, options: Options = DEFAULTS) -> None:
    """Log in; later commands use the login until `qpo logout`, or for 7 days without use.

    Of an account with a second factor the code is asked for, or taken from QPO_CODE.

    ```
    qpo login me@example.com
    qpo login me@example.com --edge https://qpo.example.com --profile work
    ```

    Needs an account. Prints nothing but a note; the login is kept in the profile.

    Parameters
    ----------
    email
        The address given at registration.
    """
    with options.open() as edge:
        log_in(edge, options, email, password.read())
    note(f"[green]✓[/] {email} is logged in at {edge.url}")


def log_in(edge: Edge, options: Options, email: str, password: str) -> None:
    """Logs in and stores the tokens in the chosen profile."""
    let_in: LoginResponse = with_code(edge.door.Login, LoginRequest(email=email, password=password))
    keep(options.profile_file, stored(edge, email, let_in.tokens))


def keep(file: ProfileFile, login: StoredLogin | None) -> None:
    """Stores a login, or that there is none, while no other qpo changes the profile."""
    with file.locked():
        file.log_in(login)


def stored(edge: Edge, email: str, tokens: Tokens) -> StoredLogin:
    """A fresh login as a profile keeps it."""
    until = time.time() + tokens.expires_in
    return StoredLogin(edge.url, email, tokens.access_token, tokens.refresh_token, until)


def logout(*, options: Options = DEFAULTS) -> None:
    """Log out: the login is revoked at the platform and forgotten here.

    ```
    qpo logout
    ```

    Needs nothing: without a login it says so. Prints nothing but a note; what else the profile holds stays.
    """
    file = options.profile_file
    profile = file.settings()
    if profile.login is None:
        note("nobody was logged in")
        return
    try:
        url = profile.login.edge
        with Edge(url, timeout=options.timeout, trust=options.trust(url)) as edge:
            edge.door.Logout(LogoutRequest(refresh_token=profile.login.refresh_token))
    finally:
        keep(file, None)
    note(f"[green]✓[/] {profile.login.email} is logged out")


def whoami(*, every: WatchOptions = ONCE, options: Options = DEFAULTS) -> None:
    """Show who you are, and what you may do.

    ```
    qpo whoami
    qpo whoami -o json | jq -r .user.id
    ```

    Needs a login. Prints your user, roles and scopes, and when the token ends.
    """
    with options.open() as edge:
        look(lambda: edge.auth.WhoAmI(WhoAmIRequest()), lambda me: _card(me, edge.url), options, every)


@app.command
def refresh(*, options: Options = DEFAULTS) -> None:
    """Renew the login's tokens now, for instance to take up a role that was just given to you.

    ```
    qpo account refresh && qpo whoami
    ```

    Needs a login. Prints nothing but a note: tokens stay in the profile. Commands renew an ending token by themselves.
    """
    file = options.profile_file
    with options.open() as edge:
        held = Login(file, edge.url)
        renewed = held.renew(edge.door, held.read())
    minutes = (renewed.access_expires_at - time.time()) / 60
    note(f"[green]✓[/] {renewed.email} has a new token, good for {minutes:.0f} min")


@app.command
def jwks(*, options: Options = DEFAULTS) -> None:
    """Show the public keys that verify access tokens (RFC 7517); two stand here while keys are rotated.

    ```
    qpo account jwks -o json > jwks.json
    ```

    Needs no login. Prints the keys, newest first.
    """
    with options.open() as edge:
        answer = edge.door.GetJwks(GetJwksRequest())
    show(answer, options.format, _keys)


@app.command
def logout_everywhere(*, options: Options = DEFAULTS) -> None:
    """End all your sessions, wherever you are logged in: a lost laptop's too.

    ```
    qpo account logout-everywhere
    ```

    Needs a login, which is forgotten here as well. Prints nothing but a note. What was logged in elsewhere can still
    read and write for up to 15 minutes, but neither renew its login nor delete the account.
    """
    file = options.profile_file
    with options.open() as edge:
        me = edge.auth.WhoAmI(WhoAmIRequest()).user
        edge.auth.LogoutEverywhere(LogoutEverywhereRequest(user_id=me.id))
    keep(file, None)
    note(f"[green]✓[/] {me.email} is logged out everywhere")


@app.command
def delete(*, yes: Flag = False, options: Options = DEFAULTS) -> None:
    """Delete your account with everything in it: portfolios, jobs, private datasets. Nothing brings it back.

    ```
    qpo account delete --yes
    ```

    Needs a login and your word for it. Prints nothing but a note; the login is forgotten here as well.

    Parameters
    ----------
    yes
        Delete it without asking.
    """
    file = options.profile_file
    with options.open() as edge:
        me = edge.auth.WhoAmI(WhoAmIRequest()).user
        confirmed(f"delete the account {me.email} with all that it has", yes=yes)
        edge.auth.DeleteUser(DeleteUserRequest(user_id=me.id))
    keep(file, None)
    note(f"[green]✓[/] {me.email} is deleted")


def _keys(answer: GetJwksResponse) -> RenderableType:
    rows = [(key.kid, key.kty, key.crv, key.alg, key.use) for key in answer.keys]
    return grid(("key", "type", "curve", "algorithm", "use"), rows)


def _card(me: WhoAmIResponse, url: str) -> Table:
    return card(
        [
            ("email", me.user.email),
            ("user", me.user.id),
            ("roles", ", ".join(word(Role.Name(role), "ROLE_") for role in me.user.roles)),
            ("tier", me.user.subscription_tier),
            ("scopes", ", ".join(me.scopes)),
            ("token until", moment(me.expires_at)),
            ("edge", url),
        ]
    )
