"""The file of a fitted process: written, read by an instance, drawn from, and what is wrong with it told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import pandas as pd
import pytest
from fitted_support import PRICE, context, numbered_days
from helpers.fitted_house import fitted_house

import mes_stoch as ms
from mes_stoch.io.artifacts.tree import read_tree, write_tree
from mes_stoch.registry import OWN, PROCESS_PARTS, Kind
from mes_stoch.schema.errors import ExtensionError, InstanceError, UsageError
from mes_stoch.uncertainty.fitted.document import document_text, process_of
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.part import Part, PartOptions
from mes_stoch.uncertainty.fitted.process import FittedProcess, ProcessFile
from mes_stoch.uncertainty.fitted.specification import Specification, fit
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series

SITE = fitted_house(8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A house that buys one megawatt at prices of two weeks of January 2021."""
    history = numbered_days("2021-01-04", 14)
    document = fit(Specification(country="FR", parts=[{"kind": "day_bootstrap", "series": [PRICE]}]), history)
    (tmp_path / "process.json").write_text(document_text(document), encoding="utf-8")
    (tmp_path / "instance.yaml").write_text(SITE, encoding="utf-8")
    return tmp_path


def test_an_instance_draws_from_the_file(folder: Path, tmp_path: Path) -> None:
    """Saturday 2022-01-15: every scenario is the Saturday of 500 or of 1200."""
    tree = ms.read(folder).tree()
    prices = np.array([tree.values(PRICE, k) for k in range(8)])
    assert set(prices[:, 0]) == {500.0, 1200.0}
    assert (prices - prices[:, :1] == np.arange(24.0)).all()
    write_tree(tree, tmp_path / "tree.nc")
    again = read_tree(tmp_path / "tree.nc")
    assert json.loads(again.dataset.attrs["process"]) == json.loads((folder / "process.json").read_text())
    assert again.dataset.attrs["origin"] == "fitted: process.json"


def test_a_run_settles_and_keeps_the_file(folder: Path, tmp_path: Path) -> None:
    """A megawatt at the mean of 500 + hour or 1200 + hour over a day: 24 (500 + 11.5) or 24 (1200 + 11.5)."""
    site = ms.read(folder)
    run = ms.solve(site, site.tree(), method="ef")
    dear = float(np.mean([site.tree().values(PRICE, k)[0] == 1200.0 for k in range(8)]))
    assert run.objective == pytest.approx(-24.0 * (511.5 + 700.0 * dear), rel=1e-9)
    run.write(tmp_path / "run")
    assert (tmp_path / "run" / "instance" / "process.json").read_bytes() == (folder / "process.json").read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("process_file: process.json, ", "", ("uncertainty.process_file", "mes-stoch fit writes one")),
        ("process_file: process.json", "process_file: other.json", ("other.json", "the file of a fitted process")),
        ("process_file: process.json", "process_file: ../process.json", ("a file inside the instance folder",)),
        ("process: fitted", "process: fr_synthetic_day", ("uncertainty.process_file", "write process: fitted")),
        ("seed: 1", "seed: 1, parameters: {level: 2}", ("uncertainty.parameters", "none beside process_file")),
    ],
)
def test_what_an_instance_says_wrong(folder: Path, old: str, new: str, words: tuple[str, ...]) -> None:
    path = folder / "instance.yaml"
    path.write_text(path.read_text().replace(old, new), encoding="utf-8")
    with pytest.raises(InstanceError) as caught:
        ms.read(folder).tree()
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text[:-20], ("process.json:", "JSON, as mes-stoch fit writes it")),
        (lambda text: "[1]", ("process.json:1", "a mapping")),
        (lambda text: text.replace('"day_bootstrap"', '"day_boot"'), ("parts.0.kind", "'day_boot'", "day_bootstrap")),
        (
            lambda text: text.replace('"FR"', '"FR", "more": 1', 1),
            ("process.json: more: found 'more'; expected a key of the format",),
        ),
        (lambda text: text.replace('"period_h": 1.0,', ""), ("fitted_to.period_h", "nothing")),
    ],
)
def test_what_a_file_says_wrong(folder: Path, change: object, words: tuple[str, ...]) -> None:
    path = folder / "process.json"
    path.write_text(change(path.read_text()), encoding="utf-8")  # type: ignore[operator]
    with pytest.raises(InstanceError) as caught:
        ms.read(folder).tree()
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("period_h", 0.0, ("parts.0.period_h: found 0; expected a number in h of at least",)),
        ("block_days", 0, ("parts.0.block_days: found 0; expected a number of at least 1",)),
        ("series", [], ("parts.0.series", "at least 1")),
        ("days", [], ("parts.0.days", "at least 1")),
        ("days", [{"day": "zz", "values": [[1.0] * 24]}], ("parts.0.days.0.day", "zz")),
        (
            "days",
            [{"day": "2021-01-09", "values": [[1.0] * 23]}],
            ("parts.0:", "values of 2021-01-09: 1 x 24 entries, as the other fields have it"),
        ),
    ],
)
def test_what_a_hand_has_damaged_is_told(folder: Path, key: str, value: object, words: tuple[str, ...]) -> None:
    """Before anything is drawn, as one issue with the file and the field of the part."""
    path = folder / "process.json"
    document = json.loads(path.read_text())
    document["parts"][0][key] = value
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InstanceError) as caught:
        ms.read(folder).tree()
    assert caught.value.exit_code == 2
    for word in ("process.json: ", *words):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"coefficients": [0.5]}, "coefficients: 2 entries, as the other fields have it"),
        ({"lags": [1, 1]}, "each once; twice here: 1"),
        ({"lags": [1, 10_001]}, "found 10001; expected a number of at most 10000"),
        ({"mean_by_day_type": [[0.0] * 23] * 3}, "mean_by_day_type: 3 x 24 entries"),
        ({"volatility_edges": [1.0, 2.0]}, "volatility_factors: 3 entries"),
        (
            {"jump_quantiles": [], "jump_probability_per_unit": 0.1},
            "jump_quantiles: at least one where there are jumps",
        ),
        ({"minimum": 5.0, "maximum": 4.0}, "minimum: at most maximum"),
        ({"last_values": [1.0]}, "last_values are 2 values, the longest lag, not 1"),
    ],
)
def test_parameters_that_do_not_fit_each_other_are_told(change: dict[str, object], words: str) -> None:
    """An autoregression of lags 1 and 2 over four weeks of invented prices."""
    history = numbered_days("2021-01-04", 28)
    history.frame[PRICE] = np.random.default_rng(1).standard_normal(len(history.time))
    parts = [{"kind": "autoregressive", "series": PRICE, "lags": [1, 2], "harmonics": 0}]
    content = fit(Specification(country="FR", parts=parts), history).model_dump(mode="json")
    content["parts"][0].update(change)
    with pytest.raises(InstanceError, match=words) as caught:
        process_of("house", "process.json", content)
    assert "process.json: parts.0" in str(caught.value)


