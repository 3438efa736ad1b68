"""`mes-stoch new` writes an instance that validates, solves and settles, and says whose each number is."""

from __future__ import annotations

import itertools
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

import mes_stoch as ms
from mes_stoch.cli.main import command_line
from mes_stoch.io.catalogue.products import product_catalogue
from mes_stoch.io.json_schema.instance import instance_schema
from mes_stoch.io.readers.yaml_lines import Document, parse_yaml
from mes_stoch.registry import PROCESSES, kind
from mes_stoch.schema.errors import UsageError
from mes_stoch.starting.choices import choose, default_products, instance_name, possible_products
from mes_stoch.starting.commented_yaml import commented_yaml
from mes_stoch.starting.comments import TO_CHECK, YOURS, Comments, whose_number
from mes_stoch.starting.folder import site_files, write_site
from mes_stoch.starting.names import COUNTRIES, SITE_KINDS
from mes_stoch.starting.pieces import country, site_kind
from mes_stoch.starting.texts import leaves

COMBINATIONS = list(itertools.product(COUNTRIES, SITE_KINDS))


def run(*arguments: str, **more: Any) -> Any:
    return CliRunner().invoke(command_line, ["new", *arguments], catch_exceptions=True, **more)


def data_of(text: str) -> Any:
    document = Document("instance.yaml")
    parse_yaml(text, document)
    return document.data


# -- every combination ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "site"), COMBINATIONS)
@pytest.mark.parametrize("whole", [False, True], ids=["default", "all products"])
def test_every_combination_is_valid(tmp_path: Path, code: str, site: str, whole: bool) -> None:
    """As `mes-stoch validate` sees it: read, and its scenarios drawn and checked for riskless profit and odd data."""
    products = list(possible_products(code, site)) if whole else None
    write_site(tmp_path / "new", choose("new", code, site, products=products))
    read = ms.read(tmp_path / "new")
    assert len(read.tree().scenario_names) == 5
    held = set(read.instance.called_products())
    provided = {product for spec in read.instance.components.values() for product in spec.provided}
    assert held == provided
    assert bool(held) or not whole


@pytest.mark.parametrize(
    ("code", "site", "products"),
    [("FR", "hydrogen", None), ("DK", "battery", None), ("DE", "district_heat", None), ("AU", "campus", None)],
)
def test_a_new_site_solves_and_settles(tmp_path: Path, code: str, site: str, products: list[str] | None) -> None:
    write_site(tmp_path / "new", choose("new", code, site, products=products, scenarios=2))
    read = ms.read(tmp_path / "new")
    solved = ms.solve(read, read.tree())
    assert solved.summary["status"] in ("optimal", "gap_reached")
    assert solved.commitments["volume_mw"].max() > 0
    assert ms.settle(solved).agrees


def test_the_shop_of_the_tutorial(tmp_path: Path) -> None:
    """A supermarket with PV, battery, heat pump and cold store, for day-ahead, aFRR and Enedis."""
    done = run(
        str(tmp_path / "my_shop"), "--country", "FR", "--site", "supermarket", "--products", "day_ahead,afrr,local"
    )
    assert done.exit_code == 0, done.output
    instance = ms.read(tmp_path / "my_shop").instance
    assert instance.name == "my_shop"
    assert list(instance.products) == ["da", "imbalance", "fr_afrr_up", "fr_afrr_down", "enedis_local_reserved"]
    assert {"photovoltaics", "battery", "heat_pump", "cold_store"} <= set(instance.components)


