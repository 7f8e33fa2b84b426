# shellcheck shell=sh
# Prints a node's InfiniBand and RoCE adapters from sysfs and /dev: lines that start with "ib-", fields by tabs.
# $1 the directory that holds sys and dev; none is /.
# It is a part of other scripts: its names start with ib_, and it leaves everything else as it was.

ib_read() { ib_value=; { IFS= read -r ib_value < "$1"; } 2>/dev/null || :; }
ib_adapter() {
  ib_name=${1##*/}
  ib_read "$1/node_guid"; ib_guid=$ib_value
  ib_read "$1/fw_ver"; ib_firmware=$ib_value
  ib_read "$1/device/numa_node"
  printf 'ib-adapter\t%s\t%s\t%s\t%s\n' "$ib_name" "$ib_guid" "$ib_firmware" "$ib_value"
  for ib_path in "$1"/ports/*; do
    [ -d "$ib_path" ] || continue
    ib_read "$ib_path/state"; ib_state=$ib_value
    ib_read "$ib_path/link_layer"; ib_layer=$ib_value
    ib_read "$ib_path/rate"; ib_rate=$ib_value
    ib_read "$ib_path/gid_attrs/ndevs/0"
    printf 'ib-port\t%s\t%s\t%s\t%s\t%s\t%s\n' "$ib_name" "${ib_path##*/}" "$ib_state" "$ib_layer" "$ib_rate" "$ib_value"
  done
  for ib_path in "$1"/device/net/*; do
    [ -d "$ib_path" ] || continue
    ib_read "$ib_path/dev_port"; case $ib_value in ''|0) ib_read "$ib_path/dev_id" ;; esac
    printf 'ib-net\t%s\t%s\t%s\n' "$ib_name" "${ib_path##*/}" "$ib_value"
  done
}
ib_files() {
  ib_class=$ib_root/sys/class
  for ib_path in "$ib_class"/infiniband_verbs/uverbs* "$ib_class"/infiniband_mad/umad* "$ib_class"/infiniband_mad/issm*; do
    ib_read "$ib_path/ibdev"; ib_name=$ib_value
    case $ib_path in */uverbs*) [ -z "$ib_name" ] || printf 'ib-verbs\t%s\n' "$ib_name" ;; esac
    [ -e "$ib_root/dev/infiniband/${ib_path##*/}" ] || continue
    ib_read "$ib_path/port"
    printf 'ib-file\t%s\t%s\t%s\n' "$ib_name" "$ib_value" "${ib_path##*/}"
  done
  if [ -e "$ib_root/dev/infiniband/rdma_cm" ]; then printf 'ib-file\t\t\trdma_cm\n'; fi
  for ib_path in "$ib_root"/dev/hfi1_[0-9]*; do
    [ ! -e "$ib_path" ] || printf 'ib-hfi\t%s\n' "${ib_path##*/}"
  done
}
ib_probe() {
  ib_root=${1%/}
  if [ ! -d "$ib_root/" ]; then printf 'ib-no-root\t%s\n' "$1"; return 0; fi
  for ib_path in "$ib_root"/sys/class/infiniband/*; do
    if [ -d "$ib_path" ]; then ib_adapter "$ib_path"; fi
  done
  ib_files
}
ib_probe "${1:-/}"
