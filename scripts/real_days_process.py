"""A process fitted to the donor series of ``real_days.py``: its parts, what they are fitted to, and its file.

Series of one group of donor years are fitted on the days that have all of them, in the months that are asked for; no
part sees the months kept back, of any year. Groups have no day in common, so that parts of different groups are drawn
independently, as whole days of them are paired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from mes_stoch.io.market_data.pairing import DonorGroup, local_dates, step_h, whole_days
from mes_stoch.uncertainty.fitted.document import ProcessDocument, Provenance
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.specification import Specification, fit
from mes_stoch.uncertainty.processes.fr_parameters import ReserveParameters

#: The middle month of each quarter, of every year.
MONTHS_KEPT_BACK = (2, 5, 8, 11)
DAY_AHEAD = "da_price_eur_per_mwh"
#: The price of balancing energy, under the name of the first price that it is.
BALANCING = "afrr_energy_price_up_eur_per_mwh"

Parts = Sequence[Mapping[str, Any]]


def market_parts() -> Parts:
    """Day-ahead price, intraday price on it, and capacity prices of aFRR that follow it."""
    afrr = ["afrr_up_capacity_price_eur_per_mw_h", "afrr_down_capacity_price_eur_per_mw_h"]
    return (
        {
            "kind": "autoregressive",
            "series": DAY_AHEAD,
            "lags": [1, 2, 24, 25],
            "harmonics": 0,
            "volatility_of": "level",
            "transform": "none",
            "innovations": "empirical",
        },
        {
            "kind": "spread",
            "series": "id_price_eur_per_mwh",
            "base": DAY_AHEAD,
            "spread": "id_spread_eur_per_mwh",
            "lags": [1, 2, 24],
            "volatility_of": DAY_AHEAD,
            "innovations": "empirical",
        },
        {"kind": "block_price", "series": afrr, "block_h": 4, "price": DAY_AHEAD},
    )


def balancing_parts(imbalance_coefficient_per_unit: float) -> Parts:
    """Capacity prices of FCR and mFRR, the price of balancing energy, those of imbalance, and calls of mFRR."""
    return (
        {"kind": "block_price", "series": ["fcr_capacity_price_eur_per_mw_h"], "block_h": 4},
        {"kind": "block_price", "series": ["mfrr_up_capacity_price_eur_per_mw_h"], "block_h": 4},
        {
            "kind": "spread",
            "series": BALANCING,
            "base": DAY_AHEAD,
            "spread": "imbalance_spread_eur_per_mwh",
            "lags": [1, 2, 24],
            "innovations": "empirical",
        },
        {
            "kind": "imbalance",
            "rule": "k_spread",
            "k_per_unit": imbalance_coefficient_per_unit,
            "balancing": BALANCING,
        },
        {
            "kind": "call_chain",
            "called": "mfrr_called_up_per_unit",
            "offered": 1.0,
            "series": "mfrr_activation_up_per_unit",
            "length": "past",
            "severity": "past",
        },
    )


def called_parts() -> Parts:
    """aFRR called, by quarter-hours; and FCR, of whose frequency no past is at hand."""
    reserves = ReserveParameters()
    return (
        {
            "kind": "signed_ratio",
            "up": "afrr_activation_up_per_unit",
            "down": "afrr_activation_down_per_unit",
            "up_offered": 1.0,
            "down_offered": 1.0,
        },
        {
            "kind": "frequency_response",
            "deviation_hz": reserves.fcr_frequency_sd_hz,
            "time_constant_s": reserves.fcr_frequency_time_constant_s,
            "dead_band_hz": reserves.fcr_dead_band_hz,
            "full_activation_hz": reserves.fcr_full_activation_hz,
            "step_s": reserves.fcr_frequency_step_s,
            "source": "not fitted: parameters of fr_synthetic_day",
        },
    )


def site_parts(series: Sequence[str]) -> Parts:
    """Demands and sun together."""
    return ({"kind": "weather_demand", "series": list(series), "lags": [1, 2, 24]},)


def days_of_months(group: DonorGroup, months: Sequence[int]) -> list[date]:
    """Days of a group on which all its series are known, in months of any year, in order."""
    common = set.intersection(*(whole_days(frame) for frame in group.frames))
    return sorted(day for day in common if day.month in months)


def of_months(group: DonorGroup, months: Sequence[int]) -> DonorGroup:
    """A group without its other months."""
    frames = [frame.loc[[day.month in months for day in local_dates(frame)]] for frame in group.frames]
    return replace(group, frames=frames)


def past_of(group: DonorGroup, months: Sequence[int], country: str) -> History:
    """The days that have all series of a group, in periods of its shortest, at most an hour; longer ones are held."""
    days = set(days_of_months(group, months))
    period_h = min(1.0, *(step_h(frame) for frame in group.frames))
    columns = [_held(frame, period_h) for frame in group.frames]
    frame = pd.concat(columns, axis=1, sort=True)
    kept = frame.loc[[day in days for day in local_dates(frame)]]
    return History(kept, country, tuple(f"{source.name}: {source.origin}" for source in group.sources))


def _held(frame: pd.DataFrame, period_h: float) -> pd.DataFrame:
    """A frame in shorter periods, which have the value of the one they lie in."""
    step = pd.Timedelta(round(3600 * period_h), unit="s")
    copies = [frame.set_axis(frame.index + number * step) for number in range(round(step_h(frame) / period_h))]
    return pd.concat(copies).sort_index()


def fitted_document(
    parts_of_groups: Sequence[tuple[DonorGroup, Parts]],
    months_fitted: Sequence[int],
    months_kept_back: Sequence[int],
    country: str = "FR",
    notes: Sequence[str] = (),
) -> ProcessDocument:
    """One process of parts that are fitted group by group, with everything they were fitted to.

    Parameters
    ----------
    parts_of_groups : sequence of (DonorGroup, parts)
        In the order they draw.
    months_fitted, months_kept_back : sequence of int
        Months of any year, 1 to 12.
    notes : sequence of str
        Further sources.
    """
    fitted = []
    for group, parts in parts_of_groups:
        past = past_of(group, [*months_fitted, *months_kept_back], country)
        back = sorted({f"{day:%Y-%m}" for day in local_dates(past.frame) if day.month in months_kept_back})
        asked = Specification(
            country=country, period_h=past.period_h, months_kept_back=back, parts=[dict(part) for part in parts]
        )
        fitted.append(fit(asked, past, group.name))
    spans = [document.fitted_to for document in fitted]
    return ProcessDocument(
        currency="EUR",
        country=country,
        fitted_to=Provenance(
            sources=[source for span in spans for source in span.sources] + list(notes),
            first_day=min(span.first_day for span in spans),
            last_day=max(span.last_day for span in spans),
            period_h=max(span.period_h for span in spans),
            timezone=spans[0].timezone,
            months_kept_back=sorted({month for span in spans for month in span.months_kept_back}),
            versions=spans[0].versions,
        ),
        parts=[part for document in fitted for part in document.parts],
    )
