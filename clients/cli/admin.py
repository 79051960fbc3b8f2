"""`qpo admin`: the first administrator, everybody's accounts, and roles."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from qpo.auth.v1.auth_service_pb2 import (
    BootstrapAdminRequest,
    DeleteUserRequest,
    LogoutEverywhereRequest,
    UnlockUserRequest,
    UpdateRoleRequest,
)
from qpo.auth.v1.user_pb2 import Role, User
from qpo.auth.v1.user_service_pb2 import (
    DisableUserRequest,
    EnableUserRequest,
    GetUserRequest,
    ListUsersRequest,
    ListUsersResponse,
    ResetSecondFactorRequest,
)
from rich.console import RenderableType
from rich.table import Table

from clients.cli import security
from clients.cli.arguments import PageSize, PageToken, UserId
from clients.cli.confirm import confirmed
from clients.cli.connection import Edge
from clients.cli.console import note
from clients.cli.links import link, links, unlink
from clients.cli.options import DEFAULTS, Flag, Options
from clients.cli.output import card, grid, moment, show, word
from clients.cli.prices_tables import next_page
from clients.cli.problem import Problem
from clients.cli.secret import ASK, PasswordFrom, first_line
from clients.cli.where import RunningMesh, running_mesh

app = App(name="admin", help="Set the installation up: its first administrator, roles, who advises whom, what is odd.")
for _command in (link, links, unlink, security.app):
    app.command(_command)


@app.command
def bootstrap(
    email: str,
    /,
    *,
    auth: Annotated[str, Parameter(env_var="QPO_AUTH_ADDRESS")] = "",
    secret_file: Path | None = None,
    password: PasswordFrom = ASK,
    options: Options = DEFAULTS,
) -> None:
    """Make the first administrator of an installation, on the machine where it runs.

    The secret that proves it was written by the auth service at its first start. The edge does not serve this call.

    ```
    qpo admin bootstrap root@example.com                      # of the mesh that qpo up runs here
    qpo admin bootstrap root@example.com --auth 127.0.0.1:7001 --secret-file /var/lib/qpo/keys/bootstrap_secret
    ```

    Needs the secret's file, and a password of 12 to 128 characters. Prints the administrator.

    Parameters
    ----------
    email
        The administrator's address.
    auth
        Address of the auth service itself, host:port.
    secret_file
        The file with the bootstrap secret, `bootstrap_secret` in the service's key folder.
    """
    mesh = running_mesh()
    address = auth or (mesh.auth if mesh else "")
    file = secret_file or (mesh.bootstrap_secret if mesh else None)
    if not address or file is None:
        raise Problem("no mesh runs here", [("--auth, --secret-file", "give both, or start one with qpo up")])
    request = BootstrapAdminRequest(
        bootstrap_secret=first_line(file), email=email, password=password.read(confirm=True)
    )
    with _direct(address, mesh, options) as direct:
        answer = direct.door.BootstrapAdmin(request)
    show(answer, options.format, lambda made: _card(made.user))


def _direct(address: str, mesh: RunningMesh | None, options: Options) -> Edge:
    """A connection to auth itself; as the owner of the mesh that runs here, if it is that mesh's and asks who calls."""
    if mesh and mesh.at_auth and address == mesh.auth:
        return Edge(f"https://{address}", timeout=options.timeout, trust=mesh.at_auth)
    return Edge(f"http://{address}", timeout=options.timeout)


@app.command
def users(*, email: str = "", page_size: PageSize = 0, page_token: PageToken = "", options: Options = DEFAULTS) -> None:
    """List accounts, newest first.

    ```
    qpo admin users
    qpo admin users --email me@example.com
    ```

    Needs the scope `admin:users`. Prints one row per account.

    Parameters
    ----------
    email
        Only the account with this address.
    """
    request = ListUsersRequest(email=email, page_size=page_size, page_token=page_token)
    with options.open() as edge:
        show(edge.users.ListUsers(request), options.format, _accounts)


@app.command
def user(user_id: UserId, /, *, options: Options = DEFAULTS) -> None:
    """Show an account.

    ```
    qpo admin user 0199…
    ```

    Needs the scope `admin:users`. Prints the account.
    """
    with options.open() as edge:
        answer = edge.users.GetUser(GetUserRequest(user_id=user_id))
    show(answer, options.format, lambda found: _card(found.user))


