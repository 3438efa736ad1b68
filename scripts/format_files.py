"""Write again what follows from the instance format: the JSON Schema files of the package, and docs/format.md.

    python scripts/format_files.py

Prints what has changed. tests/io/test_json_schema.py and tests/io/test_format_reference.py fail while a file is not
what this writes.
"""

from __future__ import annotations

from pathlib import Path

from mes_stoch.io.json_schema.shipped import PACKAGED_CURRENCIES, packaged_schema, schema_text

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    written = {packaged_schema(currency): schema_text(currency) for currency in PACKAGED_CURRENCIES}
    changed = [path for path, text in written.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written[path], encoding="utf-8")
        print(path.relative_to(ROOT))
    print(f"{len(changed)} of {len(written)} files have changed")


if __name__ == "__main__":
    main()
