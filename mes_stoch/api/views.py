"""What a site is, seen from its parts: the energy lattice, and the energy hub."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING

from mes_stoch.api.sites import Site, checked_tree, site_of
from mes_stoch.io.readers.locate import listed
from mes_stoch.report.figures import scenario_of
from mes_stoch.report.run import Run
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.views.lattice import Lattice

if TYPE_CHECKING:
    from mes_stoch.views.hub import Hub


def lattice(site: Site | Run, scenario: str | None = None) -> Lattice:
    """The energy lattice: layers (carriers), nodes, components, and the arcs on which energy flows between them.

    Parameters
    ----------
    site : Site or Run
        Of a run, the site that was solved with the energy of each arc in one scenario.
    scenario : str, optional
        Of a run; default the one of median profit.

    Raises
    ------
    UsageError
        A scenario of what is no run, or one that the run does not have.

    >>> import mes_stoch as ms
    >>> found = ms.lattice(ms.read("instances/tiny_site"))
    >>> found.layers
    ('electricity', 'heat', 'gas')
    >>> sorted(found.to_networkx().successors("component:chp"))
    ['node:power', 'node:warmth']
    """
    if isinstance(site, Run):
        found = Lattice.of(site_of(site).instance)
        chosen = scenario_of(site, scenario)
        return found if chosen is None else found.with_flows(site.flows(chosen))
    if not isinstance(site, Site):
        raise UsageError(f"a lattice is that of a site or a run; found {type(site).__name__}")
    if scenario is not None:
        raise UsageError("a scenario is that of a run; a site has no flows")
    return Lattice.of(site.instance)


def hub(site: Site | Run, tree: ScenarioTree | None = None, scenario: int | str | None = None) -> Hub:
    """The extended energy hub in one scenario: ``L = C P - S dE`` as labelled sparse matrices, stacked over time.

    Reserve and markets are no part of it: costs are those of operation, tariffs included, without what is sold.

    Parameters
    ----------
    site : Site or Run
        Of a run, numbers of components that it has decided are given; of a site they are columns.
    tree : ScenarioTree, optional
        Default that of the run, or the one that ``site.tree()`` draws.
    scenario : int or str, optional
        Position or name in the tree. Default of a run without another tree the one of median profit, else the first.

    Raises
    ------
    UsageError
        What is neither a site nor a run, or a scenario that the tree does not have.
    ExtensionError
        A component of an installed package does not say what it is in a hub.

    >>> import mes_stoch as ms
    >>> found = ms.hub(ms.read("instances/tiny_site"))
    >>> found.coupling.at(0).loc["warmth"].loc["chp"].to_dict()
    {'power': 1.0}
    """
    from mes_stoch.views.hub_assembly import build_hub

    if isinstance(site, Run):
        described, own, decided = site_of(site), site.tree if tree is None else tree, site.decided
    elif isinstance(site, Site):
        described, own, decided = site, site.tree() if tree is None else tree, {}
    else:
        raise UsageError(f"a hub is that of a site or a run; found {type(site).__name__}")
    own, _ = checked_tree(described, own)
    if scenario is None and tree is None and isinstance(site, Run):
        scenario = scenario_of(site, None)
    instance = described.instance.as_decided(decided)
    return build_hub(instance, own, 0 if scenario is None else _position(own, scenario))


def _position(tree: ScenarioTree, scenario: int | str) -> int:
    """Position of a scenario by its position or name."""
    names = list(tree.scenario_names)
    # of NumPy as well
    if isinstance(scenario, Integral) and not isinstance(scenario, bool):
        return int(scenario)
    if scenario not in names:
        raise UsageError(f"the tree has no scenario {scenario!r}; its scenarios are {listed(names, 5)}")
    return names.index(scenario)
