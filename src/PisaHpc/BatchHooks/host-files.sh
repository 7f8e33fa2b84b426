# shellcheck shell=sh
# Prints what stands under each of some paths of a host: SHA-256, mode and owner's id, or the word absent. One that goes while it is looked
# at is absent: hosts may share the directory, and all of them are cleared at once.
# $@ the paths.

for path in "$@"; do
  if [ -f "$path" ] && digest=$(sha256sum "$path") && standing=$(stat -L -c '%a %u' "$path"); then
    printf '%s\t%s %s\n' "$path" "${digest%% *}" "$standing"
  elif [ -f "$path" ]; then exit 1
  elif [ -e "$path" ] || [ -L "$path" ]; then printf '%s\tother\n' "$path"
  else printf '%s\tabsent\n' "$path"
  fi
done
printf 'end\t1\n'
