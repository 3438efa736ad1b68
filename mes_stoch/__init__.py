"""Flexibility commitments of multi-energy sites by two- and three-stage stochastic programming.

>>> import mes_stoch as ms
>>> sorted(name for name in dir(ms) if name[0].isupper())
['Backtest', 'Evaluation', 'MarketTable', 'Progress', 'RealDays', 'Run', 'Settlement', 'Site']
>>> sorted(name for name in dir(ms) if name[0].islower())  # doctest: +NORMALIZE_WHITESPACE
['backtest', 'evaluate', 'fit', 'hub', 'lattice', 'plot', 'product_table', 'read', 'read_market_file', 'read_run',
 'reduce', 'sensitivity', 'sequential_sampling', 'settle', 'site', 'solve', 'stability', 'sweep', 'tree_quality']

Importing is quick and changes nothing: the names load what they need when they are first used, and no MPI starts
before a parallel solve.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mes_stoch import plot
    from mes_stoch.api import (
        Backtest,
        Evaluation,
        MarketTable,
        Progress,
        RealDays,
        Run,
        Settlement,
        Site,
        backtest,
        evaluate,
        fit,
        hub,
        lattice,
        product_table,
        read,
        read_market_file,
        read_run,
        reduce,
        sensitivity,
        sequential_sampling,
        settle,
        site,
        solve,
        stability,
        sweep,
        tree_quality,
    )

    __version__: str

__all__ = [
    "Backtest",
    "Evaluation",
    "MarketTable",
    "Progress",
    "RealDays",
    "Run",
    "Settlement",
    "Site",
    "backtest",
    "evaluate",
    "fit",
    "hub",
    "lattice",
    "plot",
    "product_table",
    "read",
    "read_market_file",
    "read_run",
    "reduce",
    "sensitivity",
    "sequential_sampling",
    "settle",
    "site",
    "solve",
    "stability",
    "sweep",
    "tree_quality",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("mes_stoch")
    if name == "plot":
        return import_module("mes_stoch.plot")
    if name in __all__:
        return getattr(import_module("mes_stoch.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
