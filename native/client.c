#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "asking.h"
#include "descendants.h"
#include "endpoint.h"
#include "message.h"
#include "terminal.h"

// An agent that took the connection and says nothing: its container is paused, or starved.
#define ANSWER_LIMIT_MS 30000
#define RETRY_MS 20

static const int taken[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT, SIGWINCH};

struct conversation {
    const struct client *client;
    int socket;
    int signals;
    bool started;
    uint32_t early, early_for_group; // signals that came before the program was there, as bits
    struct packet packet;
    struct terminal terminal;
    int result; // the exit code; -1 while there is none
};

int client_refuse(int code, const char *format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    fprintf(stderr, "pisahpc-run: %s\n", line);
    return code;
}

// Ends this process by a signal, as it ended the program: without a core, which would be this process' and tell nothing.
static int die_by(struct conversation *conversation, int number) {
    terminal_restore(&conversation->terminal);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    signal(number, SIG_DFL);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, number);
    sigprocmask(SIG_UNBLOCK, &only, NULL);
    kill(getpid(), number);
    return 128 + number; // what a first process of a container comes to
}

static int refused(const struct conversation *conversation) {
    const char *directory = conversation->client->directory ? conversation->client->directory : get_current_dir_name();
    const char *program = conversation->client->probe ? "" : *conversation->client->program;
    const char *reason = strerror((int)conversation->packet.head.detail);
    switch (conversation->packet.head.value) {
    case FAILURE_BUSY:
        return client_refuse(EXIT_TRY_AGAIN, "the agent has as many sessions as it may have");
    case FAILURE_STRANGER:
        return client_refuse(EXIT_WRONGLY_SET_UP, "the agent at %s is another user's", conversation->client->socket);
    case FAILURE_DIRECTORY:
        return client_refuse(
            EXIT_WRONGLY_SET_UP, "the working directory in the container, %s: %s; another one: --cd DIR", directory ? directory : "", reason);
    case FAILURE_TERMINAL:
        return client_refuse(EXIT_WRONGLY_SET_UP, "the container has no terminal to give (%s); without one: --no-tty", reason);
    case FAILURE_PROGRAM:
        return client_refuse(conversation->packet.head.detail == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN, "%s: %s", program, reason);
    case FAILURE_SYSTEM:
        return client_refuse(EXIT_TRY_AGAIN, "the agent could not start %s: %s", program, reason);
    case FAILURE_ENDING:
        return client_refuse(EXIT_TRY_AGAIN, "the agent ends");
    default:
        return conversation->packet.head.detail == ETIMEDOUT
            ? client_refuse(EXIT_TRY_AGAIN, "the agent did not get the request in time")
            : client_refuse(EXIT_WRONGLY_SET_UP, "the agent at %s is of another version", conversation->client->socket);
    }
}

// What the program uses is its own from now on: a reader of its output is to see when it closes it.
static void let_go_of_descriptors(const struct own *own) {
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0) return;
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    if (own->pmi >= 0) close(own->pmi);
    close(nothing);
}

static void hand_on(const struct conversation *conversation, int number, bool group) {
    message_say(conversation->socket, MESSAGE_SIGNAL, (uint32_t)number, group);
}

static void on_start(struct conversation *conversation, const struct own *own) {
    conversation->started = true;
    if (conversation->terminal.master >= 0) terminal_make_raw(&conversation->terminal);
    else let_go_of_descriptors(own);
    for (int number = 1; number < 32; number++) {
        if (conversation->early & (1u << number)) hand_on(conversation, number, conversation->early_for_group & (1u << number));
    }
}

// The program stopped, so this process does: whoever waits for it sees what he would see without a container. It goes on by SIGCONT.
static void on_stop(struct conversation *conversation) {
    terminal_restore(&conversation->terminal);
    kill(getpid(), SIGSTOP);
}

// Takes the agent's messages. False: there will be no more.
static bool take_messages(struct conversation *conversation, const struct own *own) {
    enum received received;
    struct packet *packet = &conversation->packet;
    while (conversation->result < 0 && (received = message_receive(conversation->socket, packet)) != RECEIVED_NOTHING) {
        if (received == RECEIVED_END) return false;
        if (received == RECEIVED_GARBAGE) {
            packet->head = (struct message){PROTOCOL, MESSAGE_FAILED, FAILURE_PROTOCOL, 0};
        }
        switch (packet->head.type) {
        case MESSAGE_ALIVE:
            conversation->result = 0;
            break;
        case MESSAGE_TERMINAL:
            if (packet->descriptor_count != 1 || conversation->terminal.master >= 0) return false;
            packet->descriptor_count = 0;
            if (!terminal_mirror(&conversation->terminal, packet->descriptors[0])) {
                conversation->result = client_refuse(EXIT_TRY_AGAIN, "the terminal: %s", strerror(errno));
            }
            message_say(conversation->socket, MESSAGE_READY, 0, 0);
            break;
        case MESSAGE_STARTED:
            on_start(conversation, own);
            break;
        case MESSAGE_STOPPED:
            on_stop(conversation);
            break;
        case MESSAGE_EXITED:
            terminal_drain(&conversation->terminal);
            conversation->result = (int)(packet->head.value & 0xff);
            break;
        case MESSAGE_KILLED:
            terminal_drain(&conversation->terminal);
            conversation->result = die_by(conversation, (int)packet->head.value);
            break;
        default:
            conversation->result = refused(conversation);
        }
        packet_drop(packet);
    }
    return true;
}

