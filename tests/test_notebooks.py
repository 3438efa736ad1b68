"""The notebooks run from top to bottom: as scripts here, in a kernel of their own where jupytext is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.py"))
#: Figures that each shows with pyplot, which a reader would miss.
FIGURES = {"1_first_run": 3, "2_site_and_limits": 2, "3_uncertainty": 2, "4_evaluation": 2}

_RUN = """
import runpy, sys, warnings
import matplotlib
matplotlib.use("Agg")
from matplotlib import pyplot
pyplot.show = lambda: None
warnings.simplefilter("error")
runpy.run_path(sys.argv[1])
for number in pyplot.get_fignums():
    pyplot.figure(number).canvas.draw()
print(len(pyplot.get_fignums()))
"""


def test_there_are_four_each_named_in_the_index() -> None:
    assert [path.stem for path in NOTEBOOKS] == sorted(FIGURES)
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"({path.name})" in index for path in NOTEBOOKS)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_as_a_script(path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pip install 'mes_stoch[plots]'")
    done = subprocess.run(
        [sys.executable, "-c", _RUN, str(path)], cwd=FOLDER, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.splitlines()[-1]) == FIGURES[path.stem]


@pytest.mark.full_size
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_in_a_kernel(path: Path, tmp_path: Path) -> None:
    """As Jupyter runs it: what cells show is HTML and pictures, and no cell writes an error."""
    pytest.importorskip("nbclient", reason="pip install 'mes_stoch[notebooks]'")
    pytest.importorskip("jupytext", reason="pip install 'mes_stoch[notebooks]'")
    program = (
        "import sys, jupytext, nbclient, nbformat\n"
        "notebook = jupytext.read(sys.argv[1])\n"
        "nbclient.NotebookClient(notebook, timeout=600, kernel_name='python3').execute()\n"
        "nbformat.write(notebook, sys.argv[2])\n"
        "shown = [data for cell in notebook.cells for out in cell.get('outputs', []) for data in out.get('data', {})]\n"
        "print(shown.count('image/png'), shown.count('text/html'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path), str(tmp_path / "done.ipynb")],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
        env={**os.environ, "MPLBACKEND": "module://matplotlib_inline.backend_inline"},
    )
    assert done.returncode == 0, done.stderr
    pictures, html = map(int, done.stdout.split()[-2:])
    assert pictures >= FIGURES[path.stem]
    assert html >= 1
