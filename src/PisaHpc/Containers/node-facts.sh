# shellcheck shell=sh
# Prints what a plan has to know of a node, in sections that begin with "--- " and a name; proc(5) has the formats.
# $@ the paths to look for.

echo '--- missing'
for path in "$@"; do [ -e "$path" ] || printf '%s\n' "$path"; done
echo '--- cpus'
getconf _NPROCESSORS_ONLN
echo '--- boot'
cat /proc/sys/kernel/random/boot_id 2>/dev/null
echo '--- tcp'
cat /proc/net/tcp /proc/net/tcp6 2>/dev/null
echo '--- devices'
set --
. Devices/ib-devices.sh
