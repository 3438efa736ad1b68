"""Damaged files of every layout: an issue with file and line, or the same numbers; never a traceback.

Each damage is made from the invented files. What is read in spite of it is held against the undamaged file: every
number is the same, or is not there.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from market_files.invented import SAMPLES, Sample
from mes_stoch.io.market_files.front import read_market_file
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.schema.errors import MarketFileError

BY_NAME = pytest.mark.parametrize("name", SAMPLES)


@pytest.fixture
def attempt(tmp_path: Path) -> Callable[..., MarketTable | MarketFileError]:
    """Read a sample by its layout; errors other than those meant for users come through."""

    def call(sample: Sample, content: bytes) -> MarketTable | MarketFileError:
        path = tmp_path / "file.csv"
        path.write_bytes(content)
        try:
            return read_market_file(path, sample.layout)
        except MarketFileError as error:
            wrong = error
        assert wrong.issues
        assert all(issue.file == str(path) and issue.found and issue.expected for issue in wrong.issues)
        return wrong

    return call


Attempt = Callable[[Sample, bytes], MarketTable | MarketFileError]


def middle(sample: Sample) -> int:
    """A line of data in the middle that has a number."""
    lines = sample.text.split("\n")
    with_number = [
        line for line in sample.rows if any(mark.isdigit() for mark in cells(sample, lines[line - 1])[sample.number])
    ]
    return with_number[len(with_number) // 2]


def cells(sample: Sample, line: str) -> list[str]:
    return next(csv.reader([line], delimiter=sample.separator))


def joined(sample: Sample, row: list[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=sample.separator, lineterminator="").writerow(row)
    return stream.getvalue()


def with_line(sample: Sample, number: int, change: Callable[[str], str]) -> bytes:
    lines = sample.text.split("\n")
    lines[number - 1] = change(lines[number - 1])
    return "\n".join(lines).encode(sample.encoding)


def with_cell(sample: Sample, number: int, position: int, change: Callable[[str], str]) -> bytes:
    def changed(line: str) -> str:
        row = cells(sample, line)
        row[position] = change(row[position])
        return joined(sample, row)

    return with_line(sample, number, changed)


def issue_at(found: MarketTable | MarketFileError, *lines: int) -> None:
    assert isinstance(found, MarketFileError), "read as if nothing were wrong"
    assert {issue.line for issue in found.issues} & set(lines), str(found)


def same_or_absent(found: MarketTable, whole: MarketTable) -> None:
    """Every number that was read is that of the undamaged file."""
    for one in found.series:
        assert one.name in whole.names
        expected = whole[one.name].reindex(one.data.index).to_numpy()
        there = np.isfinite(one.values)
        assert np.array_equal(one.values[there], expected[there]), one.name


@BY_NAME
def test_a_row_cut_in_the_middle(attempt: Attempt, name: str) -> None:
    sample = SAMPLES[name]
    line = middle(sample)
    issue_at(attempt(sample, with_line(sample, line, lambda text: text[: len(text) // 2])), line)


@BY_NAME
def test_a_file_cut_in_the_last_number_is_told(attempt: Attempt, name: str) -> None:
    sample = SAMPLES[name]
    end = sum(len(text) + 1 for text in sample.text.split("\n")[: sample.rows[-1]]) - 2
    found = attempt(sample, sample.text[:end].encode(sample.encoding))
    if isinstance(found, MarketTable):
        assert any("may have been cut" in finding.text for finding in found.findings)


@BY_NAME
def test_a_row_with_another_separator(attempt: Attempt, name: str) -> None:
    sample = SAMPLES[name]
    line = middle(sample)
    issue_at(attempt(sample, with_line(sample, line, lambda text: text.replace(sample.separator, "|"))), line)


@BY_NAME
def test_the_whole_file_with_another_separator(attempt: Attempt, name: str) -> None:
    sample = SAMPLES[name]
    found = attempt(sample, sample.text.replace(sample.separator, "|").encode(sample.encoding))
    assert isinstance(found, MarketFileError)


@BY_NAME
@pytest.mark.parametrize("wrong", ["12x4", "1.2.3.4", "12 EUR", "--5", "inf", "1e999", "0x1F", "٣", "=1+1"])
def test_text_in_a_number(attempt: Attempt, name: str, wrong: str) -> None:
    sample = SAMPLES[name]
    if not wrong.isascii() and sample.encoding != "utf-8":
        pytest.skip("no such character in Latin-1")
    line = middle(sample)
    issue_at(attempt(sample, with_cell(sample, line, sample.number, lambda _: wrong)), line)


@BY_NAME
@pytest.mark.parametrize("wrong", ["yesterday", "99.99.2025 00:00", "2025-02-30 00:00", "1.5", "", "31/12/0025 00:00"])
def test_text_in_a_stamp(attempt: Attempt, name: str, wrong: str) -> None:
    sample = SAMPLES[name]
    line = middle(sample)
    issue_at(attempt(sample, with_cell(sample, line, sample.stamp, lambda _: wrong)), line)


@BY_NAME
def test_a_period_twice_with_another_number(attempt: Attempt, name: str) -> None:
    sample = SAMPLES[name]
    line = middle(sample)
    row = cells(sample, sample.text.split("\n")[line - 1])
    row[sample.number] = "17"
    found = attempt(sample, with_line(sample, line, lambda text: f"{text}\n{joined(sample, row)}"))
    if name == "epex":
        # the other hours of the day are there twice with the same numbers
        assert isinstance(found, MarketFileError)
    issue_at(found, line, line + 1, line - 1, *sample.rows)


@BY_NAME
def test_a_period_twice_with_the_same_number(attempt: Attempt, name: str) -> None:
    sample = SAMPLES[name]
    whole = attempt(sample, sample.content)
    line = middle(sample)
    found = attempt(sample, with_line(sample, line, lambda text: f"{text}\n{text}"))
    if isinstance(found, MarketTable) and isinstance(whole, MarketTable):
        same_or_absent(found, whole)
        assert any(finding.kind in ("repeat", "tender") for finding in found.findings)


@BY_NAME
def test_a_column_less(attempt: Attempt, name: str) -> None:
    sample = SAMPLES[name]
    lines = sample.text.split("\n")
    for position in (sample.stamp, *sample.keys):
        without = list(lines)
        for number in (sample.header, *sample.rows):
            row = cells(sample, lines[number - 1])
            without[number - 1] = joined(sample, row[:position] + row[position + 1 :])
        found = attempt(sample, "\n".join(without).encode(sample.encoding))
        if position == sample.stamp and name in ("eco2mix odre", "energinet"):
            # the same times stand in other columns
            whole = attempt(sample, sample.content)
            assert isinstance(found, MarketTable)
            assert isinstance(whole, MarketTable)
            same_or_absent(found, whole)
        else:
            assert isinstance(found, MarketFileError), (position, found)


@BY_NAME
def test_a_name_less_in_the_header(attempt: Attempt, name: str) -> None:
    sample = SAMPLES[name]

    def without_first(line: str) -> str:
        return joined(sample, cells(sample, line)[1:])

    assert isinstance(attempt(sample, with_line(sample, sample.header, without_first)), MarketFileError)


@BY_NAME
def test_another_header(attempt: Attempt, name: str) -> None:
    sample = SAMPLES[name]
    found = attempt(sample, with_line(sample, sample.header, lambda _: sample.separator.join(["foo", "bar", "baz"])))
    assert isinstance(found, MarketFileError)


@BY_NAME
def test_rows_out_of_order(attempt: Attempt, name: str) -> None:
    sample = SAMPLES[name]
    if name == "energinet local":
        pytest.skip("with these two rows changed over it is a sound file in ascending order")
    whole = attempt(sample, sample.content)
    assert isinstance(whole, MarketTable)
    lines = sample.text.split("\n")
    first, last = sample.rows[0] - 1, sample.rows[-1] - 1
    lines[first], lines[last] = lines[last], lines[first]
    found = attempt(sample, "\n".join(lines).encode(sample.encoding))
    if isinstance(found, MarketTable):
        same_or_absent(found, whole)


@BY_NAME
def test_rows_upside_down(attempt: Attempt, name: str) -> None:
    sample = SAMPLES[name]
    whole = attempt(sample, sample.content)
    assert isinstance(whole, MarketTable)
    lines = sample.text.split("\n")
    block = [lines[number - 1] for number in sample.rows]
    for number, line in zip(sample.rows, reversed(block), strict=True):
        lines[number - 1] = line
    found = attempt(sample, "\n".join(lines).encode(sample.encoding))
    if isinstance(found, MarketTable):
        same_or_absent(found, whole)


@BY_NAME
@pytest.mark.parametrize("content", [b"", b"\n\n  \n", b"\xef\xbb\xbf"])
def test_empty(attempt: Attempt, name: str, content: bytes) -> None:
    found = attempt(SAMPLES[name], content)
    assert isinstance(found, MarketFileError)
    assert "an empty file" in str(found)


@BY_NAME
def test_a_header_alone(attempt: Attempt, name: str) -> None:
    sample = SAMPLES[name]
    lines = sample.text.split("\n")[: sample.rows[0] - 1]
    found = attempt(sample, ("\n".join(lines) + "\n").encode(sample.encoding))
    assert isinstance(found, MarketFileError)


@BY_NAME
@pytest.mark.parametrize("bad", [b"\x00", b"\x01\x02", b"\x00\xff\xfe\x00"])
def test_bytes_that_are_no_text(attempt: Attempt, name: str, bad: bytes) -> None:
    sample = SAMPLES[name]
    content = sample.content
    at = len(content) // 2
    found = attempt(sample, content[:at] + bad + content[at:])
    assert isinstance(found, MarketFileError)
    assert "that no text has" in str(found)
    assert found.issues[0].line == content[:at].count(b"\n") + 1


@BY_NAME
@pytest.mark.parametrize(
    "start", [b"\x1f\x8b\x08\x00rest", b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0rest", b"%PDF-1.7", b"<html>"]
)
def test_another_kind_of_file(attempt: Attempt, name: str, start: bytes) -> None:
    assert isinstance(attempt(SAMPLES[name], start), MarketFileError)


@BY_NAME
def test_a_stamp_of_another_zone(attempt: Attempt, name: str) -> None:
    sample = SAMPLES[name]
    whole = attempt(sample, sample.content)
    line = middle(sample)
    found = attempt(sample, with_cell(sample, line, sample.stamp, lambda cell: cell.split("+")[0] + "+05:00"))
    if isinstance(found, MarketTable) and isinstance(whole, MarketTable):
        # a file whose stamps have offsets: the row is where its offset says, or where a row is already
        same = np.isin(found.series[0].times.start_us, whole.series[0].times.start_us)
        assert same.sum() < len(whole.series[0].times), "the offset was not heeded"
    else:
        issue_at(found, line, line + 1, line - 1)


@pytest.mark.parametrize("name", [name for name, sample in SAMPLES.items() if sample.twin])
def test_half_a_day_of_the_clock_change(attempt: Attempt, name: str) -> None:
    sample = SAMPLES[name]
    lines = sample.text.split("\n")
    kept = [line for number, line in enumerate(lines, 1) if number not in sample.twin]
    found = attempt(sample, "\n".join(kept).encode(sample.encoding))
    assert isinstance(found, MarketFileError), "one of two hours was taken for one of them"
    assert "show twice, and rows for one of the two hours" in str(found)
    assert found.issues[0].line is not None


@BY_NAME
def test_a_quotation_mark_without_its_partner(attempt: Attempt, name: str) -> None:
    sample = SAMPLES[name]
    line = middle(sample)
    found = attempt(sample, with_line(sample, line, lambda text: f'"{text}' if not text.startswith('"') else text[1:]))
    if isinstance(found, MarketTable):
        whole = attempt(sample, sample.content)
        assert isinstance(whole, MarketTable)
        same_or_absent(found, whole)


@BY_NAME
def test_any_byte_changed(attempt: Attempt, name: str) -> None:
    """A damaged byte anywhere ends in an issue or in a table: whatever else is raised fails the test."""
    sample = SAMPLES[name]
    content = sample.content
    draw = np.random.default_rng(7)
    for _ in range(60):
        damaged = bytearray(content)
        damaged[int(draw.integers(len(content)))] = int(draw.integers(256))
        attempt(sample, bytes(damaged))
    for _ in range(30):
        begin = int(draw.integers(len(content)))
        attempt(sample, content[:begin] + content[begin + int(draw.integers(1, 40)) :])


def test_the_damages_are_those_of_the_rows(attempt: Attempt) -> None:
    """Undamaged, every sample is read, and its marked rows hold what the damages need."""
    for name, sample in SAMPLES.items():
        assert isinstance(attempt(sample, sample.content), MarketTable), name
        lines = sample.text.split("\n")
        for number in sample.rows:
            assert len(cells(sample, lines[number - 1])) > max(sample.stamp, sample.number), (name, number)
    moved = replace(SAMPLES["smard"], rows=(2,))
    assert middle(moved) == 2
