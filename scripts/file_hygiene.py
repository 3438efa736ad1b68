"""Check the form of the repository's files; prints ``file:line: problem``, and exits with 1 where there is any.

    python scripts/file_hygiene.py [FILE...]

Without names it checks every file that git tracks or would add. Rules for any file: at most 500 kB. Rules for text,
which is every file without an ending of ``BINARY``: UTF-8 without a byte order mark; lines end with a line feed alone,
the last one too; no blanks at the end of a line, no empty line at the end of the file; no merge marks; no absolute
path that exists on one machine only.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

BINARY = {".gif", ".gz", ".ico", ".jpeg", ".jpg", ".nc", ".parquet", ".pdf", ".png", ".whl", ".xlsx", ".zip"}
LARGEST_BYTES = 500_000

# A folder of the root with a name below it; `build/work/x`, `../work/x` and `$HOME/work/x` belong to no machine.
MACHINE_PATH = re.compile(r"(?<![\w.~$*})\]-])/(?:(?:work|root)(?=/)|(?:home|Users)/[A-Za-z_][\w.-]*)")
# Seven equals signs may underline a heading; a merge leaves the other marks as well.
MERGE_MARK = re.compile(r"(?:<{7}|>{7}|\|{7})(?: |$)")


def problems(path: Path) -> Iterator[str]:
    """Problems of one file, as ``line: problem``."""
    content = path.read_bytes()
    if len(content) > LARGEST_BYTES:
        yield f"1: {len(content):,} bytes, more than {LARGEST_BYTES:,}"
    if path.suffix.lower() not in BINARY and content:
        yield from problems_of_text(content)


def problems_of_text(content: bytes) -> Iterator[str]:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        yield f"{line}: not UTF-8 (byte {content[error.start]:#04x})"
        return
    if text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}"):
        yield "1: a byte order mark"
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        yield from (f"{number}: {what}" for what in problems_of_line(line))
    if lines[-1]:
        yield f"{len(lines)}: no line feed at the end of the file"
    elif len(lines) > 1 and not lines[-2].strip():
        yield f"{len(lines) - 1}: an empty line at the end of the file"


def problems_of_line(line: str) -> Iterator[str]:
    if "\r" in line:
        yield "a carriage return"
    if line.rstrip("\r") != line.rstrip():
        yield "blanks at the end of the line"
    if MERGE_MARK.match(line):
        yield "a merge mark"
    if found := MACHINE_PATH.search(line):
        yield f"{found[0]}: a path of one machine"


def files_of_git() -> list[Path]:
    """Files that git tracks, or would add, and that are there."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True).stdout.decode().split("\0")
    return [Path(name) for name in sorted(filter(None, names)) if Path(name).is_file()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="default: every file that git knows here")
    files = parser.parse_args().files or files_of_git()
    found = [f"{path}:{problem}" for path in files for problem in problems(path)]
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
