"""Policies against the stochastic program: by hand, in order on random sites, by name, from the command line."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import xarray as xr
from helpers.random_folder import ContractSite
from helpers.three_stage_folder import write_folder, write_folder_of_two_products

import mes_stoch as ms
from mes_stoch.cli.main import run as run_command
from mes_stoch.evaluation.bracket import Bracket
from mes_stoch.evaluation.evaluation import evaluation_schema
from mes_stoch.evaluation.policies import PolicyComparison
from mes_stoch.policies.policy import PolicyDecision, PolicyProblem
from mes_stoch.policies.share_of_capacity import ShareOfCapacity
from mes_stoch.schema.errors import InfeasibleError, TimeLimitError, UsageError
from mes_stoch.solvers.certificate.bounds import NotInTimeError

ALL = ("wait_and_see", "expected_value", "two_loop", "single_market", "share_of_capacity", "energy_only")
#: instances/tiny_site/README.md and, for WS and the mean scenario, tests/evaluation/test_values.py. The only market is
#: that of the only product. The least demand is 1 MW, of which half is half a step: no bid.
TINY = {
    "wait_and_see": -620.0,
    "expected_value": -690.0,
    "two_loop": -687.5,
    "single_market": -687.5,
    "share_of_capacity": -770.0,
    "energy_only": -770.0,
}


def compared(site: ms.api.Site, policies: object = "all", gap_rel: float = 1e-8) -> PolicyComparison:
    found = ms.evaluate(site, policies=policies, gap_rel=gap_rel).policies  # type: ignore[arg-type]
    assert found is not None
    return found


def middle(bracket: Bracket) -> float:
    assert 0.0 <= bracket.width <= 1e-5 * max(abs(bracket.upper), 1.0)
    return (bracket.lower + bracket.upper) / 2


def test_a_site_by_hand(instances: Path) -> None:
    found = compared(ms.read(instances / "tiny_site"))
    assert tuple(found.outcomes) == ALL
    assert {name: middle(one.bracket) for name, one in found.outcomes.items()} == pytest.approx(TINY)
    losses = {name: middle(found.loss(name)) for name in ALL}
    assert losses == pytest.approx({name: -687.5 - profit for name, profit in TINY.items()}, abs=1e-4)
    assert found.outcomes["single_market"].note == "fr_afrr_up"
    assert found.outcomes["wait_and_see"].commitments is None


#: instances/bid_curve_fr/README.md. An engine is worth 20, 15 and 5 as energy, or the price at which it is accepted.
#: Every scenario known: 8 + 20 + 15 calm, 3 x 20 tight, 3 x 28 scarce. For the mean scenario 4 MW at 20 hold 0.6 MW,
#: and 4 x 3 - 0.6 x 5 is more than any other 4 MW earn; accepted, one of them is short, and loses 150 and what the
#: auction pays. Half of the 3 MW that can be held are 2 MW, at 8 as the lowest price: 2 x 8 + 20.
BID_CURVE = {
    "wait_and_see": 4 * (0.85 * 43 + 0.1 * 60 + 0.05 * 84),
    "expected_value": 4 * (0.85 * 40 + 0.1 * (80 - 22 - 150) + 0.05 * (80 - 40 - 150)),
    "two_loop": 160.0,
    "single_market": 176.6,
    "share_of_capacity": 4 * 36.0,
    "energy_only": 4 * 40.0,
}


def test_offers_at_prices_by_hand(instances: Path) -> None:
    """One volume a product is offered at its lowest price: 1 MW there is 8 + 20 + 15."""
    found = compared(ms.read(instances / "bid_curve_fr"), [*ALL, _Volume(1.0)])
    profits = {name: middle(one.bracket) for name, one in found.outcomes.items()}
    assert profits == pytest.approx(BID_CURVE | {"_Volume": 4 * 43.0})
    assert middle(found.recourse) == pytest.approx(176.6)


def test_orders_for_energy_are_no_services(instances: Path, tmp_path: Path) -> None:
    """``bid_curve_fr`` that sells its energy by orders at the root: 3 MW without services. The third engine earns 8 in
    place of 5 as reserve; two loops have sold its energy before."""
    folder = shutil.copytree(instances / "bid_curve_fr", tmp_path / "site")
    text = (folder / "instance.yaml").read_text(encoding="utf-8")
    orders = "  da:\n    stage: commit\n    sell_limit_prices_eur_per_mwh: [70, 75]\n"
    (folder / "instance.yaml").write_text(text.replace("  da:\n", orders), encoding="utf-8")
    site = ms.read(folder)
    found = compared(site, "energy_only,two_loop,single_market")
    assert {name: middle(one.bracket) for name, one in found.outcomes.items()} == pytest.approx(
        {"energy_only": 160.0, "two_loop": 160.0, "single_market": 172.0}
    )
    assert found.outcomes["single_market"].note == "fr_afrr_up"
    assert found.outcomes["energy_only"].mean_volume_mw == pytest.approx(0.0)
    assert found.outcomes["single_market"].mean_volume_mw == pytest.approx(1.0)
    values = ms.evaluate(site, products=True, gap_rel=1e-8).product_values
    assert values is not None
    assert list(values.alone) == ["fr_afrr_up"]
    assert middle(values.together) == pytest.approx(12.0)


def test_every_scenario_of_a_policy_by_hand(instances: Path) -> None:
    """Energy alone: -4 (1 x 40 + 60), -4 (2 x 50 + 60) + 40, -4 (3 x 60 + 60) + 120, -4 (4 x 80 + 60) + 280."""
    found = compared(ms.read(instances / "tiny_site"), "energy_only").outcomes["energy_only"].profits
    assert found is not None
    assert found.scenarios["profit_eur"].to_dict() == pytest.approx(
        {"low": -400.0, "middle": -600.0, "high": -840.0, "called": -1240.0}
    )


def test_a_share_of_the_capacity_by_hand(tmp_path: Path) -> None:
    """``three_stage_folder``: 2 MW can be held; a quarter of it costs 10 a MW in two stages, and earns 12."""
    site = ms.read(write_folder(tmp_path / "site", nodes=""))
    found = compared(site, [ShareOfCapacity(share=0.25), "share_of_capacity:share=1"])
    quarter, whole = found.outcomes["ShareOfCapacity"], found.outcomes["share_of_capacity:share=1"]
    assert quarter.mean_volume_mw == pytest.approx(0.5)
    assert (middle(quarter.bracket), middle(whole.bracket)) == pytest.approx((37.5 + 1.0, 41.5))


def test_two_products_of_one_generator_share_its_capacity(tmp_path: Path) -> None:
    """2 MW of each alone, 1 MW of each together, of which a half: 0.5 MW each, 2 x 0.5 and 1 x 0.5 more than 37.5."""
    folder = write_folder_of_two_products(tmp_path / "site")
    found = compared(ms.read(folder), "share_of_capacity,single_market,single_market:product=fr_rc_up")
    outcome = found.outcomes["share_of_capacity"]
    assert outcome.commitments is not None
    assert outcome.commitments["volume_mw"].to_list() == pytest.approx([0.5, 0.5])
    assert middle(outcome.bracket) == pytest.approx(37.5 + 1.0 + 0.5)
    assert found.outcomes["single_market"].note == "fr_mfrr_up"
    assert middle(found.outcomes["single_market"].bracket) == pytest.approx(41.5)
    assert middle(found.outcomes["single_market:product=fr_rc_up"].bracket) == pytest.approx(39.5)


def test_positions_of_the_root_are_decided_by_the_policy(tmp_path: Path) -> None:
    """``three_stage_folder`` with the day-ahead position at the root: without reserve, 30 d and -40 d, 1/4 each, beyond
    d = 1: no further. 30 - 20 x 0 + ... as its docstring: 15 G + 2.5 with G = 2, and 10 G / 2 for ``plain``."""
    folder = write_folder(tmp_path / "site", nodes="")
    file = folder / "instance.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("da: {price", "da: {stage: commit, price"), encoding="utf-8")
    found = compared(ms.read(folder), "energy_only,two_loop,share_of_capacity:share=0")
    # d = 1 is best for low and high, and plain does not mind: 32.5, and a MW of reserve costs 15 for 12
    for outcome in found.outcomes.values():
        assert middle(outcome.bracket) == pytest.approx(32.5)
    assert middle(found.recourse) == pytest.approx(32.5)


@pytest.mark.parametrize("seed", [0, 3, 6, 8])
def test_order_on_random_sites(seed: int, tmp_path: Path) -> None:
    site = ms.read(ContractSite(seed).write(tmp_path / "site"))
    found = compared(site, "all", gap_rel=1e-5)
    recourse = found.recourse
    assert len(found.outcomes) == len(ALL)
    for name, outcome in found.outcomes.items():
        assert outcome.bracket.lower <= outcome.bracket.upper
        if name == "wait_and_see":
            assert outcome.bracket.upper >= recourse.lower
            continue
        # by their own bounds, before they are cut to those of the program
        assert outcome.profits is None or outcome.profits.mean <= recourse.upper + 1e-9 * abs(recourse.upper)
        assert found.loss(name).upper >= 0.0
    services = found.outcomes["energy_only"].profits
    best = found.outcomes["two_loop"].bracket
    assert services is None or best.upper >= services.mean - 1e-4 * abs(services.mean)


@dataclass(frozen=True)
class _Volume:
    """Whoever calls has a policy of their own: so many MW of every product."""

    volume_mw: float

    def commit(self, problem: PolicyProblem) -> PolicyDecision:
        volumes = {name: np.full(count, self.volume_mw) for name, count in problem.blocks.items()}
        return PolicyDecision(problem.root_with(volumes), note="a number")


class _Nothing:
    def commit(self, problem: PolicyProblem) -> PolicyDecision:
        raise InfeasibleError("nothing to be had")


def test_policies_of_the_callers_own(instances: Path) -> None:
    """2 MW in ``tiny_site``: the first two steps of its table, 52.5 + 27.5; objects keep apart under one name."""
    found = compared(ms.read(instances / "tiny_site"), [_Volume(2.0), _Volume(1.0), _Nothing()])
    profits = {name: one.bracket for name, one in found.outcomes.items()}
    assert middle(profits["_Volume"]) == pytest.approx(-770.0 + 80.0)
    assert middle(profits["_Volume 2"]) == pytest.approx(-770.0 + 52.5)
    assert profits["_Nothing"] == Bracket(-np.inf, -np.inf)
    assert found.result().policies["_Nothing"].loss.value == "infinity"


def test_the_command(instances: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "policies.json"
    command = ["evaluate", str(instances / "enedis_local"), "--policies", "all", "--scenarios", "3", "--gap", "1e-3"]
    assert run_command([*command, "--out", str(target)])[0] == 0
    shown = capsys.readouterr().out
    assert "Value of coordination, RP - two_loop" in shown
    assert max(len(line) for line in shown.splitlines()) <= 100
    document = json.loads(target.read_text(encoding="utf-8"))
    jsonschema.validate(document, evaluation_schema())
    part = document["policies"]
    assert set(part["policies"]) == set(ALL)
    assert part["value_of_coordination"] == part["policies"]["two_loop"]["loss"]
    with xr.open_dataset(target.with_suffix(".nc")) as data:
        assert set(data["policy"].values) == set(ALL)
        means = data["policy_profit_eur"].weighted(data["probability"]).mean("scenario")
        for name in ALL:
            evaluated = part["policies"][name]["evaluated"]
            assert float(means.sel(policy=name)) == pytest.approx(evaluated["profit_mean"])
            assert evaluated["profit_mean"] == pytest.approx(sum(evaluated["streams"].values()))
            assert evaluated["standard_error"] > 0
            assert evaluated["profit_cvar"]["0.95"] == pytest.approx(evaluated["profit_least"])
    # a commitment evaluated beside it keeps its place in both files
    file = tmp_path / "volumes.csv"
    ms.solve(ms.read(instances / "tiny_site"), method="ef").commitments.to_csv(file, index=False)
    both = ["evaluate", str(instances / "tiny_site"), "--policies", "energy_only", "--commitment", str(file)]
    assert run_command([*both, "--out", str(target), "--force"])[0] == 0
    with xr.open_dataset(target.with_suffix(".nc")) as data:
        assert {"profit_eur", "policy_profit_eur"} <= set(data)


def test_mistakes_are_told_together(instances: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = "two_lop,share_of_capacity:share=much,energy_only:a=1,share_of_capacity:share=2"
    assert run_command(["evaluate", str(instances / "tiny_site"), "--policies", asked])[0] == 2
    told = capsys.readouterr().err
    assert "'two_lop' is not known; did you mean two_loop?" in told
    assert "share_of_capacity: share is a number; found 'much'" in told
    assert "share_of_capacity: a share lies between 0 and 1; found 2" in told
    assert "energy_only: 'a=1' is not an option like share=0.3; it takes none" in told


@pytest.mark.parametrize(
    ("policies", "told"),
    [
        ("share_of_capacity:share=2", "a share lies between 0 and 1; found 2"),
        ("single_market:product=fr_fcr", "fr_fcr has no volume at the root; products that have one: fr_afrr_up"),
        ([], "no policy is named"),
    ],
)
def test_what_makes_no_sense(instances: Path, policies: object, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        compared(ms.read(instances / "tiny_site"), policies)


def test_an_instance_that_weighs_risk_is_refused(instances: Path) -> None:
    site = ms.read(instances / "tiny_site").with_risk("worst_case", beta=0.5)
    with pytest.raises(UsageError, match=r"policies.* are of the expected profit"):
        compared(site, "energy_only")


def test_no_time(instances: Path) -> None:
    site = ms.read(instances / "enedis_local")
    with pytest.raises(TimeLimitError, match="before any policy was evaluated"):
        ms.evaluate(site, tree=site.tree(3), policies="all", time_limit_s=0.011)


def test_policies_that_there_was_time_for_are_kept(instances: Path) -> None:
    """What comes first is evaluated; a policy whose solve did not reach its gap is left out, and that is said."""

    class Late:
        def commit(self, problem: PolicyProblem) -> PolicyDecision:
            raise NotInTimeError("too late")

    evaluation = ms.evaluate(ms.read(instances / "tiny_site"), policies=["energy_only", Late()])
    assert evaluation.is_cut_short
    assert evaluation.policies is not None
    assert set(evaluation.policies.outcomes) == {"energy_only"}
