"""`qpo register|login|logout|whoami`: who is at the terminal."""

import time

from qpo.auth.v1.auth_service_pb2 import (
    LoginRequest,
    LogoutRequest,
    RegisterRequest,
    WhoAmIRequest,
    WhoAmIResponse,
)
from qpo.auth.v1.user_pb2 import Role
from rich.table import Table

from clients.cli.connection import Edge
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import card, moment, note, show, word
from clients.cli.profile import Profile
from clients.cli.secret import ASK, PasswordFrom


def register(email: str, /, *, password: PasswordFrom = ASK, options: Options = DEFAULTS) -> None:
    """Make an account and log in to it.

    ```
    qpo register me@example.com                                  # asks for the password
    pass show qpo | qpo register me@example.com --password-stdin
    ```

    Parameters
    ----------
    email
        The address that you will log in with. The password has 12 to 128 characters.
    """
    word_ = password.read(confirm=True)
    with options.open() as edge:
        edge.door.Register(RegisterRequest(email=email, password=word_))
        log_in(edge, options, email, word_)
    note(f"[green]✓[/] {email} is registered and logged in at {edge.url}; next: qpo prices import FILE --dataset NAME")


def login(email: str, /, *, password: PasswordFrom = ASK, options: Options = DEFAULTS) -> None:
    """Log in; later commands use the login until `qpo logout`, or for 7 days without use.

    ```
    qpo login me@example.com
    qpo login me@example.com --edge https://qpo.example.com --profile work
    ```

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
    tokens = edge.door.Login(LoginRequest(email=email, password=password)).tokens
    profile = Profile(
        edge=edge.url,
        email=email,
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token,
        access_expires_at=time.time() + tokens.expires_in,
    )
    options.profile_file.write(profile)


def logout(*, options: Options = DEFAULTS) -> None:
    """Log out: the login is revoked at the platform and forgotten here."""
    profile = options.profile_file.read()
    if profile is None:
        note("nobody was logged in")
        return
    try:
        with Edge(profile.edge, timeout=options.timeout) as edge:
            edge.door.Logout(LogoutRequest(refresh_token=profile.refresh_token))
    finally:
        options.profile_file.delete()
    note(f"[green]✓[/] {profile.email} is logged out")


def whoami(*, options: Options = DEFAULTS) -> None:
    """Show who you are, and what you may do."""
    with options.open() as edge:
        answer = edge.auth.WhoAmI(WhoAmIRequest())
    show(answer, options.output, lambda me: _card(me, edge.url))


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
