# shellcheck shell=bash
# Messages: what is being done goes to stderr, so that stdout carries only what was asked for.

say() {
    printf 'lab: %s\n' "$*" >&2
}

# Ends the program. The message names the thing, the reason and the next step.
fail() {
    printf 'lab: error: %s\n' "$*" >&2
    exit 1
}
