# shellcheck shell=bash disable=SC2034 # read by the other files
# What the lab is made of: names, addresses, ids and directories. The environment can say otherwise, so that a second lab can
# stand beside the first; README.md has an example.

readonly LAB_STATE=${PISAHPC_LAB_STATE:-/var/lib/pisahpc-lab}
readonly LAB_CACHE=${PISAHPC_LAB_CACHE:-/var/cache/pisahpc-lab}

# The cluster file system: one directory, under the same path on every node and on this machine.
readonly LAB_SHARED=$LAB_STATE/shared
readonly LAB_PORT_AREA=$LAB_SHARED/ports
readonly LAB_PORT_FIRST=22000
readonly LAB_PORT_LAST=22999

readonly LAB_NODE_PREFIX=${PISAHPC_LAB_PREFIX:-o2wn}
readonly LAB_NODES_MAX=16
readonly LAB_NODES_DEFAULT=2

readonly LAB_BRIDGE=${PISAHPC_LAB_BRIDGE:-pisalab0}
readonly LAB_NETWORK=${PISAHPC_LAB_NETWORK:-10.10.13}
readonly LAB_HEAD_ADDRESS=$LAB_NETWORK.254

readonly LAB_REGISTRY_NAME=${PISAHPC_LAB_REGISTRY:-registry.lab}
readonly LAB_SLURM_PORT=${PISAHPC_LAB_SLURM_PORT:-6817}
readonly LAB_REGISTRY=$LAB_REGISTRY_NAME:5000

# One word on every line, rule and cgroup that the lab adds to the machine, so that `down` finds them.
readonly LAB_MARK=${PISAHPC_LAB_MARK:-pisahpc-lab}

# name:uid:gid and name:gid; the first user is the owner of the jobs, with the extra groups, and the second the owner of other
# people's jobs.
read -ra LAB_USERS <<<"${PISAHPC_LAB_USERS:-hpcuser:4001:4001 otheruser:4002:4002}"
read -ra LAB_EXTRA_GROUPS <<<"${PISAHPC_LAB_GROUPS:-hpcstage:5001 hpcdata:5002}"
readonly LAB_USERS LAB_EXTRA_GROUPS
