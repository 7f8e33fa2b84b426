#include "signals.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAKE_TICK_MS 20

// What a fault of the client's own brings, what its own terminal or children bring, and what nobody can take.
static const int own_signals[] = {SIGKILL, SIGCHLD, SIGTTIN, SIGTTOU, SIGPIPE, SIGWINCH, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};

bool signals_hand_on(int number) {
    for (size_t i = 0; i < sizeof own_signals / sizeof *own_signals; i++) {
        if (number == own_signals[i]) return false;
    }
    // Between the two ranges are the C library's own.
    return (number >= 1 && number < 32) || (number >= SIGRTMIN && number <= SIGRTMAX);
}

bool signals_ask_for_end(int number) {
    return number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT;
}

int signals_take(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGWINCH);
    for (int number = 1; number <= SIGRTMAX; number++) {
        if (signals_hand_on(number)) sigaddset(&set, number);
    }
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

bool signals_read_end(int signals) {
    struct signalfd_siginfo signal;
    bool end = false;
    while (read(signals, &signal, sizeof signal) == sizeof signal) end = end || signals_ask_for_end((int)signal.ssi_signo);
    return end;
}

// Continues a process when something comes on the socket: again and again, since it may not have stopped yet.
static _Noreturn void wake(pid_t stopped, int socket) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) _exit(1);
    struct pollfd wait = {socket, POLLIN, 0};
    while (getppid() == stopped && poll(&wait, 1, -1) < 0) continue;
    for (; getppid() == stopped; poll(NULL, 0, WAKE_TICK_MS)) kill(stopped, SIGCONT);
    _exit(0);
}

static sigjmp_buf continued;
static volatile sig_atomic_t continued_by;

static void on_continued(int number, siginfo_t *signal, void *context) {
    (void)number, (void)context;
    continued_by = signal->si_pid;
    siglongjmp(continued, 1);
}

// Stopping forgets a SIGCONT that waits, and nobody would send another. So one that comes before the stop leads past it, but
// for the moment within kill(2) itself.
static void stop_unless_continued(void) {
    struct sigaction leave = {.sa_sigaction = on_continued, .sa_flags = SA_SIGINFO}, before;
    sigset_t only;
    sigemptyset(&leave.sa_mask);
    sigemptyset(&only);
    sigaddset(&only, SIGCONT);
    sigaction(SIGCONT, &leave, &before);
    if (sigsetjmp(continued, 1) == 0) {
        sigprocmask(SIG_UNBLOCK, &only, NULL);
        kill(getpid(), SIGSTOP);
    }
    sigprocmask(SIG_BLOCK, &only, NULL);
    sigaction(SIGCONT, &before, NULL);
}

bool signals_stop(int socket) {
    pid_t self = getpid(), waker = fork();
    if (waker == 0) wake(self, socket);
    if (waker < 0) return false; // Better seen to run than never continued.
    continued_by = waker;
    stop_unless_continued();
    kill(waker, SIGKILL);
    waitpid(waker, NULL, 0);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, SIGCONT);
    siginfo_t another = {.si_pid = waker};
    sigtimedwait(&only, &another, &(struct timespec){0, 0});
    return continued_by != waker || another.si_pid != waker;
}

int signals_die_by(int number) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(number, SIG_DFL);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, number);
    sigprocmask(SIG_UNBLOCK, &only, NULL);
    kill(getpid(), number);
    return 128 + number; // what a first process of a container comes to
}
