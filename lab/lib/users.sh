# shellcheck shell=bash
# The cluster's users, with the same ids on every node. What is added is recorded, and only that is removed.

users_up() {
    local entry name uid gid
    mkdir -p "$LAB_STATE/accounts"
    for entry in "${LAB_EXTRA_GROUPS[@]}"; do
        users_add_group "${entry%:*}" "${entry#*:}"
    done
    for entry in "${LAB_USERS[@]}"; do
        IFS=: read -r name uid gid <<<"$entry"
        users_add_group "$name" "$gid"
        users_add "$name" "$uid" "$gid"
    done
}

users_add_group() {
    local -r name=$1 gid=$2 record=$LAB_STATE/accounts/group.$1
    [[ ! -e $record ]] || return 0
    users_refuse_taken group "$name" "$gid"
    : >"$record"
    groupadd --gid "$gid" "$name"
}

users_add() {
    local -r name=$1 uid=$2 gid=$3 record=$LAB_STATE/accounts/user.$1
    local groups=()
    [[ ! -e $record ]] || return 0
    users_refuse_taken passwd "$name" "$uid"
    if [[ $name == "${LAB_USERS[0]%%:*}" ]]; then
        groups=(--groups "$(IFS=,; printf '%s' "${LAB_EXTRA_GROUPS[*]%:*}")")
    fi
    : >"$record"
    # '*' is no password, and not the '!' of a locked account, which sshd would turn away.
    useradd --uid "$uid" --gid "$gid" "${groups[@]}" --no-create-home --home-dir "$LAB_SHARED/home/$name" \
        --shell /bin/bash --password '*' "$name"
}

users_refuse_taken() {
    local -r database=$1 name=$2 id=$3
    local entry
    if entry=$(getent "$database" "$name" || getent "$database" "$id"); then
        fail "the lab wants $name ($id) in $database, where there is: $entry. It was not made by this lab:" \
            "rename or remove it, then run \`up\` again"
    fi
}

users_down() {
    local record name
    for record in "$LAB_STATE"/accounts/user.*; do
        [[ -e $record ]] || continue
        name=${record##*/user.}
        if getent passwd "$name" >/dev/null; then
            # Its group of the same name goes with it.
            userdel "$name" || fail "user $name could not be removed: end what runs as $name (ps -u $name), then \`down\` again"
        fi
        rm "$record"
    done
    for record in "$LAB_STATE"/accounts/group.*; do
        [[ -e $record ]] || continue
        name=${record##*/group.}
        if getent group "$name" >/dev/null; then
            groupdel "$name"
        fi
        rm "$record"
    done
}
