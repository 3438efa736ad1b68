"""Write again what follows from the instance format: the JSON Schema files of the package, and docs/format.md.

    python scripts/format_files.py [--check]

Prints the files that have changed; with --check it changes none, and ends with 1 where there is any.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from format_reference import reference

from mes_stoch.io.json_schema.shipped import PACKAGED_CURRENCIES, packaged_schema, schema_text

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change no file")
    check = parser.parse_args().check
    written = {packaged_schema(currency): schema_text(currency) for currency in PACKAGED_CURRENCIES}
    written[ROOT / "docs" / "format.md"] = reference()
    changed = [path for path, text in written.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in changed:
        print(path)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(written[path], encoding="utf-8")
    print(f"{len(changed)} of {len(written)} files {'differ' if check else 'have changed'}")
    sys.exit(1 if check and changed else 0)


if __name__ == "__main__":
    main()
