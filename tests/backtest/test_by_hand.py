"""Backtests whose every number is worked out by hand."""

from __future__ import annotations

import pytest
from helpers.backtests import made_up

import mes_stoch as ms

#: Day of the window, a day that is not over when the first gate closes, and the operated one.
DAYS = {"2021-03-01": (20, 50, 20), "2021-03-02": (900, 0, 900), "2021-03-03": (20, 10, 60)}


@pytest.mark.parametrize("fan", [1, 8])
def test_one_day_by_hand(three_periods: ms.Site, fan: int) -> None:
    """Readiness is paid 8 EUR/MW/h, a MW the whole day: 24 x 8 = 192.

    - Window (20, 50, 20): energy of the generator is worth 8 x (50 - 30) = 160, so 1 MW is committed; the battery buys
      8 MWh at 20 and sells them at 50: 240. Planned 432.
    - The day (20, 10, 60), as it came: at 20 the battery buys, for 50 is expected; at 10 it keeps, for 20 is expected;
      at 60 it sells: 8 x (60 - 20) = 320. Realised 192 + 320 = 512.
    - Known: it buys at 10, 400. With the same commitment 192 + 400 = 592.
    - Known when committing: the generator sells at 60, 8 x 30 = 240 and more than 192: 240 + 400 = 640.
    """
    found = ms.backtest(three_periods, made_up(DAYS), days=1, window_days=1, fan=fan)
    (day,) = found.days
    assert [str(past) for past in day.window] == ["2021-03-01"]
    assert day.planned == pytest.approx(432, rel=1e-6)
    assert day.realised == pytest.approx(512, rel=1e-6)
    assert (day.given_lower, day.given_upper) == pytest.approx((592, 592), rel=1e-5)
    assert (day.perfect_lower, day.perfect_upper) == pytest.approx((640, 640), rel=1e-5)
    assert (day.regret_lower, day.regret_upper) == pytest.approx((128, 128), rel=1e-4)
    assert day.streams == pytest.approx({"capacity.reserve": 192, "energy.da": 320}, rel=1e-6)
    assert day.missing_mwh == {}
    assert [(entry.product, entry.volume) for entry in day.commitments] == [("reserve", pytest.approx(1.0))]


def test_the_day_between_is_not_used(three_periods: ms.Site) -> None:
    """The day before is not over when the first gate closes; whatever it brings, the numbers are the same."""
    other = {**DAYS, "2021-03-02": (0, 1, 2)}
    one, two = (ms.backtest(three_periods, made_up(days), days=1, window_days=1).days[0] for days in (DAYS, other))
    assert one.model_dump(exclude={"wall_time_s"}) == two.model_dump(exclude={"wall_time_s"})


def test_nothing_of_the_day_is_known_before_it_comes(three_periods: ms.Site) -> None:
    """With another end of the day the first two decisions are the same: 8 MWh bought at 20, and kept.

    At the end (20, 10, 15) they are sold at 15: 192 + 8 x (15 - 20) = 152.
    """
    days = {**DAYS, "2021-03-03": (20, 10, 15)}
    assert ms.backtest(three_periods, made_up(days), days=1, window_days=1).days[0].realised == pytest.approx(152)


def test_sums(three_periods: ms.Site) -> None:
    """Two days from windows of one; the second, from the unused day (900, 0, 900), by hand as well.

    - Window (900, 0, 900): energy is worth 2 x 8 x 870 more than 192, nothing is committed; the battery buys at 0 and
      sells at 900: 13,920 + 7,200 = 21,120 planned.
    - The day (20, 10, 60): nothing is committed. At 20 nothing is bought, for 0 is expected; at 10 it buys 8 MWh, for
      900 is expected; at 60 it sells: 400, and the generator earns 240. Realised 640, as with perfect foresight.
    """
    days = {**DAYS, "2021-03-04": (20, 10, 60)}
    found = ms.backtest(three_periods, made_up(days), days=2, window_days=1)
    second = found.days[1]
    assert (second.planned, second.realised) == pytest.approx((21120, 640), rel=1e-6)
    totals = found.totals
    assert (totals.planned, totals.realised) == pytest.approx((432 + 21120, 512 + 640), rel=1e-6)
    assert (totals.given_lower, totals.perfect_lower) == pytest.approx((592 + 640, 640 + 640), rel=1e-5)
    assert totals.streams == pytest.approx(
        {"capacity.reserve": 192, "energy.da": 320 + 400 + 480, "tariff.mains": -240}, rel=1e-6
    )
    table = found.table()
    assert table["day"].tolist() == ["2021-03-03", "2021-03-04"]
    assert table["stream.tariff.mains"].tolist() == pytest.approx([0.0, -240.0])
    assert table["regret_lower"].sum() == pytest.approx(totals.regret_lower)


def test_offers_are_told_with_their_prices(three_periods: ms.Site) -> None:
    """Offered at 5 and at 9 of which 8 reaches the first: 192 for the MW, as without prices, and nothing at 9."""
    path = three_periods.folder / "instance.yaml"
    prices = "capacity_offer_prices_eur_per_mw_h: [5, 9]\n    capacity_price_eur_per_mw_h: reserve"
    text = path.read_text(encoding="utf-8").replace("capacity_price_eur_per_mw_h: reserve", prices)
    path.write_text(text, encoding="utf-8")
    (day,) = ms.backtest(ms.read(path.parent), made_up(DAYS), days=1, window_days=1).days
    told = {(entry.direction, entry.price_eur_per_mw_h): entry.volume for entry in day.commitments}
    assert told[("up", 5.0)] == pytest.approx(1.0)
    assert set(told) == {("up", 5.0), ("up", 9.0)}
    assert (day.planned, day.realised) == pytest.approx((432, 512), rel=1e-6)
