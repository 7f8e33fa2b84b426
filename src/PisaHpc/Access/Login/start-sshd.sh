# shellcheck shell=sh
# The main process of a static environment whose image has no init of its own: an sshd of root's.
# Its arguments are the sshd and the sshd's arguments.
# Debian's sshd wants /run/sshd, which systemd-tmpfiles makes elsewhere and nothing does here.

[ -d /run/sshd ] || { mkdir -p /run && mkdir -m 755 /run/sshd; }
exec "$@"
