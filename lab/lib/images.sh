# shellcheck shell=bash
# The images' way from a tree to the nodes: tar (kept in the cache under a key of what went into it), `docker import` on the
# first node, push to the registry, pull on every node. Each step is skipped when its result is there.

# shellcheck source-path=SCRIPTDIR/.. source=images/debian.sh
. "$LAB_HOME/images/debian.sh"
# shellcheck source-path=SCRIPTDIR/.. source=images/init.sh
. "$LAB_HOME/images/init.sh"
# shellcheck source-path=SCRIPTDIR/.. source=images/hpc.sh
. "$LAB_HOME/images/hpc.sh"
# shellcheck source-path=SCRIPTDIR/.. source=images/tiny.sh
. "$LAB_HOME/images/tiny.sh"

# reference:recipe; a recipe is a pair of functions, RECIPE_key and RECIPE_build, with the words after it as first arguments.
# shellcheck disable=SC2034 # lab.sh reads them
readonly IMAGES_ALL=('pisa/hpc:deb12=hpc bookworm' 'pisa/tiny:1=tiny')
# shellcheck disable=SC2034 # lab.sh reads them
readonly IMAGES_OPTIONAL=('pisa/hpc:deb13=hpc trixie')
# shellcheck disable=SC2034 # lab.sh reads them
readonly IMAGES_INIT=('pisa/init:deb12=init bookworm')
readonly IMAGE_KEY_LABEL=pisahpc.lab.key

# images_up IMAGE=RECIPE...
images_up() {
    local entry reference key recipe
    local -A keys=()
    for entry in "$@"; do
        reference=${entry%%=*} recipe=${entry#*=}
        # shellcheck disable=SC2086 # the recipe's words
        key=$(image_recipe_key $recipe)
        keys[$reference]=$key
        if [[ ! -e $(image_pushed_mark "$reference" "$key") ]]; then
            image_publish "$reference" "$key" "$recipe"
        fi
    done
    local nodes
    mapfile -t nodes < <(node_names)
    for_each_node images_pull "${nodes[@]}"
}

image_recipe_key() {
    local -r recipe=$1
    shift
    "${recipe}_key" "$@" | sha256sum | cut -c1-16
}

# In the registry's own storage, so that it goes when the storage goes.
image_pushed_mark() {
    printf '%s/keys/%s.%s' "$REGISTRY_STORAGE" "${1//[\/:]/-}" "$2"
}

# image_publish REFERENCE KEY RECIPE
image_publish() {
    local -r reference=$1 key=$2
    local -r tar=$LAB_CACHE/images/${reference//[\/:]/-}.$key.tar
    local -a nodes recipe
    mapfile -t nodes < <(node_names)
    local -r node=${nodes[0]}
    read -ra recipe <<<"$3"
    mkdir -p "$LAB_CACHE/images" "$REGISTRY_STORAGE/keys"
    if [[ ! -e $tar ]]; then
        rm -f "${tar%".$key.tar"}".*.tar
        "${recipe[0]}_build" "${recipe[@]:1}" "$tar"
    fi
    say "importing $reference on $node and pushing it to $LAB_REGISTRY"
    engine "$node" import --change "LABEL $IMAGE_KEY_LABEL=$key" --change 'CMD ["/bin/sh"]' \
        --change "ENV PATH=$HPC_PROGRAMS:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
        "$tar" "$LAB_REGISTRY/$reference" >/dev/null
    engine "$node" push --quiet "$LAB_REGISTRY/$reference" >/dev/null
    rm -f "$(image_pushed_mark "$reference" "")"*
    : >"$(image_pushed_mark "$reference" "$key")"
}

# Pulls what the node lacks or has in another edition; the label tells. Reads the array keys of images_up.
images_pull() {
    local -r node=$1
    local reference present pulled=
    present=$(engine "$node" image inspect --format "{{index .Config.Labels \"$IMAGE_KEY_LABEL\"}}" \
        "${!keys[@]}" 2>/dev/null) || [[ $? == 1 ]]
    for reference in "${!keys[@]}"; do
        if [[ $present != *"${keys[$reference]}"* ]]; then
            say "$node pulls $reference"
            engine "$node" pull --quiet "$LAB_REGISTRY/$reference" >/dev/null
            engine "$node" tag "$LAB_REGISTRY/$reference" "$reference"
            pulled=1
        fi
    done
    if [[ -n $pulled ]]; then
        engine "$node" image prune --force --filter "label=$IMAGE_KEY_LABEL" >/dev/null
    fi
}
