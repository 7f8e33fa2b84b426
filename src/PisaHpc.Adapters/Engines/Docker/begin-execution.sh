# shellcheck shell=sh
# Runs in a container: a command, behind a line that tells its process (proc_pid_stat(5)). The name begins so that no variable of the
# command's, which it would see changed, has it.

read -r pisahpc_stat </proc/$$/stat && echo "pisahpc-execution $pisahpc_stat" && exec "$@"
