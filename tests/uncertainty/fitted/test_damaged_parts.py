"""What holds of every part: its options are described, its equations stated, and its file draws what it draws."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fitted_support import PRICE, ZONE, context

from mes_stoch.registry import PROCESS_PARTS, kinds
from mes_stoch.uncertainty.fitted.document import document_text, process_of
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.specification import Specification, fit
from mes_stoch.uncertainty.process import DrawContext

FCR, HEAT, INTRADAY = "fcr_capacity_price_eur_per_mw_h", "heat_demand_mw", "id_price_eur_per_mwh"
FORECAST = "forecast_eur_per_mwh"

#: Every kind, in a process of its own; the spread and what follows it read what is drawn before.
PROCESSES: dict[str, list[dict[str, Any]]] = {
    "day_bootstrap": [{"kind": "day_bootstrap", "series": [PRICE], "companions": [[HEAT]], "match": ["day_type"]}],
    "forecast_error": [
        {"kind": "forecast_error", "series": PRICE, "forecast": FORECAST, "quantile_levels": [0.2, 0.8]}
    ],
    "all_others": [
        {"kind": "autoregressive", "series": PRICE, "lags": [1, 24], "harmonics": 0, "volatility_of": "level"},
        {"kind": "spread", "series": INTRADAY, "base": PRICE, "volatility_of": PRICE},
        {"kind": "block_price", "series": [FCR], "price": PRICE},
        {"kind": "weather_demand", "series": [HEAT], "drivers": [PRICE]},
        {"kind": "imbalance", "rule": "k_spread", "k_per_unit": 0.05, "balancing": INTRADAY, "day_ahead": PRICE},
    ],
}


def past() -> History:
    """Sixty days from a Monday in April, noise about daily waves."""
    time = pd.date_range("2021-04-05", periods=24 * 60, freq="h", tz=ZONE, name="time")
    noise = np.random.default_rng(1).standard_normal((4, len(time)))
    wave = np.sin(2.0 * np.pi * np.asarray(time.hour) / 24.0)
    price = 50.0 + 10.0 * wave + 5.0 * noise[0]
    columns = {
        PRICE: price,
        FORECAST: price + noise[1],
        INTRADAY: price + 3.0 * noise[2],
        HEAT: np.exp(wave + 0.1 * noise[3]),
        FCR: np.repeat(np.exp(noise[3, ::4]), 4),
    }
    return History(pd.DataFrame(columns, index=time), "FR", ("invented",))


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_read_from_its_file_draws_the_same(name: str) -> None:
    document = fit(Specification(country="FR", parts=PROCESSES[name]), past())
    first = process_of("house", "process.json", document.model_dump())
    again = process_of("house", "process.json", json.loads(document_text(document)))
    day = context("2021-10-30T06:30", 4 * 24 * 2, 0.25)
    day = DrawContext(day.time, day.period_h, given={FORECAST: np.full(day.periods, 50.0)})
    drawn = []
    for process in (first, again):
        node = process.draw_day_ahead(np.random.default_rng(1), day)
        drawn.append({**node, **process.draw_realtime(np.random.default_rng(2), day, node)})
    assert set(first.series_names()) <= set(drawn[0])
    assert drawn[0].keys() == drawn[1].keys()
    for series, values in drawn[0].items():
        assert values == pytest.approx(drawn[1][series], rel=1e-12), series
        # the horizon begins at half past six: its third quarter-hour is the first of the hour from seven on
        assert values[2:6] == pytest.approx(values[2], rel=1e-12), series


def test_every_kind_is_tried_here() -> None:
    tried = {part["kind"] for parts in PROCESSES.values() for part in parts}
    assert tried <= set(kinds(PROCESS_PARTS))
    assert {"autoregressive", "block_price", "day_bootstrap", "forecast_error", "imbalance", "spread"} <= tried


@pytest.mark.parametrize("tag", [tag for tag, kind in kinds(PROCESS_PARTS).items() if kind.is_built_in])
def test_every_option_is_described_and_every_part_has_its_equations(tag: str) -> None:
    part = kinds(PROCESS_PARTS)[tag].process_part()
    assert [name for name, field in part.Options.model_fields.items() if not field.description] == []
    for heading in ("Equations\n", "Source\n"):
        assert heading in str(part.__doc__), f"{tag} has no {heading}"


def test_drawing_needs_nothing_that_only_fitting_does(tmp_path: Path) -> None:
    """A process is read and drawn from where scikit-learn and statsmodels cannot be imported."""
    documents = [fit(Specification(country="FR", parts=parts), past()) for parts in PROCESSES.values()]
    (tmp_path / "processes.json").write_text(json.dumps([one.model_dump() for one in documents]), encoding="utf-8")
    program = (
        "import json, sys\n"
        "sys.modules['sklearn'] = sys.modules['statsmodels'] = None\n"
        "import numpy as np, pandas as pd\n"
        "from mes_stoch.uncertainty.fitted.document import process_of\n"
        "from mes_stoch.uncertainty.process import DrawContext\n"
        "time = pd.date_range('2021-05-12', periods=24, freq='h', tz='Europe/Paris')\n"
        f"context = DrawContext(time, 1.0, given={{'{FORECAST}': np.full(24, 50.0)}})\n"
        "for document in json.load(open('processes.json')):\n"
        "    process = process_of('house', 'process.json', document)\n"
        "    node = process.draw_day_ahead(np.random.default_rng(1), context)\n"
        "    process.draw_realtime(np.random.default_rng(2), context, node)\n"
    )
    root = str(Path(__file__).resolve().parents[3])
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert (done.returncode, done.stderr) == (0, "")
