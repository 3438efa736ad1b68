"""What must hold for a grid connection."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.grid_connection.checks_charges import power_charge_issues, take_or_pay_issues
from mes_stoch.components.grid_connection.format import GridConnection
from mes_stoch.io.readers.locate import Locator, show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.schema.component import EntryPath
from mes_stoch.schema.errors import Issue


def issues(context: CheckContext, name: str, spec: GridConnection) -> Iterator[Issue]:
    """Tariffs that pay for buying and selling at once, and a share of what has no limit."""
    if spec.import_max_mw is None and spec.import_available_per_unit != 1:
        yield context.locator.issue(
            ("components", name, "import_available_per_unit"),
            f"{show(spec.import_available_per_unit)}, without import_max_mw",
            "a largest withdrawal that it is a share of",
            "write import_max_mw as a number, or leave this out",
        )
    yield from power_charge_issues(context, name, spec)
    yield from take_or_pay_issues(context, name, spec)
    yield from _tariff_issues(context.locator, ("components", name), spec)


def _tariff_issues(locator: Locator, path: EntryPath, spec: GridConnection) -> Iterator[Issue]:
    bought, sold = spec.import_price_eur_per_mwh, spec.export_price_eur_per_mwh
    both_ways = spec.export_max_mw > 0 and (spec.import_max_mw is None or spec.import_max_mw > 0)
    if both_ways and not isinstance(bought, str) and not isinstance(sold, str) and sold > bought:
        yield locator.issue(
            (*path, "export_price_eur_per_mwh"),
            f"{sold:g}, above import_price_eur_per_mwh ({bought:g})",
            "an export price of at most the import price",
            "buying and selling at once would be riskless profit; tariffs come on top of market prices",
        )
