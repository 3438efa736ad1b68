"""A minimal valid instance to edit, and words to say what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mes_stoch.io.instance import LoadedInstance, read_instance
from mes_stoch.schema.errors import InstanceError, Issue

INSTANCE = """\
format: 1
name: minimal
horizon:
  start: 2025-01-15T00:00
  timezone: Europe/Paris
  period_h: 1
  periods: 8
carriers: [electricity]
nodes:
  power: {carrier: electricity}
components:
  grid:
    type: grid_connection
    node: power
    import_max_mw: 10
    export_max_mw: 10
    import_price_eur_per_mwh: 15
  wards:
    type: demand
    node: power
    demand_mw: wards_demand_mw
  battery:
    type: storage
    node: power
    energy_max_mwh: 4
    energy_min_mwh: 0.5
    charge_max_mw: 2
    discharge_max_mw: 2
    initial_mwh: 2
    provides: [fr_fcr]
products:
  da:
    price_eur_per_mwh: da_price_eur_per_mwh
    settlement_period_h: 1
  id:
    price_eur_per_mwh: id_price_eur_per_mwh
    settlement_period_h: 1
    liquidity_mw: 1
  imbalance:
    price_long_eur_per_mwh: 10
    price_short_eur_per_mwh: 200
  fr_fcr:
    volume_max_mw: 2
    capacity_price_eur_per_mw_h: 12
    activation_up_per_unit: fcr_up_per_unit
    activation_down_per_unit: 0.1
    energy_price_down_eur_per_mwh: 30
series: series.csv
uncertainty:
  kind: explicit
  file: scenarios.csv
  probabilities:
    calm: 0.75
    windy: 0.25
"""

CONVERTER = """\
  mains:
    type: grid_connection
    node: fuel
    import_max_mw: null
  heating:
    type: demand
    node: warmth
    demand_mw: 1
  chp:
    type: converter
    reference: power
    power_max_mw: 2
    power_min_mw: 1
    inputs:
      - {node: fuel, ratio_per_unit: 2.5, no_load_mw: 0.1}
    outputs:
      - {node: power, ratio_per_unit: 1}
      - {node: warmth, ratio_per_unit: 1.1}
    provides: [fr_fcr]
"""

SERIES = "time,wards_demand_mw\n" + "".join(f"2025-01-15T{hour:02}:00+01:00,{hour / 10}\n" for hour in range(8))

SCENARIOS = "scenario,time,da_price_eur_per_mwh,id_price_eur_per_mwh,fcr_up_per_unit\n" + "".join(
    f"{name},2025-01-15T{hour:02}:00+01:00,{price + hour},{price + hour + 1},0.2\n"
    for name, price in (("calm", 40), ("windy", 20))
    for hour in range(8)
)


@dataclass(frozen=True)
class SiteFolder:
    """An instance folder that a test edits."""

    path: Path

    def text(self, file: str = "instance.yaml") -> str:
        return (self.path / file).read_text(encoding="utf-8")

    def write(self, text: str, file: str = "instance.yaml") -> SiteFolder:
        (self.path / file).write_text(text, encoding="utf-8")
        return self

    def edit(self, old: str, new: str, file: str = "instance.yaml") -> SiteFolder:
        """Replace a passage that occurs exactly once."""
        text = self.text(file)
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {file}"
        return self.write(text.replace(old, new), file)

    def drop_line(self, start: str, file: str) -> SiteFolder:
        lines = self.text(file).splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith(start)]
        assert len(kept) == len(lines) - 1
        return self.write("".join(kept), file)

    def with_converter(self) -> SiteFolder:
        """Add gas, heat and a CHP that provides reserve."""
        self.edit("carriers: [electricity]", "carriers: [electricity, gas, heat]")
        self.edit(
            "  power: {carrier: electricity}\n",
            "  power: {carrier: electricity}\n  fuel: {carrier: gas}\n  warmth: {carrier: heat}\n",
        )
        return self.edit("products:\n", CONVERTER + "products:\n")

    def line(self, start: str, file: str = "instance.yaml", after: str = "") -> int:
        """Line that begins with ``start`` (blanks aside), counted from 1; the first one after a line ``after``."""
        lines = [line.strip() for line in self.text(file).splitlines()]
        begin = lines.index(after) if after else 0
        return next(number for number, line in enumerate(lines, 1) if number > begin and line.startswith(start))

    def read(self, overrides: Mapping[str, Any] | None = None) -> LoadedInstance:
        return read_instance(self.path, overrides)

    def issues(self, overrides: Mapping[str, Any] | None = None) -> tuple[Issue, ...]:
        with pytest.raises(InstanceError) as caught:
            self.read(overrides)
        assert caught.value.exit_code == 2
        return caught.value.issues

    def only_issue(self, key: str, line: int | None, *words: str, file: str = "instance.yaml") -> Issue:
        """The one problem there is, at a place, told in certain words."""
        issues = self.issues()
        assert len(issues) == 1, "\n".join(map(str, issues))
        assert_issue(issues, key, line, *words, file=file)
        return issues[0]


def assert_issue(
    issues: tuple[Issue, ...], key: str, line: int | None, *words: str, file: str = "instance.yaml"
) -> None:
    """Some issue is at this place and says these words."""
    everything = "\n".join(map(str, issues))
    fitting = [issue for issue in issues if (issue.file, issue.line, issue.key) == (file, line, key)]
    assert fitting, f"nothing about {key} at {file}:{line} in\n{everything}"
    for word in words:
        assert any(word in f"{issue.found} | {issue.expected} | {issue.hint}" for issue in fitting), (
            f"{word!r} is not said in\n{everything}"
        )


def make_site(folder: Path) -> SiteFolder:
    """Write the valid instance into a folder."""
    return SiteFolder(folder).write(INSTANCE).write(SERIES, "series.csv").write(SCENARIOS, "scenarios.csv")
