"""Real series of activations, with the parts that are fitted to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.activation_evidence import Case
from mes_stoch.io.market_data.source import ZONE
from mes_stoch.uncertainty.fitted.history import History

AFRR_UP, AFRR_DOWN = "afrr_activation_up_per_unit", "afrr_activation_down_per_unit"
MFRR_UP, MFRR_DOWN = "mfrr_activation_up_per_unit", "mfrr_activation_down_per_unit"
SPOT = "da_price_eur_per_mwh"


def _months(year: int, *months: int) -> tuple[str, ...]:
    return tuple(f"{year}-{month:02d}" for month in months)


def _utc(table: pd.DataFrame, column: str) -> pd.DataFrame:
    table.index = pd.DatetimeIndex(pd.to_datetime(table.pop(column), utc=True)).tz_convert(ZONE)
    return table


def _local(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """By local stamps without an offset; days on which the clock changes are left out."""
    stamps = pd.DatetimeIndex(pd.to_datetime(table.pop(column)))
    days = stamps.normalize()
    whole = (days + pd.Timedelta(1, unit="D")).tz_localize(ZONE) - days.tz_localize(ZONE) == pd.Timedelta(24, unit="h")
    table = table.loc[whole]
    table.index = stamps[whole].tz_localize(ZONE)
    return table


def for_choices(case: Case) -> Case:
    """The months fitted alone, every third of them kept back: options are chosen there, the other months unseen."""
    seen, _ = case.history.split(case.months_kept_back)
    months = sorted({f"{day:%Y-%m}" for day in seen.time})
    return replace(case, history=seen, months_kept_back=months[1::3])


def german_afrr(folder: Path) -> Case:
    """Germany 2016-17 by quarter-hours; six of 24 months kept back."""
    table = _local(pd.read_csv(folder / "market_eu/de_srl_activated_15min_2016_2017.csv.gz"), "time_local")
    table = table[~table.index.duplicated()]
    frame = pd.DataFrame({"up_mw": table["pos_mw"], "down_mw": table["neg_mw"]})
    frame[AFRR_UP], frame[AFRR_DOWN] = frame["up_mw"] / 2000.0, frame["down_mw"] / 2000.0
    part = {
        "kind": "signed_ratio",
        "up": "up_mw",
        "down": "down_mw",
        "up_offered": 2000,
        "down_offered": 2000,
        "class_h": 1,
        "memory": "past",
        "latent_series": "latent_afrr",
    }
    return Case(
        "german_afrr",
        History(frame, "DE", ("German transmission operators, from indyfree/evsim",)),
        (*_months(2016, 3, 7, 11), *_months(2017, 2, 6, 10)),
        [part],
        {AFRR_UP: 0.05, AFRR_DOWN: 0.05},
        about="Automatic reserve called in Germany 2016-17, MW of 2,000; called: above 5 %.",
    )


def german_afrr_2024(folder: Path) -> Case:
    """Germany 2024 by quarter-hours; a month of each quarter kept back."""
    table = _utc(pd.read_csv(folder / "market_eu/de_afrr_activated_15min_2024.csv.gz"), "time_utc")
    frame = pd.DataFrame({"up_mw": table["afrr_pos_de"], "down_mw": table["afrr_neg_de"]})
    frame = frame.clip(upper=2000.0)
    frame[AFRR_UP], frame[AFRR_DOWN] = frame["up_mw"] / 2000.0, frame["down_mw"] / 2000.0
    case = german_afrr(folder)
    return Case(
        "german_afrr_2024",
        History(frame, "DE", ("German transmission operators, from hilbertp/hypermvp",)),
        _months(2024, 2, 5, 8, 11),
        case.parts,
        case.compared,
        about="Automatic reserve called in Germany 2024, MW of 2,000; called: above 5 %.",
    )


def belgian_regulation(folder: Path) -> Case:
    """Belgium 2013 by quarter-hours: net regulation, with the imbalance price less day-ahead."""
    table = _local(pd.read_csv(folder / "multimarket/be_2013_elia_imbalance_15min.csv.gz"), "time_local")
    table = table[~table.index.duplicated()]
    up, down = table["NRV"].clip(lower=0.0), (-table["NRV"]).clip(lower=0.0)
    frame = pd.DataFrame(
        {"up_mw": up, "down_mw": down, "imbalance_eur_per_mwh": table["POS"], SPOT: table["belpex_da"]}
    )
    frame[AFRR_UP], frame[AFRR_DOWN] = (up / 1000.0).clip(upper=1.0), (down / 1000.0).clip(upper=1.0)
    prices = {
        "kind": "day_bootstrap",
        "stage": "day_ahead",
        "series": ["imbalance_eur_per_mwh", SPOT],
        "match": ["day_type"],
    }
    part = {
        "kind": "signed_ratio",
        "up": "up_mw",
        "down": "down_mw",
        "up_offered": 1000,
        "down_offered": 1000,
        "class_h": 1,
        "memory": "past",
        "driver": {"series": "imbalance_eur_per_mwh", "minus": SPOT},
    }
    return Case(
        "belgian_regulation",
        History(frame, "FR", ("Elia, from danielsjf/Model",)),
        _months(2013, 2, 5, 8, 11),
        [prices, part],
        {AFRR_UP: 0.05, AFRR_DOWN: 0.05},
        ("imbalance_eur_per_mwh", SPOT),
        about="Net regulation in Belgium 2013, MW of 1,000, and imbalance price less day-ahead; called: above 5 %.",
        notes={"calendar": "French public holidays, which Belgium mostly shares"},
    )


def danish_mfrr(folder: Path) -> Case:
    """Western Denmark 2021 by hours: called up and down, with the day-ahead price."""
    table = _utc(pd.read_csv(folder / "multimarket/dk1_2021_multimarket_hourly.csv.gz"), "time_utc")
    frame = pd.DataFrame(
        {
            "up_mw": table["RegulatingPowerUp"],
            "down_mw": table["RegulatingPowerDown"].abs(),
            SPOT: table["da_eur_mwh"],
            "mfrr_price_eur_per_mwh": table["BalancingPowerPriceUpEUR"],
        }
    )
    most = {name: float(frame[f"{name}_mw"].max()) for name in ("up", "down")}
    frame[MFRR_UP], frame[MFRR_DOWN] = frame["up_mw"] / most["up"], frame["down_mw"] / most["down"]
    chain = {
        "kind": "call_chain",
        "class_h": 4,
        "price": SPOT,
        "price_levels": 3,
        "length": "past",
        "severity": "past",
        "day_effect": True,
    }
    parts: list[dict[str, object]] = [
        {"kind": "day_bootstrap", "stage": "day_ahead", "series": [SPOT], "match": ["day_type"]},
        {**chain, "called": "up_mw", "offered": most["up"], "series": MFRR_UP},
        {**chain, "called": "down_mw", "offered": most["down"], "series": MFRR_DOWN},
    ]
    return Case(
        "danish_mfrr",
        History(frame, "DK", ("Energinet, from matildekarlsson/forbrugerfleksibilitet",)),
        _months(2021, 2, 5, 8, 11),
        parts,
        {MFRR_UP: 0.0, MFRR_DOWN: 0.0},
        (SPOT,),
        about="Manual reserve called in western Denmark 2021, shares of the most, with the day-ahead price.",
    )


def danish_merit_order(folder: Path) -> Case:
    """Western Denmark 2021: bids at 60, 100 and 160 EUR/MWh, given the volume called and the day-ahead price."""
    base = danish_mfrr(folder)
    frame = base.history.frame.copy()
    bids = {f"bid_{price}_called_per_unit": float(price) for price in (60, 100, 160)}
    for name, price in bids.items():
        frame[name] = ((frame["up_mw"] > 0.0) & (frame["mfrr_price_eur_per_mwh"] > price)).astype(float)
    frame.loc[frame[["up_mw", "mfrr_price_eur_per_mwh"]].isna().any(axis=1), list(bids)] = np.nan
    merit = {
        "kind": "merit_order",
        "volume": "up_mw",
        "price": "mfrr_price_eur_per_mwh",
        "reference": SPOT,
        "drawn_volume": MFRR_UP,
        "drawn_volume_mw": float(frame["up_mw"].max()),
        "rest_classes": 4,
        "bids": [{"series": name, "price_eur_per_mwh": price} for name, price in bids.items()],
    }
    return Case(
        "danish_merit_order",
        History(frame, "DK", base.history.sources),
        base.months_kept_back,
        [base.parts[0], base.parts[1], merit],
        dict.fromkeys(bids, 0.0),
        ("mfrr_price_eur_per_mwh", SPOT),
        about="Bids for upward energy at three prices in western Denmark 2021; price: marginal less day-ahead.",
    )


def dutch_congestion(folder: Path) -> Case:
    """Dutch local congestion 2020 to 2025 by quarter-hours: cleared or not."""
    table = pd.read_csv(folder / "localflex/nl_gopacs_cleared_2018_2025.csv.gz")
    start = pd.to_datetime(table["ptuStartTime"], utc=True)
    cleared = table.groupby(start)["buyVolumeInMWh"].sum()
    time = pd.date_range("2020-01-01", "2025-10-01", freq="15min", tz=ZONE, inclusive="left")
    is_cleared = np.isin(time.asi8, pd.DatetimeIndex(cleared.index).as_unit(time.unit).asi8)
    frame = pd.DataFrame({"cleared_per_unit": is_cleared.astype(float)}, index=time)
    frame["local_activation_up_per_unit"] = frame["cleared_per_unit"]
    part = {
        "kind": "call_chain",
        "called": "cleared_per_unit",
        "offered": 1,
        "series": "local_activation_up_per_unit",
        "class_h": 1,
        "match": ["season", "day_type"],
        "length": "past",
        "day_effect": True,
    }
    back = [f"{year}-{month:02d}" for year in range(2020, 2025) for month in (1, 4, 7, 10)] + [
        "2025-01",
        "2025-04",
        "2025-07",
    ]
    return Case(
        "dutch_congestion",
        History(frame, "DE", ("GOPACS, from Utiligize/flexibility-market-analysis",)),
        back,
        [part],
        {"local_activation_up_per_unit": 0.0},
        about="Quarter-hours with a cleared event on the Dutch congestion market 2020-2025.",
        notes={"calendar": "German public holidays stand for Dutch ones"},
    )


def australian_contingency(folder: Path) -> Case:
    """South Australia, winter 2018 by five minutes: prices of fast raise above 50 AUD/MW/h as events."""
    table = pd.read_csv(folder / "market_aemo/nem_dispatchprice_SA1_VIC1_2018-06_2018-08_5min.csv.gz")
    table = table[table["REGIONID"] == "SA1"]
    end = pd.DatetimeIndex(pd.to_datetime(table["SETTLEMENTDATE"])).tz_localize("Australia/Brisbane")
    event = (table["RAISE6SECRRP"].to_numpy() > 50.0).astype(float)
    frame = pd.DataFrame({"event_per_unit": event}, index=end - pd.Timedelta(5, unit="min")).sort_index()
    frame = frame[~frame.index.duplicated()]
    frame["raise6sec_called_per_unit"] = frame["event_per_unit"]
    part = {"kind": "contingency", "called": "event_per_unit", "offered": 1, "series": "raise6sec_called_per_unit"}
    return Case(
        "australian_contingency",
        History(frame, "US", ("AEMO, from mathildebadoual/optimal_bidding",)),
        ("2018-08",),
        [part],
        {"raise6sec_called_per_unit": 0.0},
        about="Five minutes with a price of fast raise above 50 AUD/MW/h in South Australia, June to August 2018: "
        "prices stand for events, of which there is no public record in the data.",
    )


CASES: Mapping[str, Callable[[Path], Case]] = {
    function.__name__: function
    for function in (
        german_afrr,
        german_afrr_2024,
        belgian_regulation,
        danish_mfrr,
        danish_merit_order,
        dutch_congestion,
        australian_contingency,
    )
}