@pytest.mark.parametrize(("day", "periods"), [("2026-03-29", 92), ("2026-10-25", 100), ("2026-07-18", 96)])
def test_days_of_23_and_25_hours(tmp_path: Path, day: str, periods: int) -> None:
    """Clocks of France change on these Sundays: 23 x 4, 25 x 4; the series follows the local clock."""
    write_site(tmp_path / "new", choose("new", "FR", "supermarket", start=date.fromisoformat(day)))
    read = ms.read(tmp_path / "new")
    assert read.instance.horizon.periods == periods
    lines = (tmp_path / "new" / "series.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + periods
    noon = next(line for line in lines if "T12:00" in line)
    assert noon.endswith(",0.48"), "the 13th of the hours of the shape"
    read.tree(scenarios=1)


def test_of_one_choice_the_rest_stays_as_it_is() -> None:
    one = site_files(choose("new", "FR", "battery", products=["day_ahead"]), "new")["instance.yaml"]
    more = site_files(choose("new", "FR", "battery", products=["day_ahead", "fcr"]), "new")["instance.yaml"]
    gone = [line for line in one.splitlines() if line not in more.splitlines()]
    assert gone == []


# -- the files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "site"), COMBINATIONS)
def test_files_fit_the_schema_beside_them(code: str, site: str) -> None:
    files = site_files(choose("new", code, site, products=list(possible_products(code, site))), "new")
    text = files["instance.yaml"]
    schema = json.loads(files["instance.schema.json"])
    assert text.startswith("# yaml-language-server: $schema=instance.schema.json\n")
    errors = jsonschema.Draft202012Validator(schema).iter_errors(data_of(text))
    assert [error.message for error in errors] == []
    # plain YAML reads the same, but for dates, which it has a type for
    assert json.dumps(yaml.safe_load(text), default=str).replace(" 00:00:00", "T00:00") == json.dumps(data_of(text))
    assert max(len(line) for line in text.splitlines()) <= 120


@pytest.mark.parametrize("code", COUNTRIES)
def test_every_key_is_explained_and_every_number_said_to_be_whose(code: str) -> None:
    text = site_files(choose("new", code, "supermarket"), "new")["instance.yaml"]
    lines = text.splitlines()
    for before, line in itertools.pairwise(lines):
        if not re.match(r"\s*(- )?\w+:", line):
            continue
        said = line.partition(" # ")[2] or before.partition("# ")[2]
        assert len(said) > 5, line
        number = re.fullmatch(r"\s*(?:- )?(\w+): (-?[\d.]+)(?: # .*)?", line)
        if number is not None:
            assert "[" in said or number[1] in ("format", "periods", "seed", "scenarios", "gap_rel"), line
    costs = [line for line in lines if "cost_" in line or "price_" in line]
    made_up = [line for line in costs if re.search(r": -?[\d.]+ ", line)]
    assert made_up
    assert all(f"({YOURS})" in line or f"({TO_CHECK})" in line for line in made_up)


def test_the_readme_lists_every_number_that_is_the_users() -> None:
    files = site_files(choose("new", "AU", "hydrogen"), "my hydrogen")
    data = data_of(files["instance.yaml"])
    own = {".".join(map(str, path)): whose_number(path, value) for path, value in leaves(data, ())}
    listed = dict(re.findall(r"^\| `([\w.]+)` \| [^|]+ \| [^|]* \| ([^|]+) \|$", files["README.md"], re.MULTILINE))
    assert listed == {path: whose for path, whose in own.items() if whose}
    assert listed["products.au_energy.price_maximum_aud_per_mwh"] == TO_CHECK
    assert listed["components.tank.energy_max_mwh"] == YOURS
    assert "| 3 | AUD/MWh | yours |" in files["README.md"]
    for word in ("Synthetic", "au_precinct_day", "Apache-2.0", "mes-stoch solve", "--currency AUD"):
        assert word in files["README.md"]


def test_no_piece_says_what_the_catalogue_knows() -> None:
    """A market fact has one place: of the rules of a known product, only bids and what the process needs are stated."""
    may_be_stated = {"settlement_period_h", "block_h", "calendar"}
    for code in COUNTRIES:
        for choice in country(code).products.values():
            for name, entry in choice.entries.items():
                if "like" not in entry:
                    known = set(product_catalogue()[name]) - {"source"}
                    limits = {key for key in entry if key.startswith(("price_minimum", "price_maximum"))}
                    assert set(entry) & known <= may_be_stated | (limits if code == "AU" else set()), name


def test_pieces_know_only_products_and_parameters_that_there_are() -> None:
    offered = {name for code in COUNTRIES for name, choice in country(code).products.items() if choice.is_held}
    for site in SITE_KINDS:
        for piece in site_kind(site).components.values():
            assert set(piece.can) <= offered
            assert bool(piece.can) is (piece.holds_mw > 0)
            assert not any(name.startswith("fcas") for name in piece.can) or piece.trapezia is not None
    for code in COUNTRIES:
        own = country(code)
        assert set(own.default) <= set(own.products)
        process = kind(PROCESSES, own.process).process()
        assert process.currency == own.currency


def test_a_comment_of_a_null_says_what_null_means() -> None:
    data = data_of(site_files(choose("new", "FR", "hospital"), "new")["instance.yaml"])
    comments = Comments(instance_schema(), data, {})
    assert comments["components", "mains", "import_max_mw"] == (
        "[MW] Largest withdrawal; null for no limit (gas mains)"
    )
    assert comments["components", "grid", "import_max_mw"] == "[MW] Largest withdrawal (yours)"
    assert comments["horizon", "start"].endswith("e.g. 2025-01-15T00:00")
    assert comments["products", "fr_afrr_up", "volume_max_mw"].startswith("[MW] Largest volume")


def test_long_comments_stand_above_their_key() -> None:
    class Long:
        def __getitem__(self, path: tuple[str | int, ...]) -> str:
            return "word " * 30 if path[-1] == "b" else ""

    written = {"a": {"b": 1, "c": [{"b": 2, "d": 3}], "d": " ".join(["more"] * 40)}}
    text = commented_yaml(written, Long())
    assert yaml.safe_load(text) == written
    assert all(len(line) <= 120 for line in text.splitlines())
    assert sum(line.lstrip().startswith("#") for line in text.splitlines()) == 4


# -- what does not go -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "site", "products", "words"),
    [
        ("AU", "battery", "day_ahead", ("day_ahead: not offered in Australia", "spot:", "fcas_regulation:")),
        ("DK", "campus", "local", ("local: not offered in Denmark", "mfrr:")),
        ("FR", "hospital", "affr", ("did you mean afrr?",)),
        ("DE", "battery", "fcr,nebef", ("nebef: not offered in Germany", "validate --products")),
    ],
)
def test_products_that_do_not_go_are_refused_with_those_that_do(
    tmp_path: Path, code: str, site: str, products: str, words: tuple[str, ...]
) -> None:
    done = run(str(tmp_path / "new"), "--country", code, "--site", site, "--products", products)
    assert isinstance(done.exception, UsageError)
    for word in words:
        assert word in str(done.exception)
    assert not (tmp_path / "new").exists()


