"""Parameters of ``fr_synthetic_day``: each default with where it comes from and how sure that is.

Flags: [P] a public page or published series, [B] general knowledge, [placeholder] no public figure is known to the
project, so that a user must replace it to get money figures that mean something. Statistics "of" a series are
recomputed from a published copy of it; the series themselves are not part of the project.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mes_stoch.schema.base import Model, NonNegative, Positive

Share = Annotated[float, Field(ge=0, le=1)]
Correlation = Annotated[float, Field(ge=-1, le=1)]
Autocorrelation = Annotated[float, Field(ge=0, lt=1)]


class MarketParameters(Model):
    """Day-ahead, intraday and imbalance prices."""

    da_price_mean_eur_per_mwh: float = Field(
        default=63.6, description="Mean day-ahead price. [P] French quarter-hours of November-December 2025: 63.59."
    )
    da_day_sd_eur_per_mwh: NonNegative = Field(
        default=25.0,
        description="Deviation of a day's mean. [P] same series: total 32.1, within a day 19.3, so about 25 between "
        "days.",
    )
    da_weekend_offset_eur_per_mwh: float = Field(
        default=-10.0,
        description="Saturdays and Sundays against the week's mean, the other days raised to keep it. "
        "[P] French day-ahead 2019: 32.6 on weekends against 42.2.",
    )
    da_shape_sd_eur_per_mwh: NonNegative = Field(
        default=14.8,
        description="Deviation of the mean daily shape. [P] 19.3 within a day (2025), split into shape and residual "
        "as 9.8 to 8.2, the ratio in November-December 2017-2020.",
    )
    da_noise_sd_eur_per_mwh: NonNegative = Field(
        default=12.4, description="Deviation around the shape. [P] the other part of that split."
    )
    da_noise_autocorrelation_per_unit: Autocorrelation = Field(
        default=0.89,
        description="Lag of a quarter-hour; gives hourly means 0.743. [P] that residual in November-December "
        "2017-2020.",
    )
    da_price_min_eur_per_mwh: float = Field(default=-500.0, description="Auction limit. [P] epexspot.com.")
    da_price_max_eur_per_mwh: float = Field(default=4000.0, description="Auction limit. [B]")
    id_spread_mean_eur_per_mwh: float = Field(
        default=2.0,
        description="Intraday less day-ahead. [P] German ID3 less day-ahead 2023: 2.0; no French series is public.",
    )
    id_spread_sd_eur_per_mwh: NonNegative = Field(
        default=27.3,
        description="Of quarter-hours; gives hourly means 25.1. [P] same series: 25.1 (9.7 in 2019, 48.6 in 2024).",
    )
    id_spread_autocorrelation_per_unit: Autocorrelation = Field(
        default=0.867, description="Lag of a quarter-hour; gives hourly means 0.686. [P] same series: 0.686."
    )
    id_system_correlation_per_unit: Correlation = Field(
        default=0.5, description="Of the innovations of the intraday spread with those of the system's shortage. [B]"
    )
    imbalance_spread_mean_eur_per_mwh: float = Field(
        default=-3.2,
        description="Imbalance less day-ahead. [P] western Denmark 2021: -3.18; no French series is public.",
    )
    imbalance_spread_sd_eur_per_mwh: NonNegative = Field(
        default=37.7, description="[P] same series: 37.7 (Belgium 2013: 52.2)."
    )
    imbalance_spread_limit_eur_per_mwh: Positive = Field(
        default=150.0,
        description="Largest distance from day-ahead. The 1 % and 99 % quantiles are -120 and 129 (western Denmark "
        "2021) [P]; cut below the missed-energy penalty so that energy settled at day-ahead price is never worth "
        "missing.",
    )
    system_autocorrelation_per_unit: Autocorrelation = Field(
        default=0.73,
        description="Lag of a quarter-hour of the latent shortage; gives the price 0.705. [P] Belgium 2013, 15 min: "
        "0.705 (price), 0.707 (system imbalance).",
    )
    imbalance_coefficient_per_unit: Share = Field(
        default=0.05,
        description="k of the settlement price: long at min, short at max of VWAP(1-k), VWAP(1+k). Rule [P] "
        "clients.rte-france.com dispositif_prix.jsp; size [B].",
    )


class ReserveParameters(Model):
    """Capacity prices by block, and activations."""

    fcr_capacity_mean_eur_per_mw_h: NonNegative = Field(
        default=7.0, description="[P] France 2024 (linklaters.com, June 2025)."
    )
    fcr_block_h: Positive = Field(default=4.0, description="[P] entsoe.eu/network_codes/eb/fcr.")
    fcr_day_log_sd_per_unit: NonNegative = Field(
        default=0.79, description="Deviation of the logarithm between days. [P] French FCR 2021: 0.786."
    )
    fcr_block_log_sd_per_unit: NonNegative = Field(
        default=0.43,
        description="Within a day. [P] French FCR 2021: 0.430; together the variation is 1.1 as published.",
    )
    afrr_capacity_mean_eur_per_mw_h: NonNegative = Field(
        default=66.0,
        description="Average of 2024 [P] linklaters.com, read as the **sum** of both directions: the page does not "
        "say, but 66 for each would be 1.1 million EUR a year for 1 MW both ways, where the same page puts a battery "
        "at 256 thousand.",
    )
    afrr_up_share_per_unit: Share = Field(
        default=0.6,
        description="Part of that sum paid for up. [placeholder] no French split found; 0.89 in western Denmark "
        "2024-25, 0.52 in Germany 2019-20, 0.44 in southern Norway 2023 [P].",
    )
    afrr_block_h: Positive = Field(default=4.0, description="[P, implied] modoenergy.com.")
    afrr_day_log_sd_per_unit: NonNegative = Field(
        default=0.59, description="[P] western Denmark 2024-25: variation 0.80, of which 0.64 from day to day."
    )
    afrr_block_log_sd_per_unit: NonNegative = Field(default=0.385, description="[P] the rest of that variation.")
    mfrr_capacity_mean_eur_per_mw_h: NonNegative = Field(
        default=1.7,
        description="[placeholder] between 0.64 (France 2020, 5.6 thousand EUR/MW/year [P] enerfocus.info) and 4.7 "
        "(western Denmark 2021 [P]): their geometric mean.",
    )
    rc_capacity_mean_eur_per_mw_h: NonNegative = Field(
        default=1.2, description="[placeholder] the mFRR value times 3.9/5.6, the ratio of 2020 [P] enerfocus.info."
    )
    mfrr_block_h: Positive = Field(default=24.0, description="Also of RC: daily tender [B].")
    mfrr_log_sd_per_unit: NonNegative = Field(default=1.56, description="Also of RC. [P] western Denmark 2021: 1.557.")
    fcr_frequency_sd_hz: NonNegative = Field(
        default=0.02, description="Deviation of continental frequency from 50 Hz. [B]"
    )
    fcr_frequency_time_constant_s: Positive = Field(default=300.0, description="Time constant of that deviation. [B]")
    fcr_frequency_step_s: Positive = Field(default=10.0, description="Step it is followed at inside a period.")
    fcr_dead_band_hz: NonNegative = Field(default=0.01, description="[P] modoenergy.com: from 10 mHz on.")
    fcr_full_activation_hz: Positive = Field(
        default=0.2, description="[P] encosax.energy: full at 200 mHz, in proportion."
    )
    afrr_up_activation_mean_per_unit: Share = Field(
        default=0.078,
        description="[P] Germany 2016-17: 151.5 MW called on average of at most 1,953 MW seen. France is smaller: "
        "[placeholder]. The called share of one offer is taken as that of the whole [B].",
    )
    afrr_down_activation_mean_per_unit: Share = Field(default=0.056, description="[P] as above: 101.5 of 1,809 MW.")
    afrr_autocorrelation_per_unit: Autocorrelation = Field(
        default=0.77,
        description="Lag of a quarter-hour of the latent ratio; gives 0.70 to 0.73 a direction. [P] Germany 2016-17: "
        "0.70, 0.73.",
    )
    afrr_system_correlation_per_unit: Correlation = Field(
        default=0.9, description="Of its innovations with the system's. [B]"
    )
    mfrr_calls_per_day: NonNegative = Field(
        default=1.4,
        description="Rate before the daily limit. Gives 5 % of hours: [P] western Denmark 2021 called 15.2 of 299 MW "
        "bought on average.",
    )
    mfrr_call_max_h: Positive = Field(default=2.0, description="[P] services-rte.com.")
    rc_calls_per_day: NonNegative = Field(default=0.5, description="[placeholder] fewer than mFRR.")
    rc_call_max_h: Positive = Field(default=1.5, description="[P] services-rte.com.")
    calls_max_per_day: NonNegative = Field(default=2.0, description="[P] vattenfall.fr 2019, blog.cre.fr.")
    call_step_h: Positive = Field(
        default=0.5, description="Calls last a whole number of these steps, up to the most. [B]"
    )
    call_rest_h: NonNegative = Field(default=4.0, description="Least time between two calls. [B], user input")
    call_system_sensitivity_per_unit: NonNegative = Field(
        default=1.0, description="A call is exp(s z) times likelier when the latent shortage is z deviations. [B]"
    )


class SiteParameters(Model):
    """Weather and demands of a hospital-size site; every level is of the synthetic site itself."""

    latitude_deg: Annotated[float, Field(ge=-66, le=66)] = Field(default=48.85, description="Paris.")
    longitude_deg: Annotated[float, Field(ge=-180, le=180)] = Field(default=2.35, description="Paris.")
    temperature_year_mean_degc: float = Field(default=12.5, description="[B] Paris basin.")
    temperature_year_amplitude_k: NonNegative = Field(default=8.0, description="[B] coldest in mid-January.")
    temperature_day_sd_k: NonNegative = Field(default=3.5, description="Between days of a season. [B]")
    temperature_day_amplitude_k: NonNegative = Field(default=2.5, description="Half the daily swing. [B]")
    pv_peak_mw: NonNegative = Field(default=1.5, description="Output under full sun at the zenith.")
    electricity_mean_mw: NonNegative = Field(default=2.5, description="Mean electricity demand.")
    electricity_swing_per_unit: NonNegative = Field(
        default=1.0, description="1: the daily swing of the DOE reference hospital [P]; 0: flat."
    )
    electricity_day_sd_per_unit: NonNegative = Field(default=0.03, description="Level of a day. [B]")
    electricity_noise_sd_per_unit: NonNegative = Field(default=0.02, description="Around the shape. [B]")
    hot_water_mean_mw: NonNegative = Field(
        default=0.8, description="Mean hot-water demand, in the DOE hospital's shape."
    )
    heat_loss_mw_per_k: NonNegative = Field(default=0.32, description="Heating demand per degree below the threshold.")
    heating_threshold_degc: float = Field(
        default=15.0, description="Outdoor temperature above which nothing is heated. [B]"
    )
    heat_noise_sd_per_unit: NonNegative = Field(default=0.04, description="[B]")
    heat_pump_sink_degc: float = Field(default=60.0, description="Supply temperature of the heat pump. [B]")
    heat_pump_quality_per_unit: Share = Field(default=0.5, description="Share of the Carnot figure reached. [B]")


class FrSyntheticDayParameters(MarketParameters, ReserveParameters, SiteParameters):
    """All parameters of the process, by name as an instance may override them."""
