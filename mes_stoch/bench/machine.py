"""What a figure was measured on, and with which versions."""

from __future__ import annotations

import hashlib
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("mes_stoch", "highspy", "pyomo", "mpi-sppy", "mpi4py", "mpich", "openmpi", "numpy", "scipy", "linopy")
_PACKAGE_FOLDER = Path(__file__).resolve().parent.parent


def machine() -> dict[str, str]:
    """CPU model, cores this process may use, memory, operating system."""
    return {
        "cpu": _cpu_model(),
        "cores": str(usable_cores()),
        "memory_gib": _memory_gib(),
        "system": f"{_distribution()}, {platform.system()} {platform.release()} {platform.machine()}",
    }


def versions() -> dict[str, str]:
    """Versions of everything that is timed; ``code`` is a digest of this package's own sources."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return {**found, "code": code_digest()}


def code_digest() -> str:
    """The same for the same sources: says whether two rows were measured with one state of the code."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE_FOLDER.rglob("*.py")):
        relative = path.relative_to(_PACKAGE_FOLDER)
        # neither tables nor the benchmark's own plotting change what is measured
        if relative.parts[0] in ("bench", "cli", "report"):
            continue
        digest.update(relative.as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def usable_cores() -> int:
    """Cores this process may run on; fewer than the machine's in a container or under a batch system."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load_average() -> float:
    """Processes that wanted a core over the last minute: what else the machine was doing."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return float("nan")


def _cpu_model() -> str:
    # psutil does not know it
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _memory_gib() -> str:
    try:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return "unknown"
    return f"{size / 2**30:.1f}"


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    except OSError:
        return platform.system()
