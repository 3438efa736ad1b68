"""The stress test: whatever is called, can the plan of a run deliver it?

Reads the format, its readers and the data of a run, and nothing of the optimiser, so that a mistake in an equation
cannot hide. Assumptions and formulas stand in ``docs/stress.md``.
"""
