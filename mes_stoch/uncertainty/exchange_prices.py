"""What a MWh over a connection costs at least, and earns at most, apart from markets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mes_stoch.schema.connection import Connection, emission_factors, paid_anyway_eur_per_mwh
from mes_stoch.schema.emission import KG_PER_T
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.examples import stacked

Values = NDArray[np.float64]


def exchange_prices(
    tree: ScenarioTree, spec: Connection, co2_eur_per_t: float = 0.0
) -> tuple[Values | None, Values | None]:
    """Least price of import and largest of export, shape (scenarios, periods); ``None`` where data are missing.

    Of energy that is paid whether it is taken or not, what is paid only when it is taken. Charges on power are left
    out: below the peak of a month another MWh costs none. CO2 counts at the price given.
    """
    bought, sold = stacked(tree, spec.import_price_eur_per_mwh), stacked(tree, spec.export_price_eur_per_mwh)
    if bought is None or sold is None:
        return None, None
    if co2_eur_per_t > 0:
        emitted, credited = (stacked(tree, factor) for factor in emission_factors(spec))
        if emitted is None or credited is None:
            return None, None
        bought, sold = (
            price + co2_eur_per_t / KG_PER_T * factor for price, factor in ((bought, emitted), (sold, credited))
        )
    return bought - paid_anyway_eur_per_mwh(spec), sold
