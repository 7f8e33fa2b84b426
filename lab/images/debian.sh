# shellcheck shell=bash
# A Debian tree as a tar for `docker import`, of packages that this machine's own sources have.

# Manuals and translations stay out: they are half of the files. dpkg need not sync a tree that is thrown away.
readonly DEBIAN_DPKG_OPTIONS=(
    force-unsafe-io
    'path-exclude=/usr/share/man/*'
    'path-exclude=/usr/share/doc/*'
    'path-exclude=/usr/share/locale/*'
)

# debian_build SUITE TAR HOOK PACKAGE... makes the tree; the hook, a command of a shell, gets it as $1 before it is packed, and has $WORK to
# work in.
debian_build() {
    local -r suite=$1 tar=$2 hook=$3
    shift 3
    local -r work=$LAB_CACHE/work.${tar##*/}
    say "building a $suite tree with $*"
    rm -rf "$work"
    mkdir -p "$work"
    debian_sources "$suite" >"$work/sources.list"
    if [[ ! -s $work/sources.list ]]; then
        # apt knows whose its sources are when it has read them.
        apt-get update -q >&2
        debian_sources "$suite" >"$work/sources.list"
    fi
    [[ -s $work/sources.list ]] || fail "apt has no Debian source for $suite to make the image from: see /etc/apt/sources.list"
    debian_apt_options >"$work/apt.conf"
    WORK=$work mmdebstrap --quiet --format=tar --mode=root --variant=minbase --include="$(IFS=,; printf '%s' "$*")" \
        --aptopt="$work/apt.conf" "${DEBIAN_DPKG_OPTIONS[@]/#/--dpkgopt=}" --customize-hook="$hook" \
        "$suite" "$tar.new" - <"$work/sources.list" >&2 || fail "mmdebstrap could not make the $suite tree: see above"
    mv "$tar.new" "$tar"
    rm -rf "$work"
}

# The machine's own Debian sources, for its own suite or for another.
debian_sources() {
    local -r suite=$1
    local own uri release component
    own=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")
    # shellcheck disable=SC2016 # apt's own placeholders
    while read -r uri release component; do
        if [[ $release == "$own" || $release == "$own"-* ]]; then
            printf 'deb %s %s %s\n' "$uri" "${release/"$own"/"$suite"}" "$component"
        fi
    done < <(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian') | sort -u
}

# The machine's own ways to its sources: proxies, and whether old snapshots are taken.
debian_apt_options() {
    apt-config dump | grep -iE '^Acquire::(https?::[^"]*proxy|check-valid-until|check-date|retries)' || [[ $? == 1 ]]
}
