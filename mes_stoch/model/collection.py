"""Building without the collector of cycles, which would walk all that is being built again and again.

A Pyomo model is millions of small objects that stay until it is done, so looking among them for cycles that nobody
needs any more finds nothing, and costs a quarter of the time of a large site.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collection() -> Iterator[None]:
    """No search for cycles inside the block; as it was, afterwards."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
