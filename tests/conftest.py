"""What every test may ask for: the folder of real market data, and an MPI launcher."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--data-folder",
        default=os.environ.get("MES_STOCH_DATA") or None,
        metavar="DIR",
        help="folder of the real market and demand series; default: the environment variable MES_STOCH_DATA",
    )
    parser.addoption("--full-size", action="store_true", help="random tests at their full size, which takes hours")


def pytest_configure() -> None:
    """Heed SIGINT, which a shell has its background jobs ignore, and whatever they start: some tests send it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the full size of random tests, of which every run has a thinned version, unless it is asked for."""
    if config.getoption("--full-size"):
        return
    full = [item for item in items if item.get_closest_marker("full_size")]
    if full:
        config.hook.pytest_deselected(items=full)
        items[:] = [item for item in items if not item.get_closest_marker("full_size")]


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout the tests stand in."""
    return REPOSITORY


@pytest.fixture(scope="session")
def instances(repository: Path) -> Path:
    """Folder of the instances that are shipped."""
    return repository / "instances"


@pytest.fixture(scope="session")
def data_folder(request: pytest.FixtureRequest) -> Path:
    """Folder of the real market and demand series, which are too large, and not ours, to be in the repository."""
    given = request.config.getoption("--data-folder")
    if given is None:
        pytest.skip("the real market data are not in the repository: give --data-folder DIR or set MES_STOCH_DATA")
    folder = Path(given).expanduser().resolve()
    if not folder.is_dir():
        # a folder somebody named and mistyped is a mistake, not a reason to skip
        pytest.fail(f"--data-folder or MES_STOCH_DATA names {folder}, which is not a folder")
    return folder


@pytest.fixture(scope="session")
def mpiexec() -> str:
    """The launcher that belongs to the MPI which mpi4py loads.

    The one beside the interpreter, where a wheel puts it: another mpiexec on the path may belong to another MPI, and
    would start ranks that do not see each other.
    """
    if importlib.util.find_spec("mpi4py") is None:
        pytest.skip("mpi4py is not installed: pip install 'mes_stoch[mpi]'")
    beside = Path(sys.executable).parent / "mpiexec"
    if beside.is_file():
        return str(beside)
    # MPI4PY_LIBMPI says that a site's own MPI is used; its launcher is then the one on the path
    on_path = shutil.which("mpiexec")
    if os.environ.get("MPI4PY_LIBMPI") and on_path is not None:
        return on_path
    pytest.skip(f"no mpiexec beside {sys.executable}: pip install 'mes_stoch[mpi]'")
