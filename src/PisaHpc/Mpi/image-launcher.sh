# shellcheck shell=sh disable=SC2034,SC2154 # what begins with ph_ is set and read by the other parts
# The image's own launcher, found in the container, and its ways to the other nodes: by ssh, through the job's own sshds.

[ -z "$ph_workdir" ] || cd -- "$ph_workdir" 2>/dev/null ||
    refuse "the working directory $ph_workdir does not exist in the container"

case $ph_flavour in
    openmpi) ph_names='mpirun.openmpi mpirun orterun' ;;
    mpich) ph_names='mpiexec.hydra mpirun.mpich mpiexec mpirun' ;;
    *) ph_names='mpirun mpiexec mpiexec.hydra mpirun.openmpi' ;;
esac
ph_launcher=
for ph_name in $ph_names; do
    ph_path=$(command -v "$ph_name") && ph_said=$("$ph_path" --version 2>&1 </dev/null) || continue
    case $ph_said in
        *'Open MPI'* | *OpenRTE*) ph_kind=openmpi ;;
        *HYDRA* | *'Intel(R) MPI'*) ph_kind=mpich ;;
        *) continue ;;
    esac
    [ -z "$ph_flavour" ] || [ "$ph_flavour" = "$ph_kind" ] || continue
    ph_launcher=$ph_path
    break
done
[ -n "$ph_launcher" ] || refuse "the container has no MPI launcher${ph_flavour:+ of $ph_flavour}: looked for $ph_names in $PATH"
while IFS= read -r ph_version; do
    case $ph_version in *[0-9].[0-9]*) break ;; esac
done <<END
$ph_said
END
fact launcher "$ph_kind" "$ph_launcher" "$ph_version"

# Whether the container has the program.
prepare() {
    (variables && command -v -- "$ph_program") >/dev/null ||
        refuse "there is no program $ph_program in the container${ph_workdir:+, seen from $ph_workdir}"
}

by_ssh() { ssh -F "$ph_directory/ssh_config" -o ConnectTimeout=3 -o ConnectionAttempts=1 "$@" >/dev/null 2>&1; }

# elsewhere SCRIPT: runs it on every other node, and waits for all.
elsewhere() {
    ph_asked=
    for ph_node in $ph_others; do
        printf '%s\n' "$1" | by_ssh "$ph_node" exec /bin/sh &
        ph_asked="$ph_asked $!"
    done
    # shellcheck disable=SC2086 # their words
    [ -z "$ph_asked" ] || wait $ph_asked
}

# Names the other nodes that do not answer: this launcher does not always.
name_lost() {
    ph_asked=
    for ph_node in $ph_others; do
        by_ssh "$ph_node" true </dev/null || say lost "$ph_node" &
        ph_asked="$ph_asked $!"
    done
    # shellcheck disable=SC2086 # their words
    [ -z "$ph_asked" ] || wait $ph_asked
}
