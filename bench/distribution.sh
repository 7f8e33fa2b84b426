#!/usr/bin/env bash
# One image to many nodes past a registry with a slow link, by an admin's means: direct pulls by clush, two pull-through caches on nodes,
# and a tree in which every node that holds the image gives it to one that does not (docker save | ssh | docker load). The registry and the
# caches are throw-away processes with TLS; the lab's own registry and images are left alone.
#
#   up                    the registry, with an image that no node has; prints the image's name. RATE (as tc writes it) and MEGABYTES
#   direct, caches, tree  brings the image to all nodes
#   held                  fails where a node does not have it
#   forget                takes it from all nodes
#   sent                  prints how many bytes the registry has sent
#   down                  takes everything away
#
# usage: distribution.sh VERB DIRECTORY SSH_CONFIG NODE...   (root; the directory is made by "up")
set -euo pipefail
verb=$1 work=$2 config=$3
shift 3
nodes=("$@")
place=pisabench-reg address=10.10.13.201
registry=$address:5000 repository=try/bench/tree
limit=16
# ssh's masters stand, as at a prompt.
ssh_options=(-F "$config" -o BatchMode=yes -o ControlMaster=auto -o "ControlPath=$work/%h" -o ControlPersist=600)

at() { ssh -n "${ssh_options[@]}" "$1" "$2"; }

