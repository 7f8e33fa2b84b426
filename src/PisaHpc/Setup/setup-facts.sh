# shellcheck shell=sh
# Prints what stands on a node of all that is set up there: a line for each fact, its name and its value by a tab.
# $1 the text of the engine's own script, which is asked first, $2 the engine's configuration, $3 its socket; $4 the registry's
# certificate, $5 the directory for jobs' files, $6 port area, $7 first, $8 last; $9 the directory of records.

file() {
  [ -e "$2" ] || return 0
  content=$(base64 "$2") || { [ ! -e "$2" ] || exit 1; return 0; }
  printf '%s\t%s\n' "$1" "$(printf '%s' "$content" | tr -d '\n')"
}
said=$(sh -c "$1" engine-facts "$2" "$3") || exit 1
printf '%s\n' "$said"
fact() { printf '%s\n' "$said" | sed -n "s/^$1$(printf '\t')//p" | head -n 1; }
config=$(fact file)
started=$(fact started)
file config "$config"
marker=$config.pisahpc-pending
if [ -e "$marker" ]; then
  printf 'pending\t1\n'
  { IFS= read -r kept < "$marker"; } 2>/dev/null || kept=
  if [ -e "$config" ] && grep -qx "$(sha256sum < "$config" | cut -d ' ' -f 1)" "$marker"; then
    if [ "$kept" = none ]; then printf 'kept\tnone\n'
    elif [ -e "$kept" ]; then printf 'kept\t%s\n' "$kept"; file before "$kept"
    fi
  fi
fi
if [ -n "$started" ] && [ -e "$config" ]; then
  started=$((started + 2))
  if [ "$(stat -L -c %Y "$config")" -gt "$started" ]; then
    printf 'changed\t1\n'
    proven=; latest=0
    for kept in "$config".pisahpc-[0-9]*; do
      [ -e "$kept" ] && time=$(stat -L -c %Y "$kept") && [ "$time" -le "$started" ] && [ "$time" -gt "$latest" ] || continue
      latest=$time; proven=$kept
    done
    [ -z "$proven" ] || file proven "$proven"
  fi
fi
if [ -n "$4" ]; then file certificate "$4"; fi
if [ -d "$5" ]; then printf 'run\t1\n'; fi
if [ -n "$6" ]; then
  if [ -d "${6%/*}/" ]; then printf 'parent\t1\n'; fi
  if [ -d "$6" ]; then printf 'area\t1\n'; fi
  port=$7; missing=0
  while [ "$port" -le "$8" ]; do [ -e "$6/$port" ] || missing=$((missing + 1)); port=$((port + 1)); done
  printf 'ports\t%s\n' "$missing"
fi
if [ -n "$9" ]; then
  if [ -d "${9%/*}/" ]; then printf 'recordsParent\t1\n'; fi
  if [ -d "$9" ]; then printf 'records\t1\n'; fi
fi
printf 'end\t1\n'
