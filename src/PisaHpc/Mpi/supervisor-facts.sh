# shellcheck shell=sh disable=SC2034 # read by the parts that follow
# The supervisor's first part: it looks for the launcher and the network and says what it finds, a fact a line after the run's mark.
# $1 the run's mark, $2 the job's directory, $3 openmpi, mpich or nothing, $4 network or interface or nothing, $5 working directory or
# nothing, $6 the program, $7 seconds between TERM and KILL; then the nodes, this one first.

set -u
ph_run=$1 ph_directory=$2 ph_flavour=$3 ph_network=$4 ph_workdir=$5 ph_program=$6 ph_grace=$7
shift 7
shift
ph_others=$* ph_peer=${1:-}
fact() { printf '%s %s\n' "$ph_run" "$*"; }
refuse() { fact refused "$*"; exit 1; }
first_word() { read -r first _ && echo "$first"; }

[ -z "$ph_workdir" ] || cd -- "$ph_workdir" 2>/dev/null ||
    refuse "the working directory $ph_workdir does not exist in the container"

case $ph_flavour in
    openmpi) ph_names='mpirun.openmpi mpirun orterun' ;;
    mpich) ph_names='mpiexec.hydra mpirun.mpich mpiexec mpirun' ;;
    *) ph_names='mpirun mpiexec mpiexec.hydra mpirun.openmpi' ;;
esac
ph_launcher=
for ph_name in $ph_names; do
    ph_path=$(command -v "$ph_name") && ph_said=$("$ph_path" --version 2>&1 </dev/null) || continue
    case $ph_said in
        *'Open MPI'* | *OpenRTE*) ph_kind=openmpi ;;
        *HYDRA* | *'Intel(R) MPI'*) ph_kind=mpich ;;
        *) continue ;;
    esac
    [ -z "$ph_flavour" ] || [ "$ph_flavour" = "$ph_kind" ] || continue
    ph_launcher=$ph_path
    break
done
[ -n "$ph_launcher" ] || refuse "the container has no MPI launcher${ph_flavour:+ of $ph_flavour}: looked for $ph_names in $PATH"
fact launcher "$ph_kind" "$ph_launcher" "$(printf '%s\n' "$ph_said" | grep -m 1 '[0-9]\.[0-9]')"

ph_interface='' ph_prefix=''
if [ -n "$ph_peer" ]; then
    case $ph_network in
        '')
            ph_address=$(getent ahostsv4 "$ph_peer" 2>/dev/null | first_word) &&
                ph_interface=$(ip -o route get "$ph_address" 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p')
            [ "$ph_interface" != lo ] || ph_interface=
            ;;
        */*)
            ph_prefix=$ph_network
            if command -v ip >/dev/null; then
                ph_interface=$(ip -o addr show to "$ph_network" | { read -r _ ph_name _ && echo "$ph_name"; }) ||
                    refuse "no interface is in the network $ph_network"
            fi
            ;;
        *)
            [ -d "/sys/class/net/$ph_network" ] || refuse "there is no interface $ph_network"
            ph_interface=$ph_network
            ;;
    esac
    [ -n "$ph_prefix" ] || [ -z "$ph_interface" ] ||
        ph_prefix=$(ip -o -4 route show dev "$ph_interface" proto kernel scope link 2>/dev/null | first_word)
fi
fact network "${ph_interface:--}" "${ph_prefix:--}"
for ph_path in /sys/class/infiniband/*; do
    [ ! -e "$ph_path" ] || { fact infiniband; break; }
done
fact cpus "$(nproc 2>/dev/null || echo 1)"
fact ready
