"""What Sphinx does with a page before it is parsed.

- ``<!-- site: NAME ... -->`` is replaced by what :mod:`site_pages` makes of the name: tables of registries and the
  catalogue, equations by tag, docstrings, files elsewhere in the repository. Nothing made is kept in the repository, so
  nothing can go stale; a name that is not known stops the build.
- Links to files that another page includes lead to that page, and links to folders become text.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from site_links import leading_to_pages
from site_pages import PARTS

_MARK = re.compile(r"^<!-- site: (\w+) *(.*?) *-->$", re.MULTILINE)


def with_parts(text: str, page: Path) -> str:
    """The text of a page with its parts made, and with links that hold on the site.

    Parameters
    ----------
    text : str
    page : Path
        Where its file lies.
    """

    def made(mark: re.Match[str]) -> str:
        return PARTS[mark[1]](page, mark[2])

    return _MARK.sub(made, leading_to_pages(text, page, page))


def setup(app: Any) -> dict[str, Any]:
    """Called by Sphinx."""

    def read(app: Any, docname: str, source: list[str]) -> None:
        source[0] = with_parts(source[0], Path(app.env.doc2path(docname)))

    app.connect("source-read", read)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
