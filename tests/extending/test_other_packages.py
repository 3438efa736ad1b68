"""Kinds of another package: built as a wheel, installed beside the project, and used without touching it.

The package is ``docs/extending/examples/site_kinds``: an electrolyser whose efficiency falls with its load and which
provides reserve, a contract that limits the import with a settlement of its own, a price process and a measure of risk.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xarray as xr
from helpers.own_pip import pip

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLE = REPOSITORY / "docs" / "extending" / "examples" / "site_kinds"


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed wheel.

    It has no compiled files: tests change copies of the sources, and Python takes a compiled file as valid for any
    source of the same second and size.
    """
    scratch = tmp_path_factory.mktemp("wheel")
    return install(EXAMPLE, scratch)


def install(package: Path, scratch: Path) -> Path:
    source, wheels, target = scratch / "source", scratch / "wheels", scratch / "site"
    shutil.copytree(package, source)
    pip("wheel", "-q", "--no-deps", "-w", str(wheels), str(source))
    (wheel,) = wheels.glob("*.whl")
    pip("install", "-q", "--no-deps", "--no-compile", "--target", str(target), str(wheel))
    return target


def run(target: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """A command of ``mes-stoch`` in a process that finds the package."""
    return python(target, "-m", "mes_stoch", *map(str, arguments))


def python(target: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(target), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=environment, timeout=300, check=False
    )


@pytest.fixture(scope="session")
def solved(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's instance, solved."""
    folder = tmp_path_factory.mktemp("runs") / "station"
    arguments = ("--method", "ef", "--gap", "1e-6", "--no-figures", "--out", folder)
    done = run(installed, "solve", EXAMPLE / "instance", *arguments)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_part_of_the_package_is_fitted_and_drawn_from(installed: Path, tmp_path: Path) -> None:
    """Every day has the hour as its price: the mean is the hour, the deviation nothing, and so is what is drawn."""
    program = tmp_path / "fit.py"
    program.write_text(
        "import numpy as np, pandas as pd\n"
        "from mes_stoch.extend import DrawContext, History\n"
        "from mes_stoch.uncertainty.fitted.document import process_of\n"
        "from mes_stoch.uncertainty.fitted.specification import Specification, fit\n"
        "time = pd.date_range('2021-01-04', periods=48, freq='h', tz='Europe/Paris')\n"
        "frame = pd.DataFrame({'price_eur_per_mwh': time.hour.astype(float)}, index=time)\n"
        "parts = [{'kind': 'hourly_mean', 'series': 'price_eur_per_mwh'}]\n"
        "document = fit(Specification(country='FR', parts=parts), History(frame, 'FR'))\n"
        "process = process_of('house', 'process.json', document.model_dump())\n"
        "quarters = DrawContext(pd.date_range('2022-01-14T10:30', periods=4, freq='15min', tz='Europe/Paris'), 0.25)\n"
        "print(process.draw_day_ahead(np.random.default_rng(1), quarters)['price_eur_per_mwh'].tolist())\n",
        encoding="utf-8",
    )
    done = python(installed, str(program))
    assert (done.returncode, done.stdout) == (0, "[10.0, 10.0, 11.0, 11.0]\n"), done.stderr


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    def draw(", "    def drew(", "Can't instantiate abstract class HourlyMean"),
        ("Options: ClassVar[type[PartOptions]] = HourlyMeanOptions", "Options = dict", "reading its entry fails with "),
        ("class HourlyMean(Part)", "class Mean(Part)", "it lacks "),
        ("HourlyMean(Part)", "HourlyMean(PartOptions)", "HourlyMean is not a Part"),
        ("return cls(", "return cls.nothing(", "fitting parts.0 fails with AttributeError: nothing"),
        ("return (self.series,)", "return self.series", "'price_eur_per_mwh' where a tuple of names is expected"),
    ],
)
def test_a_broken_part_is_named(installed: Path, tmp_path: Path, old: str, new: str, words: str) -> None:
    """Where it is fitted: with the package, the kind, and for what an entry names the line."""
    target = _copied(installed, tmp_path)
    _replace(target / "site_kinds" / "hourly_mean.py", old, new)
    rows = [f"2021-01-0{day} {hour:02}:00,{hour}" for day in (4, 5) for hour in range(24)]
    (tmp_path / "prices.csv").write_text("\n".join(["When,Price", *rows]) + "\n", encoding="utf-8")
    (tmp_path / "spec.yaml").write_text(
        "country: FR\n"
        "files:\n"
        '  - {file: prices.csv, columns: "time=When, zone=Europe/Paris, Price=price_eur_per_mwh"}\n'
        "parts:\n"
        "  - {kind: hourly_mean, series: price_eur_per_mwh}\n",
        encoding="utf-8",
    )
    done = run(target, "fit", tmp_path / "spec.yaml", "--out", tmp_path / "process.json")
    _is_told(done, words)
    assert "hourly_mean of the package site-kinds 1.0 cannot be used" in done.stderr
    if words.startswith(("reading", "it lacks", "HourlyMean")):
        assert "spec.yaml:5: parts.0.kind: found 'hourly_mean' of the package site-kinds 1.0" in done.stderr


def test_the_example_is_valid_and_drawn_by_its_own_process(installed: Path) -> None:
    done = run(installed, "validate", EXAMPLE / "instance")
    assert done.returncode == 0, done.stderr
    assert "filling_station is valid" in done.stdout


def test_without_the_package_its_tags_are_unknown() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mes_stoch", "validate", str(EXAMPLE / "instance")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert "components.stack.type: found 'electrolyser'" in done.stderr
    assert "products.grid_relief.family: found 'import_limit'" in done.stderr


def test_it_holds_reserve_and_is_settled_by_its_own_rules(installed: Path, solved: Path) -> None:
    summary = json.loads((solved / "summary.json").read_text(encoding="utf-8"))
    volumes = {row["product"]: row["volume_mw"] for row in summary["commitments"]}
    assert summary["status"] == "optimal"
    assert volumes["fr_afrr_up"] > 0 or any(row["volume_mw"] > 0 for row in summary["commitments"])
    manifest = json.loads((solved / "manifest.json").read_text(encoding="utf-8"))
    package = "site-kinds 1.0"
    assert manifest["plugins"] == {"electrolyser": package, "import_limit": package, "two_price_day": package}

    settled = run(installed, "settle", solved)
    assert settled.returncode == 0, settled.stdout
    assert "agree in every stream" in settled.stdout
    assert "grid_relief: import given up" in settled.stdout
    stressed = run(installed, "evaluate", solved, "--stress")
    assert stressed.returncode == 0, stressed.stdout
    assert "no miss" in stressed.stdout


def test_a_policy_is_compared_with_the_stochastic_program(installed: Path, tmp_path: Path) -> None:
    target = tmp_path / "policies.json"
    asked = "steady_volume,steady_volume:volume_mw=0,energy_only"
    done = run(installed, "evaluate", EXAMPLE / "instance", "--policies", asked, "--out", target)
    assert done.returncode == 0, done.stderr
    part = json.loads(target.read_text(encoding="utf-8"))["policies"]
    steady, nothing, energy = (part["policies"][name] for name in asked.split(","))
    assert steady["brought_by"] == "site-kinds 1.0"
    assert steady["note"] == "1 MW of each, always"
    assert {row["volume_mw"] for row in steady["commitments"]} == {1.0}
    assert nothing["profit"]["lower"] == pytest.approx(energy["profit"]["lower"])
    for policy in (steady, nothing, energy):
        assert policy["profit"]["lower"] <= part["recourse"]["upper"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("import nothing_of_this_name\n", "does not load (ModuleNotFoundError", id="import"),
        pytest.param("class SteadyVolume:\n    pass\n", "is not a class of a policy; it lacks commit", id="no method"),
        pytest.param(
            "class SteadyVolume:\n    def commit(self, problem):\n        return 1 / 0\n",
            "steady_volume.commit fails with ZeroDivisionError: division by zero",
            id="its own mistake",
        ),
        pytest.param(
            "class SteadyVolume:\n    def commit(self, problem):\n        return 7\n",
            "steady_volume.commit fails with TypeError: a int where a PolicyDecision is expected",
            id="not a decision",
        ),
    ],
)
def test_a_broken_policy_is_named_and_stops_only_those_who_use_it(
    installed: Path, tmp_path: Path, instances: Path, text: str, reason: str
) -> None:
    target = tmp_path / "site"
    shutil.copytree(installed, target)
    (target / "site_kinds" / "steady_volume.py").write_text(text, encoding="utf-8")
    command = ("evaluate", instances / "tiny_site", "--out", tmp_path / "policies.json", "--policies")
    using = run(target, *command, "steady_volume")
    assert using.returncode == 2
    assert "steady_volume of the package site-kinds 1.0 cannot be used" in using.stderr
    assert reason in using.stderr
    assert run(target, *command, "energy_only").returncode == 0


def test_days_of_a_market_file_that_a_package_reads(installed: Path, tmp_path: Path) -> None:
    """Prices of 100 times the day of the month and the local hour; Wednesday 15 January in half-hours."""
    utc = pd.date_range("2024-12-31T23:00", "2025-01-31T22:00", freq="h", tz="UTC")
    local = utc.tz_convert("Europe/Paris")
    frame = pd.DataFrame({"utc": utc.strftime("%Y-%m-%dT%H:%MZ"), "eur": 100 * local.day + local.hour, "other": 0})
    frame.to_csv(tmp_path / "hourly_prices.csv", index=False)
    program = (
        "import json, sys; from datetime import date; from pathlib import Path\n"
        "from mes_stoch.extend import DonorGroup, day_values, pair_days\n"
        "from site_kinds.hourly_prices import SOURCE, read_hourly_prices\n"
        "group = DonorGroup('prices', [read_hourly_prices(Path(sys.argv[1]))], ['FR'], [SOURCE])\n"
        "days = pair_days([group], 22, 1, ['winter'], ['working_day'])['prices']\n"
        "day = day_values(group, date(2025, 1, 15), 2)['da_price_eur_per_mwh']\n"
        "print(json.dumps({'days': sorted(map(str, days)), 'day': day.tolist()}))\n"
    )
    done = python(installed, "-c", program, str(tmp_path))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["day"] == [1500 + hour for hour in range(24) for _ in range(2)]
    # 23 days from Monday to Friday, less New Year's Day
    working = [day for day in range(2, 32) if pd.Timestamp(2025, 1, day).day_of_week < 5]
    assert found["days"] == [f"2025-01-{day:02d}" for day in working]

    (tmp_path / "hourly_prices.csv").unlink()
    missing = python(installed, "-c", program, str(tmp_path))
    assert "hourly_prices.csv is not in the data folder" in missing.stderr


def test_a_layout_of_market_files(installed: Path, tmp_path: Path) -> None:
    """Hours of the clock change in October, by a layout of the package."""
    file = tmp_path / "town.txt"
    rows = "".join(f"2025-10-26|{hour}|{price}\n" for hour, price in ((2, 10.5), (3, 11.5), (3, 12.5), (4, 13.5)))
    file.write_text(f"TOWN EXCHANGE\nday|hour|price\n{rows}", encoding="utf-8")
    listed = run(installed, "data", "--layouts")
    assert "town_exchange           TOWN EXCHANGE in the first line" in listed.stdout
    done = run(installed, "data", file, "--out", tmp_path / "tidy.csv")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tidy.csv").read_text(encoding="utf-8").splitlines() == [
        "time,town_price_eur_per_mwh",
        "2025-10-26T01:00+02:00,10.5",
        "2025-10-26T02:00+02:00,11.5",
        "2025-10-26T02:00+01:00,12.5",
        "2025-10-26T03:00+01:00,13.5",
    ]
    file.write_text(f"TOWN EXCHANGE\nday|hour|price\n{rows}2025-10-26|noon|1\n", encoding="utf-8")
    wrong = run(installed, "data", file)
    assert wrong.returncode == 2
    assert "town.txt:7: hour: found '2025-10-26 noon'" in wrong.stderr


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"price": price}', '"cost": price}', "read fails with KeyError: 'cost'"),
        ("return head.first", "return head.second", "recognises fails with AttributeError"),
        ("def read(", "def red(", "Can't instantiate abstract class TownExchange"),
        ("class TownExchange(MarketLayout)", "class Town(MarketLayout)", "is not a class of a layout of market files"),
    ],
)
def test_a_broken_layout_is_named(installed: Path, tmp_path: Path, old: str, new: str, reason: str) -> None:
    target = tmp_path / "site"
    shutil.copytree(installed, target)
    module = target / "site_kinds" / "town_exchange.py"
    text = module.read_text(encoding="utf-8")
    assert old in text
    module.write_text(text.replace(old, new), encoding="utf-8")
    file = tmp_path / "town.txt"
    file.write_text("TOWN EXCHANGE\nday|hour|price\n2025-01-01|1|5\n2025-01-01|2|6\n", encoding="utf-8")
    done = run(target, "data", file)
    assert done.returncode == 2
    assert "town_exchange of the package site-kinds 1.0 cannot be used" in done.stderr
    assert reason in done.stderr
    # a file of another layout is none of its business
    (tmp_path / "spot.csv").write_text(
        "HourUTC,SpotPriceEUR\n2025-01-01T00:00,5\n2025-01-01T01:00,6\n", encoding="utf-8"
    )
    assert run(target, "data", tmp_path / "spot.csv").returncode == 0


