# shellcheck shell=bash
# Slurm's accounting, only where it is asked for: slurmdbd on this machine over a MariaDB of its own, which listens on a socket alone and
# knows root by it. Jobs that slurmctld has forgotten are in sacct then.

readonly ACCOUNTING_PACKAGES=(slurmdbd mariadb-server-core mariadb-client-core)
readonly ACCOUNTING_DIR=$SLURM_DIR/accounting
readonly ACCOUNTING_DATA=$ACCOUNTING_DIR/data
readonly ACCOUNTING_SOCKET=$ACCOUNTING_DIR/database.socket
readonly ACCOUNTING_PORT=$((LAB_SLURM_PORT + 2))
# Small, and at once: what a crash of the machine would lose is a lab's.
readonly ACCOUNTING_DATABASE=(--no-defaults --datadir="$ACCOUNTING_DATA" --user=root --skip-name-resolve --innodb-log-file-size=8M)

accounting_is_wanted() {
    [[ -d $ACCOUNTING_DIR ]]
}

accounting_up() {
    packages_install "${ACCOUNTING_PACKAGES[@]}"
    mkdir -p "$ACCOUNTING_DIR"
    chmod 700 "$ACCOUNTING_DIR"
    accounting_start_database
    accounting_start_daemon
    if [[ $(accounting_ask sacctmgr --noheader --parsable2 list cluster format=cluster) != lab ]]; then
        accounting_ask sacctmgr --quiet --immediate add cluster lab >/dev/null || fail 'sacctmgr does not take the cluster'
    fi
}

# What slurm.conf has of it. Its password is the socket of the munged to use.
accounting_config() {
    if accounting_is_wanted; then
        cat <<END
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=$LAB_HEAD_ADDRESS
AccountingStoragePort=$ACCOUNTING_PORT
AccountingStoragePass=$SLURM_MUNGE_RUN/socket
END
    else
        printf 'AccountingStorageType=accounting_storage/none\n'
    fi
}

accounting_start_database() {
    if process_alive "$ACCOUNTING_DIR/database.pid"; then
        return
    fi
    if [[ ! -e $ACCOUNTING_DATA ]]; then
        rm -rf "$ACCOUNTING_DATA.new"
        mariadb-install-db "${ACCOUNTING_DATABASE[@]}" --datadir="$ACCOUNTING_DATA.new" --skip-test-db \
            --auth-root-authentication-method=socket --auth-root-socket-user=root >"$ACCOUNTING_DIR/install.log" 2>&1 \
            || fail "the database cannot be made: $(tail -n 3 "$ACCOUNTING_DIR/install.log")"
        mv "$ACCOUNTING_DATA.new" "$ACCOUNTING_DATA"
    fi
    (
        process_close_descriptors
        cd /
        exec setsid mariadbd "${ACCOUNTING_DATABASE[@]}" --socket="$ACCOUNTING_SOCKET" --skip-networking \
            --pid-file="$ACCOUNTING_DIR/mariadbd.pid" --innodb-flush-log-at-trx-commit=0
    ) </dev/null >"$ACCOUNTING_DIR/database.log" 2>&1 &
    process_record "$ACCOUNTING_DIR/database.pid" $!
    wait_until 30 mariadbd accounting_database_answers || fail "mariadbd does not start: $(tail -n 3 "$ACCOUNTING_DIR/database.log")"
}

accounting_database_answers() {
    process_alive "$ACCOUNTING_DIR/database.pid" || fail "mariadbd ended: $(tail -n 3 "$ACCOUNTING_DIR/database.log")"
    mariadb --no-defaults --socket="$ACCOUNTING_SOCKET" --execute='select 1' >/dev/null 2>&1
}

# It wants its configuration beside slurm.conf, for nobody else to read.
accounting_start_daemon() {
    if process_alive "$ACCOUNTING_DIR/slurmdbd.pid"; then
        return
    fi
    (umask 077; accounting_daemon_config >"$SLURM_ETC/slurmdbd.conf")
    (
        process_close_descriptors
        cd /
        export SLURM_CONF=$SLURM_CONF_FILE MYSQL_UNIX_PORT=$ACCOUNTING_SOCKET
        exec setsid slurmdbd -D
    ) </dev/null >"$ACCOUNTING_DIR/slurmdbd.out" 2>&1 &
    process_record "$ACCOUNTING_DIR/slurmdbd.pid" $!
    wait_until 30 slurmdbd accounting_answers || fail "slurmdbd does not start: $(tail -n 3 "$ACCOUNTING_DIR"/slurmdbd.{out,log})"
}

accounting_daemon_config() {
    cat <<END
AuthType=auth/munge
AuthInfo=socket=$SLURM_MUNGE_RUN/socket
DbdHost=$(hostname -s)
DbdAddr=$LAB_HEAD_ADDRESS
DbdPort=$ACCOUNTING_PORT
SlurmUser=root
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=root
StorageLoc=slurm
LogFile=$ACCOUNTING_DIR/slurmdbd.log
PidFile=$ACCOUNTING_DIR/daemon.pid
END
}

accounting_answers() {
    process_alive "$ACCOUNTING_DIR/slurmdbd.pid" || fail "slurmdbd ended: $(tail -n 3 "$ACCOUNTING_DIR"/slurmdbd.{out,log})"
    accounting_ask sacctmgr --noheader list cluster >/dev/null 2>&1
}

accounting_ask() {
    slurm_client timeout 20 "$@"
}

accounting_down() {
    accounting_is_wanted || return 0
    process_end "$ACCOUNTING_DIR/slurmdbd.pid" 10
    process_end "$ACCOUNTING_DIR/database.pid" 20
}

accounting_remove() {
    accounting_down
    rm -rf "$ACCOUNTING_DIR" "$SLURM_ETC/slurmdbd.conf"
}