class Stumbling(Part):
    """Draws as many periods as it says, whatever the horizon, and fails where it says so."""

    Options: ClassVar[type[PartOptions]] = PartOptions
    error: str

    @classmethod
    def fit(cls, history: History, options: PartOptions) -> Self:
        raise NotImplementedError

    def series_names(self) -> tuple[str, ...]:
        return (PRICE,)

    def past_values(self, history: History) -> pd.DataFrame:
        return history.frame[["no_such_series_mw"]]

    def draw(self, generator: np.random.Generator, context: DrawContext, known: Mapping[str, Series]) -> Drawn:
        if self.error == "usage":
            raise UsageError("no day of the past is a Sunday; match less")
        if self.error == "shape":
            return {PRICE: np.zeros(context.periods + 1)}
        if self.error == "index":
            return {PRICE: np.zeros(context.periods)[np.array([context.periods])]}
        return {PRICE: np.full(context.periods, 1.0 / int(self.error))}


def stumbling(error: str, brought_by: str = OWN) -> FittedProcess:
    """A process of one part, of this program or of a package."""
    kind = Kind(PROCESS_PARTS, "stumbling", "waves.part:Stumbling", brought_by)
    parts = [Stumbling(stage="day_ahead", error=error)]
    return FittedProcess(parts, "EUR", ProcessFile("house", "process.json", (kind,)))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("index", "found stumbling whose draw fails with IndexError: index 3 is out of bounds"),
        ("0", "found stumbling whose draw fails with ZeroDivisionError: "),
        ("zz", "found stumbling whose draw fails with ValueError: invalid literal for int"),
    ],
)
def test_a_part_that_stumbles_over_its_numbers_names_file_and_part(error: str, words: str) -> None:
    """What no check of fields finds."""
    with pytest.raises(InstanceError) as caught:
        stumbling(error).draw_day_ahead(np.random.default_rng(1), context("2022-01-15", 3))
    for word in ("process.json: parts.0: ", words, "changed or damaged: fit the process again with mes-stoch fit"):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("index", "fails with IndexError: index 3 is out of bounds"),
        ("zz", "fails with ValueError: invalid literal for int"),
        ("shape", "is not one finite number for each of the 3 periods"),
    ],
)
def test_a_part_of_a_package_that_stumbles_names_the_package(error: str, words: str) -> None:
    """The file may be as it was written: to fit again would not help."""
    with pytest.raises(ExtensionError) as caught:
        stumbling(error, "waves 1.0").draw_day_ahead(np.random.default_rng(1), context("2022-01-15", 3))
    assert caught.value.exit_code == 2
    told = "stumbling of the package waves 1.0 cannot be used: drawing parts.0 of process.json "
    for word in (told, words, "correct the package"):
        assert word in str(caught.value)
    assert "damaged" not in str(caught.value)


