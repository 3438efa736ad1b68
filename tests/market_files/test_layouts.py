"""Each layout on a small file with invented numbers: what it reads, worked out from the rows of ``invented.py``."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from market_files import invented
from market_files.invented import SAMPLES
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.schema.errors import MarketFileError, UsageError

Read = Callable[..., MarketTable]


def values(table: MarketTable, name: str) -> dict[str, float]:
    """Numbers by local start of period with its offset; those that are none left out."""
    return {f"{stamp:%m-%d %H:%M%z}": value for stamp, value in table[name].dropna().items()}


def kinds(table: MarketTable) -> set[str]:
    return {finding.kind for finding in table.findings}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_file_is_recognised_as_what_it_is(read: Read, name: str) -> None:
    table = read(SAMPLES[name])
    assert table.layout == SAMPLES[name].layout
    assert all(one.name.endswith(f"_{one.unit}") for one in table.series)
    assert len(set(table.names)) == len(table.names)


def test_entsoe_old(read: Read) -> None:
    table = read(invented.ENTSOE_OLD)
    assert table.names == ["day_ahead_price_fr_eur_per_mwh"]
    # the second of two rows 02:00 is an hour later, in winter time; the row 02:00 in March is empty and left out
    assert values(table, table.names[0]) == {
        "03-30 00:00+0100": 10.0,
        "03-30 01:00+0100": 11.5,
        "03-30 03:00+0200": 13.0,
        "03-30 04:00+0200": -14.25,
        "10-26 01:00+0200": 21.0,
        "10-26 02:00+0200": 22.0,
        "10-26 02:00+0100": 22.5,
        "10-26 03:00+0100": 23.0,
        "10-26 05:00+0100": 25.0,
    }
    found = {finding.kind: finding for finding in table.findings}
    assert found["clock"].lines == (8, 9)
    assert found["gap"].lines == (6, 7)
    assert (found["missing"].lines, found["missing"].count) == ((11,), 1)
    assert table.source.rows == 11
    assert (table.source.first_line, table.source.last_line) == (2, 12)


def test_entsoe_new_with_hours_then_quarters(read: Read) -> None:
    table = read(invented.ENTSOE_NEW)
    (one,) = table.series
    found = values(table, one.name)
    assert (one.area, one.unit, one.resolution_words) == ("FR", "eur_per_mwh", "1 h, then 15 min")
    assert found["09-30 23:00+0200"] == 44.0
    assert found["10-01 00:45+0200"] == 55.0
    assert [found[f"10-26 02:{minute}+0200"] for minute in ("00", "15", "30", "45")] == [61.0, 62.0, 63.0, 64.0]
    assert [found[f"10-26 02:{minute}+0100"] for minute in ("00", "15", "30", "45")] == [71.0, 72.0, 73.0, 74.0]
    (change,) = (finding for finding in table.findings if finding.kind == "resolution")
    assert "1 h from 2025-09-30 19:00 (line 2, 5 rows), 15 min from 2025-10-01 00:00 (line 7" in change.text
    # the mean of 50, 51, 52 and 55 in the hour; 44 held in four quarters
    hours = table.aligned("1h")[one.name]
    quarters = table.aligned("15min")[one.name]
    assert hours[pd.Timestamp("2025-10-01 00:00+02:00")] == pytest.approx(52.0)
    assert (quarters[pd.Timestamp("2025-09-30 23:00+02:00") : pd.Timestamp("2025-09-30 23:45+02:00")] == 44.0).all()


def test_entsoe_hours_repeated_in_quarters_are_told(read: Read) -> None:
    rows = []
    begin = pd.Timestamp("2025-09-29 00:00")
    for k in range(2 * 96 + 4):
        start, end = begin + k * pd.Timedelta("15min"), begin + (k + 1) * pd.Timedelta("15min")
        # two days of one number an hour, then four that differ
        price = 40.0 + (k // 4) % 24 if k < 2 * 96 else 70.0 + k % 4
        rows.append(f'"{start:%d/%m/%Y %H:%M:%S} - {end:%d/%m/%Y %H:%M:%S}","BZN|FR","Sequence 1","{price}"')
    head = '"MTU (CET/CEST)","Area","Sequence","Day-ahead Price (EUR/MWh)"'
    table = read("\n".join([head, *rows]) + "\n")
    (held,) = (finding for finding in table.findings if finding.kind == "resolution")
    assert "one number an hour, repeated in its quarters, before 2025-10-01 00:00" in held.text


def test_entsoe_several_auctions_and_areas(read: Read) -> None:
    def row(start: int, area: str, sequence: str, price: float) -> str:
        return f'"01/06/2025 {start:02d}:00:00 - 01/06/2025 {start + 1:02d}:00:00","BZN|{area}","{sequence}","{price}"'

    lines = ['"MTU (UTC)","Area","Sequence","Day-ahead Price (EUR/MWh)"']
    for hour in range(3):
        lines += [row(hour, "AT", "Sequence 2", 90 + hour), row(hour, "AT", "Sequence 1", 50 + hour)]
        lines += [row(hour, "FR", "Without Sequence", 30 + hour)]
    table = read("\n".join(lines) + "\n")
    assert list(table["day_ahead_price_at_eur_per_mwh"]) == [50.0, 51.0, 52.0]
    assert list(table["day_ahead_price_at_sequence_2_eur_per_mwh"]) == [90.0, 91.0, 92.0]
    assert list(table["day_ahead_price_fr_eur_per_mwh"]) == [30.0, 31.0, 32.0]
    assert str(table["day_ahead_price_fr_eur_per_mwh"].index[0]) == "2025-06-01 00:00:00+00:00"
    assert "tender" in kinds(table)


def test_entsoe_a_currency_that_is_not_the_headers(read: Read) -> None:
    with pytest.raises(MarketFileError, match=r"file.csv:5: Currency: found 'GBP'; expected EUR, as in the header"):
        read(invented.ENTSOE_OLD.text.replace('"13.00","EUR"', '"13.00","GBP"'))


def test_entsoe_imbalance(read: Read) -> None:
    table = read(invented.ENTSOE_IMBALANCE)
    assert list(table["imbalance_price_positive_fr_eur_per_mwh"].dropna()) == [20.5, 21.5, 22.5, 24.5]
    assert list(table["imbalance_price_negative_fr_eur_per_mwh"]) == [30.5, 31.5, 32.5, 33.5, 34.5]
    energy = table.column("total_imbalance_fr_mwh")
    assert energy.is_energy
    assert energy.resolution_words == "30 min"
    # 12 and -8 MWh in the two halves of the first hour, 4 and 5 in those of the second
    assert list(table.aligned(60)["total_imbalance_fr_mwh"][:2]) == [4.0, 9.0]


def test_regelleistung_fcr(read: Read) -> None:
    table = read(invented.FCR)
    # 40/4, 48/4; 60 in the three hours of the night of the clock change; 80/4; of two tenders of 480 MW the last, 28/4;
    # 24/4, not the tender of 1 MW at 900; no price
    assert list(table["fcr_capacity_price_fr_eur_per_mw_h"].dropna()) == [10.0, 12.0, 20.0, 20.0, 7.0, 6.0]
    # Germany: 44/4, 48/4, 63/3, 1,200/4, 32/4, 24/4 (not the 0 of a demand of 0), 36/4
    assert list(table["fcr_capacity_price_de_eur_per_mw_h"]) == [11.0, 12.0, 21.0, 300.0, 8.0, 6.0, 9.0]
    assert list(table["fcr_demand_fr_mw"]) == [480.0] * 7
    tenders = [finding for finding in table.findings if finding.kind == "tender"]
    assert (tenders[0].count, tenders[0].lines) == (2, (7, 9))
    assert tenders[1].text.startswith("30.03.2025: a later tender holds for DE, FR, cross border")


def test_regelleistung_fcr_as_in_2021(read: Read) -> None:
    text = (
        invented.FCR.text.replace("FRANCE", "FR")
        .replace("GERMANY", "DE")
        .replace("1.200,00", "1200,00")
        .replace(",", ".")
        .replace("29.03.2025", "29-03-2025")
        .replace("30.03.2025", "30-03-2025")
    )
    assert list(read(text)["fcr_capacity_price_de_eur_per_mw_h"]) == [11.0, 12.0, 21.0, 300.0, 8.0, 6.0, 9.0]


def test_regelleistung_frr(read: Read) -> None:
    table = read(invented.FRR)
    assert list(table["afrr_average_capacity_price_germany_down_eur_per_mw_h"]) == [4.5, 5.5, 6.5]
    assert list(table["afrr_average_capacity_price_germany_up_eur_per_mw_h"].dropna()) == [14.5, 15.5]
    assert table.column("afrr_marginal_capacity_price_germany_up_eur_per_mw_h").area == "GERMANY"


def test_regelleistung_frr_prices_for_blocks_and_quarters_of_the_energy_market(read: Read) -> None:
    old = invented.FRR.text.replace("[(EUR/MW)/h]", "[EUR/MW]")
    # 14.5 and 15.5 EUR/MW for blocks of four hours
    assert list(read(old)["afrr_average_capacity_price_germany_up_eur_per_mw_h"].dropna()) == [3.625, 3.875]
    energy = "DELIVERY_DATE;TYPE_OF_RESERVES;PRODUCT;GERMANY_AVERAGE_ENERGY_PRICE_[EUR/MWh]\n" + "".join(
        f"2025-03-30;mFRR;POS_{number:03d};{100 + number},5\n" for number in (7, 8, 9, 10)
    )
    found = values(read(energy), "mfrr_average_energy_price_germany_up_eur_per_mwh")
    # quarters 7 and 8 end at 2:00, where the clock goes on to 3:00
    assert found == {
        "03-30 01:30+0100": 107.5,
        "03-30 01:45+0100": 108.5,
        "03-30 03:00+0200": 109.5,
        "03-30 03:15+0200": 110.5,
    }


def test_eco2mix(read: Read) -> None:
    table = read(invented.ECO2MIX)
    # the rows of the skipped hour are left out; those of the hour shown twice stand for both
    assert values(table, "load_france_mw") == {
        "03-30 01:30+0100": 50000.0,
        "03-30 03:00+0200": 50004.0,
        "03-30 03:30+0200": 50005.0,
        "10-26 01:30+0200": 40000.0,
        "10-26 02:00+0200": 40002.0,
        "10-26 02:30+0200": 40003.0,
        "10-26 02:00+0100": 40002.0,
        "10-26 02:30+0100": 40003.0,
        "10-26 03:00+0100": 40004.0,
    }
    assert table.column("load_france_mw").resolution_words == "30 min"
    assert table.column("load_forecast_day_ahead_france_mw").resolution_words == "15 min"
    assert table.column("co2_intensity_france_kg_per_mwh").unit == "kg_per_mwh"
    assert table.source.encoding == "Latin-1"
    assert "order" not in kinds(table)


def test_eco2mix_from_odre(read: Read) -> None:
    table = read(invented.ECO2MIX_ODRE)
    assert values(table, "load_france_mw") == {
        "10-26 02:30+0200": 40000.0,
        "10-26 02:45+0200": 40100.0,
        "10-26 02:00+0100": 40200.0,
        "10-26 02:30+0100": 40400.0,
    }


def test_rte_imbalance(read: Read) -> None:
    table = read(invented.IMBALANCE)
    found = values(table, "imbalance_price_positive_fr_eur_per_mwh")
    assert [found[f"10-26 02:{minute}+0200"] for minute in ("00", "15", "30", "45")] == [47.5, 48.0, 49.5, 50.0]
    # "1 060", with a blank between thousands
    assert [found[f"10-26 02:{minute}+0100"] for minute in ("00", "15", "30", "45")] == [57.5, 58.0, 59.5, 1060.0]
    assert list(table["imbalance_price_negative_fr_eur_per_mwh"])[-1] == 62.0
    assert table.column("system_imbalance_fr_mwh").is_energy
    assert len(table["system_imbalance_fr_mwh"]) == 11, "the row of totals is none"


def test_rte_reserve(read: Read) -> None:
    table = read(invented.RESERVE)
    # prices for half an hour, doubled
    assert list(table["capacity_price_fcr_both_eur_per_mw_h"]) == [9.0, 9.5]
    assert list(table["capacity_price_afrr_up_eur_per_mw_h"].dropna()) == [12.5]
    assert list(table["capacity_price_afrr_down_eur_per_mw_h"]) == [10.0, 11.0]


def test_smard(read: Read) -> None:
    table = read(invented.SMARD)
    assert values(table, "day_ahead_price_de_lu_eur_per_mwh") == {
        "10-26 01:00+0200": 50.05,
        "10-26 02:00+0200": 51.0,
        "10-26 02:00+0100": 52.0,
        "10-26 03:00+0100": -1053.0,
        "10-26 05:00+0100": 55.0,
    }
    assert list(table["netzlast_mwh"])[:2] == [41234.5, 40000.25]


def test_smard_in_english_and_as_before_2023(read: Read) -> None:
    table = read(invented.SMARD_ENGLISH)
    assert values(table, "day_ahead_price_de_lu_eur_per_mwh") == {
        "01-01 00:00+0100": 2.16,
        "01-01 01:00+0100": 1.6,
        "01-01 02:00+0100": 1001.5,
        "01-01 13:00+0100": 7.5,
        "01-01 14:00+0100": 8.5,
    }
    old = invented.SMARD.text.replace("Datum von;Datum bis", "Datum;Anfang;Ende")
    for hour in range(1, 6):
        old = old.replace(f"26.10.2025 {hour:02d}:00;26.10.2025", f"26.10.2025;{hour:02d}:00;")
    old = old.replace("; 0", ";0")
    assert list(read(old)["day_ahead_price_de_lu_eur_per_mwh"].dropna()) == [50.05, 51.0, 52.0, -1053.0, 55.0]


def test_energy_charts(read: Read) -> None:
    table = read(invented.ENERGY_CHARTS)
    assert values(table, "day_ahead_price_de_lu_eur_per_mwh") == {
        "10-26 01:00+0200": 60.5,
        "10-26 02:00+0200": 61.5,
        "10-26 02:00+0100": 71.5,
        "10-26 03:00+0100": 72.5,
        "10-26 04:00+0100": 73.5,
    }
    assert math.isnan(table["load_mw"].iloc[3])


def test_epex_auction(read: Read) -> None:
    table = read(invented.EPEX)
    found = values(table, "day_ahead_price_eur_per_mwh")
    # days of 24, 23, 25 and 24 hours
    assert len(found) == 96
    assert [found["03-29 02:00+0100"], found["03-30 01:00+0100"], found["03-30 03:00+0200"]] == [12.5, 111.5, 113.5]
    assert [found["10-26 02:00+0200"], found["10-26 02:00+0100"], found["10-26 03:00+0100"]] == [212.5, 312.5, 213.5]
    assert found["10-27 23:00+0100"] == 433.5
    assert all(".5" in str(value) for value in found.values()), "sums behind the hours are not read"


def test_epex_quarters_in_pounds(read: Read) -> None:
    hours = ["1", "2", "3A", "3B", *map(str, range(4, 25))]
    names = [f"Hour {hour} Q{quarter}" for hour in hours for quarter in (1, 2, 3, 4)]
    cells = ["" if "3B" in name else str(k) for k, name in enumerate(names)]
    table = read(f"# 15-call auction GBP\nDelivery day,{','.join(names)}\n2025-06-01,{','.join(cells)}\n")
    series = table["auction_price_gbp_per_mwh"]
    assert len(series) == 96
    # three hours before, and the four empty cells of hour 3B
    assert series[pd.Timestamp("2025-06-01 03:00+02:00")] == 16.0


def test_epex_without_an_hour_3b_does_not_say_which_hour_it_is(read: Read) -> None:
    names = ",".join(f"Hour {hour}" for hour in range(1, 25))
    text = f"Delivery day,{names}\n" + "".join(
        f"{day},{','.join(str(hour) for hour in range(24))}\n" for day in ("25/10/2025", "26/10/2025")
    )
    with pytest.raises(MarketFileError, match=r":3: Delivery day: found '2025-10-26 02:00', .* show twice"):
        read(text)
    assert len(read(text, clock="removed").series[0].times) == 24 + 25


def test_zones_that_a_file_states_cannot_be_changed(read: Read) -> None:
    for sample, zone in (
        (invented.PVGIS, "UTC"),
        (invented.AEMO_MMS, "Australia/Brisbane"),
        (invented.OPEN_METEO, "+02:00"),
    ):
        with pytest.raises(UsageError, match=rf"is in {zone.replace('+', '.')}, not Europe/Paris"):
            read(sample, zone="Europe/Paris")
        assert read(sample, zone=zone).series
    utc = invented.ENTSOE_NEW.text.replace("MTU (CET/CEST)", "MTU (UTC)").replace(" (CEST)", "").replace(" (CET)", "")
    with pytest.raises(UsageError, match="is in UTC, not Europe/Paris"):
        read(utc, zone="Europe/Paris")


def test_epex_refuses_an_hour_3b_in_summer(read: Read) -> None:
    wrong = invented.EPEX.text.replace("12.5,,13.5", "12.5,77,13.5")
    with pytest.raises(MarketFileError, match=r":3: Hour 3B: found a number on 2025-03-29"):
        read(wrong)


def test_energinet(read: Read) -> None:
    table = read(invented.ENERGINET)
    assert values(table, "day_ahead_price_dk1_eur_per_mwh") == {
        "10-26 02:00+0200": 20.0,
        "10-26 02:00+0100": 21.0,
        "10-26 03:00+0100": 22.0,
    }
    assert list(table["day_ahead_price_dk2_dkk_per_mwh"].dropna()) == [-74.6, 171.574998]
    assert values(read(invented.ENERGINET_LOCAL), "day_ahead_price_dk1_eur_per_mwh") == {
        "10-26 01:00+0200": 20.5,
        "10-26 02:00+0200": 21.5,
        "10-26 02:00+0100": 22.5,
        "10-26 03:00+0100": 23.5,
    }


def test_energinet_whose_two_times_disagree(read: Read) -> None:
    wrong = invented.ENERGINET.text.replace(
        "2025-10-26 01:00;2025-10-26 02:00;DK1", "2025-10-26 01:00;2025-10-26 03:00;DK1"
    )
    with pytest.raises(MarketFileError, match=r":4: HourDK: found 2025-10-26 03:00 beside 2025-10-26 01:00 in UTC"):
        read(wrong)


def test_epftoolbox(read: Read) -> None:
    table = read(invented.EPFTOOLBOX)
    assert values(table, "day_ahead_price_eur_per_mwh") == {
        "03-29 01:00+0100": 20.5,
        "03-29 03:00+0200": 21.5,
        "03-29 04:00+0200": 22.5,
        "10-25 01:00+0200": 30.5,
        "10-25 02:00+0200": 31.5,
        "10-25 02:00+0100": 31.5,
        "10-25 03:00+0100": 32.5,
    }
    assert list(table["exogenous_1_mw"])[:2] == [50000.0, 51000.0]


def test_aemo_mms(read: Read) -> None:
    table = read(invented.AEMO_MMS)
    # stamps are ends: the first interval, to 00:05, begins at midnight of market time; the intervention run is left out
    assert values(table, "energy_price_sa1_aud_per_mwh") == {
        "01-01 00:00+1000": 50.5,
        "01-01 00:05+1000": -1000.0,
        "01-01 00:10+1000": 52.5,
    }
    assert list(table["raise_6sec_price_vic1_aud_per_mw_h"]) == [1.5, 1.75, 2.0]
    assert list(table["lower_reg_price_sa1_aud_per_mw_h"].dropna()) == [4.25, 4.5]
    (left_out,) = (finding for finding in table.findings if finding.kind == "tender")
    assert left_out.lines == (8,)
    cut = invented.AEMO_MMS.text.replace('C,"END OF REPORT",12\n', "")
    assert any("END OF REPORT" in finding.text for finding in read(cut).findings)


def test_aemo_price_and_demand(read: Read) -> None:
    table = read(invented.AEMO_DEMAND)
    price = table.column("energy_price_nsw1_aud_per_mwh")
    assert price.resolution_words == "30 min, then 5 min"
    found = values(table, price.name)
    # half an hour to 22:30 and to midnight, five minutes to 00:05 and to 00:30
    assert (found["09-30 22:00+1000"], found["09-30 23:30+1000"]) == (30.5, 33.5)
    assert (found["10-01 00:00+1000"], found["10-01 00:25+1000"]) == (40.5, 45.5)
    # the mean of six intervals
    assert table.aligned("30min")[price.name].iloc[-1] == pytest.approx((40.5 + 45.5) / 2)


def test_pvgis(read: Read) -> None:
    table = read(invented.PVGIS)
    assert values(table, "pv_power_mw") == {"06-01 10:00+0000": 0.5, "06-01 11:00+0000": 0.6, "06-01 12:00+0000": 0.0}
    assert list(table["temperature_degc"]) == [20.5, 21.5, -1.5]


def test_renewables_ninja(read: Read) -> None:
    table = read(invented.NINJA)
    # 250.5, 350.5 and 450.5 kW
    assert list(table["electricity_mw"]) == pytest.approx([0.2505, 0.3505, 0.4505])
    assert str(table["electricity_mw"].index[0]) == "2019-07-01 10:00:00+00:00"
    assert table.column("temperature_degc").unit == "degc"


def test_open_meteo(read: Read) -> None:
    table = read(invented.OPEN_METEO)
    assert values(table, "temperature_2m_degc") == {"07-01 12:00+0200": 25.5, "07-01 13:00+0200": 26.5}
    # 18, 36 and 7.2 km/h
    assert list(table["wind_speed_10m_m_per_s"]) == pytest.approx([5.0, 10.0, 2.0])
    assert list(table["relative_humidity_2m_per_unit"]) == pytest.approx([0.50, 0.51, 0.52])
    # one offset the whole year: summer's of +02:00 holds in January as well
    winter = invented.OPEN_METEO.text.replace("2025-07-01T1", "2025-01-01T1")
    assert str(read(winter)["temperature_2m_degc"].index[0]) == "2025-01-01 12:00:00+02:00"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_encodings(read: Read, encoding: str) -> None:
    sample = invented.IMBALANCE
    found = read(sample.text.encode(encoding))
    name = "imbalance_price_positive_fr_eur_per_mwh"
    assert np.array_equal(found[name], read(sample)[name], equal_nan=True)


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_line_ends(read: Read, line_end: str) -> None:
    sample = replace(invented.SMARD, text=invented.SMARD.text.replace("\n", line_end))
    assert list(read(sample)["netzlast_mwh"]) == list(read(invented.SMARD)["netzlast_mwh"])


def test_compressed(read: Read) -> None:
    import gzip
    import io
    import zipfile

    plain = read(invented.FRR).frame
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("RESULT_OVERVIEW.csv", invented.FRR.content)
    for content in (gzip.compress(invented.FRR.content), stream.getvalue()):
        pd.testing.assert_frame_equal(read(content).frame, plain)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("second.csv", b"x")
    with pytest.raises(MarketFileError, match="a zip archive of 2 files"):
        read(stream.getvalue())


def test_spreadsheet(read: Read) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="spreadsheets need openpyxl (extra data)")
    import datetime
    import io

    book = openpyxl.Workbook()
    for line in invented.FRR.text.splitlines():
        cells: list[object] = []
        for cell in line.split(";"):
            if cell == "01.06.2025":
                cells.append(datetime.datetime(2025, 6, 1))
            else:
                is_number = cell.replace(",", "").isdigit()
                cells.append(float(cell.replace(",", ".")) if is_number else cell)
        book.active.append(cells)
    stream = io.BytesIO()
    book.save(stream)
    pd.testing.assert_frame_equal(read(stream.getvalue()).frame, read(invented.FRR).frame)
    with pytest.raises(MarketFileError, match=r"a spreadsheet that does not open|a damaged or encrypted zip archive"):
        read(stream.getvalue()[:-200] + stream.getvalue()[-180:])


def test_a_spreadsheet_without_what_reads_it_gets_a_hint(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    import sys
    import zipfile

    monkeypatch.setitem(sys.modules, "openpyxl", None)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(MarketFileError, match=r"save it as CSV .* pip install 'mes_stoch\[data\]'"):
        read(stream.getvalue())


def test_no_layout_fits(read: Read) -> None:
    with pytest.raises(MarketFileError) as caught:
        read("when,what\n2025-01-01,1\n")
    (issue,) = caught.value.issues
    assert (issue.line, issue.found) == (1, "a first line 'when,what' that no layout begins with")
    for name in ("entsoe (a first column", "aemo_mms (rows that begin", "--columns"):
        assert name in issue.hint
