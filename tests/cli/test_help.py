"""Every command teaches by example, and every example is a command that there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mes_stoch.cli.invocation import Invocation
from mes_stoch.cli.main import command_line

ROOT = Path(__file__).parents[2]
COMMANDS = sorted(command_line.commands)
_EXAMPLE = re.compile(r"^ *(?:mpiexec -n \d+ )?(mes-stoch .*)$", re.MULTILINE)


def examples_of(text: str) -> list[list[str]]:
    """Arguments of the commands in a text, without what is said of them and where their output goes."""
    found = []
    for line in _EXAMPLE.findall(re.sub(r" *\\\n *", " ", text)):
        command = re.split(r" {2,}| > | +# ", line)[0]
        found.append(shlex.split(command)[1:])
    return found


def told_by(*arguments: str) -> str:
    return CliRunner().invoke(command_line, [*arguments, "--help"], terminal_width=200).output


def parse(arguments: list[str]) -> None:
    """What the command line makes of arguments, short of running the command: an error if it takes them not."""
    # help is shown as soon as it is met
    arguments = [argument for argument in arguments if argument not in ("--help", "-h")]
    with click.Context(command_line, info_name="mes-stoch", obj=Invocation()) as above:
        name, command, rest = command_line.resolve_command(above, list(arguments))
        assert name is not None
        assert command is not None
        command.make_context(name, rest, parent=above).close()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_examples_that_the_command_takes(name: str) -> None:
    told = told_by(name)
    assert "Examples:" in told
    examples = examples_of(told.partition("Examples:")[2])
    own = [arguments for arguments in examples if arguments[0] == name]
    assert len(own) >= 2
    for arguments in examples:
        parse(arguments)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(name: str) -> None:
    for parameter in command_line.commands[name].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
    assert command_line.commands[name].short_help


def test_help_of_the_program_leads_to_a_first_run() -> None:
    told = told_by()
    examples = examples_of(told.partition("Examples:")[2])
    assert [arguments[0] for arguments in examples] == ["new", "validate", "solve", "report", "settle"]
    for arguments in examples:
        parse(arguments)


PAGES = sorted(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("docs/*.md"), *ROOT.glob("docs/how_to/*.md")])


@pytest.mark.parametrize("file", ["README.md", *PAGES])
def test_commands_in_the_documentation_are_commands(file: str) -> None:
    """Lines of shell blocks; INSTANCE, RUN and the like stand for folders."""
    text = (ROOT / file).read_text(encoding="utf-8")
    for block in re.findall(r"^ *```(?:bash|sh|console|text)?\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
        for arguments in examples_of(block):
            try:
                parse(arguments)
            except click.UsageError as error:
                pytest.fail(f"{file}: mes-stoch {shlex.join(arguments)}: {error.format_message()}")


@pytest.mark.parametrize("file", [page for page in PAGES if page.startswith("docs/how_to/") and "README" not in page])
def test_a_how_to_page_has_commands(file: str) -> None:
    """Which the test above parses: a block that it does not see would be no example at all."""
    text = (ROOT / file).read_text(encoding="utf-8")
    assert examples_of(text)
    assert len(examples_of(text)) == sum(
        len(examples_of(block)) for block in re.findall(r"^ *```bash\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    )


def test_a_wrong_example_would_be_found() -> None:
    with pytest.raises(click.UsageError):
        parse(["solve", "instances/tiny_site", "--scenarois", "3"])
    with pytest.raises(click.UsageError):
        parse(["slove", "instances/tiny_site"])
    assert examples_of("  mes-stoch a b > c\n  mes-stoch d     # e\nmes-stoch f   g") == [["a", "b"], ["d"], ["f"]]
