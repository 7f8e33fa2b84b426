#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct refusal {
    enum failure failure;
    int error;
};

static _Noreturn void refuse(int report, enum failure failure) {
    struct refusal refusal = {failure, errno};
    // A pipe takes so little whole, or nobody is left to read it.
    if (write(report, &refusal, sizeof refusal) < 0) _exit(126);
    _exit(127);
}

void program_reset_signals(void) {
    struct sigaction plain = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) sigaction(number, &plain, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void ignore_signals(uint64_t ignored) {
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    for (int number = 1; number < NSIG; number++) {
        if (ignored >> (number - 1) & 1) sigaction(number, &ignore, NULL);
    }
}

// The caller's soft limits, up to the container's hard ones: no more can be had here. How many files are open is the site's to say, for all
// of a job alike.
static void limit(const uint64_t wanted[LIMITS], int report) {
    for (int resource = 0; resource < LIMITS; resource++) {
        struct rlimit limit;
        if (resource == RLIMIT_NOFILE) continue;
        if (getrlimit(resource, &limit) < 0) refuse(report, FAILURE_SYSTEM);
        limit.rlim_cur = wanted[resource] < limit.rlim_max ? wanted[resource] : limit.rlim_max;
        if (setrlimit(resource, &limit) < 0) refuse(report, FAILURE_SYSTEM);
    }
}

// A leader is of no group that a signal from a terminal could stop; any other has its parent in its session, as below a shell.
static void take_place(const struct start *start, int report) {
    bool leader = start->request->begin.flags & BEGIN_LEADER;
    if (leader ? setsid() < 0 : setpgid(0, 0) < 0) refuse(report, FAILURE_SYSTEM);
    if (start->terminal < 0) return;
    if (leader && ioctl(start->terminal, TIOCSCTTY, 0) < 0) refuse(report, FAILURE_TERMINAL);
    // From the background: allowed, since SIGTTOU is still blocked.
    if (tcsetpgrp(start->terminal, getpid()) < 0) refuse(report, FAILURE_TERMINAL);
}

// What came under some numbers to the numbers that the program knows; first out of the way, where one is another's place.
static void place_descriptors(const struct start *start, int *report) {
    const struct begin *begin = &start->request->begin;
    int above = begin->descriptors & BEGIN_PMI ? (int)begin->pmi_number + 1 : 3;
    int held = fcntl(*report, F_DUPFD_CLOEXEC, above);
    if (held < 0) refuse(*report, FAILURE_SYSTEM);
    *report = held;
    int sources[DESCRIPTORS_MAX];
    for (size_t i = 0; i < start->request->descriptor_count; i++) {
        sources[i] = fcntl(start->request->descriptors[i], F_DUPFD_CLOEXEC, above);
        if (sources[i] < 0) refuse(*report, FAILURE_SYSTEM);
    }
    int terminal = start->terminal < 0 ? -1 : fcntl(start->terminal, F_DUPFD_CLOEXEC, above);
    if (start->terminal >= 0 && terminal < 0) refuse(*report, FAILURE_SYSTEM);

    const int targets[DESCRIPTORS_MAX] = {0, 1, 2, (int)begin->pmi_number};
    size_t next = 0;
    for (size_t i = 0; i < DESCRIPTORS_MAX; i++) {
        bool came = begin->descriptors & (1u << i);
        int source = came ? sources[next++] : -1;
        if (came && terminal >= 0 && begin->terminals & (1u << i)) source = terminal;
        if (source >= 0 ? dup2(source, targets[i]) < 0 : i < 3 && close(targets[i]) < 0 && errno != EBADF) refuse(*report, FAILURE_SYSTEM);
    }
}

static _Noreturn void become(const struct start *start, pid_t session, int report) {
    const struct request *request = start->request;
    // A session that is killed takes its program along.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != session) _exit(127);
    take_place(start, report);
    place_descriptors(start, &report);
    umask(request->begin.mask & 0777);
    program_reset_signals();
    ignore_signals(request->begin.ignored);
    if (chdir(request->directory) < 0) refuse(report, FAILURE_DIRECTORY);
    limit(request->begin.limits, report);
    environ = start->variables; // by whose PATH the program is looked for
    execvp(request->arguments[0], request->arguments);
    refuse(report, FAILURE_PROGRAM);
}

struct start_result program_start(const struct start *start) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0) return (struct start_result){0, FAILURE_SYSTEM, errno};
    pid_t session = getpid(), process = fork();
    if (process == 0) become(start, session, report[1]);
    int error = errno;
    close(report[1]);
    struct refusal refusal = {FAILURE_SYSTEM, error};
    if (process > 0) {
        ssize_t size;
        do size = read(report[0], &refusal, sizeof refusal);
        while (size < 0 && errno == EINTR);
        if (size != sizeof refusal) {
            close(report[0]);
            return (struct start_result){process, 0, 0};
        }
        waitpid(process, NULL, 0);
    }
    close(report[0]);
    return (struct start_result){0, refusal.failure, refusal.error};
}
