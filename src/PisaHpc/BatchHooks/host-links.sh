# shellcheck shell=sh
# Prints what matches a pattern and, behind a tab, where it leads, when it is a symbolic link.
# $1 the pattern.

# shellcheck disable=SC2231 # the wildcards are meant
for found in $1; do
  if [ -L "$found" ]; then printf '%s\t%s\n' "$found" "$(readlink "$found")"
  elif [ -e "$found" ]; then printf '%s\t\n' "$found"
  fi
done
printf 'end\t1\n'
