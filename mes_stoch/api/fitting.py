"""Fit a scenario process to past series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from mes_stoch.io.files import made_folder, write_whole
from mes_stoch.io.readers.field_issues import field_issues
from mes_stoch.schema.errors import InstanceError, UsageError, WriteError
from mes_stoch.uncertainty.fitted.document import ProcessDocument, document_text, process_of
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.past_series import past_series, read_specification
from mes_stoch.uncertainty.fitted.process import FittedProcess
from mes_stoch.uncertainty.fitted.specification import HINTS, Specification
from mes_stoch.uncertainty.fitted.specification import fit as fit_parts

_MAPPING = "the specification"


@dataclass(frozen=True)
class Fit:
    """A fitted process and what it was fitted to.

    Parameters
    ----------
    document : ProcessDocument
        Its parameters, as the file holds them.
    history : History
        All past series, months kept back included.
    """

    document: ProcessDocument
    history: History

    @property
    def process(self) -> FittedProcess:
        """What draws."""
        return process_of("the process", "parts", self.document.model_dump(mode="json"))

    @property
    def kept_back(self) -> History | None:
        """The months that the fit has not seen; ``None`` where there are none."""
        months = self.document.fitted_to.months_kept_back
        return self.history.split(months)[1] if months else None

    def write(self, path: str | Path) -> None:
        """Write the file that an instance names as its ``process_file``.

        Raises
        ------
        UsageError
            If it cannot be written.
        """
        content = document_text(self.document).encode("utf-8")
        made_folder(Path(path).parent)
        try:
            write_whole(Path(path), lambda stream: stream.write(content))
        except WriteError as error:
            raise UsageError(f"the process cannot be written to {path}: {error.reason}") from error

    def lines(self) -> list[str]:
        """What was fitted, in words."""
        to = self.document.fitted_to
        back = f", {len(to.months_kept_back)} months kept back" if to.months_kept_back else ""
        found = [f"fitted to {to.first_day} to {to.last_day}, periods of {to.period_h:g} h ({to.timezone}){back}"]
        for part, entry in zip(self.process.parts, self.document.parts, strict=True):
            found.append(f"  {part.stage:9}  {entry['kind']:16}  {', '.join(part.series_names())}")
        return found

    def diagnose(self, seed: int = 0, draws_per_day: int = 20) -> pd.DataFrame:
        """What the process draws against the months kept back; see :mod:`mes_stoch.uncertainty.fitted.diagnosis`.

        Raises
        ------
        UsageError
            No months were kept back.
        """
        back = self.kept_back
        if back is None:
            raise UsageError("nothing to hold the process against: name months_kept_back in the specification")
        from mes_stoch.uncertainty.fitted.diagnosis import diagnose, past_of, plain_bootstrap

        seen = self.history.split(self.document.fitted_to.months_kept_back)[0]
        process = self.process
        seen, lacking = past_of(process, seen)
        known = [name for name in process.series_names() if name not in lacking]
        baseline = plain_bootstrap(seen, known) if known else None
        return diagnose(process, back, seed, draws_per_day, baseline)

    def diagnosis_text(self, seed: int = 0, draws_per_day: int = 20) -> str:
        """The same as plain text, with what is outside its band marked.

        Raises
        ------
        UsageError
            No months were kept back.
        """
        table = self.diagnose(seed, draws_per_day)
        shown = table.assign(inside=["" if inside else "outside" for inside in table["inside"]])
        outside = int((~table["inside"].astype(bool)).sum())
        lines = [
            shown.rename(columns={"inside": ""}).to_string(index=False, float_format=lambda value: f"{value:.4g}"),
            f"{len(table) - outside} of {len(table)} inside the bands (95 %, by days of the months kept back). Scores",
            "of days beside those of a plain bootstrap of the days fitted to: a ratio of 1 or less is as good.",
        ]
        if left_out := table.attrs["left_out"]:
            lines.append(f"Left out, for the past series have nothing to hold them against: {', '.join(left_out)}.")
        return "\n".join(lines)


def fit(specification: str | Path | Mapping[str, Any], series: pd.DataFrame | None = None) -> Fit:
    """Fit a scenario process to past series.

    Parameters
    ----------
    specification : path or mapping
        A YAML file, or what it would say.
    series : DataFrame, optional
        Past series by local time with its zone, a column a series named with its unit; default those of the files that
        the specification names.

    Raises
    ------
    InstanceError
        With every problem of the specification, or of a process that no instance could draw from.
    MarketFileError
        A file that cannot be read.
    UsageError
        Series that are not there, or too few of their values.

    Examples
    --------
    >>> import pandas as pd
    >>> import mes_stoch as ms
    >>> time = pd.date_range("2021-01-01", "2021-03-31 23:00", freq="h", tz="Europe/Paris")
    >>> prices = pd.DataFrame({"da_price_eur_per_mwh": 40.0 + time.hour}, index=time)
    >>> parts = [{"kind": "day_bootstrap", "series": ["da_price_eur_per_mwh"]}]
    >>> len(ms.fit({"country": "FR", "parts": parts}, prices).document.parts[0]["days"])
    89
    """
    if isinstance(specification, Mapping):
        folder, file = Path(), _MAPPING
        asked = _of_mapping(specification)
    else:
        path = Path(specification)
        folder, file = path.parent, path.name
        asked = read_specification(path)
    history = past_series(asked, folder) if series is None else History(series, asked.country)
    document = fit_parts(asked, history, file)
    # what an instance would refuse is not to be written
    process_of(file, file, document.model_dump(mode="json"))
    return Fit(document, history)


def _of_mapping(specification: Mapping[str, Any]) -> Specification:
    try:
        return Specification.model_validate(specification)
    except ValidationError as error:
        raise InstanceError(_MAPPING, field_issues(error, Specification, _MAPPING, hints=HINTS)) from None
