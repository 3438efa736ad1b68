"""What to fit: the parts of a process and their options, and the months kept back to hold it against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError

from mes_stoch.io.market_data.calendar import public_holidays
from mes_stoch.io.market_data.pairing import local_dates
from mes_stoch.io.market_files.alignment import MINUTES
from mes_stoch.io.readers.field_issues import field_issues, no_line
from mes_stoch.io.readers.time_stamps import find_zone
from mes_stoch.registry import Kind
from mes_stoch.schema.base import Currency, Identifier, Model
from mes_stoch.schema.errors import InstanceError, Issue, UsageError
from mes_stoch.uncertainty.fitted.document import ProcessDocument, Provenance, part_entry
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.part import Part, PartOptions
from mes_stoch.uncertainty.fitted.part_entries import read_entry

_PACKAGES = ("mes_stoch", "numpy", "scipy", "pandas", "scikit-learn", "statsmodels", "holidays")


#: How to mend what a field of a specification refuses.
HINTS = {
    "timezone": "for example Europe/Paris",
    "period_h": "write 1, 0.5, 0.25 or another of 60 minutes through a whole number of minutes",
    "country": "give its ISO 3166 code, such as FR",
}
_MINUTES_OF_AN_HOUR = 60
#: Any year tells whether the holidays of a country are known.
_SOME_YEAR = 2020


def _zone(name: str) -> str:
    if find_zone(name) is None:
        raise ValueError("the name of a time zone (IANA)")
    return name


def _divides_an_hour(period_h: float) -> float:
    minutes = round(period_h * _MINUTES_OF_AN_HOUR)
    if minutes not in MINUTES or abs(period_h * _MINUTES_OF_AN_HOUR - minutes) > 1e-9:
        raise ValueError("a divisor of an hour in whole minutes, in h")
    return period_h


def _has_holidays(country: str) -> str:
    try:
        public_holidays(country, _SOME_YEAR)
    except UsageError:
        raise ValueError("a country whose public holidays are known") from None
    return country


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
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        default="Europe/Paris", description="IANA name; days are those of its clock."
    )
    period_h: Annotated[float, Field(gt=0, le=1), AfterValidator(_divides_an_hour)] = Field(
        default=1.0, description="Periods that the past series are put in, h: a divisor of an hour in whole minutes."
    )
    files: list[PastFile] = Field(
        default_factory=list, description="Past series; may be left out where a frame of them is handed over."
    )
    currency: Currency = Field(default="EUR", description="ISO 4217 code of every price.")
    country: Annotated[str, Field(min_length=2, max_length=3), AfterValidator(_has_holidays)] = Field(
        description="Whose public holidays decide the class of a day."
    )
    months_kept_back: list[str] = Field(
        default_factory=list, description="Months that the fit does not see, such as 2019-11."
    )
    parts: list[dict[str, Any]] = Field(min_length=1, description="`kind` and options of each part, as they draw.")


#: Kind, class and options of a part.
Chosen = tuple[Kind, type[Part], PartOptions]


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
    chosen, issues = chosen_parts(specification, file)
    if issues:
        raise InstanceError(file, issues)
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
        parts=[_fitted(file, number, one, seen) for number, one in enumerate(chosen)],
    )


def _fitted(file: str, number: int, chosen: Chosen, seen: History) -> dict[str, Any]:
    kind, part, options = chosen
    try:
        with kind.errors_named(f"fitting parts.{number}", passes=(ValidationError,)):
            return part_entry(kind.tag, part.fit(seen, options))
    except ValidationError as error:
        brought = "" if kind.is_built_in else f" of the package {kind.brought_by}"
        hint = f"the past series do not determine this parameter of {kind.tag}{brought}"
        issues = field_issues(error, part, file, under=("parts", number))
        raise InstanceError(file, [replace(issue, hint=hint) for issue in issues]) from None


def chosen_parts(
    specification: Specification, file: str, line: Callable[[Sequence[str | int]], int | None] = no_line
) -> tuple[list[Chosen], list[Issue]]:
    """Parts of a specification with their options, and every unknown kind and wrong option.

    Parameters
    ----------
    specification : Specification
    file : str
        For messages.
    line : callable, optional
        Line of an entry by its path.
    """
    chosen: list[Chosen] = []
    issues: list[Issue] = []
    for number, entry in enumerate(specification.parts):
        found, wrong = read_entry(entry, file, ("parts", number), lambda part: part.Options, line)
        issues += wrong
        if found is not None:
            chosen.append(found)
    return chosen, issues


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
