# shellcheck shell=sh
# Prints what a node says of itself for its hooks: a line for each fact, its name and its value by a tab.
# $1 the hooks' directory, $2 the site definition, $3 the directory for jobs' files, $4 the batch system in small letters, $5 the batch
# system's configuration as its controller names it, or nothing.

digest() { [ -f "$2" ] && printf '%s\t%s\n' "$1" "$(sha256sum <"$2" | cut -d ' ' -f 1)"; }
printf 'now\t'; date +%s
printf 'name\t%s\n' "$(uname -n)"
if said=$(timeout 20 "$1/pisahpc-hook" -Version 2>&1 </dev/null); then printf 'version\t%s\n' "$said"
else printf 'unrunnable\t%s\n' "$(printf '%s' "$said" | tr '\t\n' '  ')"
fi
deadline=
if [ -r "$1/$4-settings" ]; then
  while read -r name value; do if [ "$name" = deadline ]; then deadline=$value; fi; done <"$1/$4-settings"
fi
printf 'deadline\t%s\n' "$deadline"
digest site "$2"
if [ -n "$5" ]; then digest configuration "$5"; fi
if [ -d "$3" ]; then printf 'run\t%s\n' "$(stat -f -c %T "$3") $(stat -c '%a %u' "$3")"; fi
if [ -e "$3/.$4" ]; then printf 'records\t%s\n' "$(stat -c '%F %a %u' "$3/.$4")"; fi
printf 'end\t1\n'
