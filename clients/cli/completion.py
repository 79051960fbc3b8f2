"""`qpo completion`: the script that lets a shell complete commands, options and what only the platform knows."""

import sys
from typing import Literal


def completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
    """Print the script that lets your shell complete commands, options, ids, datasets and profiles at TAB.

    ```
    qpo completion bash > ~/.local/share/bash-completion/completions/qpo
    qpo completion zsh > ~/.zfunc/_qpo                  # with fpath+=~/.zfunc before compinit in ~/.zshrc
    qpo completion fish > ~/.config/fish/completions/qpo.fish
    ```

    Needs a new shell to take hold. Prints the script. Ids and datasets are asked of the platform as the login of the
    profile; without a login or an answer within 2 seconds none are offered.

    Parameters
    ----------
    shell
        Which shell.
    """
    from clients.cli.app import build

    sys.stdout.write(build(()).generate_completion(prog_name="qpo", shell=shell))
