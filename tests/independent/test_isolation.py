"""The independent program takes nothing from the project but its documents and files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FORBIDDEN = ("mes_stoch", "helpers", "pyomo", "highspy", "mpisppy")


def test_nothing_of_the_project_is_imported() -> None:
    modules = [file.stem for file in HERE.glob("*.py") if not file.stem.startswith(("test_", "__"))]
    assert {"rows", "read", "devices", "storage", "path", "nodes", "markets", "extensive"} <= set(modules)
    program = (
        "import importlib, sys\n"
        f"for name in {modules}: importlib.import_module('independent.' + name)\n"
        "print(*{name.split('.')[0] for name in sys.modules})\n"
    )
    # only the tests are on the path, and not the folder in which mes_stoch stands
    said = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(HERE.parent)!r})\n{program}"],
        check=True,
        capture_output=True,
        text=True,
        cwd=HERE,
    ).stdout.split()
    assert "independent" in said
    assert not set(said) & set(FORBIDDEN)


def test_no_source_names_a_module_of_the_project() -> None:
    for file in HERE.glob("*.py"):
        if not file.stem.startswith("test_"):
            lines = [line for line in file.read_text(encoding="utf-8").splitlines() if "import" in line.split("#")[0]]
            wrong = [line for line in lines if line.strip().startswith(("from", "import")) and "mes_stoch" in line]
            assert not wrong, (file.name, wrong)
