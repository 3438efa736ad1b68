"""Whatever a folder holds, reading it succeeds or ends in an InstanceError that can be printed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from site_folder import CONVERTER, INSTANCE, SCENARIOS, SERIES, make_site

from mes_stoch.io.instance import read_instance
from mes_stoch.schema.errors import InstanceError

VALUES = st.sampled_from(
    [
        "null",
        "~",
        "",
        "-1",
        "0",
        "1e400",
        ".nan",
        "-.inf",
        "[]",
        "{}",
        "[null]",
        "{a: 1}",
        "true",
        "'1'",
        "text",
        "1e30",
        "*a",
        "&a x",
        "!!python/none",
        "- 1",
        "0x10",
        "2025-01-01",
        "9999999",
        "power",
        "fr_fcr",
        "wards_demand_mw",
        "[fr_fcr, fr_fcr]",
        "{<<: 3}",
        "@",
        "%",
        "`",
        '"',
        "\t",
        "é",
        "\x00",
        "{type: storage}",
        "explicit",
    ]
)
CELLS = st.sampled_from(
    ["", "nan", "inf", "1e999", "x", '"', "2025-01-15T00:00", "2025-10-26T02:30", "1,2", "\u0000", "é"]
)

Mutation = Callable[[list[str]], list[str]]


@st.composite
def yaml_mutations(draw: st.DrawFn) -> Mutation:
    where, kind, value = (
        draw(st.floats(0, 0.999)),
        draw(st.sampled_from(["delete", "double", "value", "shift", "key"])),
        draw(VALUES),
    )

    def mutate(lines: list[str]) -> list[str]:
        if not lines:
            return lines
        k = int(where * len(lines))
        key, colon, _ = lines[k].partition(":")
        new = {
            "delete": [],
            "double": [lines[k], lines[k]],
            "value": [f"{key}{colon} {value}"],
            "shift": ["  " + lines[k]],
            "key": [f"{key[: len(key) - len(key.strip())]}{value}: 1"],
        }[kind]
        return [*lines[:k], *new, *lines[k + 1 :]]

    return mutate


@st.composite
def csv_mutations(draw: st.DrawFn) -> Mutation:
    where, kind, cell = (
        draw(st.floats(0, 0.999)),
        draw(st.sampled_from(["delete", "double", "cell", "cut"])),
        draw(CELLS),
    )

    def mutate(lines: list[str]) -> list[str]:
        if not lines:
            return lines
        k = int(where * len(lines))
        cells = lines[k].split(",")
        cells[int(where * 7919) % len(cells)] = cell
        new = {"delete": [], "double": [lines[k], lines[k]], "cell": [",".join(cells)], "cut": [lines[k][:-3]]}[kind]
        return [*lines[:k], *new, *lines[k + 1 :]]

    return mutate


def mutated(text: str, mutations: list[Mutation]) -> str:
    lines = text.splitlines()
    for mutate in mutations:
        lines = mutate(lines)
    return "\n".join(lines) + "\n"


def read(folder: Path) -> None:
    problem: InstanceError | None = None
    try:
        loaded = read_instance(folder)
    except InstanceError as error:
        problem = error
    else:
        assert len(loaded.time) == loaded.instance.horizon.periods
    if problem is not None:
        assert problem.issues
        assert all(issue.found and issue.expected for issue in problem.issues)
        assert str(problem)


@settings(max_examples=250, deadline=None)
@given(
    mutations=st.lists(yaml_mutations(), min_size=1, max_size=4),
    rows=st.lists(csv_mutations(), max_size=3),
    scenarios=st.lists(csv_mutations(), max_size=3),
    with_converter=st.booleans(),
)
def test_mutated_instances(
    mutations: list[Mutation], rows: list[Mutation], scenarios: list[Mutation], with_converter: bool
) -> None:
    text = INSTANCE
    if with_converter:
        text = text.replace("[electricity]", "[electricity, gas, heat]").replace(
            "products:\n", CONVERTER + "products:\n"
        )
        text = text.replace("nodes:\n", "nodes:\n  fuel: {carrier: gas}\n  warmth: {carrier: heat}\n")
    with tempfile.TemporaryDirectory() as folder:
        site = make_site(Path(folder)).write(mutated(text, mutations))
        site.write(mutated(SERIES, rows), "series.csv").write(mutated(SCENARIOS, scenarios), "scenarios.csv")
        read(site.path)


@settings(max_examples=150, deadline=None)
@given(text=st.text(alphabet="abformat:1 -[]{}&*!|>'\"%@`,#?\n\t~.<=", max_size=60))
def test_any_text(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        read(make_site(Path(folder)).write(text).path)


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=60))
@pytest.mark.parametrize("file", ["instance.yaml", "series.csv", "scenarios.csv"])
def test_any_bytes(file: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        site = make_site(Path(folder))
        (site.path / file).write_bytes(content)
        read(site.path)


def test_aliases_that_multiply(tmp_path: Path) -> None:
    levels = "".join(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]\n" for k in range(1, 12))
    read(make_site(tmp_path).write("a0: &a0 [x]\n" + levels + INSTANCE).path)


def test_lists_without_end(tmp_path: Path) -> None:
    read(make_site(tmp_path).write("[" * 20_000).path)


def test_integer_too_long_to_read(tmp_path: Path) -> None:
    read(make_site(tmp_path).write(INSTANCE.replace("periods: 8", "periods: " + "9" * 6000)).path)
    read(make_site(tmp_path).write(INSTANCE.replace("periods: 8", "periods: " + "9" * 300)).path)
    read(make_site(tmp_path).write(INSTANCE.replace("energy_max_mwh: 4", "energy_max_mwh: " + "9" * 350)).path)
    read(make_site(tmp_path).write(INSTANCE.replace("demand_mw: wards_demand_mw", "demand_mw: " + "9" * 350)).path)
