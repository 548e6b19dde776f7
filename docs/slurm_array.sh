#!/usr/bin/env bash
#SBATCH --job-name=sweep
#SBATCH --cpus-per-task=2
#SBATCH --mem=8G
#SBATCH --time=04:00:00
#SBATCH --output=slurm-%A_%a.log
#
# Does one line of a file, as one job of an array of Slurm. From the checkout, in the
# environment that the runs need:
#
#   python -m trainers.sweep --flagfile=GRID --commands >runs.txt
#   sbatch --array="1-$(wc -l <runs.txt)" docs/slurm_array.sh runs.txt
#
# and when the jobs have ended, whatever became of them:
#
#   python -m trainers.sweep --flagfile=GRID --collect
#
# For a GPU for each run add #SBATCH --gpus-per-task=1 above. To have at most 50 jobs
# at a time, write --array="1-N%50".
set -euo pipefail

lines=${1:?"give the file that --commands wrote"}
number=${SLURM_ARRAY_TASK_ID:?"start this with sbatch --array"}
line=$(sed -n "${number}p" "$lines")
if [ -z "$line" ]; then
  echo "error: $lines has no line $number" >&2
  exit 2
fi
exec bash -c "$line"
