"""`mes-stoch completion` prints a script by which a real shell completes commands, choices and folders."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from mes_stoch.cli.completion import SHELLS
from mes_stoch.cli.main import command_line

_LONGEST_S = 30.0


@pytest.mark.parametrize(
    ("shell", "words"),
    [
        ("bash", "complete -o nosort -F _mes_stoch_completion mes-stoch"),
        ("zsh", "#compdef mes-stoch"),
        ("fish", "complete --no-files --command mes-stoch"),
    ],
)
def test_the_script_of_a_shell(shell: str, words: str) -> None:
    done = CliRunner().invoke(command_line, ["completion", shell], catch_exceptions=False)
    assert words in done.stdout
    assert "_MES_STOCH_COMPLETE" in done.stdout


def test_help_says_where_the_script_goes() -> None:
    told = CliRunner().invoke(command_line, ["completion", "--help"]).output
    assert all(f"mes-stoch completion {shell} > ~/" in told for shell in SHELLS)
    for place in ("bash-completion/completions", "fpath=", "~/.config/fish/completions", "~/.bashrc"):
        assert place in told


class Home:
    """A home folder whose shells find the program, and the scripts where help says."""

    def __init__(self, folder: Path) -> None:
        program = folder / "bin" / "mes-stoch"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m mes_stoch "$@"\n', encoding="utf-8")
        program.chmod(0o755)
        self.work = folder / "work"
        (self.work / "my_instance_folder").mkdir(parents=True)
        (self.work / "other folder").mkdir()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ZDOTDIR"))},
            "HOME": str(folder),
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "TERM": "dumb",
            "PS1": "> ",
        }
        told = CliRunner().invoke(command_line, ["completion", "--help"]).output
        self.scripts = {}
        for shell, place in re.findall(r"mes-stoch completion (\w+) > ~/(\S+)", told):
            script = CliRunner().invoke(command_line, ["completion", shell], catch_exceptions=False).stdout
            self.scripts[shell] = folder / place
            self.scripts[shell].parent.mkdir(parents=True)
            self.scripts[shell].write_text(script, encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


class Shell:
    """An interactive shell behind a terminal of its own."""

    def __init__(self, home: Home, command: list[str]) -> None:
        self._terminal, inner = pty.openpty()
        self._process = subprocess.Popen(
            command,
            cwd=home.work,
            env=home.environment,
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
        )
        os.close(inner)

    def send(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def read_until(self, words: str) -> str:
        seen, end = "", time.monotonic() + _LONGEST_S
        while words not in seen:
            assert time.monotonic() < end, f"{words!r} did not come: {seen!r}"
            if select.select([self._terminal], [], [], 0.2)[0]:
                seen += os.read(self._terminal, 4096).decode(errors="replace").replace("\r", "")
        return seen

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)


@contextmanager
def began(home: Home, *command: str) -> Iterator[Shell]:
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]}")
    shell = Shell(home, list(command))
    try:
        yield shell
    finally:
        shell.end()


#: What is typed, and what a shell puts behind it.
TYPED = [
    ("mes-stoch valid", "ate "),
    ("mes-stoch new x --site superm", "arket "),
    ("mes-stoch solve x --method decomp", "osition "),
    ("mes-stoch new x --count", "ry "),
    ("mes-stoch validate my_inst", "ance_folder/"),
    ("mes-stoch settle oth", "er\\ folder/"),
]


def complete_all(shell: Shell) -> None:
    """One after another in the same shell: its first completion loads the script, the others find it loaded."""
    for typed, added in TYPED:
        shell.send(typed)
        shell.read_until(typed)
        shell.send("\t")
        shell.read_until(added)
        # the line is taken back, and another done
        shell.send("\x15echo done\n")
        shell.read_until("\ndone")


def test_bash_completes(home: Home) -> None:
    with began(home, "bash", "--norc", "--noprofile", "-i") as shell:
        shell.send(f"source {home.scripts['bash']}; echo ready\n")
        shell.read_until("\nready")
        complete_all(shell)


def test_zsh_completes(home: Home) -> None:
    """Started as the help says, with the folder of the script among those of functions."""
    told = CliRunner().invoke(command_line, ["completion", "--help"]).output
    (line,) = re.findall(r"fpath=.*compinit$", told, re.MULTILINE)
    # -u: the folders of a machine that tests run on may be anybody's, which compinit asks about
    zshrc = Path(home.environment["HOME"]) / ".zshrc"
    zshrc.write_text(f"{line} -u; PS1='> '; unsetopt PROMPT_SP\n", encoding="utf-8")
    with began(home, "zsh", "-d", "-i") as shell:
        shell.read_until("> ")
        complete_all(shell)


@pytest.mark.parametrize(("typed", "added"), TYPED)
def test_fish_completes(home: Home, typed: str, added: str) -> None:
    """It says what it would offer: the whole word, of which quoting is the command line's."""
    if shutil.which("fish") is None:
        pytest.skip("no fish")
    command = ["fish", "-c", f"complete --do-complete '{typed}'"]
    done = subprocess.run(
        command, cwd=home.work, env=home.environment, capture_output=True, text=True, timeout=_LONGEST_S, check=False
    )
    offered = [line.split("\t")[0] for line in done.stdout.splitlines()]
    assert typed.split()[-1] + added.strip().replace("\\", "") in offered, done
