"""The other tools: which of them are installed, and what each says a site costs."""

from __future__ import annotations

import importlib
import warnings
from importlib.metadata import PackageNotFoundError, version

from oracles.sites import OracleSite

#: Tool by the name of its module here, and the package it is.
TOOLS = {"oemof": "oemof.solph", "pypsa": "pypsa", "flixopt": "flixopt"}


def installed(tool: str) -> str | None:
    """Version of the tool, or None."""
    try:
        return version(TOOLS[tool])
    except PackageNotFoundError:
        return None


def least_cost(tool: str, site: OracleSite) -> float:
    """What the tool finds that the horizon costs at least, EUR."""
    with warnings.catch_warnings():
        # what these packages warn of is theirs, and so are the packages they import
        warnings.simplefilter("ignore")
        return float(importlib.import_module(f"oracles.by_{tool}").cost(site))
