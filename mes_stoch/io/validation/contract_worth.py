"""What a MWh can be worth to contracts: called and missed, or kept and so held ready for hours.

Equations
---------
For each product that is held ready and called, with ``lambda`` the price of readiness, ``sigma`` and ``mu`` the
penalties of what is not held and of what is missed, ``theta`` the clawback, ``B`` the hours of its block, ``h`` those
of the shortest period, ``H`` those of the horizon and ``tau`` the time that a call is sustained::

    called   C = max_p ( energy prices + mu + sigma + theta lambda max(1, B / h) ),   and at least E
    kept     R = sum_g max_{p in g} (lambda + sigma) max(1, H / tau)          g: exclusivity groups
               + max_m D shortfall_m / critical hours_m                      D: days of the horizon

A MWh that stays in a store holds ``1 / tau`` MW for all the hours that are left, once for each exclusivity group, and
counts on every day for a capacity mechanism ``m``. A price of readiness that is drawn counts as 0 in these sums, and is
taken to pay a MWh no more than energy can: ``E`` is then the largest price of energy, and 0 where none is drawn.
"""

from __future__ import annotations

from collections.abc import Callable

from mes_stoch.io.validation.price_limits import Ranges
from mes_stoch.schema.base import Quantity
from mes_stoch.schema.flexibility import Flexibility
from mes_stoch.schema.instance import Instance

#: Size of a price of energy whose limit is given, EUR/MWh.
PriceOfEnergy = Callable[[Quantity, float | None], float]


class ContractWorth:
    """What a MWh can be worth to the contracts of an instance, in its currency; see the module's equations."""

    def __init__(self, instance: Instance, ranges: Ranges, price: PriceOfEnergy, largest: float) -> None:
        self._ranges = ranges
        self._price = price
        self._period_h = float(instance.horizon.lengths_h[0])
        self._horizon_h = instance.horizon.length_h
        products = instance.products.values()
        self._called = [p for p in instance.called_products().values() if p.volume_max_mw > 0]
        #: What suppliers pass on for a MWh drawn in an hour of obligation.
        self.obligation = max((self._of_hour(*v) for p in products for v in p.drawn_hour_values()), default=0.0)
        #: What a MWh is worth that a storage keeps for a critical hour in which the certified level is short.
        self.critical = max((self._of_hour(*v) for p in products for v in p.kept_hour_values()), default=0.0)
        #: For certain, and with readiness whose price is drawn.
        self.certain = max(map(self._of_call, self._called), default=0.0)
        is_drawn = any(self._stated(p.capacity_price) is None for p in self._called)
        self.called = max(self.certain, largest) if is_drawn else self.certain
        self.kept = self._readiness() + self.critical * max(1.0, self._horizon_h / 24.0)

    def _of_call(self, product: Flexibility) -> float:
        block_h = self._horizon_h if product.block_h is None else product.block_h
        energy = sum(
            max(
                (self._price(payment.price, product.energy_price_limit) for payment in product.energy_payments(d)),
                default=0.0,
            )
            for d in product.directions
        )
        readiness = self._stated(product.capacity_price) or 0.0
        lost = product.clawback_per_unit * readiness * max(1.0, block_h / self._period_h)
        return energy + product.missed_penalty_eur_per_mwh + product.shortfall_penalty_eur_per_mw_h + lost

    def _readiness(self) -> float:
        by_group: dict[str, float] = {}
        for product in self._called:
            price = self._stated(product.capacity_price) or 0.0
            hours = max(1.0, self._horizon_h / product.sustain_h) if product.sustain_h > 0 else 1.0
            worth = hours * (price + product.shortfall_penalty_eur_per_mw_h)
            by_group[product.exclusivity_group] = max(by_group.get(product.exclusivity_group, 0.0), worth)
        return sum(by_group.values())

    def _of_hour(self, price: Quantity, hours_per_year: float) -> float:
        """Money per MWh of a yearly price that some hours of the year share."""
        return (self._stated(price) or 0.0) / hours_per_year

    def _stated(self, price: Quantity) -> float | None:
        """Largest size of a price of readiness; ``None`` where it is drawn."""
        if not isinstance(price, str):
            return abs(float(price))
        return max(map(abs, self._ranges[price])) if price in self._ranges else None
