# shellcheck shell=sh
# Which HTCondor root asks is nobody's to say but root's: a variable can be any line of the configuration (_CONDOR_NAME), and root may have
# the environment of a job, as in a hook.

# clean COMMAND...: runs it without them.
clean() { "$@"; }
if [ "$(id -u)" = 0 ]; then clean() { env -i PATH="$PATH" LC_ALL=C "$@"; }; fi
export LC_ALL=C