def test_decomposition_finds_the_same(installed: Path, solved: Path, tmp_path: Path) -> None:
    arguments = ("--method", "decomposition", "--gap", "1e-5", "--no-figures", "--out", tmp_path / "run")
    done = run(installed, "solve", EXAMPLE / "instance", *arguments)
    assert done.returncode == 0, done.stderr
    own, other = (
        json.loads((folder / "summary.json").read_text(encoding="utf-8")) for folder in (tmp_path / "run", solved)
    )
    assert own["objective"] == pytest.approx(other["objective"], rel=2e-5)


def test_the_schema_describes_it_on_demand(installed: Path) -> None:
    whole = json.loads(run(installed, "validate", "--schema", "--plugins").stdout)
    assert whole["$defs"]["Segment"]["properties"]["hydrogen_per_unit"]["description"]
    assert "Electrolyser" in whole["$defs"]
    assert "import_limit" in json.dumps(whole)
    published = run(installed, "validate", "--schema").stdout
    assert "Electrolyser" not in published
    assert "import_limit" not in published


def site(**changes: Any) -> dict[str, Any]:
    """Two hours at 10 and 100 EUR/MWh; an electrolyser of 1 MW at 0.8 and 2 MW at 0.5; 1.2 MW of hydrogen."""
    data: dict[str, Any] = {
        "format": 1,
        "name": "by_hand",
        "horizon": {"start": "2025-01-15T00:00", "timezone": "Europe/Paris", "period_h": 1, "periods": 2},
        "carriers": ["electricity", "hydrogen"],
        "nodes": {"power": {"carrier": "electricity"}, "filling": {"carrier": "hydrogen"}},
        "components": {
            "grid": {"type": "grid_connection", "node": "power", "import_max_mw": 4},
            "stack": {
                "type": "electrolyser",
                "electricity": "power",
                "hydrogen": "filling",
                "segments": [
                    {"width_mw": 1, "hydrogen_per_unit": 0.8},
                    {"width_mw": 2, "hydrogen_per_unit": 0.5},
                ],
            },
            "vehicles": {"type": "demand", "node": "filling", "demand_mw": 1.2},
        },
        "products": {
            "da": {"price_eur_per_mwh": "price_eur_per_mwh", "settlement_period_h": 1},
            "imbalance": {"price_long_eur_per_mwh": -500, "price_short_eur_per_mwh": 500},
        },
        "uncertainty": {"kind": "explicit"},
    }
    for section, entries in changes.items():
        data[section] = {**data[section], **entries}
    return data


