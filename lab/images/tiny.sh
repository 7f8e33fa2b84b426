# shellcheck shell=bash
# The tiny image: static busybox, and OpenSSH with the libraries it is linked to, all from this machine's packages. An sshd
# is configured and started in it exactly as in the big one.

readonly TINY_PROGRAMS=(/usr/sbin/sshd /usr/bin/ssh /usr/lib/openssh/sftp-server)

tiny_key() {
    cat "$LAB_HOME/images/tiny.sh"
    dpkg-query -W -f '${Package} ${Version}\n' openssh-server openssh-client busybox-static libc6
}

# tiny_build TAR
tiny_build() {
    local -r tar=$1 tree=$LAB_CACHE/work.tiny
    say "building the tiny tree"
    rm -rf "$tree"
    mkdir -p "$tree"/{bin,dev,etc/ssh,home,lib,lib64,opt,proc,run/sshd,root,sbin,sys,usr/bin,usr/sbin,var/empty}
    mkdir -m 1777 "$tree/tmp"
    cp /bin/busybox "$tree/bin/busybox"
    tiny_link_applets "$tree"
    tiny_copy_libraries "$tree"
    cp --parents "${TINY_PROGRAMS[@]}" "$tree"
    printf 'root:x:0:0:root:/root:/bin/sh\nsshd:x:100:65534::/run/sshd:/bin/false\n' >"$tree/etc/passwd"
    printf 'root:x:0:\nnogroup:x:65534:\n' >"$tree/etc/group"
    printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$tree/etc/nsswitch.conf"
    printf '/bin/sh\n' >"$tree/etc/shells"
    tar --create --file "$tar.new" --directory "$tree" --owner=0 --group=0 --numeric-owner .
    mv "$tar.new" "$tar"
    rm -rf "$tree"
}

# busybox names its applets with their directories: bin/sh, usr/bin/id ...
tiny_link_applets() {
    local applet
    while read -r applet; do
        mkdir -p "$1/${applet%/*}"
        [[ -e $1/$applet ]] || ln -s /bin/busybox "$1/$applet"
    done < <(/bin/busybox --list-full)
    ln -s /bin/busybox "$1/bin/bash"
}

tiny_copy_libraries() {
    local library
    while read -r library; do
        cp --parents --dereference "$library" "$1"
    done < <(ldd "${TINY_PROGRAMS[@]}" | grep -oE '/[^ ]+ \(0x' | cut -d' ' -f1 | sort -u)
}
