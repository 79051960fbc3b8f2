"""`qpo`, and the one place where whatever went wrong becomes a sentence and an exit code."""

import os
import sys
from collections.abc import Sequence

from cyclopts import CycloptsError

from clients.cli.app import build
from clients.cli.console import stderr
from clients.cli.problem import INTERRUPTED, LOCAL, USAGE, Problem
from clients.cli.spoken import wants_json, with_seconds


def main() -> None:
    """The entry point of the `qpo` command."""
    code = run(sys.argv[1:])
    # Python keeps an interrupt in mind that passed through code made of text, as a dataclass's is in an import,
    # although it was caught, and `python -m` ends by the signal. Text that ends well makes it forget.
    exec("")  # noqa: S102  # nosec B102
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Runs one command line and returns its exit code. Raises nothing but what QPO_DEBUG asks to see."""
    try:
        result = build(arguments)(
            with_seconds(arguments), exit_on_error=False, print_error=True, error_console=stderr()
        )
    except CycloptsError:
        return USAGE  # cyclopts printed what it could not read
    except KeyboardInterrupt:
        stderr().print("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (`| head`) has enough; python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return LOCAL
    except Exception as error:
        return _told(error, as_json=wants_json(arguments))
    return result if isinstance(result, int) else 0


def _told(error: Exception, *, as_json: bool) -> int:
    problem = _problem(error)
    if as_json:
        sys.stderr.write(problem.json() + "\n")
    else:
        problem.print(stderr())
    return problem.exit_code


def _problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    import grpc

    if isinstance(error, grpc.RpcError) and hasattr(error, "code"):
        from clients.cli.refusal import from_rpc

        return from_rpc(error)
    if isinstance(error, OSError) and error.filename:
        return Problem(f"{error.filename}: {error.strerror}")
    if os.environ.get("QPO_DEBUG"):
        raise error
    return Problem(
        f"qpo met something it does not know: {type(error).__name__}: {error}",
        [("", "that is a fault of qpo: run it again with QPO_DEBUG=1 and report what it prints")],
    )


if __name__ == "__main__":
    main()
