# shellcheck shell=sh
# Prints the runs of jobs that a node has records of, a line each; then "end".
# $1 the directory of the records.

for record in "$1"/*.*[0-9]; do
  run=${record##*/}
  case $run in *[!0-9.]*) continue ;; esac
  [ -f "$record" ] && printf '%s\n' "$run"
done
printf 'end\t1\n'
