# shellcheck shell=sh
# Asks Slurm for a job and for its owner. Argument: the job's id.
# A line for each fact, name and value by a tab. What a user can write (the job's name, and the record that holds it) is asked for apart
# and comes in base64, so that no text of his is taken for Slurm's. Times are seconds since 1970 (squeue(1), scontrol(1)).

export LC_ALL=C SLURM_TIME_FORMAT=%s
# The caller's own choices would hide jobs from him, or show another cluster's.
unset SQUEUE_ACCOUNT SQUEUE_ARRAY SQUEUE_ARRAY_UNIQUE SQUEUE_CLUSTERS SQUEUE_FEDERATION SQUEUE_FORMAT SQUEUE_FORMAT2 SQUEUE_LICENSES \
  SQUEUE_NAMES SQUEUE_PARTITION SQUEUE_PRIORITY SQUEUE_QOS SQUEUE_SIBLING SQUEUE_SORT SQUEUE_STATES SQUEUE_USERS SLURM_CLUSTERS
export SQUEUE_ALL=1 SQUEUE_LOCAL=1 SCONTROL_ALL=1 SCONTROL_LOCAL=1
for program in squeue scontrol base64; do
  command -v "$program" >/dev/null || { printf 'missing\t%s\nend\t1\n' "$program"; exit 0; }
done
encode() { base64 | tr -d '\n'; }

rows=$(squeue --noheader --states=all --sort=i --jobs="$1" --format='%A %U %G %F %K %N' 2>&1) || {
  printf 'refused\t'; printf '%s' "$rows" | encode; printf '\nend\t1\n'
  exit 0
}
elements=$(printf '%s\n' "$rows" | grep -c '^[0-9]* [0-9]* [0-9]* [0-9]* [0-9]')
if [ "$elements" -gt 1 ]; then
  printf 'elements\t%s\nend\t1\n' "$elements"
  exit 0
fi
owner=
while read -r id uid gid array element nodes; do
  case $id-$uid-$gid in *[!0-9-]* | -* | *--* | *-) continue ;; esac
  # The last element of an array has the array's own number: that alone would name them all.
  case $element in '' | *[!0-9]*) name=$id ;; *) name=${array}_$element ;; esac
  printf "%s.$id\t%s\n" uid "$uid" gid "$gid" nodes "$nodes"
  printf 'name.%s\t' "$id"; squeue --noheader --states=all --sort=i --jobs="$name" --format=%j | encode
  printf '\nrecord.%s\t' "$id"; scontrol --details show job "$name" | encode
  printf '\n'
  owner=${owner:-$uid}
done <<END
$rows
END
if passwd=$(getent passwd "$owner") && groups=$(id -G "${passwd%%:*}"); then
  printf 'passwd\t%s\ngroups\t%s\n' "$passwd" "$groups"
fi
printf 'end\t1\n'
