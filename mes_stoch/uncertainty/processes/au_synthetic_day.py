"""A synthetic day in the Australian market: spot, ten FCAS services, regulation called, weather and demands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from mes_stoch.schema.base import Model
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series
from mes_stoch.uncertainty.processes import au_prices, au_site
from mes_stoch.uncertainty.processes.au_parameters import AuSyntheticDayParameters

SERIES = (
    "spot_price_eur_per_mwh",
    *(f"{service}_price_eur_per_mw_h" for service in au_prices.service_names()),
    "regulation_raise_per_unit",
    "regulation_lower_per_unit",
    "outdoor_temperature_degc",
    "pv_available_mw",
    "chiller_cop_per_unit",
    "electricity_demand_mw",
    "cooling_demand_mw",
)


class AuSyntheticDay:
    """Dispatch intervals of Australian-like markets and of a campus that cools.

    **Synthetic**: no value is a real one. FCAS levels are those of published summaries where there are any; every
    parameter of :class:`~mes_stoch.uncertainty.processes.au_parameters.AuSyntheticDayParameters` says where it comes
    from, with its evidence flag.

    **Equations**

    - spot price = level of the day + daily shape + AR(1) + events of shortage, between floor and cap;
    - FCAS prices are lognormal AR(1) with a common part; in an event every raise service jumps to the same height;
    - the share of regulation called is an AR(1), raise where positive and lower where negative.

    There is no day-ahead market: all data belong to the realtime leaf. Prices are Australian dollars under the format's
    names of money; an instance, which must be in AUD, names them ``spot_price_aud_per_mwh``.
    """

    currency: ClassVar[str] = "AUD"
    Parameters: ClassVar[type[Model]] = AuSyntheticDayParameters

    def __init__(self, parameters: Model | None = None) -> None:
        # Validated again, so that a model of another process cannot pass.
        values = {} if parameters is None else parameters.model_dump()
        self.parameters = AuSyntheticDayParameters(**values)

    def series_names(self) -> tuple[str, ...]:
        """Names of all series."""
        return SERIES

    def draw_day_ahead(self, generator: np.random.Generator, context: DrawContext) -> Drawn:
        """Nothing: the market has one stage."""
        return {}

    def draw_realtime(
        self, generator: np.random.Generator, context: DrawContext, day_ahead: Mapping[str, Series]
    ) -> Drawn:
        """Prices, regulation called, weather and demands."""
        # One generator a subject, so that a change in one leaves the draws of the others as they were.
        event, spot, fcas, control, weather, sun, demand = generator.spawn(7)
        p = self.parameters
        events = au_prices.shortage_events(event, context, p)
        raised, lowered = au_prices.regulation_called(control, context, p)
        temperature = au_site.outdoor_temperature(weather, context, p)
        return {
            "spot_price_eur_per_mwh": au_prices.spot_price(spot, context, p, events),
            **au_prices.fcas_prices(fcas, context, p, events),
            "regulation_raise_per_unit": raised,
            "regulation_lower_per_unit": lowered,
            "outdoor_temperature_degc": temperature,
            "pv_available_mw": au_site.photovoltaic_power(sun, context, p),
            "chiller_cop_per_unit": au_site.chiller_cop(p, temperature),
            **au_site.demands(demand, context, p, temperature),
        }
