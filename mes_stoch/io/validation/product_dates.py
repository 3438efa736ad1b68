"""Products that exist for a time: does the horizon lie in it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from mes_stoch.io.readers.locate import Locator
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.product import MarketProduct


def date_issues(products: Mapping[str, MarketProduct], time: pd.DatetimeIndex, locator: Locator) -> Iterator[Issue]:
    """Products of which the horizon holds days before their first or after their last day of delivery."""
    first, last = f"{time[0]:%Y-%m-%d}", f"{time[-1]:%Y-%m-%d}"
    for name, product in products.items():
        begin, end = product.delivery_from, product.delivery_until
        if begin is not None and end is not None and end < begin:
            place = ("products", name, "delivery_until")
            yield locator.issue(place, f"{end}, before delivery_from ({begin})", "a day from delivery_from on")
            continue
        # dates of ISO 8601 are in the order of their texts
        for key, limit, is_outside, word in (
            ("delivery_from", begin, begin is not None and first < begin, "from"),
            ("delivery_until", end, end is not None and last > end, "up to"),
        ):
            if is_outside:
                days = f"a horizon of {first}" if first == last else f"a horizon from {first} to {last}"
                hint = (
                    f"remove {name} or change horizon.start; where you know better, write {key} in its entry, or null "
                    "for no limit"
                )
                expected = f"days {word} {limit}: {name} is delivered on no others"
                yield locator.issue(("products", name, key), days, expected, hint)