def test_products_that_nothing_can_provide_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    site = site_kind("battery")
    pieces = {name: piece.model_copy(update={"can": []}) for name, piece in site.components.items()}
    idle = site.model_copy(update={"components": pieces})
    monkeypatch.setattr("mes_stoch.starting.choices.site_kind", lambda name: idle)
    assert default_products("FR", "battery") == ["day_ahead"]
    with pytest.raises(UsageError, match="afrr: nothing at a site of kind battery can provide it"):
        choose("new", "FR", "battery", products=["afrr"])


def test_a_folder_in_use_is_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "instance.yaml").write_text("mine\n", encoding="utf-8")
    (folder / "notes.txt").write_text("mine\n", encoding="utf-8")
    done = run(str(folder), "--site", "battery")
    assert isinstance(done.exception, UsageError)
    assert "--force" in str(done.exception)
    assert (folder / "instance.yaml").read_text(encoding="utf-8") == "mine\n"
    assert run(str(folder), "--site", "battery", "--force").exit_code == 0
    assert ms.read(folder).instance.name == "new"
    assert (folder / "notes.txt").read_text(encoding="utf-8") == "mine\n"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "new").write_text("mine\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no folder"):
        write_site(tmp_path / "new", choose("new", "FR", "battery"), force=True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "which kind of site? --site battery|supermarket"),
        (["--site", "battery", "--currency", "DKK"], "drawn in EUR, and nothing is converted"),
        (["--site", "battery", "--name", "my shop"], "such as my_shop"),
        (["--site", "battery", "--start", "9999-12-31"], "--start 9999-12-31: expected a year from 1900 to 2199"),
        (["--site", "battery", "--start", "0001-01-01"], "--start 0001-01-01: expected a year from 1900 to 2199"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, options: list[str], words: str) -> None:
    done = run(str(tmp_path / "new"), *options)
    assert isinstance(done.exception, UsageError)
    assert words in str(done.exception)
    assert not (tmp_path / "new").exists()


def test_the_currency_of_the_country_may_be_named(tmp_path: Path) -> None:
    assert run(str(tmp_path / "new"), "--site", "battery", "--country", "au", "--currency", "aud").exit_code == 0


# -- questions --------------------------------------------------------------------------------------------------------


def test_in_a_terminal_it_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mes_stoch.cli.new._is_terminal", lambda: True)
    done = run(str(tmp_path / "new"), input="DE\nhydrogen\nfcr\n")
    assert done.exit_code == 0, done.output
    instance = ms.read(tmp_path / "new").instance
    assert list(instance.products) == ["da", "imbalance", "de_fcr"]
    assert instance.horizon.timezone == "Europe/Berlin"
    assert "electrolyser" in instance.components


def test_with_an_option_it_asks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mes_stoch.cli.new._is_terminal", lambda: True)
    assert run(str(tmp_path / "new"), "--site", "battery").exit_code == 0
    assert "enedis_local_reserved" in ms.read(tmp_path / "new").instance.products


def test_the_next_commands_name_the_folder(tmp_path: Path) -> None:
    done = run(str(tmp_path / "my shop"), "--site", "battery")
    assert f"mes-stoch solve '{tmp_path / 'my shop'}' --out runs/first" in done.output
    assert ms.read(tmp_path / "my shop").instance.name == "my_shop"


def test_names_from_folders() -> None:
    assert [instance_name(name) for name in ("a-b", "7", "__x", "--")] == ["a_b", "site_7", "x", "site"]
