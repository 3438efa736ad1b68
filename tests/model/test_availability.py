"""Rules of availability: optima by hand with and without them, by both approaches, with risk and in three stages.

A process of ``D`` MW sheds for an upward reserve that pays 10 EUR/MW/h and is never called; a MW that is committed and
not held earns nothing and costs the penalty. ``D`` is 1 MW with probability 0.1, 2 MW with 0.1 and 3 MW else. Of one
hour a further MW earns, with the penalty 20:

    0 - 1   10
    1 - 2   10 - 0.1 (10 + 20) = 7
    2 - 3   10 - 0.2 (10 + 20) = 4
    3 - 4   -20

so that 3 MW are best without a rule, 21 EUR, with a shortfall in a fifth of the probability. With 200 of penalty 1 MW
is best, 10 EUR, and no rule changes that.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mes_stoch as ms
from mes_stoch.cli.main import run as run_command
from mes_stoch.schema.errors import InstanceError, UsageError

_INSTANCE = """\
format: 1
name: overbidding
horizon: {{start: 2025-01-15T00:00, timezone: Europe/Paris, period_h: 1, periods: {periods}}}
carriers: [electricity]
nodes:
  power: {{carrier: electricity}}
components:
  grid: {{type: grid_connection, node: power, import_max_mw: 10, export_max_mw: 10}}
  process:
    type: sheddable_demand
    node: power
    demand_mw: demand_mw
    shed_cost_eur_per_mwh: 150
    provides: [fr_mfrr_up]
products:
  da: {{price_eur_per_mwh: 0, settlement_period_h: 1}}
  id: {{price_eur_per_mwh: 0, settlement_period_h: 1, liquidity_mw: 10}}
  imbalance: {{price_long_eur_per_mwh: 0, price_short_eur_per_mwh: 300}}
  fr_mfrr_up:
    block_h: 1
    volume_max_mw: 4
    capacity_price_eur_per_mw_h: 10
    activation_up_per_unit: 0
    shortfall_penalty_eur_per_mw_h: {penalty}
    missed_penalty_eur_per_mwh: 100
    availability: {rule}
