"""Figures of matplotlib as files for the screen and for print."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

RESOLUTION_DPI = 150
#: By suffix, what keeps a file the same for the same figure: no date, and no random names.
_METADATA: Mapping[str, Mapping[str, None]] = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
FORMATS = tuple(_METADATA)


def figure_bytes(figure: Any, suffix: str) -> bytes:
    """A figure in one of :data:`FORMATS`: PDF with its fonts embedded, SVG with letters as outlines.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    suffix : str
    """
    import matplotlib as mpl

    stream = io.BytesIO()
    settings: Any = {"pdf.fonttype": 42, "svg.fonttype": "path", "svg.hashsalt": "mes_stoch"}
    with mpl.rc_context(settings):
        figure.savefig(stream, format=suffix, dpi=RESOLUTION_DPI, metadata=dict(_METADATA[suffix]))
    return stream.getvalue()
