"""One real run of the hand-computed instance, shared by the tests of what is made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mes_stoch import api
from mes_stoch.report.run import Run


@pytest.fixture(scope="session")
def tiny_site(instances: Path) -> api.Site:
    return api.read(instances / "tiny_site")


@pytest.fixture(scope="session")
def tiny_run(tiny_site: api.Site) -> Run:
    return api.solve(tiny_site, tiny_site.tree(), "ef", command="mes-stoch solve tiny_site")
