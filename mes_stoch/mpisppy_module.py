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

_PREFIX = "scen"


@lru_cache(maxsize=4)
def _load(instance: str, scenarios: int | None) -> tuple[Instance, ScenarioTree]:
    loaded = read_instance(instance)
    tree = planning_tree(loaded, scenarios, None)
    require_sound(loaded.instance, tree, loaded.written)
    if not tree.is_two_stage:
        raise UsageError(
            f"{loaded.instance.name} has several scenarios below a day-ahead node; this model module is two-stage: "
            "solve it with `mes-stoch solve`, or give every scenario a node of its own"
        )
    risk = loaded.instance.risk
    if risk is not None and risk.beta > 0:
        raise UsageError(
            f"{loaded.instance.name} weighs risk, and this model module has the expected profit alone: solve it with "
            "`mes-stoch solve`, or write `risk: null`"
        )
    ruled = [name for name, product in loaded.instance.called_products().items() if product.availability is not None]
    if ruled:
        raise UsageError(
            f"{listed(ruled)} has a rule of availability over all scenarios, and this model module has none: solve it "
            "with `mes-stoch solve`, or write `availability: null`"
        )
    return loaded.instance, tree


def _with_scenario(instance: str, scenarios: int | None, index: int) -> tuple[Instance, ScenarioTree, float]:
    """The instance, a tree that holds a scenario, and the scenario's probability.

    Sequential sampling counts on beyond the number of scenarios: drawn ones are the same whatever their number.
    """
    description, tree = _load(instance, scenarios)
    count = len(tree.scenario_names)
    if index < count:
        return description, tree, float(tree.probabilities[index])
    if tree.dataset.attrs.get("seed") is None:
        raise UsageError(f"{description.name} lists {count} scenarios, and nothing follows from them for a further one")
    if tree.weighting is not None:
        raise UsageError(
            f"{description.name} is planned over a tree that is {tree.weighting}, and has no further scenario: "
            "sequential sampling takes independent draws, so leave `reduction` and `tilted_calls` out"
        )
    # twice as many each time, so that few trees are drawn
    _, larger = _load(instance, 1 << index.bit_length())
    return description, larger, 1.0 / count


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
        The folder is not a valid instance.
    UsageError
        Its tree has three stages.
    """
    from mpisppy import scenario_tree
    from mpisppy.utils import sputils

    index = sputils.extract_num(scenario_name)
    description, tree, probability = _with_scenario(str(instance), num_scens, index)
    site = build_pyomo_scenario(description, tree, index)
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
