"""`mes-stoch completion` prints a script by which a real shell completes commands, choices and folders."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from mes_stoch.cli.completion import SHELLS
from mes_stoch.cli.main import command_line

BASH = shutil.which("bash")
_LONGEST_S = 60.0


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


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    if BASH is None:
        pytest.skip("no bash")
    # the program under the name that the script completes
    program = tmp_path / "bin" / "mes-stoch"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m mes_stoch "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / "work" / "my_instance_folder").mkdir(parents=True)
    script = CliRunner().invoke(command_line, ["completion", "bash"], catch_exceptions=False).stdout
    (tmp_path / "complete.sh").write_text(script, encoding="utf-8")
    with_program = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "TERM": "dumb", "PS1": "> "}
    with_program["PYTHONPATH"] = str(Path(__file__).parents[2])
    began = Shell(tmp_path / "work", with_program)
    began.send(f"source {tmp_path}/complete.sh; echo ready\n")
    began.read_until("\nready")
    yield began
    began.end()


class Shell:
    """An interactive bash behind a terminal of its own."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._terminal, inner = pty.openpty()
        self._process = subprocess.Popen(
            [str(BASH), "--norc", "--noprofile", "-i"],
            cwd=folder,
            env=environment,
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


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("mes-stoch valid\t", "mes-stoch validate"),
        ("mes-stoch new x --site superm\t", "--site supermarket"),
        ("mes-stoch solve x --method decomp\t", "--method decomposition"),
        ("mes-stoch new x --count\t", "--country"),
        ("mes-stoch validate my_inst\t", "validate my_instance_folder"),
        ("mes-stoch settle my_inst\t", "settle my_instance_folder"),
    ],
)
def test_bash_completes(shell: Shell, typed: str, completed: str) -> None:
    shell.send(typed)
    shell.read_until(completed)
