# shellcheck shell=sh
# Prints what a node says of itself for its hooks: a line for each fact, its name and its value by a tab.
# $1 the hooks' directory, $2 the site definition, $3 the directory for jobs' files, $4 slurm.conf as the controller names it.

digest() { [ -f "$2" ] && printf '%s\t%s\n' "$1" "$(sha256sum <"$2" | cut -d ' ' -f 1)"; }
printf 'now\t'; date +%s
if said=$(timeout 20 "$1/pisahpc-hook" -Version 2>&1 </dev/null); then printf 'version\t%s\n' "$said"
else printf 'unrunnable\t%s\n' "$(printf '%s' "$said" | tr '\t\n' '  ')"
fi
deadline=
if [ -r "$1/slurm-settings" ]; then
  while read -r name value; do if [ "$name" = deadline ]; then deadline=$value; fi; done <"$1/slurm-settings"
fi
printf 'deadline\t%s\n' "$deadline"
digest site "$2"
digest configuration "$4"
if [ -d "$3" ]; then printf 'run\t%s\n' "$(stat -f -c %T "$3") $(stat -c '%a %u' "$3")"; fi
if [ -e "$3/.slurm" ]; then printf 'records\t%s\n' "$(stat -c '%F %a %u' "$3/.slurm")"; fi
printf 'end\t1\n'
