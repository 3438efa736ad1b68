"""Write the golden files anew, after a change that is meant to move rows, and after looking at what it moves::

python tests/golden/record.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from golden_sites import golden_sites
from golden_text import golden_file, golden_files, golden_texts


def record() -> list[str]:
    """Write every golden file, delete those of tags that no site shows any more, and say which changed."""
    with tempfile.TemporaryDirectory() as folder:
        golden = golden_texts(golden_sites(Path(folder)))
    if golden.problems:
        raise SystemExit("\n".join(golden.problems))
    files = {golden_file(tag): text for tag, text in golden.texts.items()}
    changed = []
    for path in golden_files():
        if path not in files:
            path.unlink()
            changed.append(f"{path.name} deleted")
    for path, text in files.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(path.name)
    return sorted(changed)


if __name__ == "__main__":
    print("\n".join(record()) or "nothing has changed")  # noqa: T201
