"""Parameters of ``au_synthetic_day``: each default with where it comes from and how sure that is.

Flags: [P] a public page, [B] general knowledge, [placeholder] no public figure is known to the project, so that a user
must replace it to get money figures that mean something. Money is in Australian dollars.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mes_stoch.schema.base import Model, NonNegative, Positive

Share = Annotated[float, Field(ge=0, le=1)]
Autocorrelation = Annotated[float, Field(ge=0, lt=1)]


class AuMarketParameters(Model):
    """Spot and FCAS prices, and what automatic control calls of regulation."""

    price_cap_aud_per_mwh: Positive = Field(
        default=17500.0,
        description="Market price cap of energy and FCAS, AUD/MWh and AUD/MW/h. [P] 15,000 to 17,500 by year, "
        "rdrr.io/cran/aemo.",
    )
    price_floor_aud_per_mwh: float = Field(default=-1000.0, description="Floor of the spot price, AUD/MWh. [B]")
    spot_mean_aud_per_mwh: float = Field(default=90.0, description="Mean spot price, AUD/MWh. [placeholder]")
    spot_day_sd_aud_per_mwh: NonNegative = Field(
        default=25.0, description="Deviation of a day's level, AUD/MWh. [placeholder]"
    )
    spot_shape_sd_aud_per_mwh: NonNegative = Field(
        default=60.0,
        description="Deviation of the daily shape: low at midday under the sun, high in the evening, AUD/MWh. "
        "[placeholder]",
    )
    spot_noise_sd_aud_per_mwh: NonNegative = Field(
        default=30.0, description="Deviation around the shape, AUD/MWh. [placeholder]"
    )
    spot_noise_autocorrelation_per_unit: Autocorrelation = Field(
        default=0.75, description="Lag of a quarter-hour. [placeholder]"
    )
    raisereg_mean_aud_per_mw_h: NonNegative = Field(
        default=15.0,
        description="Raise regulation outside spikes, AUD/MW/h. [P] about 15 in July to December 2020, above 40 a year "
        "earlier (cornwall-insight.com.au).",
    )
    lowerreg_mean_aud_per_mw_h: NonNegative = Field(
        default=10.0, description="Lower regulation, likewise. [placeholder]"
    )
    raise1sec_mean_aud_per_mw_h: NonNegative = Field(
        default=2.0,
        description="[placeholder] inside 0.5 to 10, the band of a demonstration page, no authority.",
    )
    raise6sec_mean_aud_per_mw_h: NonNegative = Field(
        default=1.0,
        description="[placeholder] inside 0.1 to 5 of the same page; 2024-26 close to zero most of the "
        "time [P] optigrid.energy.",
    )
    raise60sec_mean_aud_per_mw_h: NonNegative = Field(
        default=0.6, description="[placeholder] below the faster services."
    )
    raise5min_mean_aud_per_mw_h: NonNegative = Field(
        default=0.5, description="[placeholder] below the faster services."
    )
    lower_share_per_unit: Share = Field(
        default=0.4, description="Lower contingency services as a share of the raise ones. [placeholder]"
    )
    fcas_log_sd_per_unit: NonNegative = Field(
        default=0.8, description="Deviation of the logarithm of FCAS prices outside spikes. [placeholder]"
    )
    fcas_common_per_unit: Share = Field(
        default=0.6, description="Share of that deviation that all services have in common. [placeholder]"
    )
    fcas_autocorrelation_per_unit: Autocorrelation = Field(
        default=0.8, description="Of that logarithm, lag of a quarter-hour. [placeholder]"
    )
    spikes_per_day: NonNegative = Field(default=1.0, description="Shortages in a day on average. [placeholder]")
    spike_periods_max: Annotated[int, Field(ge=1)] = Field(
        default=6, description="Longest event in periods; each length from 1 on is as likely. [placeholder]"
    )
    spike_fcas_max_aud_per_mw_h: NonNegative = Field(
        default=700.0,
        description="Largest raise price of an event, AUD/MW/h, uniform from a tenth of it. [P] spikes up to 2,000 in "
        "2020 and 700 in 2022 (cornwall-insight.com.au).",
    )
    spike_spot_factor_per_unit: NonNegative = Field(
        default=2.0, description="Spot price an event adds, as a multiple of its raise price. [placeholder]"
    )
    regulation_sd_per_unit: NonNegative = Field(
        default=0.25, description="Deviation of the share of regulation called, raise positive. [B]"
    )
    regulation_autocorrelation_per_unit: Autocorrelation = Field(
        default=0.3, description="Of that share, lag of a quarter-hour. [B]"
    )


class AuSiteParameters(Model):
    """Weather and demands of the campus; every level is of the synthetic site itself."""

    latitude_deg: Annotated[float, Field(ge=-66, le=66)] = Field(default=-33.87, description="Sydney.")
    longitude_deg: Annotated[float, Field(ge=-180, le=180)] = Field(default=151.21, description="Sydney.")
    temperature_year_mean_degc: float = Field(default=18.0, description="[B] Sydney.")
    temperature_year_amplitude_k: NonNegative = Field(default=5.5, description="[B] warmest in mid-January.")
    temperature_day_sd_k: NonNegative = Field(default=3.0, description="Between days of a season. [B]")
    temperature_day_amplitude_k: NonNegative = Field(default=4.0, description="Half the daily swing. [B]")
    pv_peak_mw: NonNegative = Field(default=3.0, description="Output under full sun at the zenith.")
    electricity_base_mw: NonNegative = Field(default=2.0, description="Demand at night.")
    electricity_day_mw: NonNegative = Field(default=2.0, description="On top of it at 13 h.")
    electricity_noise_sd_per_unit: NonNegative = Field(default=0.02, description="Around the shape. [B]")
    cooling_base_mw: NonNegative = Field(default=1.5, description="Cooling of laboratories and servers.")
    cooling_mw_per_k: NonNegative = Field(default=0.6, description="On top of it per degree above the threshold.")
    cooling_threshold_degc: float = Field(default=19.0, description="Outdoor temperature above which is cooled. [B]")
    chiller_quality_per_unit: Share = Field(default=0.4, description="Share of the Carnot figure reached. [B]")
    chiller_supply_degc: float = Field(default=6.0, description="Temperature of the chilled water. [B]")
    chiller_approach_k: NonNegative = Field(default=12.0, description="Condensation above outdoor air. [B]")


class AuSyntheticDayParameters(AuMarketParameters, AuSiteParameters):
    """All parameters of the process, by name as an instance may override them."""
