"""A commitment a day from the days before it, operated on the day that came without foresight.

``plan`` chooses days and windows, ``trees`` makes scenarios of days, ``day`` commits, operates, settles and compares,
``folder`` keeps what is finished, ``workers`` spreads days over processes, ``result`` adds them up,
``run`` does all of it.
"""
