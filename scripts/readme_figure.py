"""Draw the figure of README.md: what the hospital commits, and how it then runs its electricity in one scenario.

    python scripts/readme_figure.py [RUN]

RUN is a finished run of instances/hospital_fr with 10 scenarios, what README.md's first command makes; without one it
is solved first. Writes docs/figures/hospital.png; the same run gives the same file.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from matplotlib.figure import Figure

import mes_stoch as ms
from mes_stoch.report.figures import write_figure

ROOT = Path(__file__).resolve().parent.parent
FIGURE = ROOT / "docs" / "figures" / "hospital.png"


def draw(run: ms.Run) -> Figure:
    """Commitments above, the carrier electricity in the scenario of median profit below."""
    figure = Figure(figsize=(9.5, 5.6), layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=(2, 3))
    ms.plot.commitments(run, ax=above)
    ms.plot.dispatch(run, ax=below)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", nargs="?", type=Path, metavar="RUN", help="default: solve it")
    folder = parser.parse_args().run
    if folder is None:
        site = ms.read(ROOT / "instances" / "hospital_fr")
        run = ms.solve(site, site.tree(10))
    else:
        run = ms.read_run(folder)
    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    write_figure(draw(run), FIGURE)
    print(FIGURE.relative_to(ROOT))


if __name__ == "__main__":
    main()
