"""`qpo restart`: other processes in the place of those that run, without a call being lost."""

from clients.cli.console import note
from clients.cli.mesh import Where, folder_of
from clients.cli.problem import Problem
from stack import elsewhere
from stack.part import CannotStart


def restart(*parts: str, state_dir: Where = None) -> None:
    """Replace the processes of the mesh that runs here, one after the other, while it goes on working.

    ```
    qpo restart                   # every service, replica after replica
    qpo restart portfolio edge
    ```

    Needs a mesh that `qpo up --replicas 2` runs here; of a single replica calls are UNAVAILABLE until it is back.
    Prints each part when another process has its place. The edge hands over what it listens on. The first part that
    does not come back ends it. PostgreSQL and Redis are there once and are not restarted so: qpo down, then qpo up.

    Parameters
    ----------
    parts
        Services, single replicas such as portfolio-2, or edge; without it every service.
    state_dir
        The state folder of the mesh; without it ./.qpo.
    """
    try:
        for told in elsewhere.restart(folder_of(state_dir), parts):
            note(told)
    except CannotStart as error:
        raise Problem(str(error)) from None
    note("[green]✓[/] done")