// A terminal signals a whole group; so does whoever suspends a job. What one process sends is for one process.
static bool is_for_group(const struct signalfd_siginfo *signal) {
    return signal->ssi_code == SI_KERNEL || signal->ssi_signo == SIGTSTP || signal->ssi_signo == SIGCONT;
}

static void on_signal(struct conversation *conversation, const struct signalfd_siginfo *signal) {
    int number = (int)signal->ssi_signo;
    if (number == SIGWINCH) {
        terminal_resize(&conversation->terminal);
        return;
    }
    if (number == SIGCONT && conversation->started) {
        terminal_make_raw(&conversation->terminal);
        terminal_resize(&conversation->terminal);
    }
    if (conversation->started) {
        hand_on(conversation, number, is_for_group(signal));
    } else if (number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT) {
        conversation->result = die_by(conversation, number);
    } else {
        conversation->early |= 1u << number;
        if (is_for_group(signal)) conversation->early_for_group |= 1u << number;
    }
}

static int lost(const struct conversation *conversation) {
    return conversation->started
        ? client_refuse(EXIT_TRY_AGAIN, "the agent ended before %s did", *conversation->client->program)
        : client_refuse(EXIT_TRY_AGAIN, "the agent at %s ended the connection", conversation->client->socket);
}

static int converse(struct conversation *conversation, const struct own *own) {
    long long deadline = now_ms() + ANSWER_LIMIT_MS;
    while (conversation->result < 0) {
        struct pollfd waits[2 + TERMINAL_WAITS] = {{conversation->socket, POLLIN, 0}, {conversation->signals, POLLIN, 0}};
        terminal_waits(&conversation->terminal, waits + 2);
        long long left = deadline - now_ms();
        if (!conversation->started && left <= 0) return client_refuse(EXIT_TRY_AGAIN, "the agent does not answer");
        if (poll(waits, 2 + TERMINAL_WAITS, conversation->started ? -1 : (int)left) < 0) continue;
        struct signalfd_siginfo signal;
        while (conversation->result < 0 && read(conversation->signals, &signal, sizeof signal) == sizeof signal) {
            on_signal(conversation, &signal);
        }
        terminal_copy(&conversation->terminal, waits + 2);
        if (conversation->result < 0 && waits[0].revents && !take_messages(conversation, own)) return lost(conversation);
    }
    return conversation->result;
}

static int reach(const struct client *client) {
    for (long long deadline = now_ms() + client->wait_ms;; poll(NULL, 0, RETRY_MS)) {
        int socket = endpoint_connect(client->socket);
        if (socket >= 0) return socket;
        bool later = errno == ENOENT || errno == ECONNREFUSED || errno == EAGAIN;
        if (later && now_ms() < deadline) continue;
        const char *reason = errno == ENOENT || errno == ECONNREFUSED ? "nobody listens there" : strerror(errno);
        return -client_refuse(later ? EXIT_TRY_AGAIN : EXIT_WRONGLY_SET_UP, "no agent at %s: %s", client->socket, reason);
    }
}

static int take_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) sigaddset(&set, taken[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int client_run(const struct client *client) {
    static struct conversation conversation;
    struct own own;
    own_look(&own);
    bool terminal = client->terminal != TERMINAL_NEVER && terminal_is_ours();
    if (client->terminal == TERMINAL_ALWAYS && !terminal) {
        return client_refuse(EXIT_USAGE, "--tty: standard input and output are no terminal in the foreground");
    }
    conversation = (struct conversation){.client = client, .result = -1, .terminal.master = -1};
    conversation.socket = reach(client);
    if (conversation.socket < 0) return -conversation.socket;
    if (!endpoint_is_own(conversation.socket)) {
        return client_refuse(EXIT_WRONGLY_SET_UP, "the agent at %s is another user's", client->socket);
    }
    conversation.signals = take_signals();
    int sent = client->probe ? message_say(conversation.socket, MESSAGE_PROBE, 0, 0)
                             : request_send(conversation.socket, client, &own, terminal);
    if (sent > 0) return sent;
    // An agent that went away meanwhile may have said why.
    int code = converse(&conversation, &own);
    terminal_restore(&conversation.terminal);
    return code;
}
