# shellcheck shell=sh
# Prints what a node says of itself for its checks: a line for each fact, fields by tabs, and the adapters at the end.
# $1 the engine's directory, or nothing; $2 the directory for jobs' files; then users.
# df -P is POSIX's; stat -f is GNU's and busybox's. A shell's read takes single bytes, and /proc/sys gives but the first.

printf 'now\t'; date +%s
printf 'kernel\t'; uname -r
row() { printf '%s\t%s\n' "$1" "$(printf '%s' "$2" | tr -s ' \t\n' ' ')"; }
[ -n "$1" ] && row disk "$(df -Pk "$1" 2>/dev/null | tail -n 1)"
[ -n "$1" ] && row inodes "$(df -Pi "$1" 2>/dev/null | tail -n 1)"
run=$2; while [ ! -d "$run" ]; do run=${run%/*}; [ -n "$run" ] || run=/; done
row run "$(stat -f -c %T "$run" 2>/dev/null)"
for name in net/ipv4/ip_local_port_range net/ipv4/ip_local_reserved_ports kernel/yama/ptrace_scope vm/overcommit_memory \
  net/ipv4/neigh/default/gc_thresh3; do
  if value=$(cat "/proc/sys/$name" 2>/dev/null); then row "$name" "$value"; fi
done
while read -r name value _; do case $name in MemTotal:) row memory "$value" ;; esac; done < /proc/meminfo
shift 2
for user; do row "user $user" "$(id -u "$user" 2>/dev/null) $(id -g "$user" 2>/dev/null) $(id -G "$user" 2>/dev/null)"; done
set --
. Devices/ib-devices.sh
printf 'end\t1\n'
