# shellcheck shell=sh
# count_users PROC DEFS: sets count to the number of processes below PROC that users have. Users' ids begin at UID_MIN of login.defs(5), at
# 1000 where it says none; 65534 is nobody, and 61184 to 65519 are services of systemd's (systemd.exec(5), DynamicUser=).

count_users() {
    count=0 first=1000
    if [ -r "$2" ]; then
        while read -r key value _; do
            [ "$key" = UID_MIN ] || continue
            case $value in *[!0-9]* | '') ;; *) first=$value ;; esac
        done <"$2"
    fi
    for status in "$1"/[0-9]*/status; do
        uid=0
        # A process may have ended since: then there is no such file.
        while read -r key value _; do
            [ "$key" != Uid: ] || uid=$value
        done 2>/dev/null <"$status" || continue
        ! is_user "$uid" || count=$((count + 1))
    done
}
is_user() {
    [ "$1" -ge "$first" ] && [ "$1" -ne 65534 ] && { [ "$1" -lt 61184 ] || [ "$1" -gt 65519 ]; }
}
