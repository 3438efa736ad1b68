"""A page from sections: one file, which asks for nothing else and runs no script but its own.

The page holds plotly's own script (some 4.8 MB). Its content security policy allows the scripts whose hashes it names
and no request at all, so that a text that somebody had smuggled past the escaping could neither run nor send anything.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from mes_stoch.report.html.parts import Picture, Section, figures_of
from mes_stoch.schema.errors import UsageError

_TEMPLATES = "mes_stoch.report.html"


class ReportMissingError(UsageError):
    """jinja2 or plotly is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "no HTML report: plotly or jinja2 is not installed; install them with pip install 'mes_stoch[report]', "
            "then `mes-stoch report RUN`"
        )


@dataclass(frozen=True)
class Page:
    """What stands on a page.

    Parameters
    ----------
    title, subtitle, footer : str
    sections : sequence of Section
    """

    title: str
    subtitle: str
    sections: Sequence[Section]
    footer: str

    def html(self) -> str:
        """The page as one document.

        Raises
        ------
        ReportMissingError
            jinja2 or plotly is not installed.
        """
        try:
            from jinja2 import Environment, PackageLoader, StrictUndefined
            from markupsafe import Markup
            from plotly.offline import get_plotlyjs
        except ModuleNotFoundError:
            raise ReportMissingError from None
        environment = Environment(loader=PackageLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
        environment.filters["embedded"] = _embedded
        loader: Any = environment.loader
        style, script = (loader.get_source(environment, name)[0] for name in ("page.css", "page.js"))
        plotly = _whole_script(get_plotlyjs())
        figures = {key: figure.spec for key, figure in figures_of(self.sections).items()}
        return environment.get_template("page.html").render(
            title=self.title,
            subtitle=self.subtitle,
            footer=self.footer,
            sections=self.sections,
            version=version("mes_stoch"),
            policy=_policy([plotly, script]),
            # the project's own text, plotly's, and JSON in which no character can end the element
            style=Markup(style),
            script=Markup(script),
            plotly=Markup(plotly),
            figures=Markup(script_json(figures)),
        )


def script_json(content: Any) -> str:
    r"""JSON for a script element: no text of it can end the element or begin a comment.

    >>> script_json({"name": "</script><!-- & "})
    '{"name":"\\u003c/script\\u003e\\u003c!-- \\u0026 "}'
    """
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _whole_script(text: str) -> str:
    """A script as it can stand in a page: what the parser would normalise is normalised before it is hashed."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("</script", "<\\/script")


def _policy(scripts: Sequence[str]) -> str:
    digests = (base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") for text in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _embedded(picture: Picture) -> str:
    """A picture as the address of an image, which cannot run a script."""
    return "data:image/svg+xml;base64," + base64.b64encode(picture.svg).decode("ascii")
