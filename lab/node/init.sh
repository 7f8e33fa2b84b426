#!/usr/bin/env bash
# First process of a node, already in its namespaces: makes the node's mounts, says that it is ready, and stays as the
# reaper of orphans. Usage: init.sh NODE DIRECTORY ADMIN_PUBLIC_KEY. It runs from the node's directory, because the
# checkout may lie where the node has mounts of its own.
set -euo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
node=$1 dir=$2 admin_key=$3

# The old /proc still numbers processes as the machine does.
read -r machine_pid _ </proc/self/stat
mapfile -t cgroup_mounts < <(grep -E ' - cgroup2? ' /proc/self/mountinfo)
resolver=$(realpath /etc/resolv.conf)
resolver_text=$(cat "$resolver")

main() {
    mount --make-rprivate /
    hostname "$node"
    mount_run
    mount -t tmpfs -o mode=1777 tmpfs /tmp
    mount_root_home
    mount_dev
    mount_sys
    mount_cgroups
    mount_adapters
    mount -t proc proc /proc
    mount_boot_id
    unlock_root
    printf '%s\n' "$machine_pid" >"$dir/init.ready.new"
    mv "$dir/init.ready.new" "$dir/init.ready"
    exec /usr/bin/docker-init -s -- sleep infinity
}

# The machine's own /run would pin the other nodes' network namespaces.
mount_run() {
    if grep -q ' /run/netns ' /proc/self/mountinfo; then
        umount --recursive --lazy /run/netns
    fi
    mount -t tmpfs -o mode=755 tmpfs /run
    mkdir -m 755 /run/sshd /run/lock
    # Where /etc/resolv.conf leads into /run.
    if [[ ! -e $resolver ]]; then
        mkdir -p "${resolver%/*}"
        printf '%s\n' "$resolver_text" >"$resolver"
    fi
}

# Each start of the node is a boot of its own; the kernel is the machine's, and would not say so.
mount_boot_id() {
    cat /proc/sys/kernel/random/uuid >/run/boot_id
    mount --bind /run/boot_id /proc/sys/kernel/random/boot_id
}

# A clean home: the machine's own profile may cost every login a second.
mount_root_home() {
    mount -t tmpfs -o mode=700 tmpfs /root
    mkdir -m 700 /root/.ssh
    install -m 600 "$admin_key" /root/.ssh/authorized_keys
}

# sshd turns a locked account away, key or no key; `*` is no password and no lock.
unlock_root() {
    if grep -q "^root:!" /etc/shadow; then
        (umask 077; sed "s/^root:![^:]*/root:*/" /etc/shadow >/run/shadow)
        mount --bind /run/shadow /etc/shadow
    fi
}

mount_dev() {
    local link
    mount -t tmpfs -o mode=755 tmpfs /dev
    make_device 666 null 1 3
    make_device 666 zero 1 5
    make_device 666 full 1 7
    make_device 666 random 1 8
    make_device 666 urandom 1 9
    make_device 666 tty 5 0
    make_device 666 fuse 10 229
    mkdir /dev/pts /dev/shm /dev/mqueue /dev/net
    make_device 666 net/tun 10 200
    mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts /dev/pts
    mount -t tmpfs -o mode=1777 tmpfs /dev/shm
    mount -t mqueue mqueue /dev/mqueue
    ln -s pts/ptmx /dev/ptmx
    ln -s /proc/self/fd /dev/fd
    for link in stdin:0 stdout:1 stderr:2; do
        ln -s "/proc/self/fd/${link#*:}" "/dev/${link%:*}"
    done
}

make_device() {
    mknod -m "$1" "/dev/$2" c "$3" "$4"
}

# A sysfs of the node's own network, and the security modules' files where the kernel has them: an engine loads its profile there.
mount_sys() {
    mount -t sysfs sysfs /sys
    if grep -q '[[:space:]]securityfs$' /proc/filesystems; then
        mount -t securityfs securityfs /sys/kernel/security
    fi
}

# An InfiniBand adapter as far as a probe or an engine looks at one: device files of its own, and its classes in sysfs, where
# everything else stays what it is.
mount_adapters() {
    local -r made=/run/adapters machine=/run/sysfs
    local class entry
    "$dir/devices.sh" "$made"
    mkdir "$machine" /dev/infiniband
    mount --bind "$made/dev/infiniband" /dev/infiniband
    mount --bind /sys "$machine"
    mount -t tmpfs -o mode=755 tmpfs /sys/class
    ln -s "$machine"/class/* /sys/class/
    for class in "$made"/sys/class/*; do
        rm -f "/sys/class/${class##*/}"
        mkdir "/sys/class/${class##*/}"
        for entry in "$machine/class/${class##*/}"/* "$class"/*; do
            [[ -e $entry ]] && ln -sf "$entry" "/sys/class/${class##*/}/"
        done
    done
}

# The same hierarchies as the machine's, mounted anew so that they begin at the node's cgroup.
mount_cgroups() {
    local line point options
    [[ ${cgroup_mounts[0]} == *" /sys/fs/cgroup "*" - cgroup2 "* ]] || mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
    for line in "${cgroup_mounts[@]}"; do
        read -r _ _ _ _ point _ <<<"$line"
        mkdir -p "$point"
        if [[ $line == *' - cgroup2 '* ]]; then
            mount -t cgroup2 cgroup2 "$point"
        else
            options=$(cgroup_v1_options "${line##* }")
            mount -t cgroup -o "$options" cgroup "$point"
            link_controllers "${point##*/}"
        fi
    done
}

# Of `rw,xattr,name=systemd`, the part that names the hierarchy.
cgroup_v1_options() {
    local option result=
    local -r IFS=,
    for option in $1; do
        case $option in
            name=*) result=none,$option ;;
            rw | ro | xattr | clone_children | noprefix | release_agent=*) ;;
            *) result=${result:+$result,}$option ;;
        esac
    done
    printf '%s' "$result"
}

# `cpu,cpuacct` is known as `cpu` and as `cpuacct` too.
link_controllers() {
    local controller
    [[ $1 == *,* ]] || return 0
    for controller in ${1//,/ }; do
        ln -s "$1" "/sys/fs/cgroup/$controller"
    done
}

main
