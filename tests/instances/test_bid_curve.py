"""bid_curve_fr: a bid curve found by hand, by every method, in files, in evaluations, and in three stages."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mes_stoch as ms
from mes_stoch.api.accounts import settle
from mes_stoch.cli.main import run as run_command
from mes_stoch.model.site_program import build_program
from mes_stoch.report.tables import report_text
from mes_stoch.schema.errors import InstanceError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.decomposition.algorithm import solve_decomposition
from mes_stoch.solvers.extensive.algorithm import solve_extensive
from mes_stoch.solvers.hedging.progressive_hedging import solve_ph

#: instances/bid_curve_fr/README.md, EUR over four hours.
PAID_AS_BID, PAID_AS_CLEARED, WITHOUT_PRICES = 176.6, 203.4, 190.8
CLEARED = ("capacity_pricing: bid", "capacity_pricing: cleared")
PRICES = "    capacity_offer_prices_eur_per_mw_h: [8, 20, 28]\n"
HEAD = "product,direction,block_start,block_end,price_eur_per_mw_h,volume_mw\n"
BLOCK = "2025-01-15T00:00:00+01:00,2025-01-15T04:00:00+01:00"


def changed(instances: Path, folder: Path, *changes: tuple[str, str]) -> Path:
    """The instance with other words in its file."""
    shutil.copytree(instances / "bid_curve_fr", folder)
    text = (folder / "instance.yaml").read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    (folder / "instance.yaml").write_text(text, encoding="utf-8")
    return folder


def solved(folder: Path, **options: Any) -> ms.Run:
    site = ms.read(folder)
    run = ms.solve(site, site.tree(), gap_rel=1e-9, **options)
    assert run is not None
    return run


@pytest.fixture(scope="module")
def folder(instances: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder as the command writes it."""
    out = tmp_path_factory.mktemp("runs") / "run"
    assert call("solve", instances / "bid_curve_fr", "--out", out, "--gap", "1e-9") == 0
    return out


def call(*arguments: object) -> int:
    return run_command([str(argument) for argument in arguments])[0]


# -- the optimum ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "profit", "volumes"),
    [
        ((), PAID_AS_BID, [1, 1, 1]),
        ((CLEARED,), PAID_AS_CLEARED, [1, 2, 0]),
        ((CLEARED, (PRICES, "")), WITHOUT_PRICES, [1]),
    ],
)
def test_the_readme_is_right(
    instances: Path, tmp_path: Path, changes: tuple[tuple[str, str], ...], profit: float, volumes: list[float]
) -> None:
    found = solved(changed(instances, tmp_path / "site", *changes))
    assert found.objective == pytest.approx(profit)
    assert found.summary["bound_upper"] == pytest.approx(profit)
    assert found.commitments["volume_mw"].tolist() == pytest.approx(volumes)
    # a price column is there only where something is offered at a price
    assert ("price_eur_per_mw_h" in found.commitments) == (len(volumes) > 1)
    assert settle(found).agrees


@pytest.mark.parametrize("bids", [True, False])
def test_methods_agree(instances: Path, bids: bool) -> None:
    site = ms.read(instances / "bid_curve_fr").with_bids(minimum=bids, steps=bids)
    program, options = build_program(site.instance, site.tree()), SolveOptions(gap_rel=1e-6, time_limit_s=60.0)
    for solve in (solve_extensive, solve_decomposition):
        result = solve(program, options)
        assert result is not None
        assert (-result.upper, -result.lower) == pytest.approx((PAID_AS_BID, PAID_AS_BID))
    # a cold start, without the bounds of decomposition, closes what its multipliers close
    hedged = solve_ph(program, SolveOptions(gap_rel=1e-6, iteration_limit=40, time_limit_s=60.0), warm=False)
    assert hedged is not None
    assert -hedged.upper <= PAID_AS_BID + 1e-6 <= -hedged.lower + 2e-6
    assert hedged.gap_rel <= 0.02


