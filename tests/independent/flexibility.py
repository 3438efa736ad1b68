"""What is held ready and called: volumes, coverage, delivery, money (docs/model.md, "Contracts and offers")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .leaf import DOWN, UP, Leaf, Leg, Series
from .path import open_periods
from .rows import Linear, total

FAMILIES = ("reserve", "free_offer", "demand_reduction", "local_flexibility", "demand_response_tender")
_PENALTIES = ("shortfall_penalty_eur_per_mw_h", "missed_penalty_eur_per_mwh")


def build_volumes(leaf: Leaf) -> None:
    """Volumes and legs of every product that is held ready, before the devices that hold it."""
    for product, rules in leaf.site.of_family(*FAMILIES, "fcas").items():
        if rules["volume_max_mw"] == 0:
            continue
        leaf.volumes[product] = _volumes(leaf, product, rules)
        ways = (UP, DOWN) if rules["direction"] == "symmetric" else (rules["direction"],)
        leaf.legs[product] = [_leg(leaf, product, rules, way) for way in ways]


def _volumes(leaf: Leaf, product: str, rules: Mapping[str, Any]) -> Series:
    of_period = {}
    offered_at = rules.get("capacity_offer_prices_eur_per_mw_h")
    given = leaf.site.decided("commitments_mw", product)
    for b, block in enumerate(leaf.site.clock.blocks(rules.get("block_h"))):
        if b < len(given):
            volume = Linear(constant=given[b])
        elif offered_at is None:
            volume = bid(leaf, rules, f"{product}.volume[{b}]", rules["volume_max_mw"])
        else:
            volume = _accepted(leaf, product, rules, b, block)
        of_period |= dict.fromkeys(block, volume)
    return [of_period[t] for t in leaf.periods]


def _accepted(leaf: Leaf, product: str, rules: Mapping[str, Any], b: int, block: list[int]) -> Linear:
    """What the scenario accepts of the volumes that are offered at prices, and what it pays for them."""
    hours = np.asarray(leaf.h)[block]
    window = hours * (leaf.site.clock.inside(rules) * leaf.data(rules.get("window_per_unit", 1.0)))[block]
    price = leaf.data(rules["capacity_price_eur_per_mw_h"])[block]
    obliged = float(window.sum())
    clearing = float(window @ price) / obliged if obliged > 0 else 0.0
    offers = rules["capacity_offer_prices_eur_per_mw_h"]
    volumes = [bid(leaf, rules, f"{product}.offer_{o:g}[{b}]", rules["volume_max_mw"]) for o in offers]
    leaf.program.less(f"{product}.offered", total(volumes), float(rules["volume_max_mw"]))
    # a mean over a block is rounded
    slack = 1e-9 * abs(clearing)
    reached = [(o, x) for o, x in zip(offers, volumes, strict=True) if clearing >= o - slack]
    is_bid = rules.get("capacity_pricing", "cleared") == "bid"
    leaf.accepted_payment[product, b] = total(obliged * (o if is_bid else clearing) * x for o, x in reached)
    return total(x for _, x in reached)


def bid(leaf: Leaf, rules: Mapping[str, Any], name: str, most: float) -> Linear:
    """A volume of 0 or from the minimum bid on, in steps, as far as the rules are switched on."""
    stage = rules.get("stage", "commit")
    key = (
        stage,
        name,
        leaf.scenario.name if stage == "realtime" else leaf.scenario.node if stage == "day_ahead" else "",
    )
    if ("bid", *key) in leaf.program.shared:
        return leaf.program.shared["bid", *key]
    step = rules.get("bid_step_mw", 0.0) if leaf.site.bids["steps"] else 0.0
    least = rules.get("minimum_bid_mw", 0.0) if leaf.site.bids["minimum"] else 0.0
    if step > 0:
        count = np.floor(most / step + 1e-9)
        volume = step * leaf.shared(stage, f"{name}.steps", 0, count, integer=True)
    else:
        volume = leaf.shared(stage, name, 0, most)
    if least > step or (least > 0 and step == 0):
        is_bid = leaf.shared(stage, f"{name}.is_bid", 0, 1, integer=True)
        leaf.program.less(f"{name}.minimum_bid", least * is_bid, volume)
        leaf.program.less(f"{name}.maximum_bid", volume, most * is_bid)
    leaf.program.shared["bid", *key] = volume
    return volume


def _leg(leaf: Leaf, product: str, rules: Mapping[str, Any], way: str) -> Leg:
    window = leaf.site.clock.inside(rules) * leaf.data(rules.get("window_per_unit", 1.0))
    key = f"activation_{way}_per_unit" if rules["family"] in ("reserve", "free_offer") else "activation_per_unit"
    stated = 1.0 if rules["family"] == "demand_reduction" else rules.get(key)
    stated = 0.0 if stated is None else stated
    share = np.array(leaf.data(stated), dtype=float)
    if rules.get("offer_price_eur_per_mwh") is not None:
        offer, marginal = leaf.data(rules["offer_price_eur_per_mwh"]), leaf.data(rules["marginal_price_eur_per_mwh"])
        share = share * ((marginal >= offer) if way == UP else (marginal <= offer))
    if rules["family"] in ("free_offer", "demand_reduction"):
        share = share * window
    can_be_called = not isinstance(stated, int | float) or stated != 0
    opened = open_periods(dict(rules), share, window, leaf.site.clock)
    return Leg(product, way, rules, share, window, can_be_called, opened)


def settle_flexibility(leaf: Leaf) -> None:
    """Coverage, delivery and money, once devices hold."""
    for product, legs in leaf.legs.items():
        rules = leaf.site.products[product]
        if rules["family"] == "fcas":
            continue
        short = {leg: leaf.columns(f"{product}.short_{leg.direction}_mw") for leg in legs}
        _readiness(leaf, product, legs, short, {leg: _calls(leaf, leg, short[leg]) for leg in legs})


def _calls(leaf: Leaf, leg: Leg, short: Series) -> Series:
    """Coverage, delivery and energy of one leg; what of a miss is penalised."""
    rules, volume, program = leg.rules, leaf.volumes[leg.product], leaf.program
    holders = [device for device in leaf.devices.values() if leg in device.held]
    held, given = (leaf.sum_of([getattr(d, what)[leg] for d in holders]) for what in ("held", "given"))
    missed, penalised = leaf.columns(f"{leg.name}.missed_mw"), leaf.zeros()
    tolerance = rules.get("delivery_tolerance_per_unit", 0.0)
    for t in leaf.periods:
        program.same(f"{leg.name}.coverage", held[t] + short[t], leg.window[t] * volume[t])
        program.same(f"{leg.name}.delivery", given[t] + missed[t], leg.share[t] * volume[t])
        if tolerance > 0:
            penalised[t] = leaf.column(f"{leg.name}.penalised_mw[{t}]")
            program.less(f"{leg.name}.tolerance", missed[t] - tolerance * leg.share[t] * volume[t], penalised[t])
        else:
            penalised[t] = missed[t]
    leaf.missed[leg] = missed
    called = [leg.share[t] * volume[t] for t in leaf.periods]
    sign = 1.0 if leg.direction == UP or rules["family"] == "local_flexibility" else -1.0
    if leg.direction != UP and rules.get("energy_price_eur_per_mwh") is not None:
        # of a local contract downward: the energy that the site sold ahead and does not give
        leaf.earn_series(f"called_energy.{leg.product}", -leaf.data(rules["energy_price_eur_per_mwh"]), given)
    energy = {"ordered": called, "delivered": given}.get(settlement(rules))
    if energy is not None:
        leaf.earn_series(f"activation.{leg.product}", sign * energy_price(leaf, leg), energy)
    leaf.earn_series(f"penalty.missed_{leg.product}", -leaf.data(rules[_PENALTIES[1]]), penalised)
    leaf.earn_series(f"penalty.shortfall_{leg.product}", -leaf.data(rules[_PENALTIES[0]]), short)
    return penalised


def settlement(rules: Mapping[str, Any]) -> str:
    default = "ordered" if rules["family"] in ("reserve", "free_offer") else "delivered"
    return str(rules.get("energy_settlement", default))


def energy_price(leaf: Leaf, leg: Leg) -> np.ndarray:
    """Price of energy called, as the product states it (for a reserve down: paid by the site)."""
    rules = leg.rules
    if rules["family"] == "demand_reduction":
        return leaf.data(rules["price_eur_per_mwh"]) - leaf.data(rules["supplier_payment_eur_per_mwh"])
    key = {
        "local_flexibility": "activation_price_eur_per_mwh",
        "demand_response_tender": "activation_bonus_eur_per_mwh",
    }.get(rules["family"], f"energy_price_{leg.direction}_eur_per_mwh")
    stated = rules.get(key)
    return leaf.data(0.0 if stated is None else stated)


def _readiness_price(leaf: Leaf, rules: Mapping[str, Any]) -> np.ndarray | None:
    """EUR/MW/h of an obliged hour; None where readiness is not paid."""
    family = rules["family"]
    if family == "reserve":
        return leaf.data(rules["capacity_price_eur_per_mw_h"])
    if family == "demand_response_tender":
        yearly = leaf.data(rules["tender_price_eur_per_mw_year"]) - leaf.data(
            rules["capacity_reference_price_eur_per_mw_year"]
        )
        return np.asarray(np.maximum(0.0, yearly) / rules["window_hours_per_year"])
    if family == "local_flexibility" and rules.get("reservation", True):
        if rules.get("fixed_price_eur_per_mw_h") is not None:
            return leaf.data(rules["fixed_price_eur_per_mw_h"])
        return leaf.data(rules["fixed_price_eur_per_mw_year"]) / float(rules["window_hours_per_year"])
    return None


@dataclass
class _Block:
    """Obliged hours of a block, the mean price over them, and what of the payment is lost (MW h)."""

    periods: list[int]
    hours: float
    price: float
    lost: Linear


def _readiness(
    leaf: Leaf, product: str, legs: list[Leg], short: dict[Leg, Series], penalised: dict[Leg, Series]
) -> None:
    rules = leaf.site.products[product]
    prices = _readiness_price(leaf, rules)
    if prices is None:
        return
    h, program = leaf.h, leaf.program
    window = np.asarray(h) * legs[0].window
    unheld = leaf.columns(f"{product}.unheld_mw")
    for leg in legs:
        for t in leaf.periods:
            program.less(f"{product}.unheld", short[leg][t], unheld[t])
    theta = rules.get("clawback_per_unit", 1.0)
    for b, periods in enumerate(leaf.site.clock.blocks(rules.get("block_h"))):
        hours = float(sum(window[periods]))
        if hours == 0:
            continue
        price = float(window[periods] @ prices[periods]) / hours
        lost = leaf.column(f"{product}.lost_mw_h[{b}]")
        program.less(f"{product}.forfeiture", total(h[t] * unheld[t] for t in periods), lost)
        for leg in legs:
            if not leg.can_be_called:
                continue
            worst = leaf.column(f"{product}.worst_{leg.direction}_mw[{b}]")
            for t in periods:
                program.less(f"{product}.worst_miss", penalised[leg][t], leg.share[t] * worst)
            program.less(f"{product}.clawback", theta * hours * worst, lost)
        paid = leaf.accepted_payment.get((product, b), price * hours * leaf.volumes[product][periods[0]])
        leaf.earn(f"capacity.{product}", paid - price * lost)
