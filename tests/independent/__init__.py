"""The extensive form once more, written from docs/model.md alone: NumPy, SciPy and HiGHS, nothing of mes_stoch.

``read`` takes an instance folder and a ``tree.nc``; ``extensive`` builds every leaf and solves. One module a section of
the document: ``devices``, ``on_off``, ``storage``, ``path`` (energy for calls), ``nodes`` (what a full call asks of the
other nodes), ``flexibility`` (volumes, coverage, money), ``markets`` (positions, imbalance), ``capacity``, ``fcas``,
``penalties`` (of slack).
"""
