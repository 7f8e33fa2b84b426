# shellcheck shell=sh disable=SC2034,SC2154 # what the hooks, which read this, have and take
# What the hooks that HTCondor runs as a job's user read of the job's ad. To read this file starts no process.

# read_job_ad: reads a job ad on standard input. Sets asked to the environment that the job asks for, to nothing where it asks for none;
# universe to the number of its universe; image to the attribute by which it has a container of HTCondor's own; job_id to its id as
# PisaHpc has it. Names of attributes are as the user wrote them, in any case.
read_job_ad() {
    asked='' universe='' image='' job_id=''
    while IFS= read -r line; do
        case $line in
            [Pp][Ii][Ss][Aa][Hh][Pp][Cc][Ee][Nn][Vv][Ii][Rr][Oo][Nn][Mm][Ee][Nn][Tt]' = '*) asked=${line#*= } ;;
            'JobUniverse = '*) universe=${line#*= } ;;
            'WantDocker = true' | 'WantContainer = true') image=${line%% *} ;;
            'GlobalJobId = '*) job_id=${line#*= } ;;
        esac
    done
    asked=${asked#\"} asked=${asked%\"}
    case $asked in none | docker-none | undefined) asked='' ;; esac
    # scheduler#1234.5#time
    job_id=${job_id#\"}
    scheduler=${job_id%%#*} job_id=${job_id#*#}
    job_id=${job_id%%#*}.${scheduler%%@*}
    case $scheduler in *@*) job_id=${job_id}_${scheduler#*@} ;; esac
}
