"""An evaluation of a run: what was asked for, and what came out."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mes_stoch.evaluation.stress.document import WORST_LEAVES, stress_result
from mes_stoch.evaluation.stress.outcome import StressTest
from mes_stoch.io.artifacts.run_folder import RunFolder
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.evaluation import EvaluationDocument


@dataclass(frozen=True)
class Evaluation:
    """What was found out about a run beside its own account of itself.

    Parameters
    ----------
    instance : str
        Name of the instance.
    stress : StressTest or None
        ``None`` where it was not asked for.
    """

    instance: str
    stress: StressTest | None = None

    @property
    def passed(self) -> bool:
        """Whether every test that was asked for found nothing wrong."""
        return self.stress is None or self.stress.passed

    def document(self, leaves: int | None = WORST_LEAVES) -> EvaluationDocument:
        """What ``evaluation.json`` holds, with the worst ``leaves`` in detail (``None``: all)."""
        return EvaluationDocument(
            instance=self.instance,
            mes_stoch_version=version("mes_stoch"),
            stress=None if self.stress is None else stress_result(self.stress, leaves),
        )

    def write(self, target: Path, leaves: int | None = WORST_LEAVES) -> None:
        """Write ``evaluation.json``, whole or not at all.

        Raises
        ------
        UsageError
            If it cannot be written.
        """
        if not target.parent.is_dir():
            raise UsageError(f"cannot write {target}: there is no folder {target.parent}")
        RunFolder(target.parent).put_json(target.name, self.document(leaves).model_dump(mode="json"))


def evaluation_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of ``evaluation.json``."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **EvaluationDocument.model_json_schema(mode="serialization"),
    }
