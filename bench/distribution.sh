#!/usr/bin/env bash
# One image to many nodes past a registry with a slow link: direct pulls, two pull-through caches on nodes, and a tree in which every
# node that holds the image gives it to one that does not (docker save | ssh | docker load). Each way starts with nodes that have nothing.
# Then the module's own two. The registry and the caches are throw-away processes with TLS; the lab's own registry and images are left
# alone.
# usage: distribution.sh SSH_CONFIG SITE RATE MEGABYTES NODE...   (root; RATE as tc writes it)
set -euo pipefail
config=$1 site=$2 rate=$3 megabytes=$4
shift 4
nodes=("$@")
place=pisabench-reg address=10.10.13.201
registry=$address:5000 repository=try/bench/tree
work=$(mktemp -d)
limit=10
started=()

at() { ssh -n -F "$config" -o ControlMaster=auto -o ControlPath="$work/%h" -o ControlPersist=60 "$1" "$2"; }

# each FUNCTION NODE...: side by side, at most $limit at a time.
each() {
    local function=$1 node
    shift
    for node in "$@"; do
        while (($(jobs -pr | wc -l) >= limit + ${#started[@]})); do wait -n; done
        "$function" "$node" &
    done
    local pid
    for pid in $(jobs -pr); do
        [[ " ${started[*]} " == *" $pid "* ]] || wait "$pid"
    done
}

clean_up() {
    local pid node
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    for node in "${nodes[@]}"; do
        forget "$node"
        at "$node" "rm -rf /etc/docker/certs.d/$registry /etc/docker/certs.d/*:5001" || true
        ssh -F "$config" -o ControlPath="$work/%h" -O exit "$node" 2>/dev/null || true
    done
    ip netns del $place 2>/dev/null || true
    ip link del $place 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT

# The images of this bench, whatever registry they came through.
forget() {
    at "$1" "ids=\$(docker image ls --quiet --no-trunc --filter 'reference=*:500[01]/$repository' | sort -u); ids=\"\$ids $image\"
        docker image rm --force \$ids >/dev/null 2>&1" || true
}
image=

certificate() {
    local names=IP:$address node
    for node in "${nodes[@]}"; do names+=,IP:$(address_of "$node"); done
    openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=bench -addext "subjectAltName=$names" \
        -keyout "$work/key" -out "$work/crt" 2>"$work/openssl.log" || { cat "$work/openssl.log" >&2; exit 1; }
}

address_of() { getent ahostsv4 "$1" | { read -r ip _ && printf %s "$ip"; }; }

# serve NAME ADDRESS:PORT NAMESPACE [PROXY]: a registry in a network namespace.
serve() {
    mkdir "$work/$1"
    printf '%s\n' 'version: 0.1' 'log: { level: error, accesslog: { disabled: true } }' \
        "storage: { filesystem: { rootdirectory: $work/$1 } }" \
        "http: { addr: '$2', tls: { certificate: $work/crt, key: $work/key } }" >"$work/$1.yml"
    [[ -z ${4:-} ]] || echo "proxy: { remoteurl: '$4' }" >>"$work/$1.yml"
    SSL_CERT_FILE=$work/crt ip netns exec "$3" docker-registry serve "$work/$1.yml" >"$work/$1.log" 2>&1 &
    started+=($!)
    until ip netns exec "$3" bash -c "exec 3<>/dev/tcp/${2/:/\/}" 2>/dev/null; do
        kill -0 $! || { cat "$work/$1.log" >&2; exit 1; }
    done
}

trust() {
    local host
    for host in "$registry" "${caches[@]/%/:5001}"; do
        at "$1" "mkdir -p /etc/docker/certs.d/$host && printf %s '$(<"$work/crt")' >/etc/docker/certs.d/$host/ca.crt"
    done
}

publish() {
    head -c "${megabytes}M" /dev/urandom >"$work/random"
    tar -C "$work" -cf "$work/image.tar" random
    ssh -F "$config" "${nodes[0]}" <"$work/image.tar" \
        "docker import - $registry/$repository:1 >/dev/null && docker push --quiet $registry/$repository:1 >/dev/null"
    digest=$(at "${nodes[0]}" "docker image inspect --format '{{index .RepoDigests 0}}' $registry/$repository:1")
    digest=${digest#*@}
    image=$(at "${nodes[0]}" "docker image inspect --format '{{.Id}}' $registry/$repository:1")
}

# A node's place in the list.
nodes_number() {
    local i
    for i in "${!nodes[@]}"; do [[ ${nodes[i]} != "$1" ]] || printf %s "$i"; done
}

pull_direct() { at "$1" "docker pull --quiet $registry/$repository@$digest >/dev/null"; }

# By a cache, then from the registry by digest, which is a manifest and nothing else: so the node knows the image by its own name.
pull_cached() {
    local cache=${caches[0]}
    [[ $(nodes_number "$1") != *[13579] ]] || cache=${caches[1]}
    at "$1" "docker pull --quiet $cache:5001/$repository@$digest >/dev/null && docker pull --quiet $registry/$repository@$digest >/dev/null"
}

# The caches' own nodes first: a cache that is asked by many at once for what it does not have yet asks the registry for each of them.
caches_first() {
    each pull_cached "${nodes[@]:0:2}"
    each pull_cached "${nodes[@]:2}"
}

give() {
    local from=${1%>*} to=${1#*>}
    at "$from" "docker save $image | ssh -F $config -o BatchMode=yes $to docker load --quiet >/dev/null"
    pull_direct "$to"
}

tree() {
    local have=("${nodes[0]}") lack=("${nodes[@]:1}") pairs node
    pull_direct "${nodes[0]}"
    while ((${#lack[@]} > 0)); do
        pairs=()
        for node in "${have[@]}"; do
            ((${#lack[@]} > 0)) || break
            pairs+=("$node>${lack[0]}")
            lack=("${lack[@]:1}")
        done
        each give "${pairs[@]}"
        for node in "${pairs[@]}"; do have+=("${node#*>}"); done
    done
}

# update DISTRIBUTION: what the module makes of it, as a process of its own.
update() {
    "${BASH_SOURCE[0]%/*}/../out/host/pisahpc" -Command "Update-HpcImage -Site '$site' -Node $(IFS=, && echo "${nodes[*]}") \
        -Image $registry/$repository:1 -Distribution $1 -ThrottleLimit $limit" >/dev/null
}

# measure NAME COMMAND...: from nodes without the image to nodes that all hold it.
measure() {
    local name=$1 start end sent node
    shift
    each forget "${nodes[@]}"
    start=$(date +%s.%N) sent=$(ip netns exec $place cat /sys/class/net/eth0/statistics/tx_bytes)
    "$@"
    end=$(date +%s.%N)
    sent=$(($(ip netns exec $place cat /sys/class/net/eth0/statistics/tx_bytes) - sent))
    for node in "${nodes[@]}"; do
        at "$node" "docker image inspect --format '{{.RepoDigests}}' $image" | grep "$registry/$repository@$digest" >/dev/null \
            || { echo "$name: $node does not hold the image" >&2; exit 1; }
    done
    seconds[$name]=$(awk "BEGIN { print $end - $start }")
    printf '%-8s %6.1f s, the registry sent %5.0f MB\n' "$name" "${seconds[$name]}" "$((sent / 1000000))"
}

declare -A seconds
caches=("$(address_of "${nodes[0]}")" "$(address_of "${nodes[1]}")")
certificate
ip netns add $place
# A hardware address of its own: nodes remember who had it in an earlier run.
ip link add $place type veth peer name eth0 address 02:00:0a:0a:0d:c9 netns $place
ip link set $place master pisalab0 up
ip -n $place addr add $address/24 dev eth0
ip -n $place link set eth0 up
ip -n $place link set lo up
serve registry "$registry" $place
each trust "${nodes[@]}"
publish
tc -n $place qdisc add dev eth0 root tbf rate "$rate" burst 256k limit 8m
serve cache0 "${caches[0]}:5001" "${nodes[0]}" "https://$registry"
serve cache1 "${caches[1]}:5001" "${nodes[1]}" "https://$registry"

echo "${#nodes[@]} nodes, an image of $megabytes MB that does not compress, the registry's link at $rate"
measure direct each pull_direct "${nodes[@]}"
measure caches caches_first
measure tree tree
measure Registry update Registry
measure Peers update Peers
awk "BEGIN { printf \"against direct pulls: caches %.2f, tree %.2f, Update-HpcImage %.2f, with -Distribution Peers %.2f\n\", \
    ${seconds[caches]} / ${seconds[direct]}, ${seconds[tree]} / ${seconds[direct]}, \
    ${seconds[Registry]} / ${seconds[direct]}, ${seconds[Peers]} / ${seconds[direct]} }"
