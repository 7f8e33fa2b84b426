# shellcheck shell=bash
# The image whose first process is systemd: a Debian tree with it and an sshd that it starts.

readonly INIT_PACKAGES=(openssh-server systemd-sysv dbus)

# Each container makes keys, name and machine id of its own.
# shellcheck disable=SC2016 # the hook's own variable
readonly INIT_HOOK='cd "$1" && rm -f etc/ssh/ssh_host_* etc/hostname etc/resolv.conf && : >etc/machine-id'

init_key() {
    printf '%s\n' "$1" "${INIT_PACKAGES[@]}" "$INIT_HOOK" "${DEBIAN_DPKG_OPTIONS[@]}"
}

# init_build SUITE TAR
init_build() {
    debian_build "$1" "$2" "$INIT_HOOK" "${INIT_PACKAGES[@]}"
}
