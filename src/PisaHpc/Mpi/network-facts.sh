# shellcheck shell=sh disable=SC2154 # what begins with ph_ is set by the parts before
# What is known of the network between the nodes, and of this one. With the last fact the command may come.

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
