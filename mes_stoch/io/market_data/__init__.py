"""Readers of public market and demand series kept outside the project: one file family a module.

Each reader takes the data folder and returns a frame in the units of the instance format, indexed by the start of
each period in local time with its zone. No series is shipped; ``docs`` of each module say where one comes from.
"""
