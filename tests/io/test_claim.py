"""A run folder belongs to one process; real processes race for it, die on it, and are told who has it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mes_stoch.io.artifacts.claim import Claim, Owner
from mes_stoch.schema.errors import UsageError, WriteError

#: Claims argv[1], with force if argv[2] says so, once it is told to; then waits for its standard input to close.
CLAIMANT = """
import sys
from pathlib import Path
from mes_stoch.io.artifacts.claim import Claim
from mes_stoch.schema.errors import UsageError
print("ready", flush=True)
sys.stdin.readline()
try:
    Claim.take(Path(sys.argv[1]), force=sys.argv[2] == "force")
    print("mine", flush=True)
except UsageError as error:
    print(error, flush=True)
sys.stdin.read()
"""


def claimants(count: int, folder: Path, *, force: bool = False) -> list[subprocess.Popen[str]]:
    """Processes that claim a folder, all at the same moment."""
    command = [sys.executable, "-c", CLAIMANT, str(folder), "force" if force else ""]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)
    ]
    assert [answer(process) for process in processes] == ["ready"] * count
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return processes


def answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def dead_claim(folder: Path) -> Owner:
    """Claim a folder in a process that is then killed."""
    (process,) = claimants(1, folder)
    assert answer(process) == "mine"
    end(process)
    (path,) = folder.glob("claim-*.json")
    return Owner(**json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("stale", [False, True])
def test_of_twenty_at_once_one_has_it(tmp_path: Path, stale: bool) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    if stale:
        dead_claim(folder)
    processes = claimants(20, folder, force=stale)
    answers = [answer(process) for process in processes]
    for process in processes:
        end(process)
    assert answers.count("mine") == 1
    winner = processes[answers.index("mine")]
    refused = [text for text in answers if text != "mine"]
    assert all("at work" in text for text in refused)
    assert all(f"process {winner.pid} on {socket.gethostname()}" in text for text in refused)
    assert len(list(folder.iterdir())) == 1


def test_a_process_at_work_is_not_overrun(tmp_path: Path) -> None:
    claim = Claim.take(tmp_path)
    for force in (False, True):
        with pytest.raises(UsageError, match=f"at work .process {os.getpid()} on"):
            Claim.take(tmp_path, force=force)
    claim.release()
    Claim.take(tmp_path).release()
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_was_killed_is_explained_and_taken_over_from_with_force(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    owner = dead_claim(folder)
    assert owner.state() == "ended"
    with pytest.raises(UsageError, match=rf"has ended .*process {owner.pid} .*--force"):
        Claim.take(folder)
    claim = Claim.take(folder, force=True)
    assert [path.name for path in folder.iterdir()] == [claim.path.name]


def write_claim(folder: Path, **changes: object) -> None:
    owner = {**vars(Owner.myself()), **changes}
    (folder / "claim-1.json").write_text(json.dumps(owner), encoding="utf-8")


def test_a_process_number_that_another_process_has_by_now_is_no_owner(tmp_path: Path) -> None:
    mine = Owner.myself()
    if mine.started < 0:
        pytest.skip("this system does not tell when a process was started")
    write_claim(tmp_path, started=mine.started - 1)
    Claim.take(tmp_path, force=True)


def test_a_machine_that_was_started_again_has_none_of_its_processes(tmp_path: Path) -> None:
    write_claim(tmp_path, boot="another")
    Claim.take(tmp_path, force=True)


@pytest.mark.parametrize("change", [{"host": "node17"}, {"namespace": "pid:[1]"}])
def test_a_process_elsewhere_cannot_be_asked(tmp_path: Path, change: dict[str, str]) -> None:
    write_claim(tmp_path, **change)
    with pytest.raises(UsageError, match=r"cannot be asked from .*delete .*claim-1\.json if that run has ended"):
        Claim.take(tmp_path, force=True)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"host": 1}', b"\xff", b"[" * 4000])
def test_a_damaged_claim_is_explained(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "claim-1.json").write_bytes(content)
    with pytest.raises(UsageError, match="names no process; delete that file"):
        Claim.take(tmp_path, force=True)


def test_a_claim_that_leads_elsewhere_is_not_written_through(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "claim-1.json").symlink_to(elsewhere)
    Claim.take(folder).release()
    assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises((WriteError, FileNotFoundError)):
        Claim.take(tmp_path / "nowhere")
