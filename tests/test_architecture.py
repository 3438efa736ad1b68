"""The packages depend on each other one way, and importing the library changes nothing.

The order is that of ``docs/architecture.md``. A package may import from packages of lower levels and from itself; not
from its neighbours on the same level, so that a component cannot lean on a product, nor a product on a price process.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "mes_stoch"

# Lowest first; a name stands for a module or for a package with all below it, and the longest that fits counts.
LEVELS: tuple[tuple[str, ...], ...] = (
    ("schema",),
    ("rules",),
    ("io.files", "io.names"),
    ("io.readers",),
    ("io.catalogue",),
    ("io.validation",),
    ("io.artifacts",),
    ("io",),
    ("settlement",),
    ("components", "products", "uncertainty"),
    ("model",),
    ("risk",),
    ("solvers.interruption",),
    ("solvers.parallel",),
    ("solvers.highs",),
    ("solvers.proofs",),
    ("solvers.subproblems",),
    ("solvers.certificate",),
    ("solvers.decomposition",),
    ("solvers.extensive",),
    ("solvers.hedging.mpisppy_driver",),
    ("solvers.hedging",),
    ("solvers",),
    ("evaluation",),
    ("report",),
    ("api", "mpisppy_module"),
    ("bench",),
    ("cli",),
)
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}

# A product is carried by units, and speaks to them through this contract alone, never to a kind of component.
CONTRACTS_BETWEEN_NEIGHBOURS = {("products", "mes_stoch.components.context")}

# What may be imported only in some places: MPI starts when mpi4py.MPI (and with it mpi-sppy) is imported, and only
# solvers/highs/ knows the solver's calls. mpisppy_module.py is what mpi-sppy itself loads.
CONFINED = {"mpi4py": ("solvers/",), "mpisppy": ("solvers/", "mpisppy_module.py"), "highspy": ("solvers/highs/",)}

# Packages whose verdict on the optimiser is worth something only while they share none of its algebra.
INDEPENDENT = {"settlement": {"schema", "rules", "io"}, "evaluation": {"schema", "rules", "io", "settlement"}}

MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(module: str) -> str:
    """The entry of ``LEVELS`` a dotted module name belongs to; "api" are the modules at the top, which users import."""
    parts = module.split(".")[1:]
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if name in LEVEL:
            return name
    if not parts:
        return "api"
    return "cli" if parts[0] == "__main__" else parts[0]


def package_of(module: str) -> str:
    """The package below ``mes_stoch`` that a module belongs to."""
    return room_of(module).split(".")[0]


def dotted(path: Path) -> str:
    relative = path.relative_to(PACKAGE.parent).with_suffix("")
    parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
    return ".".join(parts)


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything a module imports, at its top, inside functions, or by name at run time."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative imports hide which package is meant"
            module = node.module or ""
            if module == PACKAGE.name:
                yield from ((node.lineno, f"{module}.{name.name}") for name in node.names)
            else:
                yield node.lineno, module
        elif isinstance(node, ast.Call) and _called(node) in {"import_module", "__import__"} and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield node.lineno, first.value


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def upward_imports(path: Path) -> list[str]:
    here = room_of(dotted(path))
    wrong = []
    for line, name in imports(ast.parse(path.read_text(encoding="utf-8"))):
        if name.split(".")[0] != PACKAGE.name:
            continue
        there = room_of(name)
        if (here, name) in CONTRACTS_BETWEEN_NEIGHBOURS:
            continue
        if here not in LEVEL or there not in LEVEL:
            wrong.append(f"line {line}: {here} imports {name}, and one of the two has no place in the order")
        elif here != there and LEVEL[there] >= LEVEL[here]:
            wrong.append(f"line {line}: {here} imports {name}, which stands above or beside it")
    return wrong


def strayed_imports(path: Path) -> list[str]:
    relative = path.relative_to(PACKAGE).as_posix()
    return [
        f"line {line}: {name} may be imported only in {CONFINED[name.split('.')[0]]}"
        for line, name in imports(ast.parse(path.read_text(encoding="utf-8")))
        if name.split(".")[0] in CONFINED and not relative.startswith(CONFINED[name.split(".")[0]])
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_downward(path: Path) -> None:
    assert upward_imports(path) == []


def leaned_on(path: Path) -> list[str]:
    """Rooms that an independent room must not know, and does."""
    here = package_of(dotted(path))
    own = {here} | INDEPENDENT[here]
    return [
        f"line {line}: {here} judges the optimiser, and imports {name}"
        for line, name in imports(ast.parse(path.read_text(encoding="utf-8")))
        if name.split(".")[0] == PACKAGE.name and package_of(name) not in own
    ]


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if package_of(dotted(path)) in INDEPENDENT],
    ids=lambda path: path.relative_to(PACKAGE).as_posix(),
)
def test_those_who_judge_the_optimiser_share_nothing_with_it(path: Path) -> None:
    assert leaned_on(path) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_engines_stay_where_they_belong(path: Path) -> None:
    assert strayed_imports(path) == []


def test_every_package_has_its_place() -> None:
    packages = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    assert packages - set(LEVEL) == set()
    assert [path for path in MODULES if room_of(dotted(path)) not in LEVEL] == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    names = {dotted(path) for path in MODULES}
    needs = {dotted(path): _modules_needed(path, names) for path in MODULES}
    while done := {name for name, others in needs.items() if not others & needs.keys()}:
        needs = {name: others for name, others in needs.items() if name not in done}
    assert needs == {}


def _modules_needed(path: Path, names: set[str]) -> set[str]:
    """Modules of the package that a module imports, for types alone as well."""
    needed = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                needed.add(inner if inner in names else node.module)
    return (needed & names) - {dotted(path)}


def test_the_rules_catch_what_they_are_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "mes_stoch"
    (package / "products").mkdir(parents=True)
    guilty = package / "products" / "guilty.py"
    guilty.write_text(
        "from mes_stoch.schema import products\n"
        "from mes_stoch.components import storage\n"
        "from mes_stoch import api\n"
        "def late():\n"
        "    import highspy\n"
        "    import importlib\n"
        "    return importlib.import_module('mpisppy.opt.ph')\n",
        encoding="utf-8",
    )
    (package / "settlement").mkdir()
    judge = package / "settlement" / "judge.py"
    judge.write_text(
        "from mes_stoch.io import csv\nfrom mes_stoch.settlement import books\nfrom mes_stoch.model import rows\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", package)
    assert [text.split(":")[0] for text in leaned_on(judge)] == ["line 3"]
    assert [text.split(":")[0] for text in upward_imports(guilty)] == ["line 2", "line 3"]
    assert [text.split(":")[0] for text in strayed_imports(guilty)] == ["line 5", "line 7"]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("import mes_stoch", id="the package"),
        pytest.param("import mes_stoch.api", id="the API"),
        pytest.param("import mes_stoch.cli.main", id="the command line"),
        pytest.param("for name in NAMES: importlib.import_module(name)", id="every module"),
    ],
)
def test_importing_starts_no_mpi_and_says_nothing(statement: str) -> None:
    names = [dotted(path) for path in MODULES if path.name != "__main__.py"]
    program = (
        f"import importlib, logging, sys\nNAMES = {names!r}\n{statement}\n"
        "loaded = [name for name in ('mpi4py.MPI', 'mpisppy') if name in sys.modules]\n"
        "assert not loaded, f'imported: {loaded}'\n"
        "assert not logging.getLogger('mes_stoch').handlers, 'a log handler was installed'\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False, cwd=PACKAGE.parent
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
