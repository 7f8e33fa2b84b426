# shellcheck shell=sh
# Runs in a container: prints a line for each thing that is there. No program is run for it, since an image may have none but a shell.
# $1 "programs" for those on the PATH, or "directories" or "items" for those in $2.

programs() {
    IFS=:
    set -f
    for place in $PATH; do
        set +f
        for file in "$place"/*; do
            [ -f "$file" ] && [ -x "$file" ] && printf '%s\n' "$file"
        done
        set -f
    done
}

directories() {
    for entry in "${1%/}"/*/; do
        [ -d "$entry" ] && printf '%s\n' "${entry%/}"
    done
}

items() {
    for entry in "${1%/}"/*; do
        [ -e "$entry" ] && printf '%s\n' "$entry"
    done
}

case $1 in
programs) programs ;;
items) items "$2" ;;
directories) directories "$2" ;;
esac
exit 0
