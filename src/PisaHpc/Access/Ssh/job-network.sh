# shellcheck shell=sh disable=SC2034 # who includes this takes ph_interface and ph_prefix
# The one place that says by which network a job's ranks talk.

# network_of PEER NETWORK: sets ph_interface and ph_prefix, each to nothing where it is not known: of the route to another node of the job,
# where the site says nothing; else of the network or interface that it names. Fails where this node has not what it names.
network_of() {
    ph_interface='' ph_prefix=''
    case $2 in
        '')
            ph_address=$(timeout 5 getent ahostsv4 "$1" 2>/dev/null | { read -r ph_first _ && echo "$ph_first"; }) &&
                ph_route=$(ip -o route get "$ph_address" 2>/dev/null) &&
                case $ph_route in *' dev '*) ph_interface=${ph_route##* dev } ph_interface=${ph_interface%% *} ;; esac
            [ "$ph_interface" != lo ] || ph_interface=
            ;;
        */*)
            ph_prefix=$2
            if command -v ip >/dev/null; then
                ph_interface=$(ip -o addr show to "$2" | { read -r _ ph_name _ && echo "$ph_name"; }) || return 1
            fi
            ;;
        *)
            [ -d "/sys/class/net/$2" ] || return 1
            ph_interface=$2
            ;;
    esac
    if [ -z "$ph_prefix" ] && [ -n "$ph_interface" ]; then
        ph_prefix=$(ip -o -4 route show dev "$ph_interface" proto kernel scope link 2>/dev/null |
            { read -r ph_first _ && echo "$ph_first"; }) || ph_prefix=
    fi
}