TANK = {
    "tank": {
        "type": "storage",
        "node": "filling",
        "energy_max_mwh": 4,
        "charge_max_mw": 4,
        "discharge_max_mw": 4,
        "initial_mwh": 0,
    }
}
RESERVE = {
    "fr_afrr_up": {
        "volume_max_mw": 1,
        "block_h": 1,
        "minimum_bid_mw": 0,
        "bid_step_mw": 0,
        "capacity_price_eur_per_mw_h": 20,
        "energy_price_up_eur_per_mwh": 0,
        "activation_up_per_unit": 0,
        "shortfall_penalty_eur_per_mw_h": 100,
        "missed_penalty_eur_per_mwh": 1000,
    }
}


def solve(target: Path, folder: Path, data: dict[str, Any], prices: tuple[float, float]) -> dict[str, Any]:
    """Objective and volumes of a site written to a folder."""
    folder.mkdir(parents=True)
    (folder / "instance.yaml").write_text(json.dumps(data), encoding="utf-8")
    rows = [f"only,2025-01-15T0{hour}:00,{price}" for hour, price in enumerate(prices)]
    (folder / "scenarios.csv").write_text("\n".join(["scenario,time,price_eur_per_mwh", *rows, ""]), encoding="utf-8")
    program = (
        "import json, sys, mes_stoch as ms\n"
        "site = ms.read(sys.argv[1])\n"
        "run = ms.solve(site, site.tree(), method='ef', gap_rel=1e-9)\n"
        "settlement = ms.settle(run)\n"
        "assert settlement.agrees, settlement.worst_differences()\n"
        "volumes = run.commitments[['product', 'volume_mw']].to_dict('records')\n"
        "print(json.dumps({'objective': run.objective, 'volumes': volumes}))\n"
    )
    done = python(target, "-c", program, str(folder))
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_segments_by_hand(installed: Path, tmp_path: Path) -> None:
    """1.2 MW of hydrogen take 1 MW at 0.8 and 0.8 MW at 0.5 in each hour: 1.8 (10 + 100) = 198 EUR."""
    found = solve(installed, tmp_path / "plain", site(), (10, 100))
    assert found["objective"] == pytest.approx(-198.0)


def test_a_tank_moves_the_dear_hour(installed: Path, tmp_path: Path) -> None:
    """All 3 MW in the cheap hour make 1.8, and 0.6 of it spare 0.75 MW of the dear one: 30 + 75 = 105 EUR."""
    found = solve(installed, tmp_path / "tank", site(components=TANK), (10, 100))
    assert found["objective"] == pytest.approx(-105.0)


