"""Dependencies run one way, by the role of a file, and importing the library changes nothing.

The order is that of ``docs/architecture.md``. A module may import from lower levels and from its own; not from its
neighbours on the same level, so that a component cannot lean on a product, nor a product on a price process. A kind is
a folder whose files have roles: what a user may write is known to everybody, its equations to the model alone. The
parts of the program that all kinds have in common reach them through the registry, by name, when they need them.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mes_stoch import extend
from mes_stoch.registry import COMPONENTS, POLICIES, PROCESSES, PRODUCT_FAMILIES, RISK_MEASURES, kinds
from mes_stoch.registry import ROLES as REQUIRED

PACKAGE = Path(__file__).resolve().parent.parent / "mes_stoch"

# Lowest first; a name stands for a module or for a package with all below it, and the longest that fits counts.
# ``kinds.<role>`` stands for the files of that role in every folder of a kind.
LEVELS: tuple[tuple[str, ...], ...] = (
    ("schema.units",),
    ("schema.errors",),
    ("registry",),
    ("schema",),
    ("kinds.format",),
    ("schema.kinds",),
    ("schema.instance",),
    ("rules",),
    ("io.files", "io.names", "io.plain_values"),
    ("io.csv_text",),
    ("io.readers",),
    ("io.catalogue",),
    ("io.validation.partial_instance",),
    ("io.validation.check_context",),
    ("io.validation.component_rules", "io.validation.offer_rules", "io.validation.product_rules"),
    ("io.validation", "kinds.checks"),
    ("io.artifacts",),
    ("io",),
    ("starting",),
    ("settlement",),
    ("kinds.settlement", "kinds.stress"),
    ("components.shared.context",),
    ("products.shared.context",),
    ("kinds.equations", "kinds.hub", "uncertainty"),
    ("model", "views"),
    ("kinds.measure",),
    ("solvers.interruption",),
    ("solvers.parallel",),
    ("solvers.highs",),
    ("solvers.proofs",),
    ("solvers.subproblems",),
    ("solvers.certificate",),
    ("solvers.checkpoint",),
    ("solvers.decomposition",),
    ("solvers.extensive",),
    ("solvers.hedging.mpisppy_driver",),
    ("solvers.hedging",),
    ("solvers",),
    ("policies",),
    ("evaluation.stress",),
    ("evaluation",),
    ("report",),
    ("backtesting", "sweeping"),
    ("api", "mpisppy_module"),
    ("extend",),
    ("bench",),
    ("cli",),
)
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}
ROLES = ("format", "checks", "equations", "hub", "settlement", "stress", "measure")
SECTIONS = ("components", "products", "risk_measures")

# A kind builds on what is shared, or on another kind that it declares here.
DECLARED = {"products.fcas": {"products.flexibility"}}

# What may be imported only in some places: MPI starts when mpi4py.MPI (and with it mpi-sppy) is imported, and only
# solvers/highs/ knows the solver's calls. mpisppy_module.py is what mpi-sppy itself loads.
CONFINED = {"mpi4py": ("solvers/",), "mpisppy": ("solvers/", "mpisppy_module.py"), "highspy": ("solvers/highs/",)}

# What the optimiser works with: nothing of it may be known to those whose verdict on it is worth something.
OPTIMISER = (
    "model",
    "solvers",
    "kinds.equations",
    "kinds.measure",
    "components.shared.context",
    "products.shared.context",
)
INDEPENDENT = {"settlement", "evaluation.stress", "kinds.settlement", "kinds.stress", "kinds.hub", "views"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def layer_of(module: str) -> str:
    """The entry of ``LEVELS`` a dotted module name belongs to; "api" are the modules at the top, which users import."""
    parts = module.split(".")[1:]
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if name in LEVEL:
            return name
    if not parts or parts == ["plot"]:
        return "api"
    if parts[0] in SECTIONS:
        # ``equations_windows`` has the role of ``equations``; a folder itself is empty
        return f"kinds.{parts[2].split('_')[0]}" if len(parts) > 2 else "kinds.format"
    return "cli" if parts[0] == "__main__" else parts[0]


def kind_of(module: str) -> str | None:
    """The folder of a kind that a module belongs to."""
    parts = module.split(".")[1:]
    return ".".join(parts[:2]) if len(parts) > 1 and parts[0] in SECTIONS else None


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
            # what is imported from a package may be one of its modules
            inner = [f"{module}.{name.name}" for name in node.names]
            known = [name for name in inner if module == PACKAGE.name or _is_module(name)]
            yield from ((node.lineno, name) for name in known or [module])
        elif isinstance(node, ast.Call) and _called(node) in {"import_module", "__import__"} and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield node.lineno, first.value


def _is_module(name: str) -> bool:
    path = PACKAGE.parent / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").is_file()


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def upward_imports(path: Path) -> list[str]:
    here = layer_of(dotted(path))
    wrong = []
    for line, name in imports(ast.parse(path.read_text(encoding="utf-8"))):
        if name.split(".")[0] != PACKAGE.name:
            continue
        there = layer_of(name)
        if here not in LEVEL or there not in LEVEL:
            wrong.append(f"line {line}: {here} imports {name}, and one of the two has no place in the order")
        elif here != there and LEVEL[there] >= LEVEL[here]:
            wrong.append(f"line {line}: {here} imports {name}, which stands above or beside it")
    return wrong


def imports_of_other_kinds(path: Path) -> list[str]:
    """Imports of a kind from outside its folder, but for shared parts and for kinds that it declares to build on."""
    own = kind_of(dotted(path))
    wrong = []
    for line, name in imports(ast.parse(path.read_text(encoding="utf-8"))):
        other = kind_of(name) if name.startswith(f"{PACKAGE.name}.") else None
        if other is None or other == own or other.endswith(".shared") or other in DECLARED.get(str(own), ()):
            continue
        wrong.append(f"line {line}: {own or path.name} imports {name}: ask the registry, or a question of the format")
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


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_module_knows_a_kind_but_its_own(path: Path) -> None:
    assert imports_of_other_kinds(path) == []


def leaned_on(path: Path) -> list[str]:
    """What of the optimiser a module imports that judges it."""
    return [
        f"line {line}: {dotted(path)} judges the optimiser, and imports {name}"
        for line, name in imports(ast.parse(path.read_text(encoding="utf-8")))
        if name.split(".")[0] == PACKAGE.name and layer_of(name).startswith(OPTIMISER)
    ]


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if layer_of(dotted(path)) in INDEPENDENT],
    ids=lambda path: path.relative_to(PACKAGE).as_posix(),
)
def test_those_who_judge_the_optimiser_share_nothing_with_it(path: Path) -> None:
    assert leaned_on(path) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_engines_stay_where_they_belong(path: Path) -> None:
    assert strayed_imports(path) == []


def test_every_module_has_its_place() -> None:
    assert [path for path in MODULES if layer_of(dotted(path)) not in LEVEL] == []


def test_every_name_in_the_order_stands_for_something() -> None:
    for name in LEVEL:
        found = f"{PACKAGE.name}.{name}"
        assert name.startswith("kinds.") or name == "api" or _is_module(found), found


def test_names_that_modules_are_known_by_at_run_time_are_right() -> None:
    """The registry and the public contract import by name, which no import statement shows."""
    for name in extend.__all__:
        assert name == "VERSION" or getattr(extend, name) is not None
    spoken = {name for _, name in imports(_type_checking_part(PACKAGE / "extend.py"))}
    assert spoken == set(extend._HOMES)
    assert {name for names in extend._HOMES.values() for name in names} == set(extend.__all__) - {"VERSION"}
    for kind in kinds(PROCESSES).values():
        assert kind.is_built_in is False or kind.process()
    for kind in kinds(POLICIES).values():
        assert kind.is_built_in is False or kind.policy()


def _type_checking_part(path: Path) -> ast.Module:
    """What a module imports for type checkers alone."""
    (block,) = (node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.If))
    return ast.Module(block.body, [])


def test_every_kind_is_one_folder_with_all_roles_and_an_empty_front() -> None:
    folders = {
        kind.package for group in (COMPONENTS, PRODUCT_FAMILIES, RISK_MEASURES) for kind in kinds(group).values()
    }
    found = {
        f"mes_stoch.{section}.{path.name}"
        for section in SECTIONS
        for path in (PACKAGE / section).iterdir()
        if path.is_dir() and path.name not in ("shared", "__pycache__")
    }
    assert found == folders
    for name in sorted(folders):
        folder = PACKAGE.parent / name.replace(".", "/")
        assert not (folder / "__init__.py").read_text(encoding="utf-8")
        required = ("format", "measure", "settlement") if ".risk_measures." in name else REQUIRED
        assert {role for role in required if not (folder / f"{role}.py").is_file()} == set(), name
        assert {path.stem.split("_")[0] for path in folder.glob("*.py")} <= {"", *ROLES}, name


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
    (package / "products" / "guilty").mkdir(parents=True)
    guilty = package / "products" / "guilty" / "checks.py"
    guilty.write_text(
        "from mes_stoch.schema import product\n"
        "from mes_stoch.products.guilty import equations\n"
        "from mes_stoch import api\n"
        "from mes_stoch.components.storage import format\n"
        "def late():\n"
        "    import highspy\n"
        "    import importlib\n"
        "    return importlib.import_module('mpisppy.opt.ph')\n",
        encoding="utf-8",
    )
    (guilty.parent / "equations.py").write_text("", encoding="utf-8")
    judge = package / "products" / "guilty" / "settlement.py"
    judge.write_text(
        "from mes_stoch.io import files\nfrom mes_stoch.settlement import ledger\nfrom mes_stoch.model import merge\n"
        "from mes_stoch.products.guilty.equations_rows import row\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", package)

    def lines(found: list[str]) -> list[str]:
        return [text.split(":")[0] for text in found]

    assert lines(leaned_on(judge)) == ["line 3", "line 4"]
    assert lines(upward_imports(guilty)) == ["line 2", "line 3"]
    assert lines(imports_of_other_kinds(guilty)) == ["line 4"]
    assert lines(strayed_imports(guilty)) == ["line 6", "line 8"]


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


def test_importing_the_package_is_light() -> None:
    program = (
        "import sys, mes_stoch\n"
        "heavy = [name for name in ('pyomo', 'highspy', 'pandas', 'numpy', 'pydantic') if name in sys.modules]\n"
        "assert not heavy, f'imported: {heavy}'\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_public_functions_are_functions_whatever_was_imported_before() -> None:
    program = (
        "import types, mes_stoch.solvers.auto, mes_stoch.settlement.ledger, mes_stoch.evaluation.evaluation\n"
        "import mes_stoch as ms\n"
        "assert all(isinstance(getattr(ms, name), types.FunctionType) for name in ('solve', 'settle', 'evaluate'))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
