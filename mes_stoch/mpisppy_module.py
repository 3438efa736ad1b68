"""A site as an mpi-sppy model module, for mpi-sppy's own drivers.

::

    python -m mpisppy.generic_cylinders --module-name mes_stoch.mpisppy_module \\
        --instance instances/tiny_site --num-scens 4 --EF --EF-solver-name highs

Every scenario is the plain Pyomo model of the same algebra that this project compiles. The project's own runs do not go
this way (they never build a whole Pyomo scenario); it is for comparing, and for methods of mpi-sppy that the project
does not drive. The objective is the negative of the profit, EUR.

Source
------
mpi-sppy's model-module convention: Knueven, Mildebrath, Muir, Siirola, Watson, Woodruff (2023), DOI
10.1007/s12532-023-00247-3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mes_stoch.io.instance import read_instance
from mes_stoch.io.readers.locate import listed
from mes_stoch.model.site_program import build_pyomo_scenario
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.planning_tree import planning_tree
from mes_stoch.uncertainty.quality import require_sound
from mes_stoch.uncertainty.tree import needs_whole_tree, tree_draws
from mes_stoch.uncertainty.tree_draws import TreeDraws

_PREFIX = "scen"


@dataclass(frozen=True)
class _Scenarios:
    """What scenarios of an instance come from: drawn one by one as they are asked for, or a tree that is whole.

    mpi-sppy asks every rank for its own scenarios alone. Penalties follow from the instance's own series and nothing
    else is taken over all scenarios, so that a rank draws no other's. Lists and weighted trees are read whole.
    """

    instance: Instance
    written: Mapping[str, bytes]
    count: int
    source: TreeDraws | ScenarioTree

    def scenario(self, index: int) -> tuple[ScenarioTree, int, float]:
        """A tree that holds a scenario, the scenario's position in it, and its probability among all.

        Sequential sampling counts on beyond the number of scenarios: drawn ones are the same whatever their number.

        Raises
        ------
        UsageError
            A further one of a tree that has none.
        InstanceError
            Data that are not sound.
        """
        if isinstance(self.source, TreeDraws):
            drawn = self.source.part(index, index + 1)
            require_sound(self.instance, drawn, self.written)
            return drawn, 0, 1.0 / self.count
        if index < self.count:
            return self.source, index, float(self.source.probabilities[index])
        if self.source.weighting is not None:
            raise UsageError(
                f"{self.instance.name} is planned over a tree that is {self.source.weighting}, and has no further "
                "scenario: sequential sampling takes independent draws, so leave `reduction` and `tilted_calls` out"
            )
        raise UsageError(
            f"{self.instance.name} lists {self.count} scenarios, and nothing follows from them for a further one"
        )


@lru_cache(maxsize=4)
def _load(instance: str, scenarios: int | None) -> _Scenarios:
    loaded = read_instance(instance)
    if needs_whole_tree(loaded) is None:
        draws = tree_draws(loaded, scenarios, None)
        found = _Scenarios(loaded.instance, loaded.written, draws.scenarios, draws)
        is_two_stage = draws.leaves_per_day_ahead_node == 1
    else:
        tree = planning_tree(loaded, scenarios, None)
        require_sound(loaded.instance, tree, loaded.written)
        found = _Scenarios(loaded.instance, loaded.written, len(tree.scenario_names), tree)
        is_two_stage = tree.is_two_stage
    _require_plain(loaded.instance, is_two_stage=is_two_stage)
    return found


def _require_plain(instance: Instance, *, is_two_stage: bool) -> None:
    """Refuse what this module has no equations for.

    Raises
    ------
    UsageError
    """
    if not is_two_stage:
        raise UsageError(
            f"{instance.name} has several scenarios below a day-ahead node; this model module is two-stage: "
            "solve it with `mes-stoch solve`, or give every scenario a node of its own"
        )
    if instance.risk is not None and instance.risk.beta > 0:
        raise UsageError(
            f"{instance.name} weighs risk, and this model module has the expected profit alone: solve it with "
            "`mes-stoch solve`, or write `risk: null`"
        )
    ruled = [name for name, product in instance.called_products().items() if product.availability is not None]
    if ruled:
        raise UsageError(
            f"{listed(ruled)} has a rule of availability over all scenarios, and this model module has none: solve it "
            "with `mes-stoch solve`, or write `availability: null`"
        )


def scenario_names_creator(num_scens: int, start: int | None = None) -> list[str]:
    """Names by position in the tree, as mpi-sppy wants them."""
    first = start or 0
    return [f"{_PREFIX}{k}" for k in range(first, first + num_scens)]


def inparser_adder(cfg: Any) -> None:
    """Add ``--num-scens`` and ``--instance`` to mpi-sppy's options."""
    cfg.num_scens_required()
    cfg.add_to_config("instance", description="instance folder of mes_stoch", domain=str, default=None)


def kw_creator(cfg: Any) -> dict[str, Any]:
    return {"instance": cfg.instance, "num_scens": cfg.num_scens}


def scenario_creator(scenario_name: str, instance: str | None = None, num_scens: int | None = None) -> Any:
    """The plain Pyomo model of one scenario with its root node attached.

    Raises
    ------
    InstanceError
        The folder is not a valid instance, or the scenario's data are not sound. The rank that draws it is the only
        one that knows: ``mpiexec ... python -m mpi4py -m mpisppy.generic_cylinders ...`` ends the others as well.
    UsageError
        Its tree has three stages.
    """
    from mpisppy import scenario_tree
    from mpisppy.utils import sputils

    index = sputils.extract_num(scenario_name)
    scenarios = _load(str(instance), num_scens)
    tree, position, probability = scenarios.scenario(index)
    site = build_pyomo_scenario(scenarios.instance, tree, position)
    model = site.model
    volumes: list[Any] = []
    derived: list[Any] = []
    for group, members in site.variables:
        if group.stage == "commit":
            (derived if group.is_derived else volumes).extend(members)
    model._mpisppy_node_list = [
        scenario_tree.ScenarioNode(
            name="ROOT",
            cond_prob=1.0,
            stage=1,
            cost_expression=0.0,
            nonant_list=volumes,
            scen_model=model,
            nonant_ef_suppl_list=derived,
        )
    ]
    model._mpisppy_probability = probability
    return model


def scenario_denouement(rank: int, scenario_name: str, scenario: Any) -> None:
    """Nothing to do after a scenario."""