def test_the_order_of_segments_holds_at_negative_prices(installed: Path, tmp_path: Path) -> None:
    """At -20 EUR/MWh 1.8 MW earn 36 EUR an hour. Without the order 0.25 + 2 MW would make the same hydrogen: 45 EUR."""
    found = solve(installed, tmp_path / "negative", site(), (-20, -20))
    assert found["objective"] == pytest.approx(72.0)


def test_an_import_limit_is_worth_what_it_does_not_cost(installed: Path, tmp_path: Path) -> None:
    """1 of 4 MW is never drawn and is given up for 5 EUR/MW/h. A further MW would move 0.5 MWh of hydrogen to the dear
    hour: 62.5 - 10 EUR for 10."""
    relief = {
        "relief": {
            "family": "import_limit",
            "block_h": None,
            "limit_mw": 4,
            "volume_max_mw": 4,
            "price_eur_per_mw_h": 5,
            "excess_penalty_eur_per_mwh": 500,
        }
    }
    data = site(components=TANK)
    data["products"] |= relief
    found = solve(installed, tmp_path / "relief", data, (10, 100))
    assert found["objective"] == pytest.approx(-95.0)
    assert found["volumes"] == [{"product": "relief", "volume_mw": pytest.approx(1.0)}]


def test_reserve_needs_a_tank(installed: Path, tmp_path: Path) -> None:
    """Hydrogen that a call would not make must be there; without a tank nothing can be held.

    With 2 MWh to spare in the tank (initial 2, none to leave) 1 MW is held in both hours for 20 EUR each. The hydrogen
    still costs what it did: 2.4 MWh less 2 from the tank are 0.4, made in the cheap hour. To hold 1 MW upward 1 MW must
    be drawn: 1 MW in each hour makes 1.6, of which 1.2 need not be made for the vehicles, so 10 + 100 EUR.
    """
    data = site()
    data["products"] |= RESERVE
    data["components"]["stack"]["provides"] = ["fr_afrr_up"]
    without = solve(installed, tmp_path / "without", data, (10, 100))
    assert [row["volume_mw"] for row in without["volumes"]] == pytest.approx([0.0, 0.0])

    data["components"] |= {"tank": {**TANK["tank"], "initial_mwh": 2, "terminal_mwh": 0}}
    held = solve(installed, tmp_path / "with", data, (10, 10))
    # 1 MW drawn in each hour for 10 EUR/MWh, 20 EUR/MW/h received
    assert [row["volume_mw"] for row in held["volumes"]] == pytest.approx([1.0, 1.0])
    assert held["objective"] == pytest.approx(2 * 20 - 2 * 10)


#: A type that is only imported for checking is missing when the format is put together.
INCOMPLETE = """\
from __future__ import annotations
from typing import TYPE_CHECKING, Literal
from mes_stoch.extend import Component
if TYPE_CHECKING:
    from fractions import Fraction
EXTENDS = 1
class Electrolyser(Component):
    type: Literal["electrolyser"]
    share: Fraction
KINDS = (Electrolyser,)
"""


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        pytest.param("electrolyser/format.py", "import nothing_of_this_name\n", "ModuleNotFoundError", id="import"),
        pytest.param("electrolyser/format.py", "EXTENDS = 1\nKINDS = ()\n", "has 0 subclasses", id="no kind"),
        pytest.param("electrolyser/format.py", "EXTENDS = 99\nKINDS = ()\n", "EXTENDS = 99", id="other version"),
        pytest.param("electrolyser/format.py", "EXTENDS = 1\nKINDS = 7\n", "must be a tuple with one", id="no tuple"),
        pytest.param("electrolyser/format.py", INCOMPLETE, "putting Electrolyser together fails with", id="incomplete"),
    ],
)
def test_a_broken_package_is_named_and_stops_only_those_who_use_it(
    installed: Path, tmp_path: Path, file: str, text: str, reason: str
) -> None:
    target = tmp_path / "site"
    shutil.copytree(installed, target)
    (target / "site_kinds" / file).write_text(text, encoding="utf-8")
    using = run(target, "validate", EXAMPLE / "instance")
    assert using.returncode == 2
    assert "components.stack.type" in using.stderr
    assert "electrolyser of the package site-kinds 1.0 cannot be used" in using.stderr
    assert reason in using.stderr
    assert "Traceback" not in using.stderr
    other = run(target, "validate", REPOSITORY / "instances" / "tiny_site")
    assert other.returncode == 0, other.stderr
    assert python(target, "-c", "import mes_stoch").returncode == 0


