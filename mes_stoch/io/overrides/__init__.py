"""Entries and series of an instance replaced by the caller: one grammar for Python, the command line and sweeps."""
