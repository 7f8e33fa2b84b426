# shellcheck shell=sh
# Prints what a plan has to know of a node, in sections that begin with "--- " and a name; proc(5) has the formats.
# $@ the paths to look for.

echo '--- missing'
for path in "$@"; do [ -e "$path" ] || printf '%s\n' "$path"; done
echo '--- cpus'
# As getconf counts them, without a process for it: 0-3,8-11.
cpus=0 online=''
{ read -r online </sys/devices/system/cpu/online; } 2>/dev/null
while [ -n "$online" ]; do
    range=${online%%,*} online=${online#"${online%%,*}"}
    online=${online#,} cpus=$((cpus + ${range#*-} - ${range%-*} + 1))
done
if [ "$cpus" -gt 0 ]; then echo "$cpus"; else getconf _NPROCESSORS_ONLN; fi
echo '--- boot'
{ read -r boot </proc/sys/kernel/random/boot_id && printf '%s\n' "$boot"; } 2>/dev/null
echo '--- devices'
set --
. Devices/ib-devices.sh
