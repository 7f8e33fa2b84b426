# shellcheck shell=sh
# Restarts the engine, and starts one that does not come up again with what it had before. Each attempt is a section "--- NAME".
# $1 the engine's file, $2 the mark of the change, $3 where the old file is kept, none, or nothing for an engine that did not run;
# $4 seconds for a restart; then its command. Descriptor 4 is the old configuration with what keeps containers, 3 takes what is said.
# What is put in place later is made ready first: a full disk is then found before anything stops. Each is tried twice: a start that
# fails ends its containerd, and the next one may still find it and wait for it in vain (moby, libcontainerd/supervisor). Last comes the
# very old file, though containers may end with it: an engine that ran has to run.
# Ends with 0 for the new configuration, 20 for the old one that keeps containers, 21 for the very old one, 22 for none, 24 before any.

file=$1; marker=$2; old=$3; limit=$4; shift 4
umask 022
[ ! -L "$file" ] || file=$(readlink -f "$file")
trap 'rm -f "$file.pisahpc-keeping" "$file.pisahpc-old"' EXIT
attempt() {
  printf '\n--- %s\n' "$1" >&3; shift
  timeout -k 10 "$limit" "$@" < /dev/null >&3 2>&3 && return
  code=$?
  case $code in 124 | 137) echo "it did not end within $limit s" ;; *) echo "it ended with $code" ;; esac >&3
  return 1
}
digest() { sha256sum < "$1" | cut -d ' ' -f 1; }
ready() {
  { [ ! -e "$file" ] || cp -p "$file" "$file.pisahpc-keeping"; } && cat <&4 > "$file.pisahpc-keeping" || return 1
  digest "$file.pisahpc-keeping" >> "$marker" || return 1
  [ "$old" = none ] || cp -p "$old" "$file.pisahpc-old"
}
if [ -n "$old" ] && ! ready 2>&3; then exit 24; fi
attempt new "$@" && exit 0
[ -n "$old" ] || exit 22
mv -f "$file.pisahpc-keeping" "$file" && for _ in 1 2; do attempt keeping "$@" && exit 20; done
if [ "$old" = none ]; then rm -f "$file"; else mv -f "$file.pisahpc-old" "$file"; fi
for _ in 1 2; do attempt old "$@" && exit 21; done
exit 22
