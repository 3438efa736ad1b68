"""What must hold for charges of a connection beside its prices of energy."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.grid_connection.format import GridConnection
from mes_stoch.components.grid_connection.format_charges import Subscription
from mes_stoch.io.readers.locate import show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.rules.time_axis import horizon_block_problem
from mes_stoch.schema.errors import Issue

#: Fields that only say how a charge is reckoned, and what they say where nobody writes them.
_DETAILS = {
    "demand_charge_interval_h": None,
    "demand_charge_counts_per_unit": 1.0,
    "demand_charge_share_per_unit": 1.0,
    "peak_so_far_mw": 0.0,
}


def power_charge_issues(context: CheckContext, name: str, spec: GridConnection) -> Iterator[Issue]:
    """Charges of which a part is missing, and intervals that the horizon cannot be cut into."""
    place, locator = ("components", name), context.locator
    if not spec.is_charged_by_power:
        for key, default in _DETAILS.items():
            if getattr(spec, key) != default:
                yield locator.issue(
                    (*place, key),
                    f"{show(getattr(spec, key))}, without a charge on power",
                    "a charge that it is a part of",
                    "write demand_charge_eur_per_mw, or excess_charge_eur_per_mw with subscribed_power_mw; or leave "
                    "this out",
                )
    elif spec.import_max_mw == 0 and (spec.demand_charge_eur_per_mw > 0 or spec.excess_charge_eur_per_mw):
        key = "demand_charge_eur_per_mw" if spec.demand_charge_eur_per_mw > 0 else "excess_charge_eur_per_mw"
        yield locator.issue(
            (*place, key),
            f"{getattr(spec, key):g}, where import_max_mw is 0",
            "a connection that can import",
            "the charge is on import; leave it out",
        )
    if spec.is_limited_by_subscription and spec.subscribed_power_mw is None:
        yield locator.issue(
            (*place, "excess_charge_eur_per_mw"),
            f"{show(spec.excess_charge_eur_per_mw)}, without subscribed_power_mw",
            "a subscribed power above which it is paid",
            "write subscribed_power_mw; a charge from the first MW on is demand_charge_eur_per_mw",
        )
    if spec.subscribed_power_mw is not None and spec.excess_charge_eur_per_mw == 0:
        stated = "a range" if spec.subscription is not None else f"{spec.subscribed_power_mw:g}"
        yield locator.issue(
            (*place, "subscribed_power_mw"),
            f"{stated}, without excess_charge_eur_per_mw",
            "what is paid above it, in EUR/MW, or null, which forbids any",
            "write excess_charge_eur_per_mw; a limit of every period is import_max_mw",
        )
    if spec.subscription is not None:
        yield from _subscription_issues(context, name, spec, spec.subscription)
    yield from _interval_issues(context, name, spec)


def _subscription_issues(
    context: CheckContext, name: str, spec: GridConnection, range_mw: Subscription
) -> Iterator[Issue]:
    """A range that is none, reaches beyond the connection, or begins below what the month has had."""
    place, locator, low, high = ("components", name, "subscribed_power_mw"), context.locator, *range_mw.bounds_mw
    if low > high:
        yield locator.issue((*place, "min_mw"), f"{low:g}, above max_mw ({high:g})", "at most max_mw")
    if spec.import_max_mw is not None and high > spec.import_max_mw:
        expected = f"at most import_max_mw ({spec.import_max_mw:g}), which no import passes"
        yield locator.issue((*place, "max_mw"), f"{high:g}", expected)
    if low < spec.peak_so_far_mw:
        yield locator.issue(
            (*place, "min_mw"),
            f"{low:g}, below peak_so_far_mw ({spec.peak_so_far_mw:g})",
            "at least the peak that the month has had",
            "what is subscribed holds for the whole month; state it as a number where the month has begun",
        )


def take_or_pay_issues(context: CheckContext, name: str, spec: GridConnection) -> Iterator[Issue]:
    """An energy without a price or the other way round, more than can be withdrawn, and energy that could go back."""
    place, locator = ("components", name), context.locator
    least, price = spec.take_or_pay_mwh, spec.take_or_pay_price_eur_per_mwh
    if least is None and price is not None:
        yield locator.issue(
            (*place, "take_or_pay_price_eur_per_mwh"),
            f"{price:g}, without take_or_pay_mwh",
            "the energy over the horizon on which it is paid",
            "write take_or_pay_mwh, or leave this out",
        )
    if least is None:
        return
    if price is None:
        yield locator.issue(
            (*place, "take_or_pay_mwh"),
            f"{least:g}, without take_or_pay_price_eur_per_mwh",
            "what is paid on energy that is not taken, in EUR/MWh",
            "write take_or_pay_price_eur_per_mwh, or leave this out",
        )
    if spec.export_max_mw > 0:
        yield locator.issue(
            (*place, "take_or_pay_mwh"),
            f"{least:g}, with an export of up to {spec.export_max_mw:g} MW",
            "a supply that takes nothing back",
            "make the export a grid_connection of its own",
        )
    horizon = context.partial.horizon
    if horizon is not None and spec.import_max_mw is not None:
        most = spec.import_max_mw * horizon.length_h
        if least > most:
            yield locator.issue(
                (*place, "take_or_pay_mwh"),
                f"{least:g}",
                f"at most {most:g} MWh, which import_max_mw allows over the horizon",
                "give the part of the contract's energy that falls into the horizon",
            )


def _interval_issues(context: CheckContext, name: str, spec: GridConnection) -> Iterator[Issue]:
    hours, horizon = spec.demand_charge_interval_h, context.partial.horizon
    if hours is None or horizon is None or context.time is None:
        return
    # of an interval that has begun the mean is over what is left of it
    problem = horizon_block_problem(horizon, context.time, hours, may_have_begun=horizon.begun_h > 0)
    if problem is not None:
        yield context.locator.issue(
            ("components", name, "demand_charge_interval_h"),
            f"{hours:g}",
            f"a length in h that {problem}",
            "the meter takes means over whole periods; shorten horizon.period_h, or leave this out for the period",
        )
