"""The instance folder that every test here starts from."""

from __future__ import annotations

from pathlib import Path

import pytest
from site_folder import SiteFolder, make_site


@pytest.fixture
def site(tmp_path: Path) -> SiteFolder:
    """A valid instance: grid, demand, battery, three markets, FCR; 8 hours, 2 scenarios."""
    folder = tmp_path / "minimal"
    folder.mkdir()
    return make_site(folder)
