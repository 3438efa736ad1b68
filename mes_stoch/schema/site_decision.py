"""What is decided of a site itself, once for all scenarios, beside the volumes of its products."""

from __future__ import annotations

from dataclasses import dataclass

#: Component and quantity of a site decision.
SiteKey = tuple[str, str]

#: Columns of a table of decisions that are made.
DECISION_COLUMNS = ("component", "quantity", "unit", "value")


@dataclass(frozen=True)
class SiteDecision:
    """One number of a component that is decided with the commitments, before anything is known.

    Parameters
    ----------
    quantity : str
        Its name with its unit: the key of the format that it stands for.
    unit : str
        As it is printed.
    lower, upper : float
        Finite bounds.
    """

    quantity: str
    unit: str
    lower: float
    upper: float
