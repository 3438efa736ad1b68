"""What a MWh over a connection costs at least, and earns at most, apart from markets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mes_stoch.schema.component import Connection, paid_anyway_eur_per_mwh
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.examples import stacked

Values = NDArray[np.float64]


def exchange_prices(tree: ScenarioTree, spec: Connection) -> tuple[Values | None, Values | None]:
    """Least price of import and largest of export, shape (scenarios, periods); ``None`` where data are missing.

    Of energy that is paid whether it is taken or not, what is paid only when it is taken. Charges on power are left
    out: below the peak of a month another MWh costs none.
    """
    bought, sold = stacked(tree, spec.import_price_eur_per_mwh), stacked(tree, spec.export_price_eur_per_mwh)
    return None if bought is None else bought - paid_anyway_eur_per_mwh(spec), sold
