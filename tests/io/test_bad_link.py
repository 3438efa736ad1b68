"""Links that cannot be: ends, delays, and what only a delay gives a sense."""

from __future__ import annotations

import pytest
from site_folder import SiteFolder

from mes_stoch.io.instance import read_instance

LINK = """\
  feeder:
    type: link
    from_node: power
    to_node: site
    power_max_mw: 5
"""


@pytest.fixture
def linked(site: SiteFolder) -> SiteFolder:
    site.edit("  power: {carrier: electricity}\n", "  power: {carrier: electricity}\n  site: {carrier: electricity}\n")
    site.edit("    node: power\n    demand_mw", "    node: site\n    demand_mw")
    return site.edit("  battery:\n", LINK + "  battery:\n")


def test_it_can_be_read(linked: SiteFolder) -> None:
    assert read_instance(linked.path).instance.components["feeder"].type == "link"


def test_a_node_that_there_is_not(linked: SiteFolder) -> None:
    linked.edit("to_node: site", "to_node: sit")
    words = ("'sit'", "a name listed under nodes", "did you mean site?")
    assert any(
        issue.key == "components.feeder.to_node" and all(word in str(issue) for word in words)
        for issue in linked.issues()
    )


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("power_max_mw: 5", "power_max_mw: 5\n    initial_flow_mw: 2", "initial_flow_mw", ("2", "delay_h")),
        ("power_max_mw: 5", "power_max_mw: 5\n    terminal_mwh: 2", "terminal_mwh", ("2", "delay_h")),
        ("power_max_mw: 5", "power_max_mw: 5\n    delay_h: 1.5", "delay_h", ("1.5", "a whole multiple of the period")),
        (
            "power_max_mw: 5",
            "power_max_mw: 5\n    delay_h: 2\n    power_back_max_mw: 1",
            "power_back_max_mw",
            ("1, with a delay_h of 2", "0, one way", "a second link"),
        ),
        (
            "power_max_mw: 5",
            "power_max_mw: 5\n    delay_h: 2\n    initial_flow_mw: [1, 2, 3]",
            "initial_flow_mw",
            ("3 numbers", "2, one for each period of delay_h"),
        ),
        (
            "power_max_mw: 5",
            "power_max_mw: 5\n    delay_h: 2\n    initial_flow_mw: 6",
            "initial_flow_mw",
            ("6", "at most power_max_mw (5)"),
        ),
        (
            "power_max_mw: 5",
            "power_max_mw: 5\n    delay_h: 2\n    loss_per_unit: 0.1\n    terminal_mwh: 9.5",
            "terminal_mwh",
            ("9.5", "at most 9", "power_max_mw times delay_h, less the loss"),
        ),
        ("power_max_mw: 5", "power_max_mw: 5\n    loss_per_unit: 1", "loss_per_unit", ("1", "below 1")),
    ],
)
def test_what_does_not_go_together(linked: SiteFolder, old: str, new: str, key: str, words: tuple[str, ...]) -> None:
    line = new.splitlines()[-1].strip() if key in new.splitlines()[-1] else f"{key}:"
    linked.edit(old, new).only_issue(f"components.feeder.{key}", linked.line(line), *words)


def test_both_ends_at_one_node(linked: SiteFolder) -> None:
    linked.edit(
        "  battery:\n", LINK.replace("feeder", "ring").replace("to_node: site", "to_node: power") + "  battery:\n"
    )
    linked.only_issue(
        "components.ring.to_node", linked.line("to_node: power"), "'power', which is from_node", "another node"
    )


def test_ends_of_two_carriers(linked: SiteFolder) -> None:
    linked.edit("carriers: [electricity]", "carriers: [electricity, heat]").edit(
        "  site: {carrier: electricity}", "  site: {carrier: heat}"
    )
    words = ("'site', of heat", "a node of electricity, as power", "a converter")
    linked.only_issue("components.feeder.to_node", linked.line("to_node: site"), *words)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("bus0", "from_node"),
        ("sink", "to_node"),
        ("p_nom", "power_max_mw"),
        ("bidirectional", "power_back_max_mw"),
        ("efficiency", "loss_per_unit"),
        ("relative_losses", "loss_per_unit"),
        ("marginal_cost", "cost_eur_per_mwh"),
        ("p_max_pu", "available_per_unit"),
    ],
)
def test_words_of_other_tools(linked: SiteFolder, key: str, meant: str) -> None:
    linked.edit("power_max_mw: 5", f"power_max_mw: 5\n    {key}: 1")
    linked.only_issue(f"components.feeder.{key}", linked.line(f"{key}:"), f"write {meant}")


def test_reserve_comes_over_one_way(linked: SiteFolder) -> None:
    """The battery behind one feeder is fine, behind two side by side it is not clear which carries a call."""
    linked.edit("  battery:\n    type: storage\n    node: power", "  battery:\n    type: storage\n    node: site")
    assert read_instance(linked.path).instance.links().keys() == {"feeder"}
    linked.edit("  battery:\n", LINK.replace("feeder", "second") + "  battery:\n")
    words = ("several ways over links to power", "feeder, or second", "one way", "make one link of those")
    linked.only_issue("components.battery.provides.0", linked.line("provides"), *words)


def test_no_reserve_over_a_delay(linked: SiteFolder) -> None:
    linked.edit("  battery:\n    type: storage\n    node: power", "  battery:\n    type: storage\n    node: site")
    linked.edit("power_max_mw: 5", "power_max_mw: 5\n    delay_h: 1")
    words = ("with 0 ports of battery on power", "a link without delay from there to power would carry it")
    linked.only_issue("components.battery.provides.0", linked.line("provides"), *words)
