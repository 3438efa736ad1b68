"""``python -m mes_stoch``: the same as the ``mes-stoch`` command."""

from mes_stoch.cli.entry import main

if __name__ == "__main__":
    main()
