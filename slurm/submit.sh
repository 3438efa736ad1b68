#!/usr/bin/env bash
# Submit a parallel solve:  slurm/submit.sh [sbatch options] -- INSTANCE [options of mes-stoch solve]
#
#   slurm/submit.sh -n 3 -t 30 -- instances/hospital_fr --scenarios 100 --gap 0.005
#
# Prints what sbatch prints. The instance and --out are meant from the folder this is called in.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
usage() { sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

options=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  case $1 in -h | --help) usage && exit 0 ;; esac
  options+=("$1")
  shift
done
if [ $# -lt 2 ]; then
  echo "submit.sh: no instance given; the form is" >&2
  usage >&2
  exit 2
fi
shift

# Slurm runs a copy of the batch script from a folder of its own, where nothing stands beside it.
export MES_STOCH_SITE_CONF=${MES_STOCH_SITE_CONF:-$here/site.conf.sh}
if [ ! -f "$MES_STOCH_SITE_CONF" ]; then
  echo "submit.sh: the site settings $MES_STOCH_SITE_CONF do not exist" >&2
  exit 2
fi
# Its launcher may speak of the job's variables, which are not there yet.
set +u
# shellcheck source=slurm/site.conf.sh
. "$MES_STOCH_SITE_CONF"
set -u
exec sbatch ${options[@]+"${options[@]}"} "$here/solve.sbatch" "$@"
