"""A real Slurm of a few virtual nodes on one machine, for the time of a test session.

Not an imitation: slurmctld, one slurmd a node and (where installed) munged, as an ordinary user or as root, in a folder
of their own and on free ports, so that nothing of the machine's own configuration is read or changed. The daemons run
in the foreground as children of this process: what was started is what is stopped, and no process is looked for by
name.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

# Debian and others put the daemons where only root's path looks.
_SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", "/usr/local/sbin"])
_NEEDED = ("slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol", "scancel", "sinfo")
# Variables of a job the tests themselves may run in; inherited, they would send our jobs to that job's Slurm.
_FOREIGN_PREFIXES = ("SLURM", "SBATCH", "SQUEUE", "SINFO", "PMI", "HYDRA", "OMPI", "PRTE")

_CONFIGURATION = """\
ClusterName=minislurm
# MPICH names its shared memory after job and step, and leaves it behind when its ranks are killed: a second job of the
# same number on this machine would attach to that and wait in MPI_Init for ever. No two clusters number alike, then.
FirstJobId={first_job}
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
{authentication}
StateSaveLocation={home}/state
SlurmdSpoolDir={home}/spool-%n
# one temporary folder a node, as on real machines: what a launcher writes there must not collide
TmpFS={home}/tmp-%n
SlurmctldPidFile={home}/slurmctld.pid
SlurmdPidFile={home}/slurmd-%n.pid
SlurmctldLogFile={home}/log/slurmctld.log
SlurmdLogFile={home}/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
# finished jobs stay visible to scontrol: the tests read how they ended
MinJobAge=3600
# after TERM come 5 s for the ranks, then KILL; the default of 30 s only makes tests slow
KillWait=5
SlurmctldTimeout=10
SlurmdTimeout=10
MessageTimeout=10
# nodes may claim more processors than the machine has
SlurmdParameters=config_overrides
# a limit on locked memory, as containers set it, would be enforced on the jobs
PropagateResourceLimitsExcept=MEMLOCK
{nodes}
PartitionName=test Nodes=ALL Default=YES MaxTime=INFINITE DefaultTime=10 State=UP
"""


class SlurmMissingError(Exception):
    """Slurm is not installed on this machine."""


class SlurmFailedError(Exception):
    """Slurm is installed but did what it should not."""


@dataclass(frozen=True)
class Job:
    """How a job ended."""

    job_id: int
    state: str
    exit_code: int
    nodes: int
    reason: str


class MiniSlurm:
    """Starts on entry, stops on exit; a context manager.

    Parameters
    ----------
    nodes, processors_per_node : int
        Size of the virtual cluster.
    """

    def __init__(self, nodes: int = 2, processors_per_node: int = 4) -> None:
        missing = [name for name in _NEEDED if shutil.which(name, path=_SEARCH_PATH) is None]
        if missing:
            raise SlurmMissingError(
                f"Slurm is not installed ({', '.join(missing)} missing); on Debian and Ubuntu: "
                "apt-get install --no-install-recommends slurmctld slurmd slurm-client munge"
            )
        self.node_names = [f"n{number + 1}" for number in range(nodes)]
        self._processors = processors_per_node
        self._daemons: list[subprocess.Popen[bytes]] = []
        self._home = Path()
        self.environment: dict[str, str] = {}

    def __enter__(self) -> MiniSlurm:
        # Short, for the path of a Unix socket may have no more than 107 characters.
        self._home = Path(tempfile.mkdtemp(prefix="minislurm-"))
        # munge refuses a folder that others may write to; a job's user must still be able to reach its script
        self._home.chmod(0o755)
        (self._home / "log").mkdir()
        (self._home / "state").mkdir()
        for name in self.node_names:
            (self._home / f"tmp-{name}").mkdir()
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def run(self, arguments: Sequence[str], cwd: Path | None = None, **variables: str) -> str:
        """Run one of Slurm's commands against this cluster; its output."""
        done = subprocess.run(
            list(arguments),
            env={**self.environment, **variables},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            raise SlurmFailedError(f"{' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout.strip()

    def wait(self, job_id: int, timeout_s: float = 180) -> Job:
        """Wait until a job has ended. Polls, for ``sbatch --wait`` looks only every so many seconds."""
        job = self.job(job_id)
        end = time.monotonic() + timeout_s
        while job.state in {"PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED"}:
            if time.monotonic() > end:
                self.run(["scancel", str(job_id)])
                raise SlurmFailedError(f"job {job_id} was still {job.state} ({job.reason}) after {timeout_s:g} s")
            time.sleep(0.2)
            job = self.job(job_id)
        return job

    def job(self, job_id: int) -> Job:
        """What Slurm knows of a job; from scontrol, because sacct needs a database."""
        fields = dict(
            word.split("=", 1)
            for word in self.run(["scontrol", "--oneliner", "show", "job", str(job_id)]).split()
            if "=" in word
        )
        return Job(
            job_id=job_id,
            state=fields["JobState"],
            exit_code=int(fields["ExitCode"].split(":")[0]),
            nodes=int(fields["NumNodes"].split("-")[0]),
            reason=fields.get("Reason", ""),
        )

    def _start(self) -> None:
        ports = _free_ports(1 + len(self.node_names))
        configuration = self._home / "slurm.conf"
        host = socket.gethostname().split(".")[0]
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN_PREFIXES)},
            "SLURM_CONF": str(configuration),
            "PATH": _SEARCH_PATH,
        }
        nodes = "\n".join(
            f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={self._processors} Boards=1 "
            f"SocketsPerBoard=1 CoresPerSocket={self._processors} ThreadsPerCore=1 State=UNKNOWN"
            for name, port in zip(self.node_names, ports[1:], strict=True)
        )
        configuration.write_text(
            _CONFIGURATION.format(
                host=host,
                port=ports[0],
                first_job=secrets.randbelow(60_000_000) + 1,
                user=getpass.getuser(),
                home=self._home,
                authentication=self._start_authentication(),
                nodes=nodes,
            ),
            encoding="utf-8",
        )
        mounted = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
        if not any("cgroup" in line.split()[2] for line in mounted):
            # In a container without control groups slurmd would look for their kind, find none and give up. It needs
            # none: processes are tracked by /proc.
            (self._home / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n", encoding="utf-8")
        self._launch("slurmctld", "-D", "-c")
        for name in self.node_names:
            self._launch("slurmd", "-D", "-N", name)
        self._await(self._all_idle, "its nodes did not become idle", timeout_s=60)

    def _start_authentication(self) -> str:
        """The lines of slurm.conf that say how processes know each other; munge where there is one."""
        if shutil.which("munged", path=_SEARCH_PATH) is None:
            return "AuthType=auth/none\nCredType=cred/none"
        key = self._home / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        munge = self._home / "munge.socket"
        self._launch(
            "munged",
            "--foreground",
            "--force",
            "--num-threads=2",
            f"--key-file={key}",
            f"--socket={munge}",
            f"--pid-file={self._home / 'munged.pid'}",
            f"--log-file={self._home / 'log' / 'munged.log'}",
            f"--seed-file={self._home / 'munged.seed'}",
        )
        self._await(munge.exists, "munged opened no socket", timeout_s=20)
        return f"AuthType=auth/munge\nAuthInfo=socket={munge}\nCredType=cred/munge"

    def _launch(self, *command: str) -> None:
        with (self._home / "log" / f"{command[0]}.out").open("ab") as log:
            # a session of its own: Control-C in the terminal is for pytest, which then stops the daemons in order
            self._daemons.append(
                subprocess.Popen(
                    command,
                    env=self.environment or {**os.environ, "PATH": _SEARCH_PATH},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def _await(self, condition: Callable[[], bool], complaint: str, timeout_s: float) -> None:
        end = time.monotonic() + timeout_s
        while not condition():
            ended = [f"{daemon.args} ({daemon.returncode})" for daemon in self._daemons if daemon.poll() is not None]
            if ended or time.monotonic() > end:
                raise SlurmFailedError(f"Slurm did not start: {', '.join(ended) or complaint}\n{self._last_words()}")
            time.sleep(0.05)

    def _all_idle(self) -> bool:
        with contextlib.suppress(SlurmFailedError, subprocess.TimeoutExpired):
            idle = set(self.run(["sinfo", "--noheader", "--Node", "--states=idle", "--format=%N"]).split())
            return idle == set(self.node_names)
        return False

    def _last_words(self) -> str:
        logs = sorted((self._home / "log").iterdir())
        return "\n".join(
            f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:]) for log in logs
        )

    def _stop(self) -> None:
        """Jobs first: a job's step daemon, and its ranks, would outlive the daemons."""
        with contextlib.suppress(SlurmFailedError, subprocess.TimeoutExpired, OSError):
            if self.run(["squeue", "--noheader"]):
                self.run(["scancel", f"--user={getpass.getuser()}"])
                end = time.monotonic() + 20
                while self.run(["squeue", "--noheader"]) and time.monotonic() < end:
                    time.sleep(0.1)
        # against the order of starting, munged last
        for daemon in reversed(self._daemons):
            daemon.terminate()
            try:
                daemon.wait(timeout=10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        self._daemons.clear()
        shutil.rmtree(self._home, ignore_errors=True)


def _free_ports(count: int) -> list[int]:
    """Ports nobody listens on now; held open together while they are chosen, so that all are different."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
