#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "descendants.h"
#include "message.h"
#include "program.h"
#include "request.h"
#include "signals.h"

// For all of a request.
#define REQUEST_LIMIT_MS 10000
#define END_TICK_MS 50

struct session {
    int socket;
    int signals; // SIGTERM, SIGQUIT, SIGCHLD
    const struct agent *agent;
    struct packet packet;
    struct request request;
    int terminal;  // the program's, -1 without one; open to the end, so that what it holds is not lost with the last writer
    pid_t program; // 0 when it is gone
    pid_t group;   // the program's, which may outlive it
    uint32_t continued; // how many SIGCONT were handed on
    bool all_end;       // the program was told to end, or a signal ended it: what it started ends with it
    bool ending;        // the agent says so
    bool at_once;       // without the grace
};

static void fail(struct session *session, enum failure failure, int error) {
    message_say(session->socket, MESSAGE_FAILED, failure, (uint32_t)error);
}

// Waits for the client's next packet. False: it is gone, or said what none of ours says, or took too long, or the agent ends.
static bool next_packet(struct session *session, long long deadline) {
    struct pollfd waits[] = {{session->socket, POLLIN, 0}, {session->signals, POLLIN, 0}};
    for (;;) {
        enum received received = message_receive(session->socket, &session->packet);
        if (received == RECEIVED_PACKET) return true;
        if (received == RECEIVED_GARBAGE) fail(session, FAILURE_PROTOCOL, 0);
        if (received == RECEIVED_CUT) fail(session, FAILURE_DESCRIPTORS, 0);
        if (received != RECEIVED_NOTHING) return false;
        long long left = deadline - now_ms();
        if (left <= 0) {
            fail(session, FAILURE_PROTOCOL, ETIMEDOUT);
            return false;
        }
        if (poll(waits, 2, (int)left) < 0 && errno != EINTR) return false;
        if (waits[1].revents) {
            fail(session, FAILURE_ENDING, 0);
            return false;
        }
    }
}

// Reads the request. False: there is none, and the client was told why if it is to blame.
static bool receive_request(struct session *session, long long deadline) {
    struct request *request = &session->request;
    if (!request_create(request)) {
        fail(session, FAILURE_SYSTEM, errno);
        return false;
    }
    if (!next_packet(session, deadline)) return false;
    if (session->packet.head.type == MESSAGE_PROBE) {
        message_say(session->socket, MESSAGE_ALIVE, 0, 0);
        packet_drop(&session->packet);
        return false;
    }
    bool good = request_begin(request, &session->packet);
    while (good && !request_is_whole(request)) {
        if (!next_packet(session, deadline)) return false;
        good = request_add(request, &session->packet);
    }
    good = good && request_parse(request);
    if (!good) {
        packet_drop(&session->packet);
        fail(session, errno == ENOMEM ? FAILURE_SYSTEM : FAILURE_PROTOCOL, errno == ENOMEM ? ENOMEM : 0);
    } else {
        message_say(session->socket, MESSAGE_RECEIVED, 0, 0);
    }
    return good;
}

