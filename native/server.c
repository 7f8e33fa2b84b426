#include "server.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descendants.h"
#include "endpoint.h"
#include "log.h"
#include "message.h"
#include "program.h"

#define NO_DESCRIPTOR_MS 100
// What a session takes for the rest when the grace is over: to tell its program's end, to kill, and some reserve.
#define SESSION_END_MS 8000

struct server {
    const struct agent *agent;
    int listener;
    int signals;
    pid_t program; // what runs beside; 0 without one
    int program_status;
    pid_t sessions[SESSIONS_MAX];
    unsigned count;
};

// Every signal is blocked, and those that count are read: nothing interrupts the work, and a first process of a container gets them at all.
static int take_signals(void) {
    sigset_t all, read;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigemptyset(&read);
    for (const int *number = (const int[]){SIGTERM, SIGINT, SIGHUP, SIGCHLD, 0}; *number; number++) sigaddset(&read, *number);
    return signalfd(-1, &read, SFD_NONBLOCK | SFD_CLOEXEC);
}

// A child that ends when this process does, however that ends. 0 in the child.
static pid_t fork_bound(void) {
    pid_t parent = getpid(), child = fork();
    if (child == 0 && (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)) _exit(127);
    return child;
}

static bool start_program(struct server *server) {
    if (!server->agent->program) return true;
    server->program = fork_bound();
    if (server->program == 0) {
        program_reset_signals();
        execvp(server->agent->program[0], server->agent->program);
        int error = errno;
        fprintf(stderr, "pisahpc-agent: %s: %s\n", server->agent->program[0], strerror(error));
        _exit(error == ENOENT ? 127 : 126);
    }
    return server->program > 0;
}

static void refuse(int socket, enum failure failure, int error) {
    // Whoever does not read is not waited for.
    fcntl(socket, F_SETFL, O_NONBLOCK);
    message_say(socket, MESSAGE_FAILED, failure, (uint32_t)error);
}

static void start_session(struct server *server, int socket) {
    if (!endpoint_is_own(socket)) {
        refuse(socket, FAILURE_STRANGER, 0);
        return;
    }
    if (server->count == server->agent->sessions) {
        refuse(socket, FAILURE_BUSY, 0);
        return;
    }
    pid_t session = fork_bound();
    if (session == 0) {
        close(server->listener);
        close(server->signals);
        session_run(socket, server->agent);
        _exit(0);
    }
    if (session > 0) server->sessions[server->count++] = session;
    else refuse(socket, FAILURE_SYSTEM, errno);
}

static void accept_clients(struct server *server) {
    for (int client; (client = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0;) {
        start_session(server, client);
        close(client);
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) poll(NULL, 0, NO_DESCRIPTOR_MS);
}

// Takes the ends of children: sessions, the program beside, and what sessions left behind. False when there is no child any more.
static bool reap(struct server *server) {
    int status;
    pid_t child;
    while ((child = waitpid(-1, &status, WNOHANG)) > 0) {
        if (child == server->program) {
            server->program = 0;
            server->program_status = status;
        }
        for (unsigned i = 0; i < server->count; i++) {
            if (server->sessions[i] == child) {
                server->sessions[i] = server->sessions[--server->count];
                break;
            }
        }
    }
    return child == 0;
}

// Reads the signals. True when one of them asks for the end.
static bool is_told_to_end(const struct server *server) {
    struct signalfd_siginfo signal;
    bool end = false;
    while (read(server->signals, &signal, sizeof signal) == sizeof signal) end = end || signal.ssi_signo != SIGCHLD;
    return end;
}

// Serves until the program beside ends or a signal asks for it. True: it was a signal.
static bool serve(struct server *server) {
    struct pollfd waits[] = {{server->listener, POLLIN, 0}, {server->signals, POLLIN, 0}};
    for (;;) {
        if (poll(waits, 2, log_bound()) < 0) continue;
        if (waits[1].revents) {
            bool end = is_told_to_end(server);
            reap(server);
            if (end) return true;
            if (server->agent->program && !server->program) return false;
        }
        if (waits[0].revents) accept_clients(server);
    }
}

// Tells every child to end: those that are known, by that, and what sessions left behind, as far as /proc shows it.
static void tell_all(const struct server *server, int signal_for_sessions) {
    for (unsigned i = 0; i < server->count; i++) kill(server->sessions[i], signal_for_sessions);
    if (server->program) {
        kill(server->program, SIGTERM);
        kill(server->program, SIGCONT);
    }
    descendants_signal(SIGTERM);
    descendants_signal(SIGCONT);
}

// Ends every child, and theirs: TERM first, which sessions hand on with a grace of their own; a second signal ends the grace. It is another
// one for sessions, since two of a kind may come as one.
static bool end_all(struct server *server) {
    long long deadline = now_ms() + server->agent->grace_ms + SESSION_END_MS;
    tell_all(server, SIGTERM);
    struct pollfd wait = {server->signals, POLLIN, 0};
    for (long long left; reap(server) && (left = deadline - now_ms()) > 0;) {
        poll(&wait, 1, (int)left);
        if (is_told_to_end(server)) {
            tell_all(server, SIGQUIT);
            if (deadline > now_ms() + SESSION_END_MS) deadline = now_ms() + SESSION_END_MS;
        }
    }
    return descendants_kill();
}

// What whoever started the agent had left open, such as a lock, is neither held by it nor given to a program.
static void close_descriptors(void) {
    DIR *open_ones = opendir("/proc/self/fd");
    if (!open_ones) return;
    for (struct dirent *entry; (entry = readdir(open_ones));) {
        int descriptor = atoi(entry->d_name);
        if (descriptor > 2 && descriptor != dirfd(open_ones)) close(descriptor);
    }
    closedir(open_ones);
}

int server_run(const struct agent *agent) {
    static struct server server;
    server.agent = agent;
    close_descriptors();
    // Before anything is made: a signal at any later moment finds somebody who cleans up.
    server.signals = take_signals();
    descendants_adopt();
    server.listener = endpoint_listen(agent->socket);
    if (server.signals < 0 || server.listener < 0) {
        const char *reason = errno == EADDRINUSE ? "another agent listens there, or it is no socket" : strerror(errno);
        fprintf(stderr, "pisahpc-agent: cannot listen on %s: %s\n", agent->socket, reason);
        return 78;
    }
    fcntl(server.listener, F_SETFL, O_NONBLOCK);
    bool started = start_program(&server), told = started && serve(&server);
    if (!started) fprintf(stderr, "pisahpc-agent: cannot start %s: %s\n", agent->program[0], strerror(errno));
    endpoint_remove(agent->socket);
    close(server.listener);
    if (!end_all(&server)) fprintf(stderr, "pisahpc-agent: some process has not ended\n");
    if (told) return 0;
    if (!started) return 71;
    return WIFEXITED(server.program_status) ? WEXITSTATUS(server.program_status) : 128 + WTERMSIG(server.program_status);
}
