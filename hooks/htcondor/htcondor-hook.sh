# shellcheck shell=sh disable=SC2034,SC2154 # what the hooks, which read this, have and take
# What the hooks that HTCondor runs as a job's user read of the job's ad, and how they have root do something. To read this file starts no
# process.

# read_job_ad: reads a job ad on standard input. Sets asked to the environment that the job asks for, to nothing where it asks for none;
# universe to the number of its universe; image to the attribute by which it has a container of HTCondor's own. Names of attributes are as
# the user wrote them, in any case.
read_job_ad() {
    asked='' universe='' image=''
    while IFS= read -r line; do
        case $line in
            [Pp][Ii][Ss][Aa][Hh][Pp][Cc][Ee][Nn][Vv][Ii][Rr][Oo][Nn][Mm][Ee][Nn][Tt]' = '*) asked=${line#*= } ;;
            'JobUniverse = '*) universe=${line#*= } ;;
            'WantDocker = true' | 'WantContainer = true') image=${line%% *} ;;
        esac
    done
    # The word without quotes is no value; with them it is a name.
    case $asked in
        [Uu][Nn][Dd][Ee][Ff][Ii][Nn][Ee][Dd]) asked='' ;;
    esac
    asked=${asked#\"} asked=${asked%\"}
    case $asked in
        [Nn][Oo][Nn][Ee] | [Dd][Oo][Cc][Kk][Ee][Rr]-[Nn][Oo][Nn][Ee]) asked='' ;;
    esac
}

# ask_root VERB: has root's program do something. Sets answer to ok, or to the exit code, 75 or 78, of what it cannot; word, at_node and
# said to what it says of that; said to what is behind an ok. Root takes nothing from here but the verb. That nothing comes, or nothing
# that the program says, may pass: sudo did not run it, whose reason is on standard error, or it was killed.
ask_root() {
    reply=$(PATH=$PATH:/usr/local/bin:/usr/bin:/bin && exec sudo -n "$hooks/htcondor-root" "$1" </dev/null)
    answer='' word='' at_node='' said=''
    while IFS= read -r line; do
        case $line in
            'ok '*) answer=ok said=${line#ok } ;;
            7[58]' '*' '*' '*)
                said=${line#* }
                answer=${line%% *} word=${said%% *} said=${said#* }
                at_node=${said%% *} said=${said#* }
                ;;
        esac
    done <<EOF
$reply
EOF
    [ -z "$answer" ] || return 0
    read -r at_node </proc/sys/kernel/hostname
    answer=75 word=root-silent said="$hooks/htcondor-root did not answer: Test-HpcBatchHook HTCondor"
}
