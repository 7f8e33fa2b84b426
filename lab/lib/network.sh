# shellcheck shell=bash
# The lab's network: a bridge on this machine and one network namespace per node, all links named after their node.

network_up() {
    if [[ ! -e /sys/class/net/$LAB_BRIDGE ]]; then
        [[ -d /run/netns ]] || : >"$LAB_STATE/netns-is-ours"
        ip -batch - <<END
link add name $LAB_BRIDGE type bridge
addr add $LAB_HEAD_ADDRESS/24 dev $LAB_BRIDGE
link set $LAB_BRIDGE up
END
    fi
    network_let_frames_pass
}

# Where bridged frames pass the FORWARD chain, a docker engine of the machine's own would drop them there. A chain without a
# rule and with the policy ACCEPT is left alone.
network_let_frames_pass() {
    local -r switch=/proc/sys/net/bridge/bridge-nf-call-iptables
    [[ -e $switch && $(<$switch) == 1 ]] || return 0
    [[ $(iptables-save --table filter) == *@(:FORWARD DROP|-A FORWARD)* ]] || return 0
    if ! network_rule --check 2>/dev/null; then
        : >"$LAB_STATE/iptables-rule"
        network_rule --insert
    fi
}

network_rule() {
    iptables "$1" FORWARD -i "$LAB_BRIDGE" -o "$LAB_BRIDGE" -m comment --comment "$LAB_MARK" -j ACCEPT
}

# network_attach NODE ADDRESS: the node's namespace with its eth0 on the bridge. The hardware address is made from the other one,
# so that a node started again is where its neighbours believe it to be.
network_attach() {
    local -r node=$1 address=$2
    local octets
    IFS=. read -ra octets <<<"$address"
    ip netns add "$node"
    ip link add "lab-$node" type veth peer name eth0 address "$(printf '02:00:%02x:%02x:%02x:%02x' "${octets[@]}")" netns "$node"
    ip link set "lab-$node" master "$LAB_BRIDGE" up
    ip -n "$node" -batch - <<END
link set lo up
addr add $address/24 dev eth0
link set eth0 up
END
}

# network_detach NODE
network_detach() {
    if [[ -e /sys/class/net/lab-$1 ]]; then
        ip link del "lab-$1"
    fi
    if [[ -e /run/netns/$1 ]]; then
        ip netns del "$1"
    fi
}

network_down() {
    if [[ -e $LAB_STATE/iptables-rule ]]; then
        while network_rule --check 2>/dev/null; do
            network_rule --delete
        done
        rm "$LAB_STATE/iptables-rule"
    fi
    if [[ -e /sys/class/net/$LAB_BRIDGE ]]; then
        ip link del "$LAB_BRIDGE"
    fi
    # `ip netns` leaves its directory behind as a mount of its own.
    if [[ -e $LAB_STATE/netns-is-ours && -d /run/netns && -z $(ls -A /run/netns) ]]; then
        umount /run/netns 2>/dev/null || [[ ! $(</proc/self/mountinfo) == *" /run/netns "* ]]
        rmdir /run/netns
    fi
}
