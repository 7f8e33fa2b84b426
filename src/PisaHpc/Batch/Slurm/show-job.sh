# shellcheck shell=sh
# Asks Slurm for a job and for its owner. Arguments: the job's id; "ended" for who asks how it ended: a job that slurmctld has forgotten is
# looked for in the accounting, where there is one, and "accounted" is its line there; neither cluster nor owner are asked for.
# A line for each fact, name and value by a tab. What a user can write (the job's name, and the record that holds it) is asked for apart
# and comes in base64, so that no text of his is taken for Slurm's.

. Batch/Slurm/caller-choices.sh
for program in squeue scontrol base64; do
  command -v "$program" >/dev/null || { printf 'missing\t%s\nend\t1\n' "$program"; exit 0; }
done
encode() { base64 | tr -d '\n'; }

rows=$(squeue --noheader --states=all --sort=i --jobs="$1" --format='%A %U %G %F %K %N' 2>&1) || {
  printf 'refused\t'; printf '%s' "$rows" | encode; printf '\n'
  case ${2-}-$rows in
    ended-*'Invalid job id'*)
      if scontrol show config | grep -q '^AccountingStorageType *= *accounting_storage/slurmdbd'; then
        # 22.05 does not tell which run its line is of.
        restarts=$(sacct --helpformat 2>/dev/null | grep -qw Restarts && printf ',Restarts')
        printf 'accounted\t'
        timeout 5 sacct --noheader --parsable2 --allocations --jobs="$1" --format="JobIDRaw,State,ExitCode$restarts" 2>/dev/null | encode
        printf '\n'
      fi
      ;;
  esac
  printf 'end\t1\n'
  exit 0
}
elements=$(printf '%s\n' "$rows" | grep -c '^[0-9]* [0-9]* [0-9]* [0-9]* [0-9]')
if [ "$elements" -gt 1 ]; then
  printf 'elements\t%s\nend\t1\n' "$elements"
  exit 0
fi
[ "${2-}" = ended ] || printf 'cluster\t%s\n' "$(scontrol show config | sed -n 's/^ClusterName *= *//p')"
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
if [ "${2-}" != ended ] && passwd=$(getent passwd "$owner") && groups=$(id -G "${passwd%%:*}"); then
  printf 'passwd\t%s\ngroups\t%s\n' "$passwd" "$groups"
fi
printf 'end\t1\n'
