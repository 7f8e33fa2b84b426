# shellcheck shell=sh
# Prints what a host says of the Slurm that it controls: a line for each fact, its name and its value by a tab; what others write in base64.

export LC_ALL=C
unset SLURM_CLUSTERS SQUEUE_FORMAT SQUEUE_STATES SQUEUE_USERS SQUEUE_PARTITION SQUEUE_ACCOUNT SQUEUE_ARRAY
encode() { base64 | tr -d '\n'; }
printf 'host\t%s\n' "$(uname -n)"
if command -v scontrol >/dev/null; then
  if config=$(scontrol show config 2>&1); then printf 'config\t%s\n' "$(printf '%s\n' "$config" | encode)"
  else printf 'refused\t%s\n' "$(printf '%s' "$config" | encode)"
  fi
  if jobs=$(squeue --noheader --all --local --format='%A %P %k' 2>/dev/null); then
    printf 'jobs\t%s\n' "$(printf '%s\n' "$jobs" | encode)"
  fi
fi
printf 'end\t1\n'