def test_past_values_of_a_part_of_a_package_that_fail_name_the_package() -> None:
    with pytest.raises(ExtensionError, match=r"stumbling of the package waves 1\.0 .*past_values fails with KeyError"):
        stumbling("0", "waves 1.0").past_values(numbered_days("2021-01-04", 14))


@pytest.mark.parametrize("brought_by", [OWN, "waves 1.0"])
def test_what_a_part_tells_on_purpose_stays_as_it_is(brought_by: str) -> None:
    process = stumbling("usage", brought_by)
    with pytest.raises(UsageError, match=r"^no day of the past is a Sunday; match less$"):
        process.untilted().draw_day_ahead(np.random.default_rng(1), context("2022-01-15", 3))


def test_a_series_twice_in_one_part_is_told() -> None:
    content = fit(
        Specification(country="FR", parts=[{"kind": "day_bootstrap", "series": [PRICE]}]),
        numbered_days("2021-01-04", 14),
    ).model_dump(mode="json")
    part = content["parts"][0]
    part["companions"] = [{"series": part["series"], "days": part["days"]}]
    with pytest.raises(InstanceError, match=f"parts.0: found '{PRICE}'; expected each series once in a part"):
        process_of("house", "process.json", content)


@pytest.mark.parametrize(
    ("stages", "order", "words"),
    [
        (
            ("realtime", "day_ahead"),
            (0, 1),
            "parts.1: found 'da_price_eur_per_mwh' read; expected series known day-ahead; parts.0 draws it in the "
            "leaves. Hint: write stage: realtime for this part",
        ),
        (
            ("day_ahead", "day_ahead"),
            (1, 0),
            "parts.0: found 'da_price_eur_per_mwh' read; expected series drawn before; parts.1 comes after",
        ),
        (
            ("realtime", "realtime"),
            (1, 0),
            "parts.0: found 'da_price_eur_per_mwh' read; expected series drawn before; parts.1 comes after",
        ),
        (("day_ahead", "realtime"), (1, 0), ""),
    ],
)
def test_a_series_read_before_it_is_drawn_is_told(stages: tuple[str, str], order: tuple[int, int], words: str) -> None:
    """A price and a spread on it; a part of the leaves may stand before the day-ahead part that it reads."""
    history = numbered_days("2021-01-04", 28)
    noise = np.random.default_rng(1).standard_normal(len(history.time))
    history.frame["id_price_eur_per_mwh"] = history.frame[PRICE] + noise
    parts = [
        {"kind": "day_bootstrap", "series": [PRICE], "stage": stages[0]},
        {"kind": "spread", "series": "id_price_eur_per_mwh", "base": PRICE, "stage": stages[1], "harmonics": 0},
    ]
    document = fit(Specification(country="FR", parts=[parts[number] for number in order]), history)
    if words:
        with pytest.raises(InstanceError) as caught:
            process_of("house", "process.json", document.model_dump())
        assert words in str(caught.value)
    else:
        assert len(process_of("house", "process.json", document.model_dump()).parts) == 2


def test_a_series_drawn_twice_is_told() -> None:
    history = numbered_days("2021-01-04", 14)
    part = {"kind": "day_bootstrap", "series": [PRICE]}
    document = fit(Specification(country="FR", parts=[part, part]), history)
    with pytest.raises(InstanceError, match="a series that no other part draws"):
        process_of("house", "process.json", document.model_dump())


def test_months_kept_back_are_not_seen() -> None:
    """Of 60 days from 4 January only the 28 of January (of 24 hours each) are donors."""
    history = numbered_days("2021-01-04", 60)
    specification = Specification(
        country="FR", months_kept_back=["2021-02", "2021-03"], parts=[{"kind": "day_bootstrap", "series": [PRICE]}]
    )
    document = fit(specification, history)
    assert [donor["day"][:7] for donor in document.parts[0]["days"]] == ["2021-01"] * 28
    assert document.fitted_to.months_kept_back == ["2021-02", "2021-03"]
