"""What a site pays for CO2, and its cap."""

from __future__ import annotations

import numpy as np

from mes_stoch.model.site_model import SiteModel
from mes_stoch.schema.emission import KG_PER_T

#: Stands where a component does for what concerns the CO2 of the whole site.
OWNER = "co2"


def build_emissions(site: SiteModel) -> None:
    """Price of all that is emitted, and a penalty above the cap.

    Equations
    ---------
    ``e_c[t]`` is what component ``c`` emits as operated, kg an hour, less what is credited to it::

        emitted = sum_c sum_t h e_c[t] / 1000                                                         t
        profit -= price emitted                                                                      (co2)
        emitted - excess <= cap                                                                      (emission_cap)
        profit -= cap_penalty excess                                                                 (slack.co2_cap)

    Symbols
    -------
    ``co2.cap_excess_t`` : t, (1,), realtime; slack: every commitment stays feasible, and a plan that needs it says so.
    """
    rules = site.instance.co2
    if rules is None or not site.emissions:
        return
    emitted = sum(
        site.lengths_h[t] / KG_PER_T * rate(t)
        for rates in site.emissions.values()
        for rate in rates
        for t in site.periods
    )
    if rules.price_eur_per_t:
        site.earn("co2", -rules.price_eur_per_t * emitted)
    cap_t, penalty = rules.cap_t, rules.cap_penalty_eur_per_t
    if cap_t is None or penalty is None:
        return
    horizon = [np.arange(len(site.time), dtype=np.int64)]
    excess = site.variable(OWNER, "cap_excess_t", "t", "realtime", spans=horizon, dimension="horizon_co2", role="slack")
    site.constraint(
        OWNER,
        "emission_cap",
        f"the site emits at most {cap_t:g} t over the horizon",
        lambda _: emitted - excess[0] <= cap_t,
        unit="t",
        spans=horizon,
        dimension="horizon_co2",
    )
    site.earn("slack.co2_cap", -penalty * excess[0])