# -- files, tables, settlement ----------------------------------------------------------------------------------------


def test_files_say_price_and_volume_and_take_them_back(folder: Path, instances: Path) -> None:
    text = (folder / "commitments.csv").read_text(encoding="utf-8")
    rows = [f"fr_afrr_up,up,{BLOCK},{price},1.0\n" for price in ("8.0", "20.0", "28.0")]
    assert text == HEAD + "".join(rows)
    found = ms.read_run(folder)
    assert found.commitments["price_eur_per_mw_h"].tolist() == [8.0, 20.0, 28.0]
    assert [entry["price_eur_per_mw_h"] for entry in found.summary["commitments"]] == [8.0, 20.0, 28.0]
    for source in (folder / "commitments.csv", found.commitments):
        profits = ms.evaluate(ms.read(instances / "bid_curve_fr"), commitments=source, gap_rel=1e-9).profits
        assert profits is not None
        assert profits.mean == pytest.approx(PAID_AS_BID)


def test_tables_and_figures_show_the_curve(folder: Path) -> None:
    text = report_text(ms.read_run(folder))
    assert "Offered by fr_afrr_up, MW at a price in EUR/MW/h" in text
    # 1 MW always, 2 in 0.15 and 3 in 0.05 of the cases: 1.2 on the mean
    (row,) = [line.split() for line in text.splitlines() if line.startswith("00-04")]
    assert row == ["00-04", "1", "1", "1", "1.2", "100", "%"]
    assert (folder / "figures" / "bid_curves.png").stat().st_size > 10_000


def test_settlement_works_out_what_is_accepted(folder: Path) -> None:
    """tight accepts 8 and 20, as bid: (8 + 20) x 4 h; the streams of the optimiser are not asked."""
    ledger = settle(ms.read_run(folder)).ledger.lines(["tight"])
    capacity = ledger[ledger["stream"] == "capacity.fr_afrr_up"]
    assert capacity[["quantity", "price", "hours"]].to_numpy().tolist() == [[1, 8, 4], [1, 20, 4]]
    assert capacity["item"].tolist() == ["capacity offered at 8 and accepted", "capacity offered at 20 and accepted"]


@pytest.mark.parametrize(
    ("file", "before", "after", "told"),
    [
        (
            "commitments.csv",
            ",20.0,1.0",
            ",21.0,1.0",
            "fr_afrr_up from 2025-01-15T00:00:00+01:00 (up at 20) is missing",
        ),
        ("summary.json", '"price_eur_per_mw_h": 28.0', '"price_eur_per_mw_h": 29.0', "summary.json: the commitments"),
        # 0.05 of the probability accepts the third: 4 h x 0.05 x 1 EUR less than was stated
        ("instance/instance.yaml", "[8, 20, 28]", "[8, 20, 27]", "capacity.fr_afrr_up in scenario scarce: settled 220"),
    ],
)
def test_settlement_sees_another_price(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, before: str, after: str, told: str
) -> None:
    other = tmp_path / "run"
    shutil.copytree(folder, other)
    text = (other / file).read_text(encoding="utf-8")
    assert before in text
    (other / file).write_text(text.replace(before, after), encoding="utf-8")
    assert call("settle", other) == 2
    out = capsys.readouterr()
    assert told in " ".join((out.out + out.err).split())


# -- what is given ----------------------------------------------------------------------------------------------------


