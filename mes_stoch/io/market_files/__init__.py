"""Files of prices, volumes and weather as people download them: one layout a module, behind one front.

``front.read_market_file`` finds the layout of a file by its first lines and returns a :class:`MarketTable`: series by
the start of each period, with unit, area, the lines they come from, and what was noticed on the way (gaps, repeats,
how days of 23 and 25 hours were read, auctions held twice). What can only be guessed is refused, with file and line.

In this order: ``text_file`` (bytes to text), ``grid`` (text to columns), ``stamps``, ``local_clock``, ``cells``
(columns to moments and numbers), ``row_times`` (order, repeats, periods, gaps), ``assembly`` (series), then a module
for each layout.
"""
