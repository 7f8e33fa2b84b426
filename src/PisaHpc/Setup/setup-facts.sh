# shellcheck shell=sh
# Prints what stands on a node of all that is set up there: a line for each fact, its name and its value by a tab.
# $1 the engine's configuration, $2 the registry's certificate, $3 the directory for jobs' files, $4 port area, $5 first, $6 last,
# $7 the engine's socket.
# An engine runs where a dockerd does in this node's own namespaces, and not in those of a container or of a user's own engine; of
# several, the one that names the socket is meant. Its start says which file it reads. When that was, the kernel says in ticks since it
# booted (proc_pid_stat(5)).

file() {
  [ -e "$2" ] || return 0
  content=$(base64 < "$2") || exit 1
  printf '%s\t%s\n' "$1" "$(printf '%s' "$content" | tr -d '\n')"
}
ours() {
  for space in pid user; do
    case $(readlink "/proc/$1/ns/$space" 2>/dev/null) in '' | "$(readlink "/proc/self/ns/$space")") ;; *) return 1 ;; esac
  done
}
config=$1
engines=; meant=; engine=
for entry in /proc/[0-9]*/comm; do
  { read -r name < "$entry"; } 2>/dev/null && [ "$name" = dockerd ] || continue
  pid=${entry#/proc/}; pid=${pid%/comm}
  ours "$pid" || continue
  engines="$engines $pid"
  if tr '\0' '\n' < "/proc/$pid/cmdline" | grep -qF -- "$7"; then meant="$meant $pid"; fi
done
for pid in ${meant:-$engines}; do
  printf 'dockerd %s\t%s\n' "$pid" "$(base64 < "/proc/$pid/cmdline" | tr -d '\n')"
  engine=$pid
done
if [ -n "$engine" ]; then
  named=$(tr '\0' '\n' < "/proc/$engine/cmdline" | sed -n -e 's/^--config-file=//p' -e '/^--config-file$/{n;p;}' | tail -n 1)
  case $named in '' | /*) ;; *) named=$(readlink "/proc/$engine/cwd")/$named ;; esac
else
  named=$(systemctl show --property ExecStart --value docker 2>/dev/null | sed -n 's/.* --config-file[= ]\([^ ;]*\).*/\1/p')
fi
config=${named:-$config}
printf 'file\t%s\n' "$config"
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
if [ -n "$engine" ] && [ -e "$config" ]; then
  ticks=$(sed 's/.*) //' "/proc/$engine/stat" | cut -d ' ' -f 20)
  started=$(($(sed -n 's/^btime //p' /proc/stat) + ticks / $(getconf CLK_TCK) + 2))
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
root=$(tr -d '\n' < "$config" 2>/dev/null | sed -n 's/.*"data-root"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p')
if [ -e "${root:-/var/lib/docker}/swarm/docker-state.json" ]; then printf 'swarm\t1\n'; fi
case $(systemctl is-active docker 2>/dev/null) in active | activating | reloading | deactivating) printf 'unit\t1\n' ;; esac
case $(systemctl is-active docker.socket 2>/dev/null) in active) printf 'socket\t1\n' ;; esac
if [ -n "$2" ]; then file certificate "$2"; fi
if [ -d "$3" ]; then printf 'run\t1\n'; fi
if [ -n "$4" ]; then
  if [ -d "${4%/*}/" ]; then printf 'parent\t1\n'; fi
  if [ -d "$4" ]; then printf 'area\t1\n'; fi
  port=$5; missing=0
  while [ "$port" -le "$6" ]; do [ -e "$4/$port" ] || missing=$((missing + 1)); port=$((port + 1)); done
  printf 'ports\t%s\n' "$missing"
fi
printf 'end\t1\n'