def test_everything_wrong_with_given_offers_is_told_at_once(instances: Path, tmp_path: Path) -> None:
    rows = [
        f"fr_afrr_up,up,{BLOCK},8,1",
        f"fr_afrr_up,up,{BLOCK},9,1",
        f"fr_afrr_up,up,{BLOCK},8,1",
        f"fr_afrr_up,up,{BLOCK},20,1.5",
        f"fr_afrr_up,up,{BLOCK},28,3",
        f"fr_afrr_up,down,{BLOCK},28,1",
        f"fr_afrr_up,up,{BLOCK},,1",
    ]
    file = tmp_path / "offers.csv"
    file.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    with pytest.raises(InstanceError) as error:
        ms.evaluate(ms.read(instances / "bid_curve_fr"), commitments=file)
    told = {(issue.line, issue.key): str(issue) for issue in error.value.issues}
    assert "expected one of its prices: 8, 20, 28" in told[3, "price_eur_per_mw_h"]
    assert "at 8 again, as in line 2" in told[4, "block_start"]
    assert "a multiple of 1" in told[5, "volume_mw"]
    assert "at most 4 together" in told[6, "volume_mw"]
    assert "'down' of fr_afrr_up at 28; expected up" in told[7, "direction"]
    assert "an empty cell" in told[8, "price_eur_per_mw_h"]
    assert len(told) == 6


def test_a_file_without_prices_is_told_so(instances: Path, tmp_path: Path) -> None:
    file = tmp_path / "offers.csv"
    file.write_text(f"product,block_start,volume_mw\nfr_afrr_up,{BLOCK.split(',')[0]},1\n", encoding="utf-8")
    with pytest.raises(InstanceError, match="a column price_eur_per_mw_h"):
        ms.evaluate(ms.read(instances / "bid_curve_fr"), commitments=file)
    start = BLOCK.split(",")[0]
    head = "product,block_start,price_eur_per_mw_h,price_eur_per_mwh,volume_mw"
    file.write_text(f"{head}\nfr_afrr_up,{start},8,50,1\n", encoding="utf-8")
    with pytest.raises(InstanceError, match=r"'50' of fr_afrr_up.*prices in the column price_eur_per_mw_h"):
        ms.evaluate(ms.read(instances / "bid_curve_fr"), commitments=file)
    file.write_text(f"product,block_start,price_eur_per_mw_h,volume_mw\nfr_afrr_up,{start},8,1\n", "utf-8")
    plain = changed(instances, tmp_path / "plain", CLEARED, (PRICES, ""))
    with pytest.raises(InstanceError, match="is not offered at prices in this instance"):
        ms.evaluate(ms.read(plain), commitments=file)


def test_what_is_given_at_one_price_leaves_the_others_open(instances: Path, tmp_path: Path) -> None:
    """Nothing at 28: a is left as energy (20) and 1 MW stays at 20 and 8: 4 h x (20 + 15.75 + 8)."""
    file = tmp_path / "offers.csv"
    file.write_text(HEAD + f"fr_afrr_up,up,{BLOCK},28,0\n", encoding="utf-8")
    found = solved(instances / "bid_curve_fr", commitments=file)
    assert found.objective == pytest.approx(4 * (20 + 15.75 + 8))
    assert found.summary["notes"][-1] == "Volumes given, and not decided: fr_afrr_up."


# -- what it is worth -------------------------------------------------------------------------------------------------


def test_values_and_products_by_hand(instances: Path, tmp_path: Path) -> None:
    """As bid, each scenario known: 20 + 15 + 8 in calm; 20 is the dearest price accepted in tight: 60; 84 in scarce.

    Without the reserve 20 + 15 + 5 as energy.
    """
    site = ms.read(instances / "bid_curve_fr")
    found = ms.evaluate(site, values=True, products=True, gap_rel=1e-9)
    assert found.values is not None
    assert found.product_values is not None
    wait_and_see = 4 * (0.85 * 43 + 0.1 * 60 + 0.05 * 84)
    assert (found.values.wait_and_see.lower, found.values.wait_and_see.upper) == pytest.approx([wait_and_see] * 2)
    beside = found.product_values.beside("fr_afrr_up")
    assert (beside.lower, beside.upper) == pytest.approx([PAID_AS_BID - 160.0] * 2)


