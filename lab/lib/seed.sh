# shellcheck shell=bash
# Images for a new engine without a pull: its neighbour's, as hard links. Engines only ever add and unlink the files of an
# image's layers, and a container writes to copies, so two engines can share them. Sixteen nodes then cost the disk of one.

# engine_seed NODE: does nothing for an engine that has had a start before, or where no neighbour has images.
engine_seed() {
    local -r node=$1 to=$ENGINES/$1
    local from
    [[ ! -e $to ]] || return 0
    from=$(engine_with_images) || return 0
    say "$node takes over the images of ${from##*/}"
    rm -rf "$to.new"
    mkdir -m 711 "$to.new"
    mkdir -m 710 "$to.new/overlay2" "$to.new/overlay2/l"
    seed_records "$from" "$to.new"
    seed_layers "$from" "$to.new"
    mv "$to.new" "$to"
}

engine_with_images() {
    local records
    for records in "$ENGINES"/*/image/overlay2/repositories.json; do
        if grep -qsF "$LAB_REGISTRY/" "$records"; then
            printf '%s' "${records%/image/overlay2/repositories.json}"
            return
        fi
    done
    return 1
}

# What the engine knows of its images; small, and copied, for the engine replaces these files as it goes.
seed_records() {
    local -r from=$1/image/overlay2 to=$2/image/overlay2
    mkdir -m 700 "$2/image" "$to" "$to/layerdb"
    cp -a "$from/distribution" "$from/imagedb" "$from/repositories.json" "$to/"
    cp -a "$from/layerdb/sha256" "$to/layerdb/"
}

# The layers' trees; containers' own layers, which no image names, stay behind.
seed_layers() {
    local -r from=$1/overlay2 to=$2/overlay2
    local cache_id layer
    for cache_id in "$2"/image/overlay2/layerdb/sha256/*/cache-id; do
        layer=$(<"$cache_id")
        cp -al "$from/$layer" "$to/"
        ln -s "../$layer/diff" "$to/l/$(<"$from/$layer/link")"
    done
}
