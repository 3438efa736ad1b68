"""The model modules of ``tests/models``."""

from __future__ import annotations

from types import ModuleType

import pytest
from array_programs import load_model


@pytest.fixture(scope="session")
def farmer() -> ModuleType:
    return load_model("farmer")


@pytest.fixture(scope="session")
def capacity() -> ModuleType:
    return load_model("capacity")