// A terminal of the container's own, whose other end is the client's: it copies, and it alone knows the size of the window.
static bool make_terminal(struct session *session, long long deadline) {
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    char name[64];
    if (master < 0 || unlockpt(master) < 0 || ptsname_r(master, name, sizeof name)
        || (session->terminal = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) {
        fail(session, FAILURE_TERMINAL, errno);
        return false;
    }
    // The session is the terminal's, unless the program is to lead one itself.
    if (!(session->request.begin.flags & BEGIN_LEADER) && ioctl(session->terminal, TIOCSCTTY, 0) < 0) {
        fail(session, FAILURE_TERMINAL, errno);
        return false;
    }
    struct message head = {PROTOCOL, MESSAGE_TERMINAL, 0, 0};
    int sent = message_send(session->socket, head, NULL, 0, &master, 1);
    if (sent < 0) fail(session, FAILURE_TERMINAL, errno);
    close(master);
    if (sent < 0 || !next_packet(session, deadline)) return false;
    bool ready = session->packet.head.type == MESSAGE_READY;
    packet_drop(&session->packet);
    if (!ready) fail(session, FAILURE_PROTOCOL, 0);
    return ready;
}

static bool start(struct session *session, long long deadline) {
    struct request *request = &session->request;
    if ((request->begin.flags & BEGIN_TERMINAL) && !make_terminal(session, deadline)) return false;
    if (!*request->directory) {
        const char *home = getenv("HOME");
        // As a login does: many an image has no home for its user.
        request->directory = home && *home == '/' && access(home, X_OK) == 0 ? home : "/";
    }
    char **variables = environment_compose(session->agent->rules, environ, request->variables, request->directory);
    if (!variables) {
        fail(session, FAILURE_SYSTEM, ENOMEM);
        return false;
    }
    struct start start = {request, variables, session->terminal};
    struct start_result result = program_start(&start);
    // A reader of what the program writes sees its end only when nobody else holds it.
    for (size_t i = 0; i < request->descriptor_count; i++) close(request->descriptors[i]);
    request->descriptor_count = 0;
    if (!result.process) {
        fail(session, result.failure, result.error);
        return false;
    }
    session->program = session->group = result.process;
    message_say(session->socket, MESSAGE_STARTED, 0, 0);
    return true;
}

// Reads what the agent says.
static void read_signals(struct session *session) {
    struct signalfd_siginfo signal;
    while (read(session->signals, &signal, sizeof signal) == sizeof signal) {
        session->ending = session->ending || signal.ssi_signo != SIGCHLD;
        session->at_once = session->at_once || signal.ssi_signo == SIGQUIT;
    }
}

// Takes the ends of children, and tells the client of the program's: how it stopped, went on, or ended.
static void reap(struct session *session) {
    int status;
    for (pid_t child; (child = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0;) {
        if (child != session->program) continue;
        if (WIFSTOPPED(status)) {
            message_say(session->socket, MESSAGE_STOPPED, (uint32_t)WSTOPSIG(status), session->continued);
        } else if (WIFCONTINUED(status)) {
            message_say(session->socket, MESSAGE_CONTINUED, 0, 0);
        } else {
            session->program = 0;
            session->all_end = session->all_end || WIFSIGNALED(status);
            if (WIFEXITED(status)) message_say(session->socket, MESSAGE_EXITED, (uint32_t)WEXITSTATUS(status), 0);
            else message_say(session->socket, MESSAGE_KILLED, (uint32_t)WTERMSIG(status), 0);
        }
    }
}

// Hands a signal on. False: it is none that a client hands on.
static bool hand_on(struct session *session) {
    const struct message *head = &session->packet.head;
    int number = head->value <= (uint32_t)SIGRTMAX ? (int)head->value : 0;
    if (head->type != MESSAGE_SIGNAL || session->packet.size || session->packet.descriptor_count || !signals_hand_on(number)) return false;
    session->continued += number == SIGCONT;
    session->all_end = session->all_end || signals_ask_for_end(number);
    kill(head->detail ? -session->program : session->program, number);
    return true;
}

// Is beside the program until it ends. False: the client is gone before, or the agent ends.
static bool accompany(struct session *session) {
    struct pollfd waits[] = {{session->socket, POLLIN, 0}, {session->signals, POLLIN, 0}};
    while (session->program) {
        if (poll(waits, 2, -1) < 0 && errno != EINTR) return false;
        if (waits[1].revents) {
            read_signals(session);
            if (session->ending) return false;
            reap(session);
        }
        enum received received = RECEIVED_NOTHING;
        while (session->program && (received = message_receive(session->socket, &session->packet)) == RECEIVED_PACKET) {
            if (hand_on(session)) continue;
            packet_drop(&session->packet);
            received = RECEIVED_GARBAGE;
            break;
        }
        if (session->program && received != RECEIVED_NOTHING) return false;
    }
    return true;
}

// Ends all that the session started: TERM for the program's group, KILL for whatever is left of it when the grace is over, or the agent
// gives none, and for those who left the group.
static void end(struct session *session) {
    pid_t group = session->group;
    kill(-group, SIGTERM);
    kill(-group, SIGCONT);
    struct pollfd wait = {session->signals, POLLIN, 0};
    for (long long deadline = now_ms() + session->agent->grace_ms; now_ms() < deadline && !session->at_once && kill(-group, 0) == 0;) {
        poll(&wait, 1, END_TICK_MS);
        read_signals(session);
        reap(session);
    }
    kill(-group, SIGKILL);
    // The program's own end is still to be told.
    for (long long deadline = now_ms() + 1000; session->program && now_ms() < deadline; poll(NULL, 0, 1)) reap(session);
    descendants_kill();
}

static int watch_signals(void) {
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGQUIT);
    sigaddset(&watched, SIGCHLD);
    return signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC);
}

void session_run(int socket, const struct agent *agent) {
    static struct session session;
    session = (struct session){.socket = socket, .agent = agent, .terminal = -1, .signals = watch_signals()};
    struct timeval limit = {REQUEST_LIMIT_MS / 1000, 0};
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    long long deadline = now_ms() + REQUEST_LIMIT_MS;
    if (session.signals < 0 || setsid() < 0) {
        fail(&session, FAILURE_SYSTEM, errno);
        return;
    }
    descendants_adopt();
    if (!receive_request(&session, deadline) || !start(&session, deadline)) return;
    if (!accompany(&session) || session.all_end) end(&session);
}
