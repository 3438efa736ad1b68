"""Figures of an evaluation: what is drawn are the numbers of the evaluation, and nothing is cut off."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import xarray as xr

import mes_stoch as ms

pytest.importorskip("matplotlib", reason="pip install 'mes_stoch[plots]'")

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mes_stoch.evaluation.bracket import Bracket
from mes_stoch.evaluation.product_values import ProductValues
from mes_stoch.evaluation.values import Values
from mes_stoch.report.brackets_figure import draw_product_values, draw_values
from mes_stoch.report.evaluation_figures import write_evaluation_figures
from mes_stoch.report.profits_figure import draw_profits


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def nothing_is_cut(figure: Figure) -> bool:
    FigureCanvasAgg(figure).draw()
    inside = figure.bbox.get_points()
    boxes = [text.get_window_extent().get_points() for axes in figure.axes for text in axes.texts if text.get_text()]
    return all((box[0] >= inside[0] - 1).all() and (box[1] <= inside[1] + 1).all() for box in boxes)


def profits(values: list[float]) -> xr.Dataset:
    weights = [1.0 / len(values)] * len(values)
    return xr.Dataset(
        {"profit_eur": ("scenario", values, {"units": "EUR"})}, coords={"probability": ("scenario", weights)}
    )


def test_distributions_of_several_commitments() -> None:
    """Means of 2.5 and 10, worst quarters of 1 and -5."""
    figure = draw_profits({"one": profits([1, 2, 3, 4]), "other": profits([-5, 5, 15, 25])}, "two", alpha=0.75)
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels[0] == "one: mean 2.50, worst 25% 1.00"
    assert labels[1] == "other: mean 10.00, worst 25% -5.00"
    assert nothing_is_cut(figure)


def test_values_with_and_without_ends() -> None:
    nothing = Bracket(-math.inf, -math.inf)
    found = Values(
        recourse=Bracket(10.0, 10.5),
        wait_and_see=Bracket(12.0, 12.0),
        expected_value=Bracket(-math.inf, 13.0),
        expected_result=nothing,
        scenarios=3,
    )
    figure = draw_values(found, "site")
    assert {"10.00 to 10.50", "12.00", "no dispatch", "at most 13.00", "infinite", "1.50 to 2.00"} <= set(texts(figure))
    assert nothing_is_cut(figure)


def test_policies_are_drawn_by_their_profits(instances: Path, tmp_path: Path) -> None:
    """``energy_only`` earns 82.50 less than -687.50 at tiny_site; all four scenarios weigh alike."""
    found = ms.evaluate(ms.read(instances / "tiny_site"), policies="energy_only", gap_rel=1e-6)
    (written,) = write_evaluation_figures(found, tmp_path / "evaluation.json")
    assert written.name == "evaluation_policies.png"
    assert written.stat().st_size > 10_000
    assert found.policies is not None
    energy = found.policies.outcomes["energy_only"].profits
    assert energy is not None
    figure = draw_profits({"energy_only": energy.dataset()}, "policies")
    legend = figure.axes[0].get_legend()
    assert legend is not None
    assert legend.get_texts()[0].get_text().startswith("energy_only: mean -770.00")


def test_a_bracket_without_ends_takes_no_legend_away() -> None:
    unknown = Bracket(-math.inf, math.inf)
    found = ProductValues(
        recourse=Bracket(10.0, 10.0),
        nothing=Bracket(4.0, 4.0),
        without={"first": unknown, "second": Bracket(7.0, 7.0)},
        alone={"first": unknown, "second": Bracket(9.0, 9.0)},
        scenarios=3,
        seed=None,
        currency="EUR",
    )
    figure = draw_product_values(found, "site")
    legend = figure.axes[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["beside the others", "alone"]


def test_figures_beside_the_document(instances: Path, tmp_path: Path) -> None:
    run = ms.solve(ms.read(instances / "tiny_site"), method="ef")
    given, weights = run.commitments, (0, 1)
    found = ms.evaluate(run, commitments=given, values=True, products=True, frontier=True, risk_weights=weights)
    written = write_evaluation_figures(found, tmp_path / "evaluation.json")
    names = ["profits", "values", "products", "frontier"]
    assert [path.name for path in written] == [f"evaluation_{name}.png" for name in names]
    assert found.product_values is not None
    assert texts(draw_product_values(found.product_values, "site")) == ["82.50", "82.50"]
