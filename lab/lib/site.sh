# shellcheck shell=bash
# The site definition that the module reads on this machine: lab/site.yaml with the lab's own paths in it.

# shellcheck disable=SC2153 # settings.sh sets it
readonly LAB_SITE=$LAB_STATE/site.yaml

# site_write NODE...
site_write() {
    local text
    text=$(<"$LAB_HOME/site.yaml")
    text=${text//@REGISTRY@/$LAB_REGISTRY}
    text=${text//@PORT_AREA@/$LAB_PORT_AREA}
    text=${text//@PORT_FIRST@/$LAB_PORT_FIRST}
    text=${text//@PORT_LAST@/$LAB_PORT_LAST}
    text=${text//@NODES@/$(site_host_list "$@")}
    text=${text//@SSH_KEY@/$LAB_SSH_KEY}
    text=${text//@KNOWN_HOSTS@/$LAB_KNOWN_HOSTS}
    text=${text//@SSH_CONFIG@/$LAB_SSH_CONFIG}
    text=${text//@SHARED@/$LAB_SHARED}
    [[ $text != *@[A-Z]* ]] || fail "lab/site.yaml has a word that nothing replaces: ${text#*@}"
    printf '%s\n' "$text" >"$LAB_SITE.new"
    mv "$LAB_SITE.new" "$LAB_SITE"
}

# The nodes as one host list; they are numbered without gaps.
site_host_list() {
    local -r first=$1 last=${!#}
    printf '%s[%s-%s]' "$LAB_NODE_PREFIX" "${first#"$LAB_NODE_PREFIX"}" "${last#"$LAB_NODE_PREFIX"}"
}
