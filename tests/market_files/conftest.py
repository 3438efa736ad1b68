"""Market files: invented ones in an empty folder, and the folder of real excerpts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from market_files.invented import Sample
from mes_stoch.io.market_files.front import read_market_file
from mes_stoch.io.market_files.market_table import MarketTable

Read = Callable[..., MarketTable]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a sample, bytes or text as a file."""

    def call(
        content: Sample | bytes | str, layout: str | None = None, columns: object = None, **options: object
    ) -> MarketTable:
        path = tmp_path / "file.csv"
        if isinstance(content, Sample):
            content = content.content
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return read_market_file(path, layout, columns, **options)  # type: ignore[arg-type]

    return call


@pytest.fixture(scope="session")
def excerpts() -> Path:
    """The folder of real downloads, or a skip that says what is missing."""
    place = os.environ.get("MES_STOCH_MARKET_FILES")
    if not place:
        pytest.skip("no real market files: set MES_STOCH_MARKET_FILES to their folder")
    folder = Path(place)
    if not folder.is_dir():
        pytest.skip(f"MES_STOCH_MARKET_FILES names {place}, which is no folder")
    return folder
