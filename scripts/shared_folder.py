"""Start two runs into one run folder at the same moment, again and again: one has it, the other is told who.

    python scripts/shared_folder.py --tries 20 --out docs/evidence

Writes ``shared_folder.json`` with date, versions and counts. Every try starts two real `solve` of `tiny_site` with the
same ``--out``, the second up to a second later. Allowed is exit code 0 of one, and 2 of the other with the owner's name
or, where the first had ended, the word that there is a run; the folder then reads as a finished run whose accounts
agree (`settle`). Ends with 1 if anything else came of it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.launched import INSTANCES, command, environment

_LIMIT_S = 300


def main(arguments: list[str] | None = None) -> int:
    """Entry point; 1 if a folder was shared, or both were refused."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=20, metavar="N")
    parser.add_argument("--out", type=Path, default=Path("docs/evidence"), metavar="DIR")
    options = parser.parse_args(arguments)
    found = []
    for seed in range(options.tries):
        with tempfile.TemporaryDirectory() as folder:
            found.append(_try(seed, Path(folder) / "run"))
        print(found[-1], flush=True)
    wrong = [one for one in found if one["faults"]]
    summary = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "versions": {"python": platform.python_version(), "mes_stoch": version("mes_stoch")},
        "cores": os.cpu_count(),
        "tries": len(found),
        "refused_while_at_work": sum(one["refused"] == "at work" for one in found),
        "refused_after_its_end": sum(one["refused"] == "already holds a run" for one in found),
        "with_faults": len(wrong),
        "faults": wrong,
    }
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "shared_folder.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(summary, indent=2))
    return int(bool(wrong))


def _try(seed: int, out: Path) -> dict[str, Any]:
    line = command(1, "solve", INSTANCES / "tiny_site", "--out", out, "--no-figures", "--quiet")
    runs = []
    for wait_s in (0.0, float(np.random.default_rng(seed).uniform(0.0, 1.0))):
        time.sleep(wait_s)
        runs.append(subprocess.Popen(line, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment()))
    said = [run.communicate(timeout=_LIMIT_S)[1].decode(errors="replace") for run in runs]
    codes = [run.returncode for run in runs]
    faults = [] if sorted(codes) == [0, 2] else [f"exit codes {codes}: {said}"]
    refused = said[codes.index(2)] if 2 in codes else ""
    reason = next((reason for reason in ("at work", "already holds a run") if reason in refused), "")
    if not reason:
        faults.append(f"no reason for a refusal: {refused}")
    if reason == "at work" and str(runs[1 - codes.index(2)].pid) not in refused:
        faults.append(f"the owner is not named: {refused}")
    if subprocess.run(command(1, "settle", out), capture_output=True, env=environment(), check=False).returncode:
        faults.append("the run that was written does not agree with its settlement")
    return {"seed": seed, "codes": codes, "refused": reason, "faults": faults}


if __name__ == "__main__":
    sys.exit(main())
