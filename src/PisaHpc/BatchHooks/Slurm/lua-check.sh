# shellcheck shell=sh
# Tries whether standard input is Lua, with whichever compiler the host has. Prints its name; nothing when it has none.
# Exit code 5: it is not, and standard error says why.

for compiler in luac5.1 luac luac5.3 luac5.4 luac5.2; do
  command -v "$compiler" >/dev/null || continue
  "$compiler" -p - || exit 5
  printf '%s\n' "$compiler"
  exit 0
done
cat >/dev/null
