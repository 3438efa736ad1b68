"""Backtest real days three times: interrupted and resumed, at once, and planned for the mean of the window.

    python scripts/backtest_days.py --data DIR --days 60 --out docs/evidence
    python scripts/backtest_days.py --data DIR --days 45 --out docs/evidence --instance backtest_fr \\
        --series france_2019 --first 2019-02-18 --name backtest_fr

Writes ``<name>.json`` (versions, times, totals, what was left out) and ``<name>_days.csv`` (profits by day, and the
days series were taken from), and no series, which are not part of the project. The first run gets a SIGTERM when a
third of its days are finished, and goes on with ``--resume``; the others take the first ``--again`` days. Ends with 1
if a number differs between the first two.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.evidence import provenance
from helpers.launched import INSTANCES, command, environment

_COLUMNS = ["day", "planned", "realised", "given_lower", "given_upper", "perfect_lower", "perfect_upper"]


def main(arguments: list[str] | None = None) -> int:
    """Entry point; 1 if a run that was resumed has other numbers than one that was not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("MES_STOCH_DATA"), metavar="DIR")
    parser.add_argument("--instance", default="backtest_dk1", metavar="NAME", help="a folder of instances/")
    parser.add_argument("--series", default="western_denmark_2021", metavar="NAME")
    parser.add_argument("--first", default=None, metavar="DATE", help="day to begin with; default the first there is")
    parser.add_argument("--name", default="backtest", help="of the files that are written")
    parser.add_argument("--days", type=int, default=60, metavar="N")
    parser.add_argument("--again", type=int, default=None, metavar="N", help="days of the other runs; default all")
    parser.add_argument("--workers", type=int, default=2, metavar="P")
    parser.add_argument("--out", type=Path, default=Path("docs/evidence"), metavar="DIR")
    options = parser.parse_args(arguments)
    if options.data is None:
        parser.error("say where the series are: --data DIR, or the environment variable MES_STOCH_DATA")
    with tempfile.TemporaryDirectory() as temporary:
        parts, whole, mean = (Path(temporary) / name for name in ("parts", "whole", "mean"))
        line = command(1, "backtest", INSTANCES / options.instance, "--data", options.data, "--series", options.series)
        line += ["--first", options.first] if options.first else []
        line += ["--workers", str(options.workers), "--no-figures", "--days"]
        first, again = [*line, str(options.days), "--out"], [*line, str(options.again or options.days), "--out"]
        clock = _Clock()
        code = _interrupted([*first, str(parts)], parts, options.days // 3)
        before = len(_days(parts))
        _finished([*first, str(parts), "--resume"])
        times = clock.read()
        _finished([*again, str(whole)])
        resumed, at_once = _days(parts), _days(whole)
        record = {
            **provenance(),
            "workers": options.workers,
            **times,
            "interrupted": {"exit_code": code, "days_finished_by_then": before},
            "run_again": {
                "days": len(at_once),
                "with_other_numbers": sorted(day for day in at_once if at_once[day] != resumed[day]),
            },
            "planned_for_likely_days": _told(parts),
        }
        # the third takes its time as well, and the first two are worth something without it
        _write(record, parts, options.out, options.name)
        _finished([*again, str(mean), "--fan", "1"])
        _write({**record, "planned_for_the_mean_day": _told(mean)}, parts, options.out, options.name)
    return int(bool(record["run_again"]["with_other_numbers"]))


def _days(folder: Path) -> dict[str, dict[str, Any]]:
    """What is written of each finished day, but for the time that it took."""
    found = {}
    for path in sorted((folder / "days").glob("2*.json")):
        found[path.stem] = json.loads(path.read_text(encoding="utf-8"))
        del found[path.stem]["wall_time_s"]
    return found


def _write(record: dict[str, Any], folder: Path, out: Path, name: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    table = pd.read_csv(folder / "backtest.csv")
    donors = [column for column in table if column.startswith("series_of.")]
    table[[*_COLUMNS, *donors]].round(2).to_csv(out / f"{name}_days.csv", index=False)
    (out / f"{name}.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=2), flush=True)


def _interrupted(line: list[str], out: Path, days: int) -> int:
    """Exit code of a run that gets a SIGTERM when so many days are finished."""
    process = subprocess.Popen(line, env=environment(), stdout=subprocess.DEVNULL)
    while len(list((out / "days").glob("2*.json"))) < days and process.poll() is None:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    return process.wait()


def _finished(line: list[str]) -> None:
    subprocess.run(line, env=environment(), stdout=subprocess.DEVNULL, check=True)


class _Clock:
    """Wall time, and CPU time of processes that were started and have ended since."""

    def __init__(self) -> None:
        self._wall_s, self._cpu_s = time.perf_counter(), self._cpu()

    @staticmethod
    def _cpu() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def read(self) -> dict[str, float]:
        return {
            "wall_time_s": round(time.perf_counter() - self._wall_s, 1),
            "cpu_time_s": round(self._cpu() - self._cpu_s, 1),
            "cores": len(os.sched_getaffinity(0)),
            "load_average_15_min": round(os.getloadavg()[2], 1),
        }


def _told(folder: Path) -> dict[str, Any]:
    document = json.loads((folder / "backtest.json").read_text(encoding="utf-8"))
    first, last = (document["days"][place]["day"] for place in (0, -1))
    plan = {name: document["plan"][name] for name in ("source", "window_days", "method", "fan", "gap_rel")}
    return {**plan, "first": first, "last": last, "left_out": document["left_out"], **document["totals"]}


if __name__ == "__main__":
    sys.exit(main())
