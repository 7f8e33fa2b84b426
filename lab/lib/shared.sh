# shellcheck shell=bash
# The cluster file system: homes, scratch, and the port area. Nodes see it under the path that it has here.

shared_up() {
    local entry name uid gid
    install -d -m 755 "$LAB_SHARED" "$LAB_SHARED/home"
    install -d -m 1777 "$LAB_SHARED/scratch"
    for entry in "${LAB_USERS[@]}"; do
        IFS=: read -r name uid gid <<<"$entry"
        install -d -m 755 -o "$uid" -g "$gid" "$LAB_SHARED/home/$name"
    done
    shared_create_port_area
}

# One empty file per port. It belongs to the account that leases in it: root, as the batch hooks are.
shared_create_port_area() {
    [[ ! -d $LAB_PORT_AREA ]] || return 0
    install -d -m 755 "$LAB_PORT_AREA.new"
    (
        cd "$LAB_PORT_AREA.new" || exit
        umask 022
        seq "$LAB_PORT_FIRST" "$LAB_PORT_LAST" | xargs touch
    )
    mv "$LAB_PORT_AREA.new" "$LAB_PORT_AREA"
}
