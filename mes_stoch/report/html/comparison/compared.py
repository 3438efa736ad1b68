"""Runs laid side by side: what they are called, what differs between their instances, options and scenarios."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mes_stoch.io.readers.locate import INSTANCE_FILE
from mes_stoch.io.readers.yaml_lines import Document, parse_yaml
from mes_stoch.report.run import Run

#: A text of a value that is longer is cut.
_LONGEST = 80
#: In the place of a key that an instance does not have.
ABSENT = "(not there)"
#: What a summary says of risk that is found, not asked for.
_FOUND_OF_RISK = ("value", "value_at_risk")


@dataclass(frozen=True)
class ComparedRuns:
    """Two or more runs by the names under which a page tells them apart."""

    runs: Mapping[str, Run]

    @classmethod
    def of(cls, runs: Sequence[tuple[Path, Run]]) -> ComparedRuns:
        """Names are those of the folders; where two are equal, with a number behind."""
        named: dict[str, Run] = {}
        for folder, run in runs:
            plain = folder.resolve().name
            name, number = plain, 2
            while name in named:
                name, number = f"{plain} ({number})", number + 1
            named[name] = run
        return cls(named)

    @property
    def names(self) -> list[str]:
        return list(self.runs)

    @property
    def first(self) -> str:
        """The run that differences are from."""
        return self.names[0]

    @property
    def currencies(self) -> list[str]:
        return list(dict.fromkeys(run.currency for run in self.runs.values()))

    @cached_property
    def warnings(self) -> list[str]:
        """What keeps numbers of these runs from being compared, in words."""
        found = []
        if len(self.currencies) > 1:
            found.append(f"The runs are in several currencies ({', '.join(self.currencies)}): no money is compared.")
        first = self.runs[self.first]
        for name in self.names[1:]:
            own = self.runs[name]
            if not _is_same_time(first, own):
                found.append(f"{name} has other periods than {self.first}: volumes and profits are of other days.")
            if not _is_same_tree(first, own):
                found.append(
                    f"{name} has other scenarios than {self.first}: a difference of profits is not that of the "
                    "decisions alone. Evaluate both commitments over one tree (mes-stoch evaluate --against)."
                )
            if _objective(first) != _objective(own):
                found.append(f"{name} maximises {_objective(own)}, {self.first} {_objective(first)}.")
        return found

    def instance_differences(self) -> list[tuple[str, list[str]]]:
        """Entries of the instances' files that are not the same in all runs, by dotted key."""
        entries = {name: dict(_flat(_instance(run), "")) for name, run in self.runs.items()}
        keys = dict.fromkeys(key for own in entries.values() for key in own)
        rows = []
        for key in keys:
            values = [_text(own[key]) if key in own else ABSENT for own in entries.values()]
            if len(set(values)) > 1:
                rows.append((key, values))
        return rows + self._file_differences()

    def _file_differences(self) -> list[tuple[str, list[str]]]:
        """Files beside the instance whose content is not the same in all runs, by their hashes."""
        hashes = {
            name: {file: hashlib.sha256(content).hexdigest()[:12] for file, content in run.settings.inputs.items()}
            for name, run in self.runs.items()
        }
        files = dict.fromkeys(file for own in hashes.values() for file in own if file != INSTANCE_FILE)
        rows = []
        for file in files:
            values = [f"SHA-256 {own[file]}..." if file in own else ABSENT for own in hashes.values()]
            if len(set(values)) > 1:
                rows.append((f"file {file}", values))
        return rows

    def option_differences(self) -> list[tuple[str, list[str]]]:
        """Options of the solves that are not the same in all runs."""
        options = {
            name: {
                "method": run.settings.method,
                "scenarios": run.summary["scenarios"],
                "stages": run.summary.get("stages", 2),
                "seed": run.summary["seed"],
                "ranks": run.summary["ranks"],
                **run.settings.options,
            }
            for name, run in self.runs.items()
        }
        keys = dict.fromkeys(key for own in options.values() for key in own)
        rows = [(key, [_text(own.get(key, ABSENT)) for own in options.values()]) for key in keys]
        return [(key, values) for key, values in rows if len(set(values)) > 1]


def _instance(run: Run) -> Any:
    """The instance's file as plain values; nothing where it cannot be read."""
    document = Document(INSTANCE_FILE)
    parse_yaml(run.settings.inputs.get(INSTANCE_FILE, b"").decode("utf-8-sig", errors="replace"), document)
    return {} if document.data is None else document.data


def _objective(run: Run) -> str:
    """What is maximised, with all that a weighed measure of risk is made of."""
    risk = run.summary.get("risk")
    if risk is None or not run.is_risk_averse:
        return f"the {run.maximised}"
    terms = {key: value for key, value in risk.items() if key not in _FOUND_OF_RISK and value is not None}
    return f"the {run.maximised} of {', '.join(f'{key} {value}' for key, value in terms.items())}"


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every entry that is no mapping and no list, by its dotted path."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for place, inner in enumerate(value):
            yield from _flat(inner, f"{path}[{place}]")
    else:
        yield path, value


def _text(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _is_same_time(one: Run, other: Run) -> bool:
    return np.array_equal(one.tree.dataset["time"].values, other.tree.dataset["time"].values)


def _is_same_tree(one: Run, other: Run) -> bool:
    """Whether two runs were solved over the same scenarios, with the same probabilities and data."""
    first, second = one.tree.dataset, other.tree.dataset
    return first.drop_attrs().equals(second.drop_attrs())
