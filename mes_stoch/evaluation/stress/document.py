"""The stress test as the part of ``evaluation.json`` that it is."""

from __future__ import annotations

from mes_stoch.evaluation.stress.outcome import StressTest
from mes_stoch.evaluation.stress.readings import RELATIVE_TOLERANCE, SMALLEST_TOLERANCE, Reading
from mes_stoch.schema.evaluation import StressedLeaf, StressReading, StressResult

#: Leaves told in detail where nobody says how many.
WORST_LEAVES = 20


def stress_result(test: StressTest, leaves: int | None = WORST_LEAVES) -> StressResult:
    """The result, with the worst ``leaves`` in detail; ``None``: all of them."""
    data = test.plan.data
    return StressResult(
        passed=test.passed,
        leaves_tested=test.plan.leaves,
        calls_tested=test.calls_tested,
        leaves_with_a_miss=test.leaves_with_a_miss,
        probability_of_a_leaf_with_a_miss=min(max(test.probability_of_a_miss, 0.0), 1.0),
        largest_miss_mw=test.largest_miss("MW"),
        largest_miss_mwh=test.largest_miss("MWh"),
        tolerance_rel=RELATIVE_TOLERANCE,
        tolerance_smallest=SMALLEST_TOLERANCE,
        leaves=[
            StressedLeaf(
                leaf=data.scenarios[leaf],
                probability=float(data.probabilities[leaf]),
                tightest=_told(test, test.tightest(leaf), leaf),
                misses=[told for miss in test.misses(leaf) if (told := _told(test, miss, leaf)) is not None],
            )
            for leaf in test.worst_leaves(leaves)
        ],
    )


def _told(test: StressTest, reading: Reading | None, leaf: int) -> StressReading | None:
    if reading is None or not reading.is_asked(leaf):
        return None
    return StressReading(
        calls=reading.calls.name,
        products=list(reading.calls.products),
        direction=reading.calls.direction,
        call_start=test.moment(float(reading.start_h[leaf])).isoformat(),
        at=test.moment(float(reading.at_h[leaf])).isoformat(),
        place=reading.place,
        limit=reading.limit,
        unit=reading.unit,
        room=float(reading.room[leaf]),
        missing=float(reading.missing[leaf]),
        size=reading.size,
    )
