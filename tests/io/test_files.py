"""Links, pipes, devices and full names: what is read ends, and what is written goes nowhere else."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from mes_stoch.io.artifacts.run_folder import RunFolder
from mes_stoch.io.files import made_folder, read_regular, write_whole
from mes_stoch.io.names import name_problem, printable
from mes_stoch.schema.errors import WriteError


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    pipe, folder, device, plug = (tmp_path / name for name in ("pipe", "folder", "device", "plug"))
    os.mkfifo(pipe)
    folder.mkdir()
    device.symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(plug))
        for path, word in ((pipe, "a named pipe"), (folder, "a folder"), (device, "a device"), (plug, "a socket")):
            with pytest.raises(OSError, match=word):
                read_regular(path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as stream:
        stream.truncate(2**40)
    with pytest.raises(OSError, match="1,099,511,627,776 bytes"):
        read_regular(path)
    path.write_bytes(b"12345")
    assert read_regular(path, 5) == b"12345"
    with pytest.raises(OSError, match="at most 4"):
        read_regular(path, 4)


@pytest.mark.parametrize("link", ["symbolic", "hard"])
def test_writing_replaces_a_link_and_leaves_what_it_leads_to(tmp_path: Path, link: str) -> None:
    precious, target = tmp_path / "precious", tmp_path / "target"
    precious.write_text("mine", encoding="utf-8")
    if link == "hard":
        target.hardlink_to(precious)
    else:
        target.symlink_to(precious)
    write_whole(target, lambda stream: stream.write(b"new"))
    assert precious.read_text(encoding="utf-8") == "mine"
    assert target.read_bytes() == b"new"
    assert not target.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["precious", "target"]


def test_devices_pipes_and_folders_are_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for target in (Path("/dev/null"), pipe, tmp_path):
        with pytest.raises(WriteError, match=r"it is a (device|named pipe|folder)"):
            write_whole(target, lambda stream: stream.write(b"new"))
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_new_file_has_the_rights_of_any_other(tmp_path: Path) -> None:
    target, other = tmp_path / "target", tmp_path / "other"
    other.touch()
    write_whole(target, lambda stream: stream.write(b""))
    assert target.stat().st_mode == other.stat().st_mode


def test_folders_of_a_run_that_are_links_are_refused(tmp_path: Path) -> None:
    elsewhere, run = tmp_path / "elsewhere", tmp_path / "run"
    elsewhere.mkdir()
    run.mkdir()
    (run / "figures").symlink_to(elsewhere)
    with pytest.raises(WriteError, match=r"figures: it is a link"):
        RunFolder(run).put_bytes("figures/bounds.png", b"")
    RunFolder(run).clear()
    RunFolder(run).put_bytes("figures/bounds.png", b"")
    assert list(elsewhere.iterdir()) == []
    assert (run / "figures" / "bounds.png").is_file()


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    assert made_folder(tmp_path / "a" / "b").is_dir()
    assert made_folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"


@pytest.mark.parametrize("below", ["", "inner", "inner/most"])
def test_a_file_where_a_folder_should_be_is_told(tmp_path: Path, below: str) -> None:
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    folder = tmp_path / "taken" / below
    with pytest.raises(WriteError) as caught:
        made_folder(folder)
    assert str(caught.value) == f"cannot write into the folder {folder}: {tmp_path / 'taken'} is a file, and no folder"


def test_what_the_system_says_against_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"cannot write into the folder .*: File name too long"):
        made_folder(tmp_path / ("long" * 100))


def test_clearing_a_run_folder_follows_no_link(tmp_path: Path) -> None:
    elsewhere, run = tmp_path / "elsewhere", tmp_path / "run"
    elsewhere.mkdir()
    run.mkdir()
    (elsewhere / "instance.yaml").write_text("mine", encoding="utf-8")
    (run / "instance").symlink_to(elsewhere)
    (run / "summary.json").symlink_to(elsewhere / "instance.yaml")
    RunFolder(run).clear()
    assert list(run.iterdir()) == []
    assert (elsewhere / "instance.yaml").read_text(encoding="utf-8") == "mine"


def test_terminals_are_given_no_commands() -> None:
    assert printable("plain, élan ± 5 €\n\tindented") == "plain, élan ± 5 €\n\tindented"
    assert printable("\x1b[2J\x9b31m\u202egnp\udcff") == "\\x1b[2J\\x9b31m\\u202egnp\\udcff"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "a\tb", "a\rb", "\x1b[2J", "\u202ea"])
def test_names_that_a_terminal_or_a_spreadsheet_obeys(name: str) -> None:
    assert name_problem(name) is not None


@pytest.mark.parametrize("name", ["low", "root/d0003/r0", "été 2025", "a=b", "1", "jour-type"])
def test_names_that_nothing_obeys(name: str) -> None:
    assert name_problem(name) is None
