# shellcheck shell=sh
# Has LSF give a host no new job for a while: Batch/hold-node.sh says how. Arguments: those of hold_node there, and the profile.lsf that the
# site definition names, or an empty one.
# A host that is closed gets no job, and those that it has go on (bhosts(1), closed_Adm, which is shown in place of what else closes one).
# Who closed it is known by the comment of hclose -C (badmin(8)). Closures with a lock id (hclose -i) are left out: LSF 10.1 has them from a
# later fix pack on alone, and one of somebody else's is a closure without our comment, which is left as it is. A host that is down
# does not show that it is closed.

. Batch/Lsf/caller-choices.sh
. Batch/hold-node.sh
column() { printf '%s\n' "$words" | awk -v name="$1" '
    at { print $at; exit }
    $1 == "STATUS" { for (i = 1; i <= NF; i++) if ($i == name) at = i }'; }
# shellcheck disable=SC2034 # hold_node reads them
read_node() {
    words=$(bhosts -l "$node" 2>&1) || return
    state=$(column STATUS)
    [ -n "$state" ] || return
    because=$(printf '%s\n' "$words" | sed -n 's/^ *ADMIN ACTION COMMENTS*: *//p' | sed -n '1{s/ *$//;s/^"\(.*\)"$/\1/;p;}')
    slots=$(column NJOBS)
    case $state-$because in
        closed_Adm-* | un*-"$reason") standing=closed ;;
        unavail-* | unreach-*) standing=down ;;
        *) standing=open ;;
    esac
}
# One question told both. NJOBS are slots: of jobs that run or are suspended, and of those of a chunk that wait there for their turn.
# shellcheck disable=SC2034 # hold_node reads it
read_jobs() {
    words="bhosts does not say what $node runs: $words"
    case $slots in
        0) jobs='' ;;
        '' | *[!0-9]*) return 1 ;;
        *) jobs="$slots slots" ;;
    esac
}
close_node() { words=$(badmin hclose -C "$reason" "$node" 2>&1); }
open_node() { badmin hopen "$node"; }

choose_lsf "${6-}" badmin bhosts || case $lacking in
    missing) echo "there is no $lacks, and no profile.lsf was found that has" >&2; exit 69 ;;
    unread) echo "$lacks cannot be read" >&2; exit 69 ;;
    *) echo "root does not run $lacks: others than root can change it, or a directory above it" >&2; exit 69 ;;
esac
# Else LSF's programs try for ever while mbatchd is away (lsf.conf(5), LSB_NTRIES).
export LC_ALL=C LSB_NTRIES=3
hold_node "$@"