def test_a_function_that_is_missing_is_named(installed: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    shutil.copytree(installed, target)
    file = target / "site_kinds" / "electrolyser" / "equations.py"
    file.write_text(file.read_text(encoding="utf-8").replace("def build(", "def make("), encoding="utf-8")
    done = run(target, "solve", EXAMPLE / "instance", "--no-figures", "--out", tmp_path / "run")
    assert done.returncode == 2
    assert "site_kinds.electrolyser.equations has no function build" in done.stderr


@pytest.mark.parametrize("role", ["checks", "equations", "settlement"])
def test_a_role_that_is_missing_is_an_error_that_names_the_package(
    installed: Path, solved: Path, tmp_path: Path, role: str
) -> None:
    target = tmp_path / "site"
    shutil.copytree(installed, target)
    (target / "site_kinds" / "electrolyser" / f"{role}.py").unlink()
    if role == "settlement":
        done = run(target, "settle", solved)
    else:
        done = run(target, "solve", EXAMPLE / "instance", "--no-figures", "--out", tmp_path / "run")
    assert done.returncode == 2
    assert f"site_kinds.electrolyser.{role} does not load" in done.stderr
    assert "site-kinds 1.0" in done.stderr


FAILS = "    raise KeyError('not thought of')\n"


@pytest.mark.parametrize(
    ("file", "function", "command", "words"),
    [
        ("electrolyser/checks.py", "def issues(", "validate", "electrolyser of the package site-kinds 1.0"),
        ("electrolyser/equations.py", "def build(", "solve", "equations.build fails with KeyError: 'not thought of'"),
        ("electrolyser/settlement.py", "def cash_flows(", "settle", "settlement.cash_flows fails with KeyError"),
        ("electrolyser/stress.py", "def power_limits(", "stress", "stress.power_limits fails with KeyError"),
        ("electrolyser/format.py", "def conversions(", "validate", "Electrolyser.conversions fails with KeyError"),
        ("import_limit/checks.py", "def issues(", "validate", "import_limit of the package site-kinds 1.0"),
        ("import_limit/equations.py", "def build(", "solve", "equations.build fails with KeyError"),
        ("import_limit/settlement.py", "def cash_flows(", "settle", "settlement.cash_flows fails with KeyError"),
        ("two_price_day.py", "def __init__(", "validate", "making the process fails with KeyError"),
        ("two_price_day.py", "def series_names(", "validate", "series_names fails with KeyError"),
        ("two_price_day.py", "def draw_day_ahead(", "validate", "draw_day_ahead fails with KeyError"),
        ("two_price_day.py", "def draw_realtime(", "validate", "draw_realtime fails with KeyError"),
    ],
)
def test_what_fails_in_a_package_is_told_with_its_name_and_line(
    installed: Path, solved: Path, tmp_path: Path, file: str, function: str, command: str, words: str
) -> None:
    target = tmp_path / "site"
    shutil.copytree(installed, target)
    line = _fail(target / "site_kinds" / file, function)
    done = run(target, *_arguments(command, solved, tmp_path))
    _is_told(done, words)
    assert "cannot be used" in done.stderr
    assert f"{Path(file).name}:{line})" in done.stderr


def _fail(file: Path, function: str) -> int:
    """Let the body of a function begin with an error; gives the line of that."""
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if line.lstrip().startswith(function))
    end = next(number for number in range(start, len(lines)) if lines[number].rstrip().endswith(":"))
    indent = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
    lines.insert(end + 1, indent + FAILS)
    file.write_text("".join(lines), encoding="utf-8")
    return end + 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('{"day_price_eur_per_mwh": level', '{"day_price_usd_per_mwh": level', "it draws day_price_usd_per_mwh"),
        ("level * (1.0", "np.nan * (1.0", "day_price_eur_per_mwh is not one finite number for each of the 24"),
        ("np.where((hour >= first)", "np.where((hour[1:] >= first)", "draw_realtime fails with ValueError"),
        ("class TwoPriceDay", "class AnotherDay", "is not a class of a process"),
        ("class Parameters(Model)", "class Parameters", "it lacks Parameters that are a Model"),
        ('return ("day_price_eur_per_mwh", "evening_call_per_unit")', 'return "day_price"', "several names"),
    ],
)
def test_what_a_process_draws_is_checked(installed: Path, tmp_path: Path, old: str, new: str, words: str) -> None:
    target = tmp_path / "site"
    shutil.copytree(installed, target)
    _replace(target / "site_kinds" / "two_price_day.py", old, new)
    _is_told(run(target, "validate", EXAMPLE / "instance"), words)


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def _is_told(done: subprocess.CompletedProcess[str], words: str) -> None:
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert "site-kinds 1.0" in done.stderr
    assert "Traceback" not in done.stderr


