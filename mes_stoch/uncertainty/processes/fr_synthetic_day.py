"""A synthetic French day (or several): prices, activations, weather and demands of a hospital-size site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from mes_stoch.schema.base import Model
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series, autoregressive
from mes_stoch.uncertainty.processes import fr_activations, fr_prices, fr_site
from mes_stoch.uncertainty.processes.fr_parameters import FrSyntheticDayParameters

DAY_AHEAD_SERIES = (
    "da_price_eur_per_mwh",
    "fcr_capacity_price_eur_per_mw_h",
    "afrr_up_capacity_price_eur_per_mw_h",
    "afrr_down_capacity_price_eur_per_mw_h",
    "mfrr_up_capacity_price_eur_per_mw_h",
    "rc_up_capacity_price_eur_per_mw_h",
)
REALTIME_SERIES = (
    "id_price_eur_per_mwh",
    "imbalance_long_eur_per_mwh",
    "imbalance_short_eur_per_mwh",
    "fcr_activation_up_per_unit",
    "fcr_activation_down_per_unit",
    "afrr_activation_up_per_unit",
    "afrr_activation_down_per_unit",
    "mfrr_activation_up_per_unit",
    "rc_activation_up_per_unit",
    "fcr_energy_price_eur_per_mwh",
    "afrr_energy_price_up_eur_per_mwh",
    "afrr_energy_price_down_eur_per_mwh",
    "mfrr_energy_price_up_eur_per_mwh",
    "rc_energy_price_up_eur_per_mwh",
    "outdoor_temperature_degc",
    "pv_available_mw",
    "heat_pump_cop_per_unit",
    "electricity_demand_mw",
    "heat_demand_mw",
)


class FrSyntheticDay:
    """Quarter-hours (or any other period) of French-like markets and of a hospital's demands.

    **Synthetic**: means, deviations and autocorrelations are those of published statistics; no value is a real one.
    French intraday, imbalance, aFRR, mFRR and RC prices are not public as series: neighbours stand in, and every
    parameter of :class:`~mes_stoch.uncertainty.processes.fr_parameters.FrSyntheticDayParameters` says which, with its
    evidence flag.

    **Equations**

    - day-ahead price = level of the day + daily shape + AR(1); intraday = day-ahead + AR(1);
    - a latent shortage of the system ``z`` (AR(1)) drives the price of balancing energy (day-ahead + a heavy-tailed
      function of ``z``), the direction of aFRR and the likelihood of mFRR and RC calls: activation is likely when it
      is dear;
    - imbalance prices are that balancing price with the French k spread, long <= short;
    - FCR is the proportional response to an Ornstein-Uhlenbeck frequency deviation, averaged over the period by
      direction.

    **No riskless profit**, in every period of every scenario: long <= short; energy called up is paid at most the short
    price and energy called down costs at least the long price (FCR: the day-ahead price, within
    ``imbalance_spread_limit_eur_per_mwh`` of both); capacity prices are not negative; activations lie in [0, 1] and the
    two directions of a product sum to at most 1.
    """

    currency: ClassVar[str] = "EUR"
    Parameters: ClassVar[type[Model]] = FrSyntheticDayParameters

    def __init__(self, parameters: Model | None = None) -> None:
        # Validated again, so that a model of another process cannot pass.
        values = {} if parameters is None else parameters.model_dump()
        self.parameters = FrSyntheticDayParameters(**values)

    def series_names(self) -> tuple[str, ...]:
        """Names of all series, day-ahead first."""
        return DAY_AHEAD_SERIES + REALTIME_SERIES

    def draw_day_ahead(self, generator: np.random.Generator, context: DrawContext) -> Drawn:
        """Day-ahead and capacity prices."""
        energy, capacity = generator.spawn(2)
        return {
            "da_price_eur_per_mwh": fr_prices.day_ahead_price(energy, context, self.parameters),
            **fr_prices.capacity_prices(capacity, context, self.parameters),
        }

    def draw_realtime(
        self, generator: np.random.Generator, context: DrawContext, day_ahead: Mapping[str, Series]
    ) -> Drawn:
        """Intraday and imbalance prices, activations, weather and demands, given the day-ahead price."""
        # One generator a subject, so that a change in one leaves the draws of the others as they were.
        system, intraday, fcr, afrr, mfrr, rc, weather, demand = generator.spawn(8)
        p = self.parameters
        day_ahead_price = day_ahead["da_price_eur_per_mwh"]
        innovations = system.standard_normal(context.periods)
        shortage = autoregressive(innovations, context.autocorrelation(p.system_autocorrelation_per_unit))
        vwap = fr_prices.balancing_price(p, day_ahead_price, shortage)
        long, short = fr_prices.settlement_prices(p, vwap)
        # An offer called by hand asks at least the day-ahead price; it is never paid more than a short position costs,
        # or being called would pay without delivering.
        manual_price = np.minimum(np.maximum(vwap, day_ahead_price), short)
        fcr_up, fcr_down = fr_activations.fcr_activation(fcr, context, p)
        afrr_up, afrr_down = fr_activations.afrr_activation(afrr, context, p, innovations)
        temperature = fr_site.outdoor_temperature(weather, context, p)
        return {
            "id_price_eur_per_mwh": fr_prices.intraday_price(intraday, context, p, day_ahead_price, innovations),
            "imbalance_long_eur_per_mwh": long,
            "imbalance_short_eur_per_mwh": short,
            "fcr_activation_up_per_unit": fcr_up,
            "fcr_activation_down_per_unit": fcr_down,
            "afrr_activation_up_per_unit": afrr_up,
            "afrr_activation_down_per_unit": afrr_down,
            "mfrr_activation_up_per_unit": fr_activations.calls(
                mfrr, context, p, shortage, p.mfrr_calls_per_day, p.mfrr_call_max_h, "mfrr_activation_up_per_unit"
            ),
            "rc_activation_up_per_unit": fr_activations.calls(
                rc, context, p, shortage, p.rc_calls_per_day, p.rc_call_max_h, "rc_activation_up_per_unit"
            ),
            "fcr_energy_price_eur_per_mwh": day_ahead_price.copy(),
            "afrr_energy_price_up_eur_per_mwh": vwap,
            "afrr_energy_price_down_eur_per_mwh": vwap.copy(),
            "mfrr_energy_price_up_eur_per_mwh": manual_price,
            "rc_energy_price_up_eur_per_mwh": manual_price.copy(),
            "outdoor_temperature_degc": temperature,
            "pv_available_mw": fr_site.photovoltaic_power(weather, context, p),
            "heat_pump_cop_per_unit": fr_site.heat_pump_cop(p, temperature),
            **fr_site.demands(demand, context, p, temperature),
        }
