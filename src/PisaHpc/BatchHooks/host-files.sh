# shellcheck shell=sh
# Prints what stands under each of some paths of a host: SHA-256, mode and owner's id, or the word absent.
# $@ the paths.

for path in "$@"; do
  if [ -f "$path" ]; then
    digest=$(sha256sum <"$path") || exit 1
    printf '%s\t%s %s\n' "$path" "${digest%% *}" "$(stat -L -c '%a %u' "$path")"
  elif [ -e "$path" ] || [ -L "$path" ]; then printf '%s\tother\n' "$path"
  else printf '%s\tabsent\n' "$path"
  fi
done
printf 'end\t1\n'