def test_lists_are_drawn_like_arrays(installed: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    shutil.copytree(installed, target)
    _replace(
        target / "site_kinds" / "two_price_day.py",
        "level * (1.0 + own.spread_per_unit * side)}",
        "(level * (1.0 + own.spread_per_unit * side)).tolist()}",
    )
    for site_packages, name in ((installed, "arrays"), (target, "lists")):
        done = run(site_packages, "tree", EXAMPLE / "instance", "--out", tmp_path / f"{name}.nc")
        assert done.returncode == 0, done.stderr
    drawn = [xr.load_dataset(tmp_path / f"{name}.nc")["day_price_eur_per_mwh"] for name in ("arrays", "lists")]
    xr.testing.assert_equal(*drawn)


@pytest.mark.parametrize(
    ("file", "old", "new", "command", "words"),
    [
        pytest.param(
            "electrolyser/equations.py",
            "lambda t: -power[t])",
            "lambda t: -power[t] * spec.typo)",
            "solve",
            "what it gives inject fails with AttributeError",
            id="a flow that fails later",
        ),
        pytest.param(
            "electrolyser/equations.py",
            "uncalled=reserve.uncalled[directed.name](most),",
            "uncalled=lambda t: spec.typo,",
            "solve",
            "what it gives call_effect fails with AttributeError",
            id="an effect that fails later",
        ),
        pytest.param(
            "electrolyser/equations.py",
            "context.inject(\n        spec.hydrogen,",
            'context.connection("nowhere")\n    context.inject(\n        spec.hydrogen,',
            "solve",
            "equations.build fails with ModelError: nowhere is not a grid connection",
            id="what the model has not",
        ),
        pytest.param(
            "electrolyser/checks.py",
            "    for number, (before, after) in",
            "    return None\n    for number, (before, after) in",
            "validate",
            "",
            id="nothing yielded is no issue",
        ),
        pytest.param(
            "import_limit/checks.py",
            'yield from bid_issues(context, name, "volume_max_mw", product)',
            'yield "a text"',
            "validate",
            "a str where Issue is expected",
            id="a text for an issue",
        ),
        pytest.param(
            "electrolyser/settlement.py",
            "    yield cash_flow(",
            "    return cash_flow(",
            "settle",
            "a CashFlow where several CashFlow are returned or yielded",
            id="one flow",
        ),
        pytest.param(
            "electrolyser/stress.py",
            'yield "largest power", power, np.full_like(power, spec.power_max_mw)',
            'yield "largest power", power',
            "stress",
            "stress.power_limits fails with ValueError",
            id="a limit without its most",
        ),
        pytest.param(
            "electrolyser/format.py",
            "    def delivery_node(self) -> str | None:\n",
            "    def typo(self) -> None:\n        pass\n\n"
            "    def cost_at(self, node: str) -> float:\n        return self.no_such_cost\n\n"
            "    @property\n    def delivery_node(self) -> str | None:\n",
            "validate",
            "about a node or a penalty fails with AttributeError",
            id="an answer with an argument",
        ),
        pytest.param(
            "electrolyser/format.py",
            "    def ports(self) -> Sequence[Port]:\n",
            "    def slack_penalties(self) -> None:\n        pass\n\n    def ports(self) -> Sequence[Port]:\n",
            "validate",
            "'NoneType' object is not iterable",
            id="nothing for a sequence",
        ),
        pytest.param(
            "electrolyser/format.py",
            "    @property\n    def power_max_mw(self)",
            "    def model_post_init(self, context: object) -> None:\n        {}['nothing']\n\n"
            "    @property\n    def power_max_mw(self)",
            "validate",
            "a validator of its format fails with KeyError",
            id="a validator",
        ),
        pytest.param(
            "import_limit/format.py",
            '    payment: ClassVar[str] = "availability"\n',
            '    payment: ClassVar[str] = "availability"\n    phase: ClassVar[str] = "energy"\n',
            "validate",
            "phase is 'energy'",
            id="a phase that is not open",
        ),
        pytest.param(
            "electrolyser/format.py",
            "EXTENDS = 1",
            "EXTENDS = 1\nraise SystemExit(3)",
            "validate",
            "SystemExit",
            id="exit",
        ),
    ],
)
def test_what_a_package_gives_is_checked(
    installed: Path, solved: Path, tmp_path: Path, file: str, old: str, new: str, command: str, words: str
) -> None:
    target = tmp_path / "site"
    shutil.copytree(installed, target)
    _replace(target / "site_kinds" / file, old, new)
    done = run(target, *_arguments(command, solved, tmp_path))
    if words:
        _is_told(done, words)
    else:
        assert done.returncode == 0, done.stderr
    assert run(target, "validate", REPOSITORY / "instances" / "tiny_site").returncode == 0


def _arguments(command: str, solved: Path, scratch: Path) -> tuple[object, ...]:
    arguments: dict[str, tuple[object, ...]] = {
        "validate": ("validate", EXAMPLE / "instance"),
        "solve": ("solve", EXAMPLE / "instance", "--no-figures", "--out", scratch / "run"),
        "settle": ("settle", solved),
        "stress": ("evaluate", solved, "--stress"),
    }
    return arguments[command]


def test_a_kind_may_rely_on_its_own_checks(installed: Path, tmp_path: Path) -> None:
    """What a user did wrong is told as the user's, though an answer fails for it."""
    target = tmp_path / "site"
    shutil.copytree(installed, target)
    _replace(
        target / "site_kinds" / "electrolyser" / "format.py",
        "        made = sum(",
        "        1 / (self.segments[0].hydrogen_per_unit - self.segments[1].hydrogen_per_unit)\n        made = sum(",
    )
    data = site()
    data["components"]["stack"]["segments"][1]["hydrogen_per_unit"] = 0.8
    folder = tmp_path / "using"
    folder.mkdir()
    (folder / "instance.yaml").write_text(json.dumps(data), encoding="utf-8")
    done = run(target, "validate", folder)
    assert done.returncode == 2
    assert "less than in the segment before" in done.stderr
    assert "cannot be used" not in done.stderr


def test_a_tag_that_is_taken_stays_with_its_first_owner(installed: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    shutil.copytree(installed, target)
    (metadata,) = target.glob("*.dist-info")
    points = metadata / "entry_points.txt"
    points.write_text(
        points.read_text(encoding="utf-8").replace("electrolyser = site", "storage = site"), encoding="utf-8"
    )
    done = run(target, "validate", REPOSITORY / "instances" / "hospital_fr")
    assert done.returncode == 0, done.stderr
    assert "warning: storage of the package site-kinds 1.0 is left out: mes_stoch has one" in done.stderr
    # an instance without storage is none of its business
    assert "warning" not in run(target, "validate", REPOSITORY / "instances" / "tiny_site").stderr


def test_a_tag_of_two_packages_is_neithers(installed: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    shutil.copytree(installed, target)
    _bring(target, "other-kinds", "[mes_stoch.components]\nelectrolyser = site_kinds.electrolyser\n")
    done = run(target, "validate", EXAMPLE / "instance")
    assert done.returncode == 2
    assert "electrolyser is brought by both other-kinds 2.0 and site-kinds 1.0; uninstall one of them" in done.stderr
    assert run(target, "validate", REPOSITORY / "instances" / "tiny_site").returncode == 0


def _bring(target: Path, name: str, entry_points: str) -> None:
    """Put entry points of another package beside those that are installed."""
    metadata = target / f"{name.replace('-', '_')}-2.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(entry_points, encoding="utf-8")


def test_a_catalogue_of_a_broken_family_stops_only_its_own_products(installed: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    shutil.copytree(installed, target)
    _bring(target, "town", "[mes_stoch.catalogue]\ntown = town:OFFERED\n")
    offered = {"town_relief": {"family": "import_limit", "block_h": None}}
    (target / "town.py").write_text(f"OFFERED = {offered!r}\n", encoding="utf-8")
    table = run(target, "validate", "--products")
    assert table.returncode == 0, table.stderr
    assert "town_relief" in table.stdout

    (target / "site_kinds" / "import_limit" / "format.py").write_text("import nothing_of_this_name\n", encoding="utf-8")
    other = run(target, "validate", REPOSITORY / "instances" / "tiny_site")
    assert other.returncode == 0, other.stderr
    table = run(target, "validate", "--products")
    assert table.returncode == 2
    assert "import_limit of the package site-kinds 1.0 cannot be used" in table.stderr

    offered = {"town_relief": {"family": ["import_limit"]}, "other": {"like": {"fr_fcr": 1}}}
    (target / "town.py").write_text(f"OFFERED = {offered!r}\n", encoding="utf-8")
    assert run(target, "validate", REPOSITORY / "instances" / "tiny_site").returncode == 0
    table = run(target, "validate", "--products")
    assert table.returncode == 2
    assert "town_relief.family: found a list" in table.stderr
    assert "other.like: found" in table.stderr


def test_an_instance_that_names_a_product_of_a_broken_family_is_told(installed: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    shutil.copytree(installed, target)
    _bring(target, "town", "[mes_stoch.catalogue]\ntown = town:OFFERED\n")
    offered = {"town_relief": {"family": "import_limit", "block_h": None}}
    (target / "town.py").write_text(f"OFFERED = {offered!r}\n", encoding="utf-8")
    (target / "site_kinds" / "import_limit" / "format.py").write_text("import nothing_of_this_name\n", encoding="utf-8")
    data = site()
    data["products"]["town_relief"] = {"limit_mw": 4, "volume_max_mw": 4, "price_eur_per_mw_h": 5}
    folder = tmp_path / "using"
    folder.mkdir()
    (folder / "instance.yaml").write_text(json.dumps(data), encoding="utf-8")
    using = run(target, "validate", folder)
    assert using.returncode == 2
    assert "products.town_relief: found 'town_relief'" in using.stderr
    assert "the installed package town 2.0 offers products that cannot be used" in using.stderr
    assert "ModuleNotFoundError" in using.stderr


def test_a_product_of_two_packages_is_neithers(installed: Path, tmp_path: Path) -> None:
    """Which rules an instance gets must not hang on the names of packages."""
    target = tmp_path / "site"
    shutil.copytree(installed, target)
    for name, hours in (("alpha", 2), ("beta", 4)):
        _bring(target, name, f"[mes_stoch.catalogue]\n{name} = {name}:OFFERED\n")
        offered = {
            "town_reserve": {"like": "fr_afrr_up", "block_h": hours},
            f"{name}_reserve": {"like": "fr_afrr_up", "block_h": hours},
            "fr_fcr": {"like": "fr_fcr", "block_h": 7},
        }
        (target / f"{name}.py").write_text(f"OFFERED = {offered!r}\n", encoding="utf-8")
    table = run(target, "validate", "--products")
    assert table.returncode == 2
    assert "town_reserve is offered by both alpha 2.0 and beta 2.0, with different rules" in table.stderr

    data = site()
    data["components"] |= {"tank": {**TANK["tank"], "initial_mwh": 2, "terminal_mwh": 0}}
    data["components"]["stack"]["provides"] = ["town_reserve"]
    data["products"]["town_reserve"] = RESERVE["fr_afrr_up"]
    folder = tmp_path / "using"
    folder.mkdir()
    (folder / "instance.yaml").write_text(json.dumps(data), encoding="utf-8")
    using = run(target, "validate", folder)
    assert using.returncode == 2
    assert "products.town_reserve: found 'town_reserve'" in using.stderr
    assert "uninstall one of them" in using.stderr

    own = run(target, "validate", REPOSITORY / "instances" / "hospital_fr")
    assert own.returncode == 0, own.stderr
    assert "warning: the installed package" in own.stderr
    assert "offers fr_fcr, which mes_stoch has with other rules; it is left out" in own.stderr


BELOW_TARGET = """
risk:
  measure: below_target
  target_eur: -700
  beta: {beta}
"""


def _averse_site(folder: Path, beta: float) -> Path:
    """``tiny_site`` with the measure of the package."""
    shutil.copytree(REPOSITORY / "instances" / "tiny_site", folder)
    file = folder / "instance.yaml"
    file.write_text(file.read_text(encoding="utf-8") + BELOW_TARGET.format(beta=beta), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("beta", "volume", "utility", "measure"),
    [pytest.param(0.5, 3.0, -380.0, -72.5, id="the mean wins"), pytest.param(0.8, 4.0, -194.0, -65.0, id="risk wins")],
)
def test_a_measure_of_risk_by_hand(
    installed: Path, tmp_path: Path, beta: float, volume: float, utility: float, measure: float
) -> None:
    """``tiny_site`` earns -480, -580, -720 and -970 EUR with 3 MW, and -540, -640, -780 and -880 with 4.

    Below -700 lie 20 and 270 EUR with 3 MW, 72.5 on the mean of four; 80 and 180 with 4, 65. With means of -687.5 and
    -710: 3 MW are worth -687.5 + beta (687.5 - 72.5), 4 MW -710 + beta (710 - 65), equal at beta = 3/4. 2 MW are worth
    less with both weights: their mean is -690, and 60 and 360 lie below.
    """
    site, folder = _averse_site(tmp_path / "site", beta), tmp_path / "run"
    done = run(installed, "solve", site, "--method", "ef", "--gap", "1e-9", "--no-figures", "--out", folder)
    assert done.returncode == 0, done.stderr
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert [row["volume_mw"] for row in summary["commitments"]] == pytest.approx([volume])
    assert summary["objective"] == pytest.approx(utility, abs=1e-6)
    assert summary["risk"]["value"] == pytest.approx(measure, abs=1e-6)
    assert summary["risk"]["value_at_risk"] is None
    assert summary["risk"]["target_eur"] == -700
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["plugins"] == {"below_target": "site-kinds 1.0"}
    settled = run(installed, "settle", folder)
    assert settled.returncode == 0, settled.stdout + settled.stderr
    _fail(_copied(installed, tmp_path) / "site_kinds" / "below_target" / "settlement.py", "def measured(")
    broken = run(tmp_path / "copied", "settle", folder)
    _is_told(broken, "settlement.measured fails with KeyError")


def _copied(installed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(installed, tmp_path / "copied"))


def test_the_weight_of_a_packages_measure_can_be_another(installed: Path, tmp_path: Path) -> None:
    """The terms that the options leave open are the instance's; with 1 the measure of 4 MW alone, -65."""
    site, folder = _averse_site(tmp_path / "site", 0.5), tmp_path / "run"
    arguments = ("--risk-weight", "1", "--method", "decomposition", "--gap", "1e-7", "--no-figures", "--out", folder)
    done = run(installed, "solve", site, *arguments)
    assert done.returncode == 0, done.stderr
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["objective"] == pytest.approx(-65.0, abs=1e-4)


def test_the_schema_describes_a_measure_on_demand(installed: Path) -> None:
    whole = json.loads(run(installed, "validate", "--schema", "--plugins").stdout)
    assert "BelowTargetTerms" in json.dumps(whole["properties"]["risk"])
    published = run(installed, "validate", "--schema").stdout
    assert "BelowTargetTerms" not in published
    assert "ConditionalValueAtRiskTerms" in published


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("measure.py", "def measure(", "def weigh(", "site_kinds.below_target.measure has no function measure"),
        ("measure.py", "one * self.target_eur", "np.zeros(2)", "row_lower has the shape (2,), and not (1,)"),
        ("measure.py", "        return RiskTerms(", "        return dict(", "a dict where RiskTerms are expected"),
        ("format.py", "EXTENDS = 1", "EXTENDS = 9", "EXTENDS = 9"),
    ],
)
def test_a_broken_measure_is_named_and_stops_only_those_who_use_it(
    installed: Path, tmp_path: Path, file: str, old: str, new: str, words: str
) -> None:
    site, target = _averse_site(tmp_path / "site", 0.5), _copied(installed, tmp_path)
    _replace(target / "site_kinds" / "below_target" / file, old, new)
    _is_told(run(target, "solve", site, "--no-figures", "--out", tmp_path / "run"), words)
    if file == "format.py":
        other = run(target, "validate", REPOSITORY / "instances" / "tiny_site")
        assert other.returncode == 0, other.stderr


def test_a_measure_that_contradicts_itself_is_not_certified(installed: Path, tmp_path: Path) -> None:
    """What it says of known profits is not what the optimiser was given: the run is not written."""
    site, target = _averse_site(tmp_path / "site", 0.5), _copied(installed, tmp_path)
    _replace(target / "site_kinds" / "below_target" / "measure.py", "-float(probabilities", "-9 * float(probabilities")
    done = run(target, "solve", site, "--no-figures", "--out", tmp_path / "run")
    assert done.returncode == 70
    assert "outside of the certified interval" in done.stderr


_ARCS = """
import mes_stoch as ms
arcs = ms.lattice(ms.read(INSTANCE)).arcs.query("component == 'stack'")
print(arcs[["node", "direction", "ratio", "power_max"]].values.tolist())
print(ms.plot.lattice(ms.read(INSTANCE)).get_suptitle())
"""


def test_a_kind_that_knows_nothing_of_the_lattice_has_its_arcs_by_its_ports(installed: Path) -> None:
    """From 4 MW it makes 0.72 at best, 0.66 at full load; the limit is that of the best conversion."""
    done = python(installed, "-c", f"INSTANCE = {str(EXAMPLE / 'instance')!r}{_ARCS}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "[['power', 'out of node', '1', '4'], ['filling', 'into node', '0.66 to 0.72', '2.88']]",
        "filling_station: energy lattice",
    ]


def test_an_arc_where_there_is_no_port_is_named(installed: Path, tmp_path: Path) -> None:
    target = _copied(installed, tmp_path)
    own = "    @property\n    def delivery_node"
    arcs = "    def arcs(self):\n        from mes_stoch.extend import Arc\n        return [Arc('attic', True)]\n\n"
    _replace(target / "site_kinds" / "electrolyser" / "format.py", own, arcs + own)
    _is_told(run(target, "validate", EXAMPLE / "instance"), "an arc at attic, where it has no port")


# -- the hub of a kind -------------------------------------------------------------------------------------------------


def _hub_command(target: Path) -> subprocess.CompletedProcess[str]:
    return run(target, "site", EXAMPLE / "instance", "--hub")


def test_the_hub_of_a_package_is_its_model(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With binaries the same least cost, with states fixed the same optimum in random directions of the port flows.

    At a negative price the states matter: without them the worse segment would be used first, to draw more.
    """
    helpers = os.pathsep.join(filter(None, [str(REPOSITORY / "tests"), os.environ.get("PYTHONPATH")]))
    monkeypatch.setenv("PYTHONPATH", helpers)
    done = python(installed, "-m", "helpers.hub_of_station", str(EXAMPLE / "instance"), "10")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("coupling") == {
        "power": {"segment_1": -1.0, "segment_2": -1.0, "full_1": 0.0},
        "filling": {"segment_1": 0.72, "segment_2": 0.6, "full_1": 0.0},
    }
    for name in ("day", "negative"):
        assert found[name]["agrees"], found
        assert found[name]["is_feasible"]
        assert found[name]["states"] == 24
    assert found["day"]["cost_without_integers"] == pytest.approx(found["day"]["cost"], rel=1e-9)
    assert found["negative"]["cost_without_integers"] < found["negative"]["cost"] - 1.0


def test_the_matrices_of_a_package_are_printed(installed: Path) -> None:
    done = _hub_command(installed)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["stack.segment_1", "-1", "0.72"] in rows
    assert ["stack.segment_2", "-1", "0.6"] in rows


def test_a_kind_without_a_hub_solves_as_before_and_says_so_where_a_hub_is_asked_for(
    installed: Path, tmp_path: Path
) -> None:
    target = _copied(installed, tmp_path)
    (target / "site_kinds" / "electrolyser" / "hub.py").unlink()
    assert run(target, "validate", EXAMPLE / "instance").returncode == 0
    # 1 MW makes 0.8 of the 1.2 MW of hydrogen, and 0.8 MW the rest
    assert solve(target, tmp_path / "site", site(), (20.0, 80.0))["objective"] == pytest.approx(-1.8 * (20 + 80))
    told = _hub_command(target)
    _is_told(told, "electrolyser of the package site-kinds 1.0 does not say what it is in a hub")
    assert "there is no module site_kinds.electrolyser.hub, which is needed for stack" in told.stderr
    assert told.stderr.count("\n") <= 3


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("cost = spec.", "cost = spec.nothing.", "has no attribute 'nothing'"),
        ("spec.hydrogen, part", '"nowhere", part', "stack: there is no node 'nowhere'"),
        ('"flow", upper', '"current", upper', "a role is one of flow, state,"),
        (".add(full, -width)", ".add(full[1:], -width)", "stack.full_1: columns: 24 positions are needed"),
        (".add(full, -width)", ".add(full - 9999, -width)", "stack.full_1: columns: "),
        (".add(full, -width)", '.add(full, float("nan"))', "stack.full_1: coefficients: not all are numbers"),
        ("upper=segment.width_mw", "upper=-1.0", "stack.segment_1: a lower limit above the upper one"),
        ("segment.hydrogen_per_unit, 1)", "segment.hydrogen_per_unit, 2)", "feeds a node (+1) or draws from it (-1)"),
    ],
)
def test_what_fails_in_the_hub_of_a_package_is_told_with_its_name(
    installed: Path, tmp_path: Path, old: str, new: str, words: str
) -> None:
    target = _copied(installed, tmp_path)
    _replace(target / "site_kinds" / "electrolyser" / "hub.py", old, new)
    told = _hub_command(target)
    _is_told(told, words)
    assert "electrolyser" in told.stderr
    assert "hub.py:" in told.stderr


def test_a_hub_without_build_is_named(installed: Path, tmp_path: Path) -> None:
    target = _copied(installed, tmp_path)
    _replace(target / "site_kinds" / "electrolyser" / "hub.py", "def build(", "def make(")
    _is_told(_hub_command(target), "site_kinds.electrolyser.hub has no function build")
