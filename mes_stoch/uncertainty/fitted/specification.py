"""What to fit: the parts of a process and their options, and the months kept back to hold it against."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

from pydantic import Field, ValidationError

from mes_stoch.io.market_data.pairing import local_dates
from mes_stoch.registry import PROCESS_PARTS, kinds, refused
from mes_stoch.schema.base import Currency, Identifier, Model
from mes_stoch.schema.errors import InstanceError, Issue
from mes_stoch.uncertainty.fitted.document import ProcessDocument, Provenance, part_entry
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.part import Part, PartOptions

_PACKAGES = ("mes_stoch", "numpy", "scipy", "pandas", "scikit-learn", "statsmodels", "holidays")


class PastFile(Model):
    """A file of past series."""

    file: str = Field(description="Path, from the folder of the specification.")
    layout: str | None = Field(
        default=None, description="Name of its layout (`mes-stoch data --layouts`); null: the one that recognises it."
    )
    columns: str | None = Field(
        default=None, description="What its columns are, for a file of no known layout: `time=Date, Price=NAME, ...`."
    )
    zone: str | None = Field(default=None, description="Zone of stamps without an offset; null: the layout's.")
    clock: Literal["clock", "removed"] | None = Field(
        default=None, description="`removed`: every day of the file has 24 hours; null: the layout's."
    )
    rename: dict[str, Identifier] = Field(
        default_factory=dict, description="Series to take, by their name in the file; empty: all of them as they are."
    )


class Specification(Model):
    """A process to be fitted."""

    format: Literal[1] = 1
    timezone: str = Field(default="Europe/Paris", description="IANA name; days are those of its clock.")
    period_h: float = Field(
        default=1.0, gt=0, le=1, description="Periods that the past series are put in: a divisor of an hour."
    )
    files: list[PastFile] = Field(
        default_factory=list, description="Past series; may be left out where a frame of them is handed over."
    )
    currency: Currency = Field(default="EUR", description="ISO 4217 code of every price.")
    country: str = Field(min_length=2, max_length=3, description="Whose public holidays decide the class of a day.")
    months_kept_back: list[str] = Field(
        default_factory=list, description="Months that the fit does not see, such as 2019-11."
    )
    parts: list[dict[str, Any]] = Field(min_length=1, description="`kind` and options of each part, as they draw.")


def fit(specification: Specification, history: History, file: str = "process.yaml") -> ProcessDocument:
    """Fit every part of a specification to past series.

    Parameters
    ----------
    specification : Specification
    history : History
        All of it; months kept back are taken out here.
    file : str
        Of the specification, for messages.

    Raises
    ------
    InstanceError
        With every unknown kind and option.
    UsageError
        Series that are not there, or too few of their values.
    """
    seen = history.split(specification.months_kept_back)[0] if specification.months_kept_back else history
    chosen = _parts(specification, file)
    dates = local_dates(history.frame)
    return ProcessDocument(
        currency=specification.currency,
        country=specification.country,
        fitted_to=Provenance(
            sources=list(history.sources),
            first_day=dates[0].isoformat(),
            last_day=dates[-1].isoformat(),
            period_h=history.period_h,
            timezone=str(history.time.tz),
            months_kept_back=specification.months_kept_back,
            versions=_versions(),
        ),
        parts=[part_entry(tag, part.fit(seen, options)) for tag, part, options in chosen],
    )


def _parts(specification: Specification, file: str) -> list[tuple[str, type[Part], PartOptions]]:
    known = kinds(PROCESS_PARTS)
    chosen, issues = [], []
    for number, entry in enumerate(specification.parts):
        tag, key = entry.get("kind"), f"parts.{number}"
        if not isinstance(tag, str) or tag not in known:
            hint = refused(PROCESS_PARTS).get(str(tag), "")
            issues.append(Issue(file, None, f"{key}.kind", repr(tag), f"one of: {', '.join(sorted(known))}", hint))
            continue
        part: type[Part] = known[tag].process_part()
        try:
            options = part.Options.model_validate({name: value for name, value in entry.items() if name != "kind"})
        except ValidationError as error:
            for problem in error.errors():
                place = ".".join([key, *(str(step) for step in problem["loc"])])
                hint = f"options of {tag}: {', '.join(part.Options.model_fields)}"
                issues.append(Issue(file, None, place, f"{problem['input']!r:.60}", problem["msg"], hint))
        else:
            chosen.append((tag, part, options))
    if issues:
        raise InstanceError(file, issues)
    return chosen


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
