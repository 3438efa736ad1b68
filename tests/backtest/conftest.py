"""The site whose backtest is worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.backtests import SITE

import mes_stoch as ms


@pytest.fixture
def three_periods(tmp_path: Path) -> ms.Site:
    folder = tmp_path / "three_periods"
    folder.mkdir()
    (folder / "instance.yaml").write_text(SITE, encoding="utf-8")
    return ms.read(folder)
