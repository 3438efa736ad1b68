"""What a site is, seen from its parts: the energy lattice."""

from __future__ import annotations

from mes_stoch.api.site import Site, site_of
from mes_stoch.report.figures import scenario_of
from mes_stoch.report.run import Run
from mes_stoch.schema.errors import UsageError
from mes_stoch.views.lattice import Lattice


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
