"""Section: the cash flows, recomputed without model or solver."""

from __future__ import annotations

from mes_stoch.io.artifacts.run_folder import LEDGER
from mes_stoch.report.html.numbers import bare
from mes_stoch.report.html.parts import Link, Note, Part, Section, Table
from mes_stoch.report.html.source import ReportSource
from mes_stoch.settlement.settlement import Settlement

_FIRST_ROWS = 25
_MOST_ITEMS = 60


def ledger(source: ReportSource) -> Section:
    """Totals by stream beside the optimiser's, items, and the first lines."""
    title = "Ledger"
    settlement = source.settlement
    if settlement is None:
        reason = source.missing.get("settlement") or source.missing.get("instance") or "There is nothing to settle."
        return Section("ledger", title, [Note(reason)])
    parts: list[Part] = [_verdict(settlement), _totals(settlement), _items(settlement), _lines(source, settlement)]
    if source.has_file(LEDGER):
        parts.append(Link(LEDGER, "every line, as a table for spreadsheets"))
    else:
        parts.append(Note(f"`mes-stoch settle {source.folder.name}` writes every line to {LEDGER}."))
    return Section("ledger", title, parts)


def _verdict(settlement: Settlement) -> Note:
    currency = settlement.ledger.currency
    size = f"largest difference {settlement.largest_difference:.2g} {currency}"
    if settlement.agrees:
        return Note(
            "Every cash flow was computed again from prices, decisions and meters, without model or solver. It agrees "
            f"with the optimiser in every stream of every scenario ({size})."
        )
    reasons = [*settlement.disagreements, *settlement.worst_differences()]
    return Note(f"The two accounts do not agree ({size}): {'; '.join(reasons[:5])}", "warning")


def _totals(settlement: Settlement) -> Table:
    comparison = settlement.comparison()
    kept = comparison[(comparison["settled"].abs() >= 5e-3) | (comparison["stated"].abs() >= 5e-3)]
    rows = [
        [str(stream), bare(row["settled"]), bare(row["stated"]), f"{row['difference']:.1e}"]
        for stream, row in kept.sort_values("settled", key=abs, ascending=False).iterrows()
    ]
    total = comparison.sum()
    rows.append(["profit", bare(total["settled"]), bare(total["stated"]), f"{total['difference']:.1e}"])
    currency = settlement.ledger.currency
    columns = ["stream", f"settled, {currency}", f"optimiser, {currency}", "difference"]
    return Table("Settled and stated, expected over the horizon", columns, rows, frozenset({1, 2, 3}))


def _items(settlement: Settlement) -> Table:
    items = settlement.ledger.by_item()
    kept = items[items["amount"].abs() >= 5e-3].sort_values("amount", key=abs, ascending=False)
    rows = [
        [str(row["owner"]), str(row["stream"]), str(row["item"]), bare(row["amount"])]
        for row in kept.head(_MOST_ITEMS).to_dict("records")
    ]
    left = f"{len(kept) - len(rows)} smaller ones are left out." if len(kept) > len(rows) else ""
    columns = ["owner", "stream", "item", f"{settlement.ledger.currency}, expected"]
    return Table("What each stream is made of", columns, rows, frozenset({3}), left, True)


def _lines(source: ReportSource, settlement: Settlement) -> Table:
    name = source.scenario or settlement.ledger.data.scenarios[0]
    lines = settlement.ledger.lines([name])
    columns = ["time", "owner", "item", "quantity", "price", "hours", f"amount, {settlement.ledger.currency}"]
    rows = [
        [
            str(row["time"]),
            str(row["owner"]),
            str(row["item"]),
            f"{row['quantity']:.6g} {row['quantity_unit']}",
            f"{row['price']:.6g} {row['price_unit']}",
            f"{row['hours']:.6g}",
            bare(row["amount"]),
        ]
        for row in lines.head(_FIRST_ROWS).to_dict("records")
    ]
    note = f"The first {len(rows)} of {len(lines):,} lines of scenario {name}. quantity x price x hours = amount."
    return Table("First lines", columns, rows, frozenset({3, 4, 5, 6}), note, True)
