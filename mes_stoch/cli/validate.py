"""``mes-stoch validate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mes_stoch.cli import output
from mes_stoch.cli.options import set_option
from mes_stoch.schema.errors import UsageError

if TYPE_CHECKING:
    from mes_stoch.api import Site
    from mes_stoch.schema.tree import ScenarioTree

_EPILOG = """\b
Examples:
  mes-stoch validate instances/tiny_site
  mes-stoch validate --numerics instances/hospital_fr
  mes-stoch validate --products
  mes-stoch validate --products --long instances/enedis_local
  mes-stoch validate --products --csv > products.csv
  mes-stoch validate --schema > instance.schema.json
  mes-stoch validate --schema --currency AUD > aud.schema.json
  mes-stoch validate --schema --full > whole.schema.json

\b
Exit codes: 0 valid, 2 not valid.
"""


@click.command(epilog=_EPILOG, short_help="Check an instance; report all its problems.")
@click.argument("instance", type=click.Path(path_type=Path), required=False)
@set_option
@click.option("--schema", is_flag=True, help="Print the JSON Schema of instance.yaml and stop.")
@click.option(
    "--currency",
    metavar="CODE",
    help="With --schema: keys of money as an instance in this currency writes them (default EUR).",
)
@click.option("--plugins", is_flag=True, help="With --schema: the kinds that installed packages bring as well.")
@click.option("--full", is_flag=True, help="With --schema: each product with all its rules, defaults and sources.")
@click.option("--products", is_flag=True, help="Show the product catalogue, or the products of INSTANCE, as a table.")
@click.option("--long", "whole", is_flag=True, help="With --products: a paragraph per product, sources whole.")
@click.option("--csv", is_flag=True, help="With --products: all columns as CSV.")
@click.option("--numerics", is_flag=True, help="Show how far apart the numbers of the first scenario lie.")
def validate(
    instance: Path | None,
    overrides: dict[str, Any],
    schema: bool,
    currency: str | None,
    plugins: bool,
    full: bool,
    products: bool,
    whole: bool,
    csv: bool,
    numerics: bool,
) -> None:
    """Check an instance folder and report all its problems together.

    Each problem comes with its file, line and key, what was found, what was expected and a hint. The scenarios are
    drawn and checked too: prices that would let a site earn money without limit are found here, not by the solver.

    With --schema: what may be written, for editors and other programs; an editor with a YAML language server finds it
    by the first line of an instance, `# yaml-language-server: $schema=instance.schema.json`.

    With --products: the market rules the catalogue knows, with their sources, its own and those of installed packages;
    for an INSTANCE those of its products, with what it has changed marked.

    With --numerics: the smallest and largest coefficients, costs and limits, where they stand, and advice where they
    would give the solver trouble.
    """
    if schema:
        _print_schema(currency or "EUR", plugins=plugins, full=full)
        return
    if plugins or full:
        raise UsageError("--plugins and --full go with --schema")
    if currency is not None:
        raise UsageError("--currency goes with --schema; an instance says its own: currency: AUD")
    if overrides and instance is None:
        raise UsageError("--set changes an INSTANCE: give its folder")
    if (whole or csv) and not products:
        raise UsageError("--long and --csv go with --products")
    if products:
        _show_products(instance, overrides, whole=whole, csv=csv)
        return
    if instance is None:
        raise UsageError("which instance? Give its folder: mes-stoch validate INSTANCE")
    from mes_stoch import api

    site = api.read(instance, overrides)
    tree = site.tree()
    described = site.instance
    horizon = described.horizon
    first = "" if horizon.begun_h == 0 else f", the first of {horizon.first_period_h:g} h,"
    output.result(
        f"{described.name} is valid: {horizon.periods} periods of {horizon.period_h:g} h{first} from {horizon.start} "
        f"({horizon.timezone}), {len(described.components)} components, {len(described.products)} products, "
        f"{len(tree.scenario_names)} scenarios."
    )
    if numerics:
        _show_numerics(site, tree)


def _print_schema(currency: str, *, plugins: bool, full: bool) -> None:
    import re

    from mes_stoch.io.json_schema.instance import instance_schema
    from mes_stoch.io.json_schema.text import json_text

    if not re.fullmatch("[A-Z]{3}", currency):
        raise UsageError(f"--currency is three capital letters, such as EUR or AUD, not {currency!r}")
    output.result(json_text(instance_schema(currency, plugins=plugins, full=full)).rstrip("\n"))


def _show_products(folder: Path | None, overrides: dict[str, Any], *, whole: bool, csv: bool) -> None:
    from mes_stoch import api
    from mes_stoch.io.csv_text import csv_text
    from mes_stoch.report.product_table import render_products, render_products_long

    if whole and csv:
        raise UsageError("give --long or --csv, not both")
    table = api.product_table(None if folder is None else api.read(folder, overrides))
    if csv:
        output.result(csv_text(table).rstrip("\n"))
    else:
        output.show(render_products_long(table) if whole else render_products(table))


def _show_numerics(site: Site, tree: ScenarioTree) -> None:
    from mes_stoch.model.site_program import build_program
    from mes_stoch.report.numerics_table import render_numerics
    from mes_stoch.solvers.certificate.numerics import inspect
    from mes_stoch.solvers.subproblems.open_columns import open_columns

    program = build_program(site.instance, tree)
    currency = site.instance.currency
    found = inspect(program, [0])
    output.show(render_numerics(found, program.scenario_names[0], currency, open_columns(program)))