@app.command
def disable(user_id: UserId, /, *, options: Options = DEFAULTS) -> None:
    """Let nobody log in to an account, and end its sessions; what it owns stays.

    ```
    qpo admin disable 0199…
    ```

    Needs the scope `admin:users`; one's own account can only be disabled by another administrator. Prints the account.
    """
    with options.open() as edge:
        answer = edge.users.DisableUser(DisableUserRequest(user_id=user_id))
    show(answer, options.format, lambda changed: _card(changed.user))


@app.command
def enable(user_id: UserId, /, *, options: Options = DEFAULTS) -> None:
    """Let the owner of a disabled account log in again.

    ```
    qpo admin enable 0199…
    ```

    Needs the scope `admin:users`. Prints the account.
    """
    with options.open() as edge:
        answer = edge.users.EnableUser(EnableUserRequest(user_id=user_id))
    show(answer, options.format, lambda changed: _card(changed.user))


@app.command
def role(user_id: UserId, role: Literal["user", "advisor", "admin"], /, *, options: Options = DEFAULTS) -> None:
    """Give a user another role; it takes hold when their present token ends.

    ```
    qpo admin role 0199… advisor
    ```

    Needs the scope `admin:users`. Prints the user after the change.

    Parameters
    ----------
    role
        The role that replaces the present ones.
    """
    request = UpdateRoleRequest(user_id=user_id, role=f"ROLE_{role.upper()}")
    with options.open() as edge:
        answer = edge.auth.UpdateRole(request)
    show(answer, options.format, lambda changed: _card(changed.user))


@app.command
def logout(user_id: UserId, /, *, options: Options = DEFAULTS) -> None:
    """End all sessions of a user, who can log in again.

    ```
    qpo admin logout 0199…
    ```

    Needs the scope `admin:users`. Prints nothing but a note. The user's access tokens end by themselves within 15
    minutes.
    """
    with options.open() as edge:
        edge.auth.LogoutEverywhere(LogoutEverywhereRequest(user_id=user_id))
    note(f"[green]✓[/] all sessions of {user_id} have ended")


@app.command
def unlock(user_id: UserId, /, *, options: Options = DEFAULTS) -> None:
    """Let a user log in again whose account was closed by too many attempts.

    ```
    qpo admin unlock 0199…
    ```

    Needs the scope `admin:users`. Prints nothing but a note.
    """
    with options.open() as edge:
        edge.auth.UnlockUser(UnlockUserRequest(user_id=user_id))
    note(f"[green]✓[/] {user_id} can log in")


@app.command
def reset_second_factor(user_id: UserId, /, *, options: Options = DEFAULTS) -> None:
    """Take the second factor of a user away who has lost it, app and recovery codes: the password alone logs in.

    Be sure that it is the owner who asks for it.

    ```
    qpo admin reset-second-factor 0199…
    ```

    Needs the scope `admin:users`; one's own is switched off by `qpo account second-factor off`. Prints nothing but a
    note.
    """
    with options.open() as edge:
        edge.users.ResetSecondFactor(ResetSecondFactorRequest(user_id=user_id))
    note(f"[green]✓[/] {user_id} can log in without a second factor")


@app.command
def delete_user(user_id: UserId, /, *, yes: Flag = False, options: Options = DEFAULTS) -> None:
    """Delete anybody's account with everything in it: portfolios, jobs, private datasets. Nothing brings it back.

    ```
    qpo admin delete-user 0199… --yes
    ```

    Needs the scope `admin:users` for somebody else's account, and your word for it. Prints nothing but a note.

    Parameters
    ----------
    yes
        Delete it without asking.
    """
    confirmed(f"delete the user {user_id} with all that they have", yes=yes)
    with options.open() as edge:
        edge.auth.DeleteUser(DeleteUserRequest(user_id=user_id))
    note(f"[green]✓[/] {user_id} is deleted")


def _accounts(found: ListUsersResponse) -> RenderableType:
    if not found.users:
        return "no such accounts"
    columns = ("id", "email", "roles", "since", "disabled")
    return grid(columns, map(_row, found.users), note=next_page(found.next_page_token))


def _row(user: User) -> tuple[RenderableType, ...]:
    disabled = moment(user.disabled_at) if user.HasField("disabled_at") else "–"
    return (user.id, user.email, _roles(user), moment(user.created_at), disabled)


def _roles(user: User) -> str:
    return ", ".join(word(Role.Name(role), "ROLE_") for role in user.roles)


def _card(user: User) -> Table:
    return card(
        [
            ("user", user.id),
            ("email", user.email),
            ("roles", _roles(user)),
            ("since", moment(user.created_at)),
            *([("disabled", moment(user.disabled_at))] if user.HasField("disabled_at") else []),
        ]
    )
