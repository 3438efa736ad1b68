"""Drawing calls of a part likelier than they are, with the logarithm of the likelihood ratio as a latent series."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mes_stoch.uncertainty.call_tilt import CallTilt
from mes_stoch.uncertainty.fitted.part import LOG_WEIGHT
from mes_stoch.uncertainty.process import DrawContext, Drawn


def with_own_tilt(context: DrawContext, series: str, factor: float | None) -> tuple[DrawContext, CallTilt | None]:
    """A context in which a series is tilted as its part says, and the record; an instance that tilts it goes before.

    Parameters
    ----------
    factor : float, optional
        ``None``: drawn as it is, or as the context says.
    """
    if factor is None or (context.tilt is not None and context.tilt.of(series, np.zeros(1)) is not None):
        return context, None
    own = CallTilt({series: factor})
    return replace(context, tilt=own), own


def log_weight(tilt: CallTilt | None, periods: int) -> Drawn:
    """The latent series that tells the tree: the logarithm in the first period, 0 in the others; none without a tilt.

    Parameters
    ----------
    tilt : CallTilt, optional
        After the draw.
    """
    if tilt is None:
        return {}
    weight = np.zeros(periods)
    weight[0] = sum(tilt.take().values())
    return {LOG_WEIGHT: weight}
