# shellcheck shell=sh disable=SC2034 # who includes this takes ph_interface and ph_prefix
# The one place that says by which network a job's ranks talk.

# network_of PEER NETWORK: sets ph_interface and ph_prefix, each to nothing where it is not known: of the route to another node of the job,
# where the site says nothing; else of the network or interface that it names. Fails where this node has not what it names.
network_of() {
    ph_interface='' ph_prefix='' ph_address=''
    case $2 in
        '')
            ph_address=$(timeout 5 getent ahostsv4 "$1" 2>/dev/null) || return 0
            ph_address=${ph_address%%[[:blank:]]*}
            ;;
        */*)
            ph_prefix=$2
            command -v ip >/dev/null || return 0
            ph_said=$(ip -o addr show to "$2") && [ -n "$ph_said" ] || return 1
            ph_said=${ph_said#*: } # 2: eth0    inet 10.1.2.3/24 …
            ph_interface=${ph_said%%[[:blank:]]*}
            return 0
            ;;
        *)
            [ -d "/sys/class/net/$2" ] || return 1
            ph_interface=$2
            ;;
    esac
    # One process answers both: by which interface the address is reached, and which network each interface is in.
    ph_said=$(ip -o -4 -batch - 2>/dev/null <<END
${ph_address:+route get $ph_address}
route show proto kernel scope link
END
    ) || :
    while read -r ph_first ph_rest; do
        ph_rest=" $ph_rest "
        if [ -n "$ph_address" ]; then
            ph_address=''
            case $ph_rest in *' dev '*) ph_interface=${ph_rest##* dev } ph_interface=${ph_interface%% *} ;; esac
            [ "$ph_interface" != lo ] || ph_interface=''
            [ -n "$ph_interface" ] || break
        else
            case $ph_rest in *" dev $ph_interface "*) ph_prefix=$ph_first && break ;; esac
        fi
    done <<END
$ph_said
END
}
