"""Kill a random rank at a random moment, start the run again, and hold its interval against an undisturbed run's.

    python scripts/killed_ranks.py [--tries 20] [--methods decomposition ph] [--out killed_ranks.json]

Each try starts ``mpiexec -n R mes-stoch solve INSTANCE --out DIR --resume auto``, kills one rank with SIGKILL after a
random part of the time that an undisturbed run takes, and repeats the command on another number of ranks until it ends
by itself. What has to hold:

- the run started again ends with its gap closed, and its interval meets that of the undisturbed run: both hold the
  optimum of the same program;
- what is lost is what came after the last checkpoint, no more than one interval, the time to write one and a pass;
- the ranks that were not killed end within seconds.

Hedging begins from zero multipliers here (``--cold-start``): from those of the linear relaxation it would rarely have
anything left to do. Seeds make the tries the same but for the machine's speed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
MARK = "MES_STOCH_KILLED_RANKS"
RANKS = {"decomposition": (1, 2, 3), "ph": (3, 3, 3)}


@dataclass(frozen=True)
class Try:
    """One run that lost a rank, and what came of it.

    ``lost_s`` is the time between the last checkpoint, or the begin where there was none, and the kill.
    """

    method: str
    seed: int
    ranks: int
    killed_rank: int
    killed_after_s: float
    ended_after_s: float
    had_checkpoint: bool
    lost_s: float
    ranks_again: int
    lower: float
    upper: float
    gap_rel: float
    status: str


@dataclass(frozen=True)
class Case:
    """What is solved.

    Parameters
    ----------
    instance : Path
    scenarios : dict
        How many, by method.
    gap_rel : dict
        Which gap is to be closed, by method.
    checkpoint_s : float
        Time between checkpoints.
    """

    instance: Path
    scenarios: dict[str, int]
    gap_rel: dict[str, float]
    checkpoint_s: float

    def command(self, method: str, ranks: int, folder: Path) -> list[str]:
        """The command that is repeated."""
        launcher = Path(sys.executable).with_name("mpiexec")
        start = [str(launcher), "-n", str(ranks)] if ranks > 1 else []
        return [
            *start,
            *(sys.executable, "-m", "mes_stoch", "solve", str(self.instance), "--method", method),
            *("--scenarios", str(self.scenarios[method]), "--seed", "1", "--gap", repr(self.gap_rel[method])),
            *("--checkpoint-every", repr(self.checkpoint_s / 60.0), "--out", str(folder), "--resume", "auto"),
            *("--no-figures", "--quiet", *(("--cold-start",) if method == "ph" else ())),
        ]


def undisturbed(case: Case, method: str, folder: Path) -> tuple[dict[str, Any], float]:
    """Summary and time of a run that nobody ends."""
    began = time.perf_counter()
    subprocess.run(case.command(method, RANKS[method][1], folder), check=True, capture_output=True)
    return _summary(folder), time.perf_counter() - began


def one_try(case: Case, method: str, seed: int, whole_s: float, scratch: Path) -> Try:
    """Kill a rank, start again."""
    draw = random.Random(f"{method} {seed}")
    ranks, again = draw.choice(RANKS[method][1:]), draw.choice(RANKS[method])
    victim, after_s = draw.randrange(ranks), draw.uniform(0.1, 0.95) * whole_s
    folder = scratch / f"{method}-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    mark = f"{method}-{seed}-{os.getpid()}"
    began = time.perf_counter()
    process = subprocess.Popen(
        case.command(method, ranks, folder),
        env={**os.environ, MARK: mark},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while time.perf_counter() - began < after_s and process.poll() is None:
        time.sleep(0.02)
    at = time.time()
    pids = _ranks_of(mark)
    for pid in pids[victim : victim + 1]:
        os.kill(pid, signal.SIGKILL)
    killed = time.perf_counter()
    process.wait(timeout=120)
    ended_after_s = time.perf_counter() - killed
    last = max((file.stat().st_mtime for file in (folder / "checkpoint").rglob("*.json")), default=None)
    lost_s = at - last if last is not None else killed - began
    subprocess.run(case.command(method, again, folder), check=True, capture_output=True)
    summary = _summary(folder)
    return Try(
        method,
        seed,
        ranks,
        victim,
        round(after_s, 2),
        round(ended_after_s, 2),
        last is not None,
        round(lost_s, 2),
        again,
        summary["bound_lower"],
        summary["bound_upper"],
        summary["gap_rel"],
        summary["status"],
    )


def _ranks_of(mark: str) -> list[int]:
    """Processes of Python with this mark in their environment, in order of rank."""
    found: list[tuple[int, int]] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = dict(
                word.split("=", 1) for word in (entry / "environ").read_text("utf-8").split("\0") if "=" in word
            )
            is_python = "mes_stoch" in (entry / "cmdline").read_text("utf-8").split("\0")
            is_launcher = "mpiexec" in (entry / "cmdline").read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if environment.get(MARK) == mark and is_python and not is_launcher:
            rank = environment.get("PMI_RANK") or environment.get("OMPI_COMM_WORLD_RANK")
            if rank is not None:
                found.append((int(rank), int(entry.name)))
    return [pid for _, pid in sorted(found)]


def _summary(folder: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return data


def problems_of(found: Try, whole: dict[str, Any], case: Case) -> list[str]:
    """What does not hold; empty where all does."""
    problems = []
    size = max(abs(whole["bound_lower"]), abs(whole["bound_upper"]), 1e-9)
    apart = max(found.lower, whole["bound_lower"]) - min(found.upper, whole["bound_upper"])
    if apart > 1e-9 * size:
        problems.append(f"intervals do not meet: {apart} apart")
    if found.status not in ("gap_reached", "optimal", "slack") or found.gap_rel > case.gap_rel[found.method]:
        problems.append(f"status {found.status}, gap {found.gap_rel}")
    if found.ended_after_s > 10.0:
        problems.append(f"the other ranks ended {found.ended_after_s} s after the kill")
    return problems


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instance", type=Path, default=REPOSITORY / "instances" / "hospital_fr")
    parser.add_argument("--scenarios", type=int, nargs=2, default=[80, 12], metavar=("DECOMPOSITION", "PH"))
    parser.add_argument("--gap", type=float, nargs=2, default=[0.001, 0.01], metavar=("DECOMPOSITION", "PH"))
    parser.add_argument("--checkpoint-every", type=float, default=1.0, metavar="S", help="seconds between checkpoints")
    parser.add_argument("--tries", type=int, default=20)
    parser.add_argument("--methods", nargs="+", choices=sorted(RANKS), default=sorted(RANKS))
    parser.add_argument("--out", type=Path, help="JSON file of what was found")
    given = parser.parse_args(arguments)
    scenarios, gaps = (dict(zip(sorted(RANKS), own, strict=True)) for own in (given.scenarios, given.gap))
    case = Case(given.instance.resolve(), scenarios, gaps, given.checkpoint_every)
    content: dict[str, Any] = {
        "instance": case.instance.name,
        "scenarios": case.scenarios,
        "gap_rel": case.gap_rel,
        "checkpoint_every_s": case.checkpoint_s,
        "methods": {},
    }
    count = 0
    with tempfile.TemporaryDirectory() as scratch:
        for method in given.methods:
            whole, whole_s = undisturbed(case, method, Path(scratch) / f"{method}-whole")
            print(f"{method}: {whole_s:.1f} s, [{whole['bound_lower']:.4f}, {whole['bound_upper']:.4f}]", flush=True)
            tries = []
            for seed in range(given.tries):
                found = one_try(case, method, seed, whole_s, Path(scratch))
                problems = problems_of(found, whole, case)
                count += len(problems)
                tries.append({**asdict(found), "problems": problems})
                print(f"  {found} {'; '.join(problems)}", flush=True)
            lost = [entry["lost_s"] for entry in tries if entry["had_checkpoint"]]
            content["methods"][method] = {
                "undisturbed": {
                    "lower": whole["bound_lower"],
                    "upper": whole["bound_upper"],
                    "wall_time_s": round(whole_s, 2),
                },
                "with_checkpoint": len(lost),
                "largest_loss_s": max(lost, default=None),
                "tries": tries,
            }
    if given.out is not None:
        given.out.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    print(f"{count} problems")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
