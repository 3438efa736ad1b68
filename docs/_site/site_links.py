"""Relative links of Markdown files, as they have to be on the site."""

from __future__ import annotations

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"

#: Pages that include files from outside the folder of the site, by these files.
PAGE_OF = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
    "slurm/README.md": "project/slurm.md",
    "instances/README.md": "instances.md",
}
# a label, and a target that is no address and no anchor of the page itself
_LINK = re.compile(r"(?<!!)\[([^\]\[]+)\]\(([^)#:\s]+)(#[^)\s]*)?\)")


def leading_to_pages(text: str, written_in: Path, shown_on: Path) -> str:
    """A text whose links lead to the same things from the page that shows it.

    Parameters
    ----------
    text : str
        Markdown.
    written_in : Path
        The file it stands in, to which its links are relative.
    shown_on : Path
        The page of the site that shows it.
    """

    def link(found: re.Match[str]) -> str:
        label, target, anchor = found[1], (written_in.parent / found[2]).resolve(), found[3] or ""
        if target.is_dir():
            return label
        page, anchor = _page(target, anchor)
        return f"[{label}]({Path(os.path.relpath(page, shown_on.parent)).as_posix()}{anchor})"

    return _LINK.sub(link, text)


def _page(target: Path, anchor: str) -> tuple[Path, str]:
    if not target.is_relative_to(ROOT):
        return target, anchor
    name = target.relative_to(ROOT).as_posix()
    if name in PAGE_OF:
        return DOCS / PAGE_OF[name], anchor
    if instance := re.fullmatch(r"instances/(\w+)/README\.md", name):
        # all of them stand on one page, below their names
        return DOCS / "instances.md", anchor or f"#{instance[1]}"
    return target, anchor
