"""What must hold for an import limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mes_stoch.extend import CheckContext, Issue, bid_issues, block_issues
from site_kinds.import_limit.format import ImportLimit


def issues(context: CheckContext, products: Mapping[str, ImportLimit]) -> Iterator[Issue]:
    """Blocks and bids that do not fit, and a volume that leaves less than nothing."""
    for name, product in products.items():
        yield from bid_issues(context, name, "volume_max_mw", product)
        if product.block_h is not None:
            yield from block_issues(context, name, "block_h", product.block_h)
        if product.volume_max_mw > product.limit_mw:
            found = f"{product.volume_max_mw:g}, above limit_mw ({product.limit_mw:g})"
            yield context.locator.issue(("products", name, "volume_max_mw"), found, "at most limit_mw")