# everywhere COMMAND [NODE...]: on the nodes named, or on all.
everywhere() {
    local command=$1
    shift
    (($# > 0)) || set -- "${nodes[@]}"
    # clush has a meaning of its own for %.
    clush -S -q -f $limit -o "${ssh_options[*]//%/%%}" -w "$(IFS=, && echo "$*")" "$command" </dev/null
}

address_of() { getent ahostsv4 "$1" | { read -r ip _ && printf %s "$ip"; }; }

certificate() {
    local names=IP:$address node
    for node in "${nodes[@]}"; do names+=,IP:$(address_of "$node"); done
    openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=bench -addext "subjectAltName=$names" \
        -keyout "$work/key" -out "$work/crt" 2>"$work/openssl.log" || { cat "$work/openssl.log" >&2; exit 1; }
}

# serve NAME ADDRESS:PORT NAMESPACE [PROXY]: a registry in a network namespace.
serve() {
    mkdir "$work/$1.images"
    printf '%s\n' 'version: 0.1' 'log: { level: error, accesslog: { disabled: true } }' \
        "storage: { filesystem: { rootdirectory: $work/$1.images } }" \
        "http: { addr: '$2', tls: { certificate: $work/crt, key: $work/key } }" >"$work/$1.yml"
    [[ -z ${4:-} ]] || echo "proxy: { remoteurl: '$4' }" >>"$work/$1.yml"
    SSL_CERT_FILE=$work/crt setsid ip netns exec "$3" docker-registry serve "$work/$1.yml" </dev/null >"$work/$1.log" 2>&1 &
    echo $! >"$work/$1.pid"
    until ip netns exec "$3" bash -c "exec 3<>/dev/tcp/${2/:/\/}" 2>/dev/null; do
        kill -0 $! || { cat "$work/$1.log" >&2; exit 1; }
    done
}

up() {
    mkdir "$work"
    caches=("$(address_of "${nodes[0]}"):5001" "$(address_of "${nodes[1]}"):5001")
    certificate
    ip netns add $place
    # A hardware address of its own: nodes remember who had it in an earlier run.
    ip link add $place type veth peer name eth0 address 02:00:0a:0a:0d:c9 netns $place
    ip link set $place master pisalab0 up
    ip -n $place addr add $address/24 dev eth0
    ip -n $place link set eth0 up
    ip -n $place link set lo up
    serve registry "$registry" $place
    everywhere "for host in $registry ${caches[*]}; do
        mkdir -p /etc/docker/certs.d/\$host && printf %s '$(<"$work/crt")' >/etc/docker/certs.d/\$host/ca.crt; done"
    publish
    tc -n $place qdisc add dev eth0 root tbf rate "$RATE" burst 256k limit 8m
    serve cache0 "${caches[0]}" "${nodes[0]}" "https://$registry"
    serve cache1 "${caches[1]}" "${nodes[1]}" "https://$registry"
    declare -p image digest caches >"$work/state"
    echo "$registry/$repository:1"
}

publish() {
    head -c "${MEGABYTES}M" /dev/urandom >"$work/random"
    tar -C "$work" -cf "$work/image.tar" random
    # shellcheck disable=SC2029 # this side knows the names
    ssh "${ssh_options[@]}" "${nodes[0]}" <"$work/image.tar" \
        "docker import - $registry/$repository:1 >/dev/null && docker push --quiet $registry/$repository:1 >/dev/null"
    digest=$(at "${nodes[0]}" "docker image inspect --format '{{index .RepoDigests 0}}' $registry/$repository:1")
    digest=${digest#*@}
    image=$(at "${nodes[0]}" "docker image inspect --format '{{.Id}}' $registry/$repository:1")
}

pull="docker pull --quiet $registry/$repository"

# By a cache, then from the registry by digest, which is a manifest and nothing else: so the node knows the image by its own name.
pull_cached() {
    local cache=$1
    shift
    everywhere "docker pull --quiet $cache/$repository@$digest >/dev/null && $pull@$digest >/dev/null" "$@"
}

# The caches' own nodes first: a cache that is asked by many at once for what it does not have yet asks the registry for each of them.
caches() {
    local others=("${nodes[@]:2}") half=$(((${#nodes[@]} - 2) / 2))
    each pull_cached "${caches[0]} ${nodes[0]}" "${caches[1]} ${nodes[1]}"
    each pull_cached "${caches[0]} ${others[*]:0:half}" "${caches[1]} ${others[*]:half}"
}

give() {
    at "$1" "docker save $image | ssh -F $config -o BatchMode=yes $2 docker load --quiet >/dev/null"
    at "$2" "$pull@$digest >/dev/null"
}

tree() {
    local have=("${nodes[0]}") lack=("${nodes[@]:1}") pairs pair node
    at "${nodes[0]}" "$pull@$digest >/dev/null"
    while ((${#lack[@]} > 0)); do
        pairs=()
        for node in "${have[@]}"; do
            ((${#lack[@]} > 0)) || break
            pairs+=("$node ${lack[0]}")
            lack=("${lack[@]:1}")
        done
        each give "${pairs[@]}"
        for pair in "${pairs[@]}"; do have+=("${pair#* }"); done
    done
}

# each FUNCTION WORDS...: side by side, each with its words.
each() {
    local function=$1 pids=() words pid
    shift
    for words; do
        # shellcheck disable=SC2086 # they are several
        "$function" $words &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid"; done
}

# The images of this bench, whatever registry they came through.
forget() {
    everywhere "ids=\$(docker image ls --quiet --no-trunc --filter 'reference=*:500[01]/$repository' | sort -u)
        docker image rm --force \$ids $image >/dev/null 2>&1 || true"
    rm -rf "$work"/cache[01].images/docker
}

down() {
    local file
    for file in "$work"/*.pid; do
        [[ ! -e $file ]] || kill "$(<"$file")" 2>/dev/null || true
    done
    forget || true
    everywhere "rm -rf /etc/docker/certs.d/$registry /etc/docker/certs.d/*:5001" || true
    for node in "${nodes[@]}"; do ssh "${ssh_options[@]}" -O exit "$node" 2>/dev/null || true; done
    ip netns del $place 2>/dev/null || true
    ip link del $place 2>/dev/null || true
    rm -rf "$work"
}

image='' digest='' caches=()
# shellcheck source=/dev/null
[[ ! -e $work/state ]] || . "$work/state"
case $verb in
    up) up ;;
    direct) everywhere "$pull@$digest >/dev/null" ;;
    caches) caches ;;
    tree) tree ;;
    held) everywhere "docker image inspect --format '{{.RepoDigests}}' $image | grep '$registry/$repository@$digest' >/dev/null" ;;
    forget) forget ;;
    sent) ip netns exec $place cat /sys/class/net/eth0/statistics/tx_bytes ;;
    down) down ;;
esac
