# shellcheck shell=sh
# Prints the runs of jobs that a node has records of: job and restart, a line each; then "end".
# $1 the directory for jobs' files.

for record in "$1"/.slurm/*.*[0-9]; do
  run=${record##*/}
  case $run in *[!0-9.]*) continue ;; esac
  [ -f "$record" ] && printf '%s\n' "$run"
done
printf 'end\t1\n'
