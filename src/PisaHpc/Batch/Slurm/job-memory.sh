# shellcheck shell=sh
# Asks Slurm for the record of one job, which tells the memory that it has on each node. Argument: the job's raw id.
# A line for each fact, name and value by a tab. The record comes in base64, since its user's own words are in it.

. Batch/Slurm/caller-choices.sh
for program in squeue scontrol base64; do
  command -v "$program" >/dev/null || { printf 'missing\t%s\nend\t1\n' "$program"; exit 0; }
done
tell() { printf '%s\t' "$1"; printf '%s' "$2" | base64 | tr -d '\n'; printf '\nend\t1\n'; exit 0; }

rows=$(squeue --noheader --states=all --sort=i --jobs="$1" --format='%A %U %G %F %K %N' 2>&1) || tell refused "$rows"
name=$1
while read -r id _ _ array element _; do
  # The last element of an array has the array's own number: that alone would name them all.
  case $id,$element in "$1", | "$1",*[!0-9]*) ;; "$1",*) name=${array}_$element ;; esac
done <<END
$rows
END
record=$(scontrol --details show job "$name" 2>&1) || tell refused "$record"
tell record "$record"
