"""What a commitment is worth beside the optimiser's own account of it: tests, profit on other trees, and values.

``stress`` shares nothing with the optimiser; the other modules ask its solvers for dispatches and bounds.
"""
