# shellcheck shell=sh
# Prints what a node says of its engine: a line for each fact, its name and its value by a tab.
# $1 the configuration that is read where nothing names another, $2 the engine's socket.
# An engine runs where a dockerd does in this node's own namespaces, and not in those of a container or of a user's own engine; of
# several, the one that names the socket is meant. Its start says which file it reads. When that was, the kernel says in ticks since it
# booted (proc_pid_stat(5)).

ours() {
  for space in pid user; do
    case $(readlink "/proc/$1/ns/$space" 2>/dev/null) in '' | "$(readlink "/proc/self/ns/$space")") ;; *) return 1 ;; esac
  done
}
engines=; meant=; engine=
for entry in /proc/[0-9]*/comm; do
  { read -r name < "$entry"; } 2>/dev/null && [ "$name" = dockerd ] || continue
  pid=${entry#/proc/}; pid=${pid%/comm}
  ours "$pid" || continue
  engines="$engines $pid"
  if tr '\0' '\n' < "/proc/$pid/cmdline" | grep -qF -- "$2"; then meant="$meant $pid"; fi
done
for pid in ${meant:-$engines}; do
  printf 'process %s\t%s\n' "$pid" "$(base64 < "/proc/$pid/cmdline" | tr -d '\n')"
  engine=$pid
done
if [ -n "$engine" ]; then
  named=$(tr '\0' '\n' < "/proc/$engine/cmdline" | sed -n -e 's/^--config-file=//p' -e '/^--config-file$/{n;p;}' | tail -n 1)
  case $named in '' | /*) ;; *) named=$(readlink "/proc/$engine/cwd")/$named ;; esac
else
  named=$(systemctl show --property ExecStart --value docker 2>/dev/null | sed -n 's/.* --config-file[= ]\([^ ;]*\).*/\1/p')
fi
config=${named:-$1}
printf 'file\t%s\n' "$config"
if [ -n "$engine" ] && [ -e "$config" ]; then
  ticks=$(sed 's/.*) //' "/proc/$engine/stat" | cut -d ' ' -f 20)
  printf 'started\t%s\n' $(($(sed -n 's/^btime //p' /proc/stat) + ticks / $(getconf CLK_TCK)))
fi
root=$(tr -d '\n' < "$config" 2>/dev/null | sed -n 's/.*"data-root"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p')
if [ -e "${root:-/var/lib/docker}/swarm/docker-state.json" ]; then printf 'swarm\t1\n'; fi
case $(systemctl is-active docker 2>/dev/null) in active | activating | reloading | deactivating) printf 'unit\t1\n' ;; esac
case $(systemctl is-active docker.socket 2>/dev/null) in active) printf 'socket\t1\n' ;; esac
