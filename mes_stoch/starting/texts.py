"""What a new folder says of itself: the head of its instance, and its README."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mes_stoch.io.catalogue.products import product_catalogue
from mes_stoch.io.json_schema.fields import unit_in_words
from mes_stoch.io.json_schema.shipped import BESIDE, editor_line
from mes_stoch.starting.choices import Choices
from mes_stoch.starting.commented_yaml import plain
from mes_stoch.starting.comments import TO_CHECK, YOURS, EntryPath, whose_number
from mes_stoch.starting.compose import SERIES_FILE


def head(choices: Choices) -> str:
    """First lines of the instance."""
    return (
        f"{editor_line(BESIDE)}\n"
        f"# {choices.site.title} in {choices.country.name}. README.md says where the numbers come from.\n"
        f"# `{YOURS}` marks a number that was made up for the example: put your own in its place.\n"
        f"# `{TO_CHECK}` marks a number that your market sets.\n"
        "# Market rules that are not stated come from the catalogue: mes-stoch validate --products --long FOLDER\n"
    )


def own_comments(choices: Choices) -> dict[EntryPath, str]:
    """What is said of keys that the schema knows as names alone."""
    said: dict[EntryPath, str] = {
        ("nodes", name): f"Bus of {node['carrier']}" for name, node in choices.site.nodes.items()
    }
    said |= {("components", name): piece.says for name, piece in choices.site.components.items()}
    for choice in choices.products:
        product = choices.country.products[choice]
        for name in product.entries:
            said["products", name] = product.entries_say.get(name, product.says)
            said |= {("products", name, "units", unit): "In MW of its own energy" for unit in choices.providers(choice)}
            if product.is_held:
                said["products", name, "minimum_bid_mw"] = _minimum_bid(choices, name, product.entries[name])
    said["solve",] = "How to solve where the command line does not say otherwise"
    for name in choices.site.levels:
        for own in choices.country.levels.get(name, {name: 1.0}):
            said["uncertainty", "parameters", own] = f"{_LEVELS[name]} ({YOURS})"
    for name in choices.country.parameters:
        said["uncertainty", "parameters", name] = _PARAMETERS[name]
    return said


def _minimum_bid(choices: Choices, name: str, rules: Mapping[str, Any]) -> str:
    usual = product_catalogue()[rules.get("like", name)].get("minimum_bid_mw", 0)
    pooled = f"; {usual:g} in the catalogue, less through a pool of sites" if usual > choices.site.bid_step_mw else ""
    return f"[MW] Smallest volume that is bid{pooled} ({YOURS})"


_LEVELS = {
    "electricity_mean_mw": "[MW] Sets the mean electricity demand",
    "hot_water_mean_mw": "[MW] Mean heat for hot water",
    "heat_loss_mw_per_k": "[MW/K] Heating per degree of cold outside",
    "pv_peak_mw": "[MW] Output of PV under full sun at the zenith",
}
_PARAMETERS = {
    "latitude_deg": "[degrees] Of the sun that PV sees",
    "longitude_deg": "[degrees] Of the sun that PV sees; east is positive",
    "mfrr_block_h": "[h] Capacity prices of mFRR change from block to block",
}


def readme(choices: Choices, instance: Mapping[str, Any], folder: str) -> str:
    """README.md of the folder.

    Parameters
    ----------
    choices : Choices
        What was chosen.
    instance : mapping
        As it is written, in its currency.
    folder : str
        How commands name the folder.
    """
    return "\n".join([*_about(choices, folder), *_numbers(choices, instance), *_licence()]) + "\n"


def spoken(folder: Path) -> str:
    """A folder as a shell takes it."""
    return shlex.quote(str(folder))


def next_commands(folder: str) -> list[tuple[str, str]]:
    """What to do with a new folder: commands, each with what it does."""
    return [
        (f"mes-stoch validate {folder}", "check it again after every change"),
        (f"mes-stoch site {folder}", "how its parts are joined"),
        (f"mes-stoch solve {folder} --out runs/first", "the commitment, with its proven interval"),
        ("mes-stoch report runs/first", "tables and figures of that run"),
        ("mes-stoch settle runs/first", "every cash flow again, without the optimiser"),
    ]


def _about(choices: Choices, folder: str) -> Iterator[str]:
    site, own = choices.site, choices.country
    yield f"# {choices.name}"
    yield ""
    yield f"{site.title} in {own.name}: {site.says[0].lower()}{site.says[1:]}. Written by `mes-stoch new` as a start."
    yield ""
    yield "**Synthetic**: no plant, price or demand here is a real one. Replace what is marked before a result is taken"
    yield "as money."
    yield ""
    yield "| file | what |"
    yield "|---|---|"
    yield "| `instance.yaml` | the site, what it sells and what it does not know; each key with its meaning and unit |"
    if site.series:
        listed = ", ".join(f"`{name}`" for name in site.series)
        yield f"| `{SERIES_FILE}` | {listed}: made up, by hour of the day; put metered values in its place |"
    yield f"| `{BESIDE}` | the format as JSON Schema: editors complete and check by it; see below |"
    yield ""
    yield "```bash"
    width = max(len(command) for command, _ in next_commands(folder))
    for command, what in next_commands(folder):
        yield f"{command:<{width}}   # {what}"
    yield "```"
    yield ""
    yield "An editor with a YAML language server (VS Code: the extension YAML of Red Hat) reads the first line of"
    yield f"`instance.yaml`, finds `{BESIDE}` beside it and needs no network. After an update of mes_stoch"
    code = "" if own.currency == "EUR" else f" --currency {own.currency}"
    yield f"write that file again: `mes-stoch validate --schema{code} > {BESIDE}`."
    yield ""


def _numbers(choices: Choices, instance: Mapping[str, Any]) -> Iterator[str]:
    own = choices.country
    yield "## Where the numbers come from"
    yield ""
    yield f"- **Scenarios** (`{own.process}`). {own.prices_are}."
    yield "- **Market rules** that `instance.yaml` does not state come from the catalogue, with their sources; rules"
    yield "  without a published source are marked `[user]` there: `mes-stoch validate --products --long`."
    likes = {name: entry["like"] for name, entry in instance["products"].items() if "like" in entry}
    if likes:
        listed = ", ".join(f"`{name}` (like `{like}`)" for name, like in likes.items())
        yield f"- {listed}: rules of the French product stand in where none is stated. Check them with your operator."
    yield f"- **Numbers below** are `{YOURS}` (sizes, costs, prices and volumes that were made up), or `{TO_CHECK}`."
    yield ""
    yield "| key | value | unit | |"
    yield "|---|---|---|---|"
    for path, value in leaves(instance, ()):
        whose = whose_number(path, value)
        if whose:
            key = str(path[-1]) if isinstance(path[-1], str) else str(path[-2])
            shown = unit_in_words(key) or ""
            yield f"| `{'.'.join(map(str, path))}` | {plain(value)} | {shown} | {whose} |"
    yield ""


def leaves(value: Any, path: EntryPath) -> Iterator[tuple[EntryPath, Any]]:
    """Every plain value with its path."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, (*path, number))
    else:
        yield path, value


def _licence() -> Iterator[str]:
    yield "## Licence"
    yield ""
    yield "The template is part of mes_stoch (Apache-2.0) and holds no data of others. Say here what holds for the data"
    yield "that you put in."
