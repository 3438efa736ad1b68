"""Measures of risk that would not be of what the user plans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mes_stoch.io.readers.locate import Locator, listed
from mes_stoch.rules.time_axis import horizon_days
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Horizon
from mes_stoch.schema.product import MarketProduct
from mes_stoch.schema.risk import Risk


def risk_issues(
    risk: Risk | None, horizon: Horizon, products: Mapping[str, MarketProduct], locator: Locator
) -> Iterator[Issue]:
    """A measure over single days, where volumes are committed for longer than the horizon.

    Days of a year as scenarios are right for a mean, in which the order of expectation and sum does not matter. The
    worst days are no worst year: the year is the sum of good and bad days.
    """
    if risk is None or risk.beta == 0 or risk.of_single_days:
        return
    days = horizon_days(horizon)
    contracts = [
        name
        for name, product in products.items()
        if product.decision_stage == "commit" and product.volume_block_h is None
    ]
    if horizon.days_per_year <= days or not contracts:
        return
    yield locator.issue(
        ("risk",),
        f"a risk measure over scenarios of {days:g} of {horizon.days_per_year:g} days, with one volume for the whole "
        f"contract of {listed(contracts)}",
        "no `risk`, or scenarios that are whole years",
        "the worst days are no worst year; write beta: 0 to plan for the mean, days_per_year equal to the days of "
        "the horizon where a scenario is the whole contract, or of_single_days: true if the worst days are meant "
        "(of a solve: --risk-of-single-days)",
    )
