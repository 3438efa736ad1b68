"""``mes-stoch new``."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mes_stoch.cli import output
from mes_stoch.schema.errors import UsageError
from mes_stoch.starting.names import COUNTRIES, SITE_KINDS

if TYPE_CHECKING:
    from mes_stoch.starting.choices import Choices

_EPILOG = """\b
Examples:
  mes-stoch new my_site                                          asks a few questions
  mes-stoch new my_shop --country FR --site supermarket --products day_ahead,afrr,local
  mes-stoch new my_plant --country DK --site district_heat --start 2026-02-10
  mes-stoch new my_battery --country AU --site battery --scenarios 3

\b
Exit codes: 0 written, 2 the choices do not go together, the folder is in use, or it cannot be written.
"""


@click.command(epilog=_EPILOG, short_help="Write a commented instance to start from.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--country", type=click.Choice(COUNTRIES, case_sensitive=False), help="Default FR, or what you answer.")
@click.option("--site", "kind", type=click.Choice(SITE_KINDS, case_sensitive=False), help="What kind of site it is.")
@click.option(
    "--products",
    metavar="A,B,...",
    help="What it sells, separated by commas: of FR day_ahead, intraday, fcr, afrr, mfrr, rc, local, local_unreserved; "
    "of AU spot, fcas_regulation, fcas_contingency. Default a few that suit the country.",
)
@click.option("--scenarios", type=click.IntRange(min=1), metavar="N", help="How many are drawn; default 5.")
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The day that is planned: 2026-01-14.")
@click.option("--name", metavar="NAME", help="Name of the instance; default that of the folder.")
@click.option(
    "--currency", metavar="CODE", help="That of the country's scenarios: EUR, or AUD in AU. Nothing is converted."
)
@click.option("--force", is_flag=True, help="Replace the files that this command writes; others stay.")
def new(
    folder: Path,
    country: str | None,
    kind: str | None,
    products: str | None,
    scenarios: int | None,
    start: datetime | None,
    name: str | None,
    currency: str | None,
    force: bool,
) -> None:
    """Write an instance that validates and solves in seconds, to be made one's own.

    The FOLDER gets an instance.yaml in which every key is explained with its unit and every number that was made up is
    marked, a README.md that says where the numbers come from, series of the site where it needs any, and the format as
    JSON Schema for editors. Without --country, --site and --products it asks, in a terminal.
    """
    from mes_stoch.starting.choices import choose, instance_name
    from mes_stoch.starting.folder import require_room, write_site

    require_room(folder, force=force)
    if country is None and kind is None and products is None and _is_terminal():
        country, kind, products = _ask()
    if kind is None:
        raise UsageError(f"which kind of site? --site {'|'.join(SITE_KINDS)}")
    choices = choose(
        instance_name(folder.resolve().name) if name is None else name,
        country or COUNTRIES[0],
        kind,
        products=None if products is None else [each.strip() for each in products.split(",") if each.strip()],
        start=None if start is None else start.date(),
        scenarios=scenarios,
        currency=currency,
    )
    written = write_site(folder, choices, force=force)
    _tell(folder, choices, written)


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _ask() -> tuple[str, str, str]:
    """The three questions; what is offered depends on the answers before."""
    from mes_stoch.starting.choices import default_products, possible_products
    from mes_stoch.starting.pieces import site_kind

    country = click.prompt("Country", type=click.Choice(COUNTRIES, case_sensitive=False), default="FR", err=True)
    for each in SITE_KINDS:
        output.status(f"  {each}: {site_kind(each).says}")
    kind = click.prompt("Kind of site", type=click.Choice(SITE_KINDS), default="supermarket", err=True)
    for each, says in possible_products(country, kind).items():
        output.status(f"  {each}: {says}")
    usual = ",".join(default_products(country, kind))
    products = click.prompt("What it sells, separated by commas", default=usual, err=True)
    return country, kind, products


def _tell(folder: Path, choices: Choices, written: list[Path]) -> None:
    from mes_stoch.starting.texts import next_commands, spoken

    output.status(f"{choices.site.title} in {choices.country.name}, which sells {', '.join(choices.products)}:")
    for path in written:
        output.status(f"  {path}")
    output.status("Numbers marked `yours` are made up: put your own in their place. Next:")
    commands = next_commands(spoken(folder))
    width = max(len(command) for command, _ in commands)
    for command, what in commands:
        output.result(f"  {command:<{width}}   {what}")
