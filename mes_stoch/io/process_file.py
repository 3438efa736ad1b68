"""Read the file of a fitted process that an instance names; what it means is checked where it is drawn from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mes_stoch.io.files import LARGEST_TEXT_BYTES, read_regular, stays_inside
from mes_stoch.io.readers.locate import Locator, show
from mes_stoch.io.validation.partial_instance import PartialInstance
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import FITTED, SyntheticScenarios


def read_process_file(
    folder: Path, partial: PartialInstance, locator: Locator
) -> tuple[Mapping[str, Any] | None, list[Issue]]:
    """Content of the file of the instance's process, and what is wrong with it.

    Returns
    -------
    mapping or None
        ``None`` where the instance names none, or it cannot be read.
    """
    uncertainty = partial.uncertainty
    if not isinstance(uncertainty, SyntheticScenarios):
        return None, []
    file, path = uncertainty.process_file, ("uncertainty", "process_file")
    if uncertainty.process != FITTED:
        if file is None:
            return None, []
        hint = f"write process: {FITTED}, or leave process_file out"
        return None, [locator.issue(path, show(file), f"nothing, for the process {uncertainty.process}", hint)]
    if file is None:
        hint = "mes-stoch fit writes one from past series"
        return None, [locator.issue(path, "nothing", "the file of a fitted process", hint)]
    if uncertainty.parameters:
        hint = "change the file, or fit again"
        return None, [locator.issue(("uncertainty", "parameters"), "parameters", "none beside process_file", hint)]
    if not stays_inside(file):
        hint = "copy the file beside instance.yaml and write its name"
        return None, [locator.issue(path, show(file), "a file inside the instance folder", hint)]
    return _content(folder, file)


def _content(folder: Path, file: str) -> tuple[Mapping[str, Any] | None, list[Issue]]:
    try:
        content = json.loads(read_regular(folder / file, LARGEST_TEXT_BYTES).decode("utf-8"))
    except OSError as error:
        hint = "mes-stoch fit writes it from past series"
        return None, [Issue(file, None, "", error.strerror or str(error), "the file of a fitted process", hint)]
    except json.JSONDecodeError as error:
        found = f"{error.msg} (column {error.colno})"
        return None, [Issue(file, error.lineno, "", found, "JSON, as mes-stoch fit writes it")]
    except (UnicodeDecodeError, RecursionError):
        return None, [Issue(file, 1, "", "no text of UTF-8", "JSON, as mes-stoch fit writes it")]
    if not isinstance(content, dict):
        return None, [Issue(file, 1, "", show(content), "JSON of a fitted process: a mapping")]
    return content, []
