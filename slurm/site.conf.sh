# What differs from one cluster to the next: edit this file, and only this one.
#
# slurm/submit.sh reads it before the job exists (partition, account, time), slurm/solve.sbatch reads it inside the job
# (modules, environment, launcher). Another file can stand in for it: export MES_STOCH_SITE_CONF=/path/of/my.conf.sh.

# --- where the job goes; an option given to slurm/submit.sh comes before these ------------------------------------
# export SBATCH_PARTITION=cpu
# export SBATCH_ACCOUNT=my_project
# export SBATCH_QOS=normal
# export SBATCH_TIMELIMIT=01:00:00

# --- the environment of the job -----------------------------------------------------------------------------------
# Called inside the job, in the folder it was submitted from. Afterwards `mes-stoch` and `python` must be on the path.
site_environment() {
  # module purge
  # module load python/3.11 mpich
  if [ -d .venv/bin ]; then
    PATH=$PWD/.venv/bin:$PATH
  fi
  # The cluster's own MPI in place of the one from the wheel; it knows the fabric. mpi4py's wheel loads either.
  # export MPI4PY_LIBMPI=/path/to/lib/libmpi.so
}

# --- how ranks are started ----------------------------------------------------------------------------------------
# --kill-on-bad-exit ends the job step when one rank dies: without it the others wait until the time limit.
#   MPICH, MVAPICH, Cray, Intel MPI (also the MPICH from the wheel):  srun --mpi=pmi2
#   Open MPI 5 built with the cluster's PMIx:                         srun --mpi=pmix
#   any MPI, by its own launcher inside the allocation:               mpiexec -n "$SLURM_NTASKS"
LAUNCHER=(srun --mpi=pmi2 --kill-on-bad-exit=1)

# The command itself: in a container, for instance (apptainer exec mes_stoch.sif mes-stoch).
SOLVE_COMMAND=(mes-stoch)
PYTHON=(python)

# One thread a rank: the ranks are the parallelism, and more threads than cores only get in each other's way.
THREADS_PER_RANK=1

# How long the ranks may take to start and to find each other, before the run: Python and numerical libraries are
# thousands of small files, and many ranks may read them from one slow disk.
PREFLIGHT_LIMIT_S=180
