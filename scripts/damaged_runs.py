"""Damage a run folder at random, again and again, and see what `report`, `settle` and `evaluate` make of it.

    python scripts/damaged_runs.py --cases 300 --out docs/evidence/damaged_runs.json

Every case copies a good run of `tiny_site`, damages one to three things in it and calls the commands, each in a
process of its own. In every second case the hashes are worked out anew, as by somebody who hides what he did, so that
what is found is found by its form. Allowed are exit codes 0 (nothing that matters was hit) and 2, with a message and no
traceback, and 3 of `evaluate --stress` with what cannot be delivered; never a crash, more memory than `--memory-mb`, or
more time than `--limit-s`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import xarray as xr

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from helpers.evidence import provenance

from mes_stoch.cli.main import run
from mes_stoch.io.artifacts.manifest import manifest_hash

COMMANDS = ("report", "settle", "evaluate")
RESEALED = "hashes worked out anew"
JSON_FILES = ("summary.json", "manifest.json")
TABLES = ("commitments.csv", "trace.csv")
ARRAYS = ("tree.nc", "solution.nc", "flows.nc")
ODD = [None, True, -1, 10**30, 1e308, 0.5, "", "x", "\x1b[2J", [], {}, [[1]], {"a": 1}, "2025-13-45", float("nan")]

Random = np.random.Generator
Damage = Callable[[Path, Random], str]


def damage(folder: Path, seed: int) -> list[str]:
    """Damage a copy of a run in one to three ways; what was done, in words."""
    rng = np.random.default_rng(seed)
    done = [str(_once(folder, rng)) for _ in range(int(rng.integers(1, 4)))]
    if seed % 2:
        done.append(RESEALED if reseal(folder) else "hashes left")
    return done


def _once(folder: Path, rng: Random) -> str:
    kind = KINDS[int(rng.integers(len(KINDS)))]
    # what an earlier damage made a pipe of would keep this one waiting
    if any(not (folder / name).is_file() for name in (*JSON_FILES, *TABLES, *ARRAYS)):
        return f"{kind.__name__} left out"
    return kind(folder, rng)


def reseal(folder: Path) -> bool:
    """Give the manifest the hashes of the files as they are now."""
    if not (folder / "manifest.json").is_file():
        return False
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        for key, below in (("files_sha256", folder), ("inputs_sha256", folder / "instance")):
            for name in manifest[key]:
                if (below / name).is_file():
                    manifest[key][name] = hashlib.sha256((below / name).read_bytes()).hexdigest()
        manifest["manifest_sha256"] = manifest_hash(manifest)
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError):
        return False
    return True


# -- kinds of damage --------------------------------------------------------------------------------------------------


def change_json(folder: Path, rng: Random) -> str:
    """Another value, a key gone, or a key of another name, anywhere in a JSON file."""
    name = JSON_FILES[int(rng.integers(2))]
    try:
        data = json.loads((folder / name).read_bytes())
    except (ValueError, OSError, RecursionError):
        return f"{name} left"
    places: list[tuple[Any, Any]] = []

    def walk(item: Any) -> None:
        inner = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
        for key, value in inner:
            places.append((item, key))
            walk(value)

    walk(data)
    if not places:
        return f"{name} left"
    holder, key = places[int(rng.integers(len(places)))]
    how = int(rng.integers(3))
    if how == 0:
        del holder[key]
    elif how == 1 and isinstance(holder, dict):
        holder[f"{key}x"] = holder.pop(key)
    else:
        holder[key] = ODD[int(rng.integers(len(ODD)))]
    (folder / name).write_text(json.dumps(data), encoding="utf-8")
    return f"{name}: {key} changed"


def nest_json(folder: Path, rng: Random) -> str:
    """Lists in lists in lists."""
    name = JSON_FILES[int(rng.integers(2))]
    deep = int(10 ** rng.uniform(1, 5.5))
    text = "[" * deep + "]" * deep
    (folder / name).write_text('{"instance": ' + text + "}" if rng.random() < 0.5 else text, encoding="utf-8")
    return f"{name}: nested {deep} deep"


def cut(folder: Path, rng: Random) -> str:
    """A file that ends too early."""
    path = _any_file(folder, rng)
    content = path.read_bytes()
    path.write_bytes(content[: int(rng.integers(len(content) + 1))])
    return f"{path.name}: cut"


def flip(folder: Path, rng: Random) -> str:
    """Some bytes that are others."""
    path = _any_file(folder, rng)
    content = bytearray(path.read_bytes())
    for _ in range(int(rng.integers(1, 30))):
        if content:
            content[int(rng.integers(len(content)))] = int(rng.integers(256))
    path.write_bytes(bytes(content))
    return f"{path.name}: bytes changed"


def remove(folder: Path, rng: Random) -> str:
    """A file that is not there, is empty, is a folder, or a pipe."""
    path = _any_file(folder, rng)
    how = int(rng.integers(4))
    path.unlink()
    if how == 1:
        path.touch()
    elif how == 2:
        path.mkdir()
    elif how == 3:
        os.mkfifo(path)
    return f"{path.name}: {('removed', 'emptied', 'a folder', 'a pipe')[how]}"


def change_table(folder: Path, rng: Random) -> str:
    """Another cell, another header, a line gone or doubled."""
    name = TABLES[int(rng.integers(2))]
    try:
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return f"{name} left"
    if not lines:
        return f"{name} left"
    at = int(rng.integers(len(lines)))
    how = int(rng.integers(3))
    if how == 0:
        del lines[at]
    elif how == 1:
        lines.insert(at, lines[at])
    else:
        cells = lines[at].split(",")
        cells[int(rng.integers(len(cells)))] = ["", "x", "1e999", "-7", "\x1b[2J", '"', "=1+1"][int(rng.integers(7))]
        lines[at] = ",".join(cells)
    (folder / name).write_text("\n".join(lines), encoding="utf-8")
    return f"{name}: line {at} changed"


def change_array(folder: Path, rng: Random) -> str:
    """A variable that is gone, has another name, shape, type, unit or values."""
    name = ARRAYS[int(rng.integers(3))]
    try:
        with xr.open_dataset(folder / name, engine="netcdf4") as opened:
            dataset = opened.load()
        variables = list(dataset.variables)
        key = variables[int(rng.integers(len(variables)))]
        how = int(rng.integers(8))
        if how == 0:
            dataset = dataset.drop_vars(key)
        elif how == 1:
            dataset = dataset.rename({key: f"{key}x"})
        elif how == 2 and dataset[key].ndim:
            dataset = dataset.isel({dataset[key].dims[-1]: slice(0, -1)})
        elif how == 3:
            dataset[key] = dataset[key].astype(str)
        elif how == 4:
            attributes = dict(dataset.attrs)
            attributes[list(attributes)[int(rng.integers(len(attributes)))]] = ["x", -1.0, 7][int(rng.integers(3))]
            dataset.attrs = attributes
        elif how == 5 and dataset[key].dtype.kind == "f":
            dataset[key] = dataset[key] * float("nan")
        elif how == 6:
            dataset[key].attrs["units"] = "furlong"
        elif dataset[key].dtype.kind == "f":
            dataset[key] = dataset[key] + 1.0
        (folder / name).unlink()
        dataset.drop_encoding().to_netcdf(folder / name, engine="netcdf4")
    except Exception as error:
        # what cannot be damaged this way, or has been damaged before, stays as it is
        return f"{name} left ({type(error).__name__})"
    return f"{name}: {key} changed ({how})"


def change_header(folder: Path, rng: Random) -> str:
    """What no writer of this project would declare: sizes of terabytes, other calendars, groups, scale factors."""
    name = ARRAYS[int(rng.integers(3))]
    how = int(rng.integers(6))
    try:
        # made in memory, the file takes no additions; written anew it does
        with xr.open_dataset(folder / name, engine="netcdf4") as opened:
            dataset = opened.load()
        (folder / name).unlink()
        dataset.to_netcdf(folder / name, engine="netcdf4")
        with netCDF4.Dataset(folder / name, "a") as file:
            if how == 0:
                file.createDimension("vast", 10**12)
                file.createVariable("vast", "f8", ("vast",), chunksizes=(1024,), zlib=True)
            elif how == 1:
                times = [v for v in file.variables.values() if "calendar" in v.ncattrs()]
                times[int(rng.integers(len(times)))].calendar = "noleap"
            elif how == 2:
                times = [v for v in file.variables.values() if "calendar" in v.ncattrs()]
                times[int(rng.integers(len(times)))].units = ["days since 0000-00-00", "hours since ever", "x"][
                    int(rng.integers(3))
                ]
            elif how == 3:
                file.createGroup("inner")
            elif how == 4:
                numbers = [v for v in file.variables.values() if v.dtype is not str]
                numbers[int(rng.integers(len(numbers)))].scale_factor = 2.0
            else:
                file.createVariable("mine", str, ())
    except Exception as error:
        # what cannot be damaged this way, or has been damaged before, stays as it is
        return f"{name} left ({type(error).__name__})"
    return f"{name}: header changed ({how})"


def other_instance(folder: Path, rng: Random) -> str:
    """A copy of the instance that is not the one solved."""
    path = folder / "instance" / "instance.yaml"
    if not path.is_file():
        return "instance.yaml left"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return "instance.yaml left"
    old, new = [
        ("name: tiny_site", "name: other"),
        ("periods: 4", "periods: 5"),
        ("process", "plant"),
        ("fr_afrr_up", "fr_mfrr_up"),
        ("period_h: 1", "period_h: 0.5"),
    ][int(rng.integers(5))]
    path.write_text(text.replace(old, new), encoding="utf-8")
    return f"instance.yaml: {new}"


KINDS: tuple[Damage, ...] = (
    change_json,
    change_json,
    nest_json,
    cut,
    flip,
    remove,
    change_table,
    change_array,
    change_array,
    change_header,
    other_instance,
)


def _any_file(folder: Path, rng: Random) -> Path:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return files[int(rng.integers(len(files)))]


# -- what the commands make of it --------------------------------------------------------------------------------


def ask(command: str, folder: Path, limit_s: float, memory_mb: int) -> tuple[int, str]:
    """Exit code of a command on a folder, and what it says; below 0 the signal that ended its process."""
    options = {
        "report": ["--no-figures"],
        "settle": ["--out", str(folder / "ledger.csv"), "--force"],
        "evaluate": ["--stress"],
    }
    arguments = [command, str(folder), *options[command]]
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(said.fileno(), 2)
            resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
            signal.setitimer(signal.ITIMER_REAL, limit_s)
            code, _ = run(arguments)
            sys.stderr.flush()
            os._exit(code)
        _, status = os.waitpid(child, 0)
        said.seek(0)
        return os.waitstatus_to_exitcode(status), said.read().decode("utf-8", "replace")


def is_allowed(code: int, said: str) -> bool:
    """Whether an answer is one a user can work with."""
    if "Traceback" in said or "crash" in said:
        return False
    is_miss = code == 3 and "cannot all be delivered" in said
    return code == 0 or is_miss or (code == 2 and "mes-stoch: " in said)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--first", type=int, default=0, help="seed of the first case")
    parser.add_argument("--limit-s", type=float, default=60.0)
    parser.add_argument("--memory-mb", type=int, default=4096)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    codes = {f"{command}, {how}": Counter[int]() for command in COMMANDS for how in ("damaged", "forged")}
    wrong = []
    with tempfile.TemporaryDirectory() as scratch:
        good = Path(scratch) / "good"
        tiny = Path(__file__).resolve().parents[1] / "instances" / "tiny_site"
        solve = [sys.executable, "-m", "mes_stoch", "solve", str(tiny), "--out", str(good), "--no-figures", "--quiet"]
        subprocess.run(solve, check=True, stdout=subprocess.DEVNULL)
        for seed in range(given.first, given.first + given.cases):
            folder = Path(scratch) / "case"
            shutil.copytree(good, folder)
            done = damage(folder, seed)
            for command in COMMANDS:
                code, said = ask(command, folder, given.limit_s, given.memory_mb)
                codes[f"{command}, {'forged' if RESEALED in done else 'damaged'}"][code] += 1
                if not is_allowed(code, said):
                    wrong.append({"seed": seed, "damage": done, "command": command, "code": code, "said": said[-400:]})
                    print(seed, command, code, done, said[-400:])
            shutil.rmtree(folder)
    result = {
        **provenance(("mes_stoch", "netCDF4", "xarray", "pandas", "numpy", "pydantic")),
        "cases": given.cases,
        "first_seed": given.first,
        "exit_codes": {what: {str(code): n for code, n in sorted(counts.items())} for what, counts in codes.items()},
        "not_allowed": wrong,
    }
    text = json.dumps(result, indent=2) + "\n"
    print(text)
    if given.out is not None:
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text(text, encoding="utf-8")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