def test_full_calls_ask_for_what_is_accepted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """1 MW in calm, 2 in tight, 3 in scarce: all of it can be delivered, and nothing is held that was not accepted."""
    assert call("evaluate", folder, "--stress") == 0
    assert "All that is held can be delivered" in capsys.readouterr().out
    held = ms.read_run(folder).solution
    total = sum(held[f"engine_{name}.fr_afrr_up_held_mw"] for name in "abc")
    assert total.sel(scenario=["calm", "tight", "scarce"]).max("time").values.tolist() == pytest.approx([1, 2, 3])


@pytest.mark.parametrize(
    ("prices", "reason"),
    [("[50, 60]", "never_accepted"), ("[40]", "price")],
)
def test_why_nothing_is_offered(instances: Path, tmp_path: Path, prices: str, reason: str) -> None:
    """No scenario pays 50. At 40 one does, and pays 40 for energy worth 45 an hour once every engine earns that."""
    cheap = [(f"cost_eur_per_mwh: {cost}", "cost_eur_per_mwh: 35") for cost in (60, 65, 75)]
    found = solved(changed(instances, tmp_path / "site", ("[8, 20, 28]", prices), *cheap))
    assert found.commitments["volume_mw"].abs().max() == 0.0
    (told,) = found.summary["no_volume"]
    assert (told["product"], told["reason"]) == ("fr_afrr_up", reason)


# -- three stages -----------------------------------------------------------------------------------------------------


_EXPLICIT = "probabilities: {calm: 0.85, tight: 0.1, scarce: 0.05}"
_WEIGHTS = "probabilities: {calm: 0.5, tight: 0.45, scarce: 0.05}"
_NODES = "\n  day_ahead_nodes: {calm: low, tight: low, scarce: high}"


def _three_stage(instances: Path, folder: Path, price_in_tight: float, nodes: str = _NODES) -> Path:
    """calm and tight below one day-ahead node; engine b fails in tight."""
    site = changed(instances, folder, (_EXPLICIT, _WEIGHTS + nodes))
    frame = pd.read_csv(site / "scenarios.csv")
    frame.loc[frame["scenario"] == "tight", "afrr_capacity_price_eur_per_mw_h"] = price_in_tight
    frame["b_available_mw"] = np.where(frame["scenario"] == "tight", 0.0, 1.0)
    frame.to_csv(site / "scenarios.csv", index=False)
    text = (site / "instance.yaml").read_text(encoding="utf-8")
    one = "engine_b:\n    type: source\n    node: power\n    available_mw: "
    assert one in text
    (site / "instance.yaml").write_text(text.replace(f"{one}1", f"{one}b_available_mw"), encoding="utf-8")
    return site


@pytest.mark.parametrize(
    ("nodes", "stages", "accepted", "profit_of_hour"),
    [
        # 1 MW at 8 and 2 at 28: calm 20 + 15 + 8, tight 20 + 8, scarce 8 + 28 + 28
        ("", 2, [1, 1, 3], 0.5 * 43 + 0.45 * 28 + 0.05 * 64),
        # one position below `low`. 2 MW: from a and b in calm, 35, from a and c in tight, 25, and 3 x 28 in scarce;
        # 1 MW beside 1 MW at 8: 28, 28 and 64, which is less; 2 MW beside it are short in tight, at 150
        (_NODES, 3, [0, 0, 3], 0.5 * 35 + 0.45 * 25 + 0.05 * 84),
    ],
)
def test_acceptance_is_known_at_the_day_ahead_node(
    instances: Path, tmp_path: Path, nodes: str, stages: int, accepted: list[float], profit_of_hour: float
) -> None:
    """Energy is sold where it is known what was accepted: all of it in scarce is held, and nothing sold."""
    found = solved(_three_stage(instances, tmp_path / "site", 10.0, nodes))
    assert found.summary["stages"] == stages
    by_scenario = found.solution["fr_afrr_up.accepted_mw"].sel(scenario=["calm", "tight", "scarce"])
    assert by_scenario.values[:, 0].tolist() == pytest.approx(accepted)
    assert found.solution["da.position_mw"].sel(scenario="scarce").values == pytest.approx(np.zeros(4))
    assert found.objective == pytest.approx(4 * profit_of_hour)
    assert settle(found).agrees


