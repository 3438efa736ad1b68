"""The files of an instance as it was solved, whatever was changed of it in Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mes_stoch.io.instance import LoadedInstance, head_of_replaced
from mes_stoch.io.overrides.entries import apply_overrides
from mes_stoch.io.overrides.read import read_overridden
from mes_stoch.io.readers.locate import INSTANCE_FILE
from mes_stoch.io.readers.yaml_lines import Document, parse_yaml
from mes_stoch.io.yaml_text import yaml_text
from mes_stoch.schema.errors import InstanceError, UsageError
from mes_stoch.schema.units import in_currency


def inputs_as_solved(loaded: LoadedInstance) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Files that read as the instance at hand, and what of them differs from the user's own.

    Returns
    -------
    tuple of dict and dict
        Content by name; new values by the dotted path of their entry, empty where nothing was replaced or changed.

    Raises
    ------
    UsageError
        If the change cannot be written as an instance.
    """
    inputs, replaced = dict(loaded.inputs), dict(loaded.overrides)
    if loaded.instance is loaded.as_read:
        return inputs, replaced
    written = read_again(inputs).instance
    code = loaded.instance.currency
    changes = {
        in_currency(path, code): value
        for path, value in _changes(written.model_dump(mode="json"), loaded.instance.model_dump(mode="json"), "")
    }
    if not changes:
        return inputs, replaced
    document = Document(INSTANCE_FILE)
    parse_yaml(inputs[INSTANCE_FILE].decode("utf-8-sig"), document)
    data, _, _ = apply_overrides(document.data, changes)
    replaced |= changes
    inputs[INSTANCE_FILE] = (head_of_replaced(replaced) + yaml_text(data)).encode("utf-8")
    try:
        is_same = read_again(inputs).instance == loaded.instance
    except InstanceError as error:
        raise UsageError(f"the instance was changed in Python, and is no longer valid: {error}") from None
    if not is_same:
        raise UsageError(
            f"the instance was changed in Python in a way that no {INSTANCE_FILE} can say ({', '.join(changes)}); "
            "use ms.read(folder, overrides), or Site.replace"
        )
    return inputs, replaced


def read_again(
    inputs: Mapping[str, bytes],
    overrides: Mapping[str, Any] | None = None,
    *,
    called: str = "the run's copy of its instance",
) -> LoadedInstance:
    """An instance from the files that are kept of it, as by a run.

    Parameters
    ----------
    overrides : mapping, optional
        What to replace, by dotted path.
    called : str
        What errors call it.

    Raises
    ------
    InstanceError
        If they are no sound instance.
    """
    try:
        with TemporaryDirectory(prefix="mes-stoch-instance-") as copy:
            for name, content in inputs.items():
                target = Path(copy) / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            return read_overridden(Path(copy), overrides)
    except OSError as error:
        raise UsageError(f"no space to read {called}: {error.strerror or error}") from error
    except InstanceError as error:
        raise InstanceError(called, error.issues) from None


def _changes(old: Any, new: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Entries that differ, as deep as both are mappings."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict) and set(old) <= set(new):
        for key, value in new.items():
            yield from _changes(old.get(key), value, f"{path}.{key}" if path else key)
    else:
        yield path, new
