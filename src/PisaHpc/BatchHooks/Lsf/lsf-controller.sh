# shellcheck shell=sh
# Prints what a host says of the LSF that it manages: a line for each fact, its name and its value by a tab.
# $1 the lsf.conf, or nothing for the one of LSF_ENVDIR, else /etc/lsf.conf.

conf=${1:-${LSF_ENVDIR:-/etc}/lsf.conf}
printf 'host\t%s\nconf\t%s\n' "$(uname -n)" "$conf"
if [ -r "$conf" ]; then
  # The commands' places and LSF_SERVERDIR, as users' shells have them.
  # shellcheck disable=SC1091 # the site's
  if [ -r "${conf%/*}/profile.lsf" ]; then . "${conf%/*}/profile.lsf" >/dev/null 2>&1; fi
  export LC_ALL=C
  value() { sed -n "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*//p" "$conf" | tail -n 1 | tr -d "\"'\r" | sed 's/[[:space:]]*$//'; }
  server=$(value LSF_SERVERDIR)
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
  printf 'cluster\t%s\nconfdir\t%s\napplications\t%s\n' "$cluster" "$confdir" "$batch/$cluster/configdir/lsb.applications"
  hosts=$(awk 'tolower($1) == "begin" { on = tolower($2) == "host"; head = 1; next } tolower($1) == "end" { on = 0 }
    on && NF && $1 !~ /^#/ { if (head) head = 0; else print $1 }' "$confdir/lsf.cluster.$cluster" 2>/dev/null | tr '\n' ' ')
  printf 'hosts\t%s\n' "$hosts"
  if ! command -v bapp >/dev/null; then printf 'refused\tit has no bapp\n'
  elif profiles=$(bapp 2>&1); then printf 'profiles\t%s\n' "$(printf '%s\n' "$profiles" | awk 'NR > 1 { print $1 "=" $2 }' | tr '\n' ' ')"
  else
    case $profiles in
      *'No application'*) printf 'profiles\t\n' ;;
      *) printf 'refused\t%s\n' "$(printf '%s' "$profiles" | tr '\t\n' '  ')" ;;
    esac
  fi
fi
printf 'end\t1\n'
