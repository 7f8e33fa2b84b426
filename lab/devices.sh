#!/usr/bin/env bash
# Lays out InfiniBand adapters as a kernel with mlx5 does, below a root directory: ROOT/sys (class entries are links into
# devices, as in sysfs) and ROOT/dev/infiniband. The device files are character devices for root, and empty files for others.
#
# usage: devices.sh ROOT [NAME[:LINK_LAYER[:STATE]]]...    for example: devices.sh /tmp/ib mlx5_0 mlx5_1:Ethernet:DOWN
#
# Without a name there is one adapter, mlx5_0. The link layer is InfiniBand or Ethernet; the state ACTIVE, INIT or DOWN.
set -euo pipefail

# The character majors of the kernel's InfiniBand drivers (drivers/infiniband/core: IB_UVERBS_MAJOR and IB_UMAD_MAJOR are 231).
readonly MAJOR=231 UMAD_FIRST=0 ISSM_FIRST=64 UVERBS_FIRST=192
readonly MISC_MAJOR=10 RDMA_CM_MINOR=58
readonly -A STATE_NUMBER=([DOWN]=1 [INIT]=2 [ACTIVE]=4)
readonly -A PHYSICAL_STATE=([DOWN]='3: Disabled' [INIT]='5: LinkUp' [ACTIVE]='5: LinkUp')

main() {
    root=$1
    shift
    (($# > 0)) || set -- mlx5_0
    mkdir -p "$root/dev/infiniband"
    local adapter number=0
    for adapter in "$@"; do
        add_adapter "$number" "$adapter"
        number=$((number + 1))
    done
    put sys/devices/virtual/misc/rdma_cm/dev "$MISC_MAJOR:$RDMA_CM_MINOR"
    put sys/devices/virtual/misc/rdma_cm/abi_version 4
    put sys/class/infiniband_verbs/abi_version 6
    put sys/class/infiniband_mad/abi_version 5
    class misc rdma_cm virtual/misc/rdma_cm
    device_file rdma_cm 666 "$MISC_MAJOR" "$RDMA_CM_MINOR"
}

# add_adapter NUMBER NAME[:LINK_LAYER[:STATE]]
add_adapter() {
    local -r number=$1
    local name layer state
    IFS=: read -r name layer state <<<"$2"
    layer=${layer:-InfiniBand} state=${state:-ACTIVE}
    [[ -n ${STATE_NUMBER[$state]:-} && $layer == @(InfiniBand|Ethernet) ]] || wrong "$2"
    local -r address=0000:8$((number + 1)):00.0
    local -r pci=pci0000:80/$address
    local -r guid=$(guid "$number")

    put "sys/devices/$pci/numa_node" "$((number % 2))"
    put "sys/devices/$pci/vendor" 0x15b3
    put "sys/devices/$pci/device" 0x101b
    add_infiniband "$pci" "$name" "$guid"
    add_port "sys/devices/$pci/infiniband/$name/ports/1" "$layer" "$state" "$guid"
    add_interface "$pci" "$name" "$number" "$layer"
    add_files "$pci" "$number" "$name"
}

add_infiniband() {
    local -r pci=$1 name=$2 guid=$3
    local -r dir=sys/devices/$pci/infiniband/$name
    put "$dir/fw_ver" 20.38.1900
    put "$dir/hca_type" MT4123
    put "$dir/board_id" MT_0000000223
    put "$dir/node_type" '1: CA'
    put "$dir/node_guid" "$guid"
    put "$dir/sys_image_guid" "$guid"
    put "$dir/node_desc" "$(uname -n) $name"
    link "$dir/device" "../../../${pci#*/}"
    class infiniband "$name" "$pci/infiniband/$name"
}

add_port() {
    local -r dir=$1 layer=$2 state=$3 guid=$4
    put "$dir/state" "${STATE_NUMBER[$state]}: $state"
    put "$dir/phys_state" "${PHYSICAL_STATE[$state]}"
    put "$dir/rate" "$([[ $layer == Ethernet ]] && printf '100 Gb/sec (4X EDR)' || printf '200 Gb/sec (4X HDR)')"
    put "$dir/link_layer" "$layer"
    put "$dir/lid" 0x11
    put "$dir/sm_lid" 0x1
    put "$dir/gids/0" "fe80:0000:0000:0000:$guid"
}

add_interface() {
    local -r pci=$1 adapter=$2 number=$3 layer=$4
    local -r name=$([[ $layer == Ethernet ]] && printf 'ens%sf0np0' "$number" || printf 'ib%s' "$number")
    put "sys/devices/$pci/net/$name/dev_port" 0
    put "sys/devices/$pci/net/$name/dev_id" 0x0
    put "sys/devices/$pci/net/$name/operstate" up
    link "sys/devices/$pci/net/$name/device" "../../../${pci#*/}"
    put "sys/devices/$pci/infiniband/$adapter/ports/1/gid_attrs/ndevs/0" "$name"
}

# The device files of an adapter with one port, and what sysfs says of them.
add_files() {
    local -r pci=$1 number=$2 name=$3
    local file
    put "sys/devices/$pci/infiniband_verbs/uverbs$number/ibdev" "$name"
    put "sys/devices/$pci/infiniband_verbs/uverbs$number/abi_version" 1
    put "sys/devices/$pci/infiniband_verbs/uverbs$number/dev" "$MAJOR:$((UVERBS_FIRST + number))"
    class infiniband_verbs "uverbs$number" "$pci/infiniband_verbs/uverbs$number"
    device_file "uverbs$number" 666 "$MAJOR" $((UVERBS_FIRST + number))
    for file in "umad$number:$((UMAD_FIRST + number))" "issm$number:$((ISSM_FIRST + number))"; do
        put "sys/devices/$pci/infiniband_mad/${file%:*}/ibdev" "$name"
        put "sys/devices/$pci/infiniband_mad/${file%:*}/port" 1
        put "sys/devices/$pci/infiniband_mad/${file%:*}/dev" "$MAJOR:${file#*:}"
        class infiniband_mad "${file%:*}" "$pci/infiniband_mad/${file%:*}"
        device_file "${file%:*}" 600 "$MAJOR" "${file#*:}"
    done
}

# Different on every machine: its name's digits are in it.
guid() {
    local -r digits=0000$(uname -n | tr -dc 0-9)
    printf 'b859:9f03:%04x:%04x' "$((10#${digits: -4}))" "$((0x2b3c + $1))"
}

put() {
    [[ -d $root/${1%/*} ]] || mkdir -p "$root/${1%/*}"
    printf '%s\n' "$2" >"$root/$1"
}

link() {
    ln -sfn "$2" "$root/$1"
}

# class CLASS NAME PATH_BELOW_DEVICES
class() {
    mkdir -p "$root/sys/class/$1"
    link "sys/class/$1/$2" "../../devices/$3"
}

# device_file NAME MODE MAJOR MINOR
device_file() {
    local -r file=$root/dev/infiniband/$1
    rm -f "$file"
    if ((EUID == 0)); then
        mknod -m "$2" "$file" c "$3" "$4"
    else
        (umask 077 && : >"$file" && chmod "$2" "$file")
    fi
}

wrong() {
    printf 'devices.sh: %s is not NAME[:InfiniBand|Ethernet[:ACTIVE|INIT|DOWN]]\n' "$1" >&2
    exit 2
}

if (($# == 0)) || [[ $1 == -* ]]; then
    sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
    exit 2
fi
main "$@"
