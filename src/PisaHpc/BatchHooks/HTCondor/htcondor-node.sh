# shellcheck shell=sh
# Prints what a node says of its HTCondor: a line for each fact, its name and its value by a tab.
# $1 the directory of HTCondor's programs, or nothing for the one in which PATH has them; $2 the hooks' directory; then the names of
# HTCondor's configuration that are asked for, in capitals.

# unkept NAME PATH: prints, under the name, where on the way to a path somebody but root and HTCondor may put something else.
unkept() {
  at=$2
  while [ -n "$at" ]; do
    case $(stat -L -c '%u %a' "$at" 2>/dev/null) in
      '' | "0 "*[0145][0145] | "${account:-0} "*[0145][0145]) ;;
      "0 1"??? | "${account:-0} 1"???) [ "$at" != "$2" ] || break ;;
      *) break ;;
    esac
    at=${at%/*}
  done
  [ -z "$at" ] || printf '%s\t%s\n' "$1" "$at"
}

bin=$1 root=$2/htcondor-root wrapper=$2/htcondor-job settings=$2/htcondor-settings
shift 2
export LC_ALL=C
if [ -z "$bin" ]; then
  bin=$(command -v condor_config_val) && bin=${bin%/*}
fi
if command -v sudo >/dev/null; then
  # What it prints is the command, where a user who has nothing else may have it run.
  printf 'sudo\t%s\n' "$(sudo -n -l -U nobody "$root" start 2>/dev/null </dev/null | head -n 1)"
fi
if /bin/sh -p -c : 2>/dev/null </dev/null; then printf 'sh-p\tyes\n'; fi
if [ -n "${CONDOR_CONFIG-}" ]; then printf 'config\t%s\n' "$CONDOR_CONFIG"; fi
if [ -L "$wrapper" ]; then printf 'wrapper\t%s\n' "$(readlink "$wrapper")"; fi
# Where our lines are, also when HTCondor is gone.
if [ -r "$settings" ]; then sed -n 's/^lines \(\/.*\)$/lines\t\1/p' "$settings" | head -n 1; fi
if [ -x "$bin/condor_config_val" ]; then
  printf 'bin\t%s\n' "$bin"
  local='' program='' execute='' own='' address='' account=''
  for name in "$@"; do
    value=$("$bin/condor_config_val" "$name" 2>/dev/null </dev/null) || continue
    printf '%s\t%s\n' "$name" "$(printf '%s' "$value" | tr '\t\n' '  ')"
    case $name in
      LOCAL_CONFIG_DIR) local=${value%%[, ]*} ;;
      STARTER) program=$(readlink -f "$value") ;;
      EXECUTE) execute=$value ;;
      STARTD_ADDRESS_FILE) address=$(readlink -f "$value") ;;
      CONDOR_IDS) account=${value%%[!0-9]*} ;;
      USER_JOB_WRAPPER) own=$value ;;
    esac
  done
  [ -n "$account" ] || account=$(id -u condor 2>/dev/null) || account=0
  printf 'program\t%s\naccount\t%s\naddress\t%s\n' "$program" "$account" "$address"
  if [ -r "$address" ]; then printf 'startd\t%s %s\n' "$(stat -L -c '%a' "$address")" "$(head -n 1 "$address" | tr '\t' ' ')"; fi
  unkept startd-unkept "$address"
  if [ -d "$execute" ]; then printf 'execute\t%s\n' "$(stat -c '%a' "$execute")"; fi
  unkept execute-unkept "$execute"
  if [ -n "$own" ] && [ "$own" != "$wrapper" ] && grep -q "^[^#]*$wrapper" "$own" 2>/dev/null; then printf 'wraps\t%s\n' "$own"; fi
  # Starters that began before the configuration changed call, when their jobs end, what it said then.
  old=0
  if [ -d "$local" ] && [ -n "$program" ]; then
    changed=$(stat -c %Y "$local") hertz=$(getconf CLK_TCK)
    booted=$(awk '$1 == "btime" { print $2 }' /proc/stat)
    for process in /proc/[0-9]*; do
      [ "$(readlink "$process/exe" 2>/dev/null)" = "$program" ] || continue
      began=$(sed 's/.*) //' "$process/stat" 2>/dev/null | cut -d ' ' -f 20)
      if [ -n "$began" ] && [ $((booted + began / hertz)) -le $((changed + 1)) ]; then old=$((old + 1)); fi
    done
  fi
  printf 'old\t%s\n' "$old"
fi
printf 'end\t1\n'