bids: {{minimum: false, steps: {steps}}}
uncertainty:
  kind: explicit
  probabilities: {{{weights}}}
{nodes}"""
_DEMANDS = {"low": [1.0], "middle": [2.0], "high": [3.0]}
_WEIGHTS = "low: 0.1, middle: 0.1, high: 0.8"


def site(
    folder: Path,
    rule: str,
    *,
    penalty: float = 20.0,
    demands: dict[str, list[float]] | None = None,
    steps: bool = False,
    nodes: str = "",
    weights: str = _WEIGHTS,
) -> ms.Site:
    taken = demands or _DEMANDS
    periods = len(next(iter(taken.values())))
    folder.mkdir(parents=True, exist_ok=True)
    numbers = {"penalty": penalty, "periods": periods, "steps": str(steps).lower()}
    text = _INSTANCE.format(rule=rule, nodes=nodes, weights=weights, **numbers)
    (folder / "instance.yaml").write_text(text, encoding="utf-8")
    rows = [
        f"{name},2025-01-15T{hour:02d}:00+01:00,{value}"
        for name, values in taken.items()
        for hour, value in enumerate(values)
    ]
    (folder / "scenarios.csv").write_text("\n".join(["scenario,time,demand_mw", *rows, ""]), encoding="utf-8")
    return ms.read(folder)


def solved(taken: ms.Site, method: str = "auto") -> ms.Run:
    run = ms.solve(taken, method=method, gap_rel=1e-7)
    assert run is not None
    assert ms.settle(run).agrees
    return run


def rule(probability: float, approach: str = "exact", over: str = "block") -> str:
    return f"{{probability_per_unit: {probability}, approach: {approach}, over: {over}}}"


@pytest.mark.parametrize(
    ("stated", "volume", "profit"),
    [
        pytest.param("null", 3.0, 21.0, id="without a rule"),
        pytest.param(rule(0.8), 3.0, 21.0, id="a fifth may be missed"),
        pytest.param(rule(0.9), 2.0, 17.0, id="a tenth may be missed"),
        pytest.param("{}", 2.0, 17.0, id="P90 is the default"),
        pytest.param(rule(0.95), 1.0, 10.0, id="less than a scenario"),
        pytest.param(rule(1.0), 1.0, 10.0, id="never"),
        # the mean of the worst fifth of margins: (v - 1) / 2 + (v - 2) / 2 <= 0
        pytest.param(rule(0.8, "cvar"), 1.5, 13.5, id="by CVaR, between never and exactly"),
        pytest.param(rule(0.9, "cvar"), 1.0, 10.0, id="by CVaR, the worst tenth"),
        # (0.1 (v - 1) + 0.1 (v - 2) + 0.3 (v - 3)) / 0.5 <= 0
        pytest.param(rule(0.5, "cvar"), 2.4, 18.6, id="by CVaR, the worse half"),
    ],
)
def test_low_penalties(tmp_path: Path, stated: str, volume: float, profit: float) -> None:
    """The rule keeps from overbidding."""
    run = solved(site(tmp_path / "site", stated))
    assert run.commitments["volume_mw"].tolist() == pytest.approx([volume], abs=1e-5)
    assert run.objective == pytest.approx(profit, abs=1e-4)
    assert run.summary["bound_upper"] == pytest.approx(profit, abs=1e-4)


@pytest.mark.parametrize("stated", ["null", rule(0.9), rule(0.8, "cvar")])
def test_high_penalties(tmp_path: Path, stated: str) -> None:
    """1 - 2 MW would earn 10 - 0.1 (10 + 200): nobody overbids, and a rule that allows it changes nothing."""
    run = solved(site(tmp_path / "site", stated, penalty=200.0))
    assert run.commitments["volume_mw"].tolist() == pytest.approx([1.0], abs=1e-5)
    assert run.objective == pytest.approx(10.0, abs=1e-4)


@pytest.mark.parametrize(("over", "volumes"), [("block", [2.0, 2.5]), ("horizon", [1.0, 2.5])])
def test_blocks_or_the_horizon(tmp_path: Path, over: str, volumes: list[float]) -> None:
    """Two hours with their least demands in different scenarios; a tenth may be missed in each, or in both together.

    By block `low` is missed in the first hour, to 2 MW, and `middle` in the second, to 2.5 MW. Over the horizon it is
    one of them: `low` earns 10 + 7 and 10, `middle` 10 and 10 + 1.5 x 7.
    """
    demands = {"low": [1.0, 2.5], "middle": [2.0, 1.0], "high": [3.0, 3.0]}
    run = solved(site(tmp_path / "site", rule(0.9, over=over), demands=demands))
    assert run.commitments["volume_mw"].tolist() == pytest.approx(volumes, abs=1e-5)


def test_bids_in_steps(tmp_path: Path) -> None:
    """Binaries of volumes and of the rule together: 2 MW of a product in steps of 1 MW, as without them."""
    run = solved(site(tmp_path / "site", rule(0.9), steps=True))
    assert run.commitments["volume_mw"].tolist() == pytest.approx([2.0])


def test_with_risk(tmp_path: Path) -> None:
    """The worst case of v MW is 10 - 20 (v - 1) from 1 MW on: with weight it pulls towards 1 MW, which earns 10.

    At a weight of 0.1 2 MW are worth 0.9 x 17 - 0.1 x 10 = 14.3, 3 MW 0.9 x 21 - 0.1 x 30 = 15.9: the rule still binds.
    """
    free = solved(site(tmp_path / "free", "null").with_risk("worst_case", beta=0.1))
    ruled = solved(site(tmp_path / "ruled", rule(0.9)).with_risk("worst_case", beta=0.1))
    assert (free.objective, ruled.objective) == pytest.approx((15.9, 14.3), abs=1e-4)
    found = ms.evaluate(site(tmp_path / "sweep", rule(0.9)), frontier=True, risk_weights=(0, 1), gap_rel=1e-7).frontier
    assert found is not None
    assert [point.plan.expected for point in found.points] == pytest.approx([17.0, 10.0], abs=1e-4)
    assert [float(table["volume_mw"].iloc[0]) for table in found.commitments] == pytest.approx([2.0, 1.0], abs=1e-4)


def test_three_stages(tmp_path: Path) -> None:
    """Scenarios below one day-ahead node: nothing here is decided there, so the optimum stays."""
    nodes = "  day_ahead_nodes: {low: one, middle: one, high: other}\n"
    run = solved(site(tmp_path / "site", rule(0.9), nodes=nodes))
    assert run.summary["stages"] == 3
    assert run.commitments["volume_mw"].tolist() == pytest.approx([2.0], abs=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_random_scenarios_against_every_set_that_may_be_missed(tmp_path: Path, seed: int) -> None:
    """The volume is the largest that the scenarios which must hold it can: by enumeration, the demand at the rank."""
    generator = np.random.default_rng([11, seed])
    demands = np.round(generator.uniform(0.5, 3.5, 10), 2)
    names = [f"s{k}" for k in range(10)]
    weights = ", ".join(f"{name}: 0.1" for name in names)
    taken = {name: [demand] for name, demand in zip(names, demands, strict=True)}
    run = solved(site(tmp_path / "site", rule(0.8), penalty=0.01, demands=taken, weights=weights))
    # with next to no penalty the volume is as large as two misses allow; the third lowest demand is held
    assert run.commitments["volume_mw"].tolist() == pytest.approx([float(np.sort(demands)[2])], abs=1e-5)


@pytest.mark.parametrize(
    ("probability", "volume", "profit"),
    [(0.5, 3.0, -687.5), (0.75, 2.0, -690.0), (0.9, 1.0, -717.5)],
)
def test_a_product_that_follows_a_signal(
    instances: Path, tmp_path: Path, probability: float, volume: float, profit: float
) -> None:
    """``tiny_site``, whose README has the marginal values 52.5, 27.5 and 2.5: 3 MW are short in two of four scenarios,
    2 MW in one."""
    folder = Path(shutil.copytree(instances / "tiny_site", tmp_path / "site"))
    file = folder / "instance.yaml"
    stated = f"  fr_afrr_up:\n    availability: {rule(probability)}\n"
    file.write_text(file.read_text(encoding="utf-8").replace("  fr_afrr_up:\n", stated), encoding="utf-8")
    run = solved(ms.read(folder))
    assert run.commitments["volume_mw"].tolist() == pytest.approx([volume])
    assert run.objective == pytest.approx(profit, abs=1e-4)


@pytest.mark.parametrize("method", ["decomposition", "ph"])
def test_methods_that_take_scenarios_apart_say_so(tmp_path: Path, method: str) -> None:
    with pytest.raises(UsageError, match="joins all scenarios"):
        solved(site(tmp_path / "site", rule(0.9)), method)


def test_values_say_why_they_are_not_there(tmp_path: Path) -> None:
    taken = site(tmp_path / "site", rule(0.9))
    with pytest.raises(UsageError, match="rule of availability"):
        ms.evaluate(taken, values=True)


def test_a_scenario_that_does_not_count_keeps_the_rule(tmp_path: Path, instances: Path) -> None:
    """Energy at 70 and at 140 beside a cost of 60, and a reserve at 40 that must be held in both: 40 EUR/MW/h for 10.

    At 140 selling the energy instead earns 80 and costs a penalty of 5; the worst case, 40 as it is, would not mind.
    """
    folder = shutil.copytree(instances / "bid_curve_fr", tmp_path / "site")
    text = (folder / "instance.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("price_eur_per_mwh: 80", "price_eur_per_mwh: da_price_eur_per_mwh"),
        ("available_mw: 1\n    cost_eur_per_mwh: 65", "available_mw: 0\n    cost_eur_per_mwh: 65"),
        ("available_mw: 1\n    cost_eur_per_mwh: 75", "available_mw: 0\n    cost_eur_per_mwh: 75"),
        ("capacity_price_eur_per_mw_h: afrr_capacity_price_eur_per_mw_h", "capacity_price_eur_per_mw_h: 40"),
        (
            "    capacity_offer_prices_eur_per_mw_h: [8, 20, 28]\n    capacity_pricing: bid\n",
            "    availability: RULE\n",
        ),
        ("RULE", rule(1.0)),
        ("shortfall_penalty_eur_per_mw_h: 150", "shortfall_penalty_eur_per_mw_h: 5"),
        ("{calm: 0.85, tight: 0.1, scarce: 0.05}", "{cheap: 0.5, dear: 0.5}"),
    ):
        assert old in text
        text = text.replace(old, new)
    (folder / "instance.yaml").write_text(text, encoding="utf-8")
    prices = {"cheap": 70, "dear": 140}
    rows = [f"{name},2025-01-15T{hour:02d}:00+01:00,{price}" for name, price in prices.items() for hour in range(4)]
    (folder / "scenarios.csv").write_text(
        "\n".join(["scenario,time,da_price_eur_per_mwh", *rows, ""]), encoding="utf-8"
    )
    run = solved(ms.read(folder).with_risk("worst_case", beta=1.0))
    assert run.commitments["volume_mw"].tolist() == pytest.approx([1.0])
    assert run.summary["expected_profit"] == pytest.approx(4 * 40.0)
    assert float(run.solution["fr_afrr_up.short_up_mw"].max()) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("ask", [ms.stability, lambda taken: ms.sequential_sampling(taken, 1.0)])
def test_samples_say_why_they_are_not_there(instances: Path, tmp_path: Path, ask: Callable[[ms.Site], Any]) -> None:
    """Each would be solved without the rule, and its commitment hold less than it asks for."""
    folder = shutil.copytree(instances / "enedis_local", tmp_path / "site")
    text = (folder / "instance.yaml").read_text(encoding="utf-8")
    ruled = text.replace("  enedis_local_reserved:\n", "  enedis_local_reserved:\n    availability: {}\n")
    (folder / "instance.yaml").write_text(ruled, encoding="utf-8")
    with pytest.raises(UsageError, match="rule of availability"):
        ask(ms.read(folder))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stage": "day_ahead", "availability": "{}"}, "a volume of the stage day_ahead"),
        ({"call": "continuous", "activation_up_per_unit": 0.5, "availability": "{approach: cvar}"}, "approach exact"),
        ({"availability": "{probability_per_unit: 1.2}"}, "products.fr_mfrr_up.availability.probability_per_unit"),
        ({"availability": "{probability: 0.9}"}, "an unknown key"),
    ],
)
def test_what_makes_no_sense_is_listed(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    site(tmp_path / "site", "null")
    file = tmp_path / "site" / "instance.yaml"
    lines = [f"    {key}: {value}" for key, value in changes.items()]
    text = file.read_text(encoding="utf-8").replace("    availability: null", "\n".join(lines))
    if "activation_up_per_unit" in changes:
        text = text.replace("    activation_up_per_unit: 0\n", "")
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InstanceError) as caught:
        ms.read(tmp_path / "site")
    assert words in str(caught.value)


def test_the_command_says_how_it_is_solved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site(tmp_path / "site", rule(0.9))
    code, _ = run_command(["solve", str(tmp_path / "site"), "--no-figures", "--out", str(tmp_path / "run")])
    assert code == 0
    assert "a rule of availability joins all scenarios" in capsys.readouterr().err