def test_another_price_below_one_node_is_a_listed_problem(instances: Path, tmp_path: Path) -> None:
    site = ms.read(_three_stage(instances, tmp_path / "site", 22.0))
    with pytest.raises(InstanceError) as error:
        site.tree()
    (issue,) = error.value.issues
    assert issue.key == "products.fr_afrr_up.capacity_price_eur_per_mw_h"
    assert "which offers are accepted is known at that node" in issue.hint


# -- orders on an energy market ---------------------------------------------------------------------------------------

_ORDERS = (
    "    price_eur_per_mwh: 80\n",
    "    price_eur_per_mwh: da_price_eur_per_mwh\n    stage: commit\n    sell_limit_prices_eur_per_mwh: [62, 78]\n"
    "    buy_limit_prices_eur_per_mwh: [62]\n    pricing: bid\n",
)


def _with_orders(instances: Path, folder: Path) -> Path:
    """Energy at 50, 64 and 100 in calm, tight and scarce, and no reserve that is accepted."""
    site = changed(instances, folder, _ORDERS, ("[8, 20, 28]", "[50]"))
    frame = pd.read_csv(site / "scenarios.csv")
    frame["da_price_eur_per_mwh"] = frame["scenario"].map({"calm": 50.0, "tight": 64.0, "scarce": 100.0})
    frame.to_csv(site / "scenarios.csv", index=False)
    return site


def test_orders_by_hand_in_files_and_settlement(instances: Path, tmp_path: Path) -> None:
    """Engine a (60) sells at 62 in tight and scarce, or at 78 in scarce alone: 0.15 x 2 < 0.05 x 18; b and c at 78.

    An hour 0.05 x (18 + 13 + 3). Paid as bid, not the 100 that scarce clears at.
    """
    site = _with_orders(instances, tmp_path / "site")
    out = tmp_path / "run"
    assert call("solve", site, "--out", out, "--gap", "1e-9", "--no-figures") == 0
    found = ms.read_run(out)
    assert found.objective == pytest.approx(4 * 0.05 * (18 + 13 + 3))
    table = found.commitments[found.commitments["product"] == "da"]
    assert table["direction"].tolist() == ["sell", "sell", "buy"] * 4
    assert table["price_eur_per_mwh"].tolist() == [62.0, 78.0, 62.0] * 4
    assert table["volume_mw"].tolist() == pytest.approx([0.0, 3.0, 0.0] * 4)
    settled = settle(found)
    assert settled.agrees
    lines = settled.ledger.lines(["scarce"])
    sold = lines[lines["item"] == "energy sold at a limit of 78"]
    assert sold[["quantity", "price", "hours"]].to_numpy().tolist() == [[3, 78, 1]] * 4
    # the same volumes, given: 62 is a limit to sell and one to buy
    profits = ms.evaluate(ms.read(site), commitments=out / "commitments.csv", gap_rel=1e-9).profits
    assert profits is not None
    assert profits.mean == pytest.approx(found.objective)
    text = report_text(found)
    assert "Offered by da, to sell, MW at a price in EUR/MWh" in text
    assert "Offered by da, to buy" in text


def test_a_limit_price_without_its_direction_is_told(instances: Path, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    start = BLOCK.split(",")[0]
    file.write_text(f"product,block_start,price_eur_per_mwh,volume_mw\nda,{start},62,1\nda,{start},78,11\n", "utf-8")
    with pytest.raises(InstanceError) as error:
        ms.evaluate(ms.read(_with_orders(instances, tmp_path / "site")), commitments=file)
    told = {(issue.line, issue.key): str(issue) for issue in error.value.issues}
    assert "found nothing of da at 62; expected sell, buy" in told[2, "direction"]
    assert "expected 0 to 10" in told[3, "volume_mw"]
