# shellcheck shell=sh
# Prints what a host says of the LSF that it manages: a line for each fact, its name and its value by a tab.
# $1 the lsf.conf, or nothing for the one of LSF_ENVDIR, of root's never, else /etc/lsf.conf.
# "untrusted" is a profile.lsf that root does not run, for others than root can change it.

. Batch/Lsf/caller-choices.sh

# looked_at FILE DEPTH: prints the lines of a file, and of those that it includes, that set a pre- or post-execution which is none of ours,
# as "theirs FILE:LINE", and those outside of our block that call what is ours, as "calls FILE:LINE". A backslash continues a line.
looked_at() {
  [ -e "$1" ] || return 0
  # shellcheck disable=SC2016 # of awk
  awk -v file="$1" '
    function look() {
      gsub(/[\t\r]/, " ", held)
      value = held
      sub(/^[^=]*=[ "]*/, "", value)
      if (toupper(held) ~ /^ *(HOST_)?(PRE|POST)_EXEC *=/ && value != "" && value !~ /^\/usr\/lib\/pisahpc\/[^;&|$`]*$/)
        print "theirs " file ":" at "\t" held
      if (!ours && held ~ /\/usr\/lib\/pisahpc\//) print "calls " file ":" at "\t" held
      held = ""
    }
    held == "" && /^[ \t]*#/ { if (/^# PisaHpc: begin /) ours = 1; if (/^# PisaHpc: end/) ours = 0; next }
    { if (held == "") at = NR; held = held $0 }
    sub(/\\[ \t\r]*$/, " ", held) { next }
    { look() }
    END { look() }' "$1" || exit 1
  [ "$2" -lt 4 ] || return 0
  sed -n 's/^[[:space:]]*#[Ii][Nn][Cc][Ll][Uu][Dd][Ee][[:space:]]*"\([^"]*\)".*/\1/p' "$1" | while IFS= read -r included; do
    case $included in /*) ;; *) included=${1%/*}/$included ;; esac
    looked_at "$included" $(($2 + 1))
  done || exit 1
}

uid=$(id -u)
[ "$uid" != 0 ] || no_choices
conf=${1:-${LSF_ENVDIR:-/etc}/lsf.conf}
printf 'host\t%s\nconf\t%s\n' "$(uname -n)" "$conf"
if [ -r "$conf" ]; then
  # The commands' places and LSF_SERVERDIR, as users' shells have them.
  path=${conf%/*}/profile.lsf
  if [ ! -r "$path" ]; then path=
  elif [ "$uid" = 0 ] && ! roots_alone "$path"; then
    printf 'untrusted\t%s\n' "${conf%/*}/profile.lsf"
    path=
  fi
  # shellcheck disable=SC1090 # the site's
  if [ -n "$path" ]; then . "$path" >/dev/null 2>&1; fi
  export LC_ALL=C
  value() { sed -n "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*//p" "$conf" | tail -n 1 | tr -d "\"'\r" | sed 's/[[:space:]]*$//'; }
  # Where it is set LSF runs esubs from there alone.
  server=$(value LSF_EXT_SERVERDIR)
  server=${server:-$(value LSF_SERVERDIR)}
  printf 'server\t%s\n' "${server:-${LSF_SERVERDIR-}}"
  confdir=$(value LSF_CONFDIR)
  confdir=${confdir:-${conf%/*}}
  batch=$(value LSB_CONFDIR)
  batch=${batch:-$confdir/lsbatch}
  cluster=$(lsid 2>/dev/null | sed -n 's/^My cluster name is //p')
  if [ -z "$cluster" ]; then
    for found in "$confdir"/lsf.cluster.*; do
      [ -f "$found" ] || continue
      # Of several nobody says here which one it is.
      if [ -n "$cluster" ]; then cluster='' && break; fi
      cluster=${found##*/lsf.cluster.}
    done
  fi
  batch=$batch/$cluster/configdir
  printf 'cluster\t%s\nconfdir\t%s\napplications\t%s\n' "$cluster" "$confdir" "$batch/lsb.applications"
  looked_at "$batch/lsb.queues" 0
  looked_at "$batch/lsb.applications" 0
  # No job runs on a client, whose column server is 0. Resources stand in parentheses, with blanks between them.
  hosts=$(awk '{ sub(/#.*/, ""); gsub(/\([^)]*\)/, "()") }
    tolower($1) == "begin" { on = tolower($2) == "host"; head = 1; server = 0; next } tolower($1) == "end" { on = 0 }
    on && NF && head { for (i = 1; i <= NF; i++) if (tolower($i) == "server") server = i; head = 0; next }
    on && NF && !(server && $server == "0") { print $1 }' "$confdir/lsf.cluster.$cluster" 2>/dev/null | tr '\n' ' ')
  printf 'hosts\t%s\n' "$hosts"
  if ! command -v bapp >/dev/null; then printf 'refused\tit has no bapp\n'
  elif profiles=$(bapp -w 2>&1); then
    printf 'profiles\t%s\n' "$(printf '%s\n' "$profiles" | awk 'NR > 1 { print $1 "=" $2 }' | tr '\n' ' ')"
  else
    case $profiles in
      *'No application'*) printf 'profiles\t\n' ;;
      *) printf 'refused\t%s\n' "$(printf '%s' "$profiles" | tr '\t\n' '  ')" ;;
    esac
  fi
fi
printf 'end\t1\n'
