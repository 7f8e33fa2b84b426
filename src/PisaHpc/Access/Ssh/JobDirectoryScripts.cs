namespace PisaHpc.Access.Ssh;

/// <summary>
/// What runs on a node, in POSIX sh, for <see cref="JobDirectory"/>. The run directory is root's; a job's directory in it is its user's,
/// who may put anything there: nothing below follows a symbolic link of his.
/// </summary>
internal static class JobDirectoryScripts
{
    /// <summary>The exit code of a refusal whose reason stands on standard error.</summary>
    public const int Refused = 70;

    /// <summary>The exit code for a directory that does not exist.</summary>
    public const int Absent = 71;

    /// <summary>
    /// Arguments: directory, uid, gid, number of files; standard input: a tar of the files. The directory is made beside its place and
    /// renamed into it, so that it is there with all files or not at all. Prints "changed" or "same".
    /// </summary>
    public const string Write = """
        set -eu
        refuse() { echo "$1" >&2; exit 70; }
        dir=$1 uid=$2 gid=$3 count=$4
        run=${dir%/*} name=${dir##*/}
        umask 022
        [ -d "$run" ] || mkdir -p -- "$run"
        type=$(stat -f -c %T -- "$run")
        case $type in
            tmpfs|ramfs) ;;
            *) rmdir -- "$run" 2>/dev/null || :; refuse "$run is on $type, not on a tmpfs: keys must not reach a disk" ;;
        esac
        [ "$(stat -c %u -- "$run")" = "$(id -u)" ] || refuse "$run does not belong to $(id -un)"
        [ $(( 0$(stat -c %a -- "$run") & 022 )) = 0 ] || refuse "$run can be written to by others than its owner"
        [ ! -L "$dir" ] || refuse "$dir is a symbolic link"
        if [ -e "$dir" ]; then
            owner=$(stat -c %u -- "$dir")
            [ "$owner" = "$uid" ] || refuse "$dir exists and belongs to uid $owner, not to uid $uid: it is another user's job"
        fi
        stamp=$(printf %010d $$)
        new=$run/.new.$stamp.$name old=$run/.old.$stamp.$name
        umask 077
        rm -rf -- "$new" "$old"
        trap 'rm -rf -- "$new" "$old"' EXIT
        trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 141' PIPE
        mkdir -- "$new"
        tar -xpof - -C "$new"
        set -- "$new"/*
        [ $# = "$count" ] || refuse "$# of $count files arrived"
        chown -R "$uid:$gid" "$new"
        if [ -d "$dir" ]; then
            facts() { (cd "$1" && stat -c '%n %F %a %u %g' -- . *); }
            same=yes
            [ "$(facts "$new")" = "$(facts "$dir")" ] || same=no
            if [ $same = yes ]; then
                for file in "$@"; do cmp -s -- "$file" "$dir/${file##*/}" || { same=no; break; }; done
            fi
            if [ $same = yes ]; then echo same; exit 0; fi
            mv -T -- "$dir" "$old"
        fi
        mv -T -- "$new" "$dir"
        echo changed
        """;

    /// <summary>
    /// Arguments: directory. Ends a write that goes on after its caller was killed (its $0 is <c>write:</c> and the directory) and waits
    /// until it is gone, since it would put the directory back; refuses after 5 seconds. The shell's child is ended too: a shell heeds a
    /// signal only when its child has ended, and tar waits for input as long as sshd holds the connection of a dead caller. Takes away what
    /// an interrupted write left, and ends whatever on the node still uses the job's client configuration: a login, a launcher or a
    /// readiness check whose caller was killed. Prints "removed" or "absent".
    /// </summary>
    public const string Remove = """
        set -eu
        refuse() { echo "$1" >&2; exit 70; }
        dir=$1
        run=${dir%/*} name=${dir##*/}
        found=absent
        writers() { printf '%s' "write:$dir" | grep -lszxF -f - /proc/[0-9]*/cmdline || :; }
        left=100
        while writing=$(writers); [ -n "$writing" ]; do
            for process in $writing; do
                process=${process%/cmdline}
                process=${process#/proc/}
                [ $left != 0 ] || refuse "process $process writes $dir and does not end"
                kill -- "$process" 2>/dev/null || :
                for child in $(grep -lsx "PPid:[[:space:]]*$process" /proc/[0-9]*/status); do
                    child=${child%/status}
                    kill -- "${child#/proc/}" 2>/dev/null || :
                done
            done
            left=$((left - 1))
            sleep 0.05
        done
        if [ -e "$dir" ] || [ -L "$dir" ]; then
            found=removed
            old=$run/.old.$(printf %010d $$).$name
            rm -rf -- "$old"
            mv -T -- "$dir" "$old"
        fi
        for process in $(printf '%s' "$dir/ssh_config" | grep -lszxF -f - /proc/[0-9]*/cmdline); do
            process=${process%/cmdline}
            kill -- "${process#/proc/}" 2>/dev/null || :
        done
        rm -rf -- "$run"/.new.??????????."$name" "$run"/.old.??????????."$name"
        echo $found
        """;

    /// <summary>
    /// Arguments: directory, file names. Prints the directory's owner, a line feed, and a tar of those names that are regular files.
    /// </summary>
    public const string Read = """
        set -eu
        dir=$1; shift
        [ -d "$dir" ] || exit 71
        cd -- "$dir"
        for name do
            shift
            if [ -f "$name" ] && [ ! -L "$name" ] && [ "$(stat -c %s -- "$name")" -lt 1048576 ]; then set -- "$@" "$name"; fi
        done
        stat -c %u -- .
        if [ $# = 0 ]; then exit 0; fi
        exec tar -cf - --owner=0 --group=0 -- "$@"
        """;

    /// <summary>
    /// Arguments: run directory, file name. Prints a tar of each job's directory (the entry alone) and of that file in it.
    /// </summary>
    public const string List = """
        set -eu
        [ -d "$1" ] || exit 71
        cd -- "$1"
        file=$2
        set --
        for job in *; do
            if [ ! -d "$job" ] || [ -L "$job" ]; then continue; fi
            set -- "$@" "$job"
            if [ -f "$job/$file" ] && [ ! -L "$job/$file" ] && [ "$(stat -c %s -- "$job/$file")" -lt 1048576 ]; then
                set -- "$@" "$job/$file"
            fi
        done
        if [ $# = 0 ]; then exit 0; fi
        exec tar -cf - --no-recursion --owner=0 --group=0 -- "$@"
        """;
}
