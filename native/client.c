#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "asking.h"
#include "descendants.h"
#include "endpoint.h"
#include "message.h"
#include "ranks.h"
#include "refusal.h"
#include "signals.h"
#include "terminal.h"

// An agent that took the connection and says nothing: its container is paused, or starved.
#define ANSWER_LIMIT_MS 30000
#define RETRY_MS 20
// How long a signal that ends waits for the program when the agent has the request: it may run, and no word of it have come yet. No
// longer, since a start may hang.
#define START_LIMIT_MS 3000

#define FOREGROUND_TICK_MS 200

struct conversation {
    const struct client *client;
    const struct own *own;
    int socket;
    int signals;
    bool received; // the request, by the session: the program may take its time to start
    bool started;
    uint64_t early, early_for_group; // signals that came before the program was there, as bits from 1 on
    int held;                        // one of them, which ends this process where no program starts in time; 0 without one
    long long held_until;
    uint32_t continued;              // how many SIGCONT were handed on
    bool suspended;                  // a stop was handed on, and no SIGCONT after it
    struct packet packet;
    struct terminal terminal;
    int result; // the exit code; -1 while there is none
};

static int die_by(struct conversation *conversation, int number) {
    terminal_restore(&conversation->terminal);
    return signals_die_by(number);
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

static void hand_on(struct conversation *conversation, int number, bool group) {
    if (number == SIGCONT) conversation->continued++;
    if (number == SIGCONT || number == SIGSTOP || number == SIGTSTP) conversation->suspended = number != SIGCONT;
    message_say(conversation->socket, MESSAGE_SIGNAL, (uint32_t)number, group);
}

static void on_start(struct conversation *conversation) {
    conversation->started = conversation->terminal.begun = true;
    conversation->held = 0;
    if (conversation->terminal.master >= 0) terminal_make_raw(&conversation->terminal);
    else let_go_of_descriptors(conversation->own);
    for (int number = 1; number < NSIG; number++) {
        uint64_t bit = UINT64_C(1) << (number - 1);
        if (conversation->early & bit) hand_on(conversation, number, conversation->early_for_group & bit);
    }
}

// The program stopped, so this process does: whoever waits for it sees what he would see without a container. A stop from before a SIGCONT
// that was handed on is past: nobody would send another.
static void on_stop(struct conversation *conversation) {
    if (conversation->packet.head.detail != conversation->continued) return;
    // In an orphaned group no shell waits for this process to stop. A SIGCONT that comes just as it stops itself the kernel forgets.
    if (conversation->suspended && conversation->own->orphaned) return;
    terminal_restore(&conversation->terminal);
    if (signals_stop(conversation->socket)) hand_on(conversation, SIGCONT, true);
    terminal_make_raw(&conversation->terminal);
    terminal_resize(&conversation->terminal);
}

static bool on_terminal(struct conversation *conversation) {
    struct packet *packet = &conversation->packet;
    if (packet->descriptor_count != 1 || conversation->terminal.master >= 0) return false;
    packet->descriptor_count = 0;
    if (!terminal_mirror(&conversation->terminal, packet->descriptors[0])) {
        conversation->result = client_refuse(EXIT_TRY_AGAIN, "the terminal: %s", strerror(errno));
    }
    message_say(conversation->socket, MESSAGE_READY, 0, 0);
    return true;
}

static bool on_message(struct conversation *conversation) {
    const struct message *head = &conversation->packet.head;
    switch (head->type) {
    case MESSAGE_ALIVE:
        conversation->result = 0;
        break;
    case MESSAGE_RECEIVED:
        conversation->received = true;
        break;
    case MESSAGE_TERMINAL:
        return on_terminal(conversation);
    case MESSAGE_STARTED:
        on_start(conversation);
        break;
    case MESSAGE_STOPPED:
        on_stop(conversation);
        break;
    case MESSAGE_CONTINUED: // It has woken this process, where that was stopped.
        break;
    case MESSAGE_EXITED:
        terminal_drain(&conversation->terminal, conversation->signals);
        conversation->result = (int)(head->value & 0xff);
        break;
    case MESSAGE_KILLED:
        if (head->value >= SIGCONT && head->value <= SIGTTOU) return false; // Nothing dies of these, and this process would stop.
        terminal_drain(&conversation->terminal, conversation->signals);
        conversation->result = die_by(conversation, (int)head->value);
        break;
    default:
        conversation->result = refusal_say(conversation->client, head);
    }
    return true;
}

// Takes the agent's messages. False: there will be no more.
static bool take_messages(struct conversation *conversation) {
    enum received received;
    struct packet *packet = &conversation->packet;
    while (conversation->result < 0 && (received = message_receive(conversation->socket, packet)) != RECEIVED_NOTHING) {
        if (received == RECEIVED_END) return false;
        if (received != RECEIVED_PACKET) {
            enum failure failure = received == RECEIVED_CUT ? FAILURE_DESCRIPTORS : FAILURE_PROTOCOL;
            packet->head = (struct message){PROTOCOL, MESSAGE_FAILED, failure, 0};
        }
        if (!on_message(conversation)) return false;
        packet_drop(packet);
    }
    return true;
}

// A terminal signals a whole group; so does whoever suspends a job. What one process sends is for one process.
static bool is_for_group(const struct signalfd_siginfo *signal) {
    int number = (int)signal->ssi_signo;
    return signal->ssi_code == SI_KERNEL || number == SIGTSTP || number == SIGCONT;
}

// A process that suspends the job means it, though the kernel stops nothing by SIGTSTP in an orphaned group.
static int number_for_program(const struct conversation *conversation, const struct signalfd_siginfo *signal) {
    bool suspends = signal->ssi_signo == SIGTSTP && signal->ssi_code != SI_KERNEL && conversation->own->orphaned;
    return suspends ? SIGSTOP : (int)signal->ssi_signo;
}

// Keeps a signal until the program is there. A stop and a continuation undo each other, as in the kernel.
static void keep(struct conversation *conversation, int number, bool group) {
    const uint64_t one = 1, stops = one << (SIGTSTP - 1) | one << (SIGSTOP - 1), continues = one << (SIGCONT - 1);
    uint64_t bit = one << (number - 1);
    if (bit & stops) conversation->early &= ~continues;
    if (bit & continues) conversation->early &= ~stops;
    conversation->early |= bit;
    if (group) conversation->early_for_group |= bit;
}

static void on_signal(struct conversation *conversation, const struct signalfd_siginfo *signal) {
    if (signal->ssi_signo == SIGWINCH) {
        terminal_resize(&conversation->terminal);
        return;
    }
    int number = number_for_program(conversation, signal);
    bool group = is_for_group(signal);
    if (conversation->started) {
        hand_on(conversation, number, group);
        if (number != SIGCONT) return;
        terminal_make_raw(&conversation->terminal);
        terminal_resize(&conversation->terminal);
        return;
    }
    bool ignored = conversation->own->ignored >> (number - 1) & 1;
    if (signals_ask_for_end(number) && !ignored) {
        if (!conversation->received) {
            conversation->result = die_by(conversation, number);
            return;
        }
        if (!conversation->held) conversation->held_until = now_ms() + START_LIMIT_MS;
        conversation->held = number;
    }
    keep(conversation, number, group);
}

static int lost(const struct conversation *conversation) {
    return conversation->started
        ? client_refuse(EXIT_TRY_AGAIN, "the agent ended before %s did", *conversation->client->program)
        : client_refuse(EXIT_TRY_AGAIN, "the agent at %s ended the connection", conversation->client->socket);
}

// How long to wait at most; negative without end.
static long long limit_of(const struct conversation *conversation, long long deadline) {
    if (conversation->started && terminal_is_behind(&conversation->terminal)) return FOREGROUND_TICK_MS;
    if (conversation->received && !conversation->held) return -1;
    long long left = (conversation->held ? conversation->held_until : deadline) - now_ms();
    return left > 0 ? left : 0;
}

// Nothing came in time.
static int give_up(struct conversation *conversation) {
    return conversation->held ? die_by(conversation, conversation->held) : client_refuse(EXIT_TRY_AGAIN, "the agent does not answer");
}

static int converse(struct conversation *conversation) {
    for (long long deadline = now_ms() + ANSWER_LIMIT_MS; conversation->result < 0;) {
        struct pollfd waits[2 + TERMINAL_WAITS] = {{conversation->socket, POLLIN, 0}, {conversation->signals, POLLIN, 0}};
        terminal_waits(&conversation->terminal, waits + 2);
        long long limit = limit_of(conversation, deadline);
        int ready = poll(waits, 2 + TERMINAL_WAITS, (int)limit);
        if (ready < 0) continue;
        if (ready == 0 && limit == 0) return give_up(conversation);
        // Before the signals: who sent one may have seen the program, of which the agent's word waits here.
        if (!conversation->started && !take_messages(conversation)) return lost(conversation);
        struct signalfd_siginfo signal;
        while (conversation->result < 0 && read(conversation->signals, &signal, sizeof signal) == sizeof signal) {
            on_signal(conversation, &signal);
        }
        terminal_copy(&conversation->terminal, waits + 2);
        if (conversation->started && terminal_is_behind(&conversation->terminal)) terminal_make_raw(&conversation->terminal);
        if (conversation->result < 0 && waits[0].revents && !take_messages(conversation)) return lost(conversation);
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

int client_run(const struct client *client) {
    static struct conversation conversation;
    struct own own;
    // What is here may be another's, whose process became this user's: nobody looks into it.
    prctl(PR_SET_DUMPABLE, 0);
    own_look(&own);
    if (!client->probe && !ranks_are_whole(own.pmi)) return EXIT_WRONGLY_SET_UP;
    signal(SIGPIPE, SIG_IGN); // The exit code counts, also where nobody reads why.
    bool terminal = client->terminal != TERMINAL_NEVER && terminal_is_ours();
    if (client->terminal == TERMINAL_ALWAYS && !terminal) {
        return client_refuse(EXIT_USAGE, "--tty: standard input and output are not the terminal of this session");
    }
    conversation = (struct conversation){.client = client, .own = &own, .result = -1, .terminal = {.master = -1, .screen = -1}};
    conversation.socket = reach(client);
    if (conversation.socket < 0) return -conversation.socket;
    if (!endpoint_is_own(conversation.socket)) {
        return client_refuse(EXIT_WRONGLY_SET_UP, "the agent at %s is another user's", client->socket);
    }
    conversation.signals = signals_take();
    if (conversation.signals < 0) return client_refuse(EXIT_TRY_AGAIN, "signals cannot be taken: %s", strerror(errno));
    int sent = client->probe ? message_say(conversation.socket, MESSAGE_PROBE, 0, 0)
                             : request_send(conversation.socket, client, &own, terminal);
    if (sent > 0) return sent;
    // An agent that went away meanwhile may have said why.
    int code = converse(&conversation);
    terminal_restore(&conversation.terminal);
    return code;
}
