# shellcheck shell=sh
# Prints how a node is: a line for each fact, fields by tabs, and the adapters after them.

printf 'kernel\t'; uname -r
printf 'cores\t'; getconf _NPROCESSORS_ONLN 2>/dev/null || grep -c '^processor' /proc/cpuinfo
while read -r name value _; do
  case $name in MemTotal:) printf 'memory\t%s\n' "$value" ;; MemAvailable:) printf 'available\t%s\n' "$value" ;; esac
done < /proc/meminfo
read -r load _ < /proc/loadavg; printf 'load\t%s\n' "$load"
. Devices/ib-devices.sh
printf 'end\t1\n'
