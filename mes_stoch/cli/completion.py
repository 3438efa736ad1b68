"""``mes-stoch completion``."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from mes_stoch.cli import output

SHELLS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
_PROGRAM = "mes-stoch"
#: Name of the variable by which click is asked for completions.
VARIABLE = "_MES_STOCH_COMPLETE"

_EPILOG = """\b
Examples:
  mes-stoch completion bash > ~/.local/share/bash-completion/completions/mes-stoch
  mes-stoch completion zsh > ~/.zfunc/_mes-stoch
  mes-stoch completion fish > ~/.config/fish/completions/mes-stoch.fish

\b
Where the shell finds the script:
  bash  in that folder (made with mkdir -p) it is found by the package bash-completion; without that package write
        it to any file, and add to ~/.bashrc: source THE_FILE. bash 4.4 or newer.
  zsh   ~/.zshrc names the folder before it calls compinit: fpath=(~/.zfunc $fpath); autoload -Uz compinit; compinit
  fish  in that folder it is found by itself.
A shell that is open already knows of it after `exec bash` (zsh, fish).

\b
Exit codes: 0 done, 2 a shell that is not known.
"""


@click.command(epilog=_EPILOG, short_help="Print the script by which a shell completes this command.")
@click.argument("shell", type=click.Choice(list(SHELLS)))
def completion(shell: str) -> None:
    """Print the script by which a shell completes commands, options, their choices and folders.

    Nothing is installed and no file of yours is changed: the examples say where the script goes.
    """
    made = SHELLS[shell](click.get_current_context().find_root().command, {}, _PROGRAM, VARIABLE)
    output.result(made.source().strip())
    if shell == "zsh":
        # click's script, found by fpath, completes when it is loaded and the next time does nothing but register itself
        output.result(f"compdef {made.func_name} {_PROGRAM}")
