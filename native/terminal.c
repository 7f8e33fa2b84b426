#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "descendants.h"
#include "signals.h"

// What a terminal holds at most, several times over: who goes on writing after the program's end is not waited for.
#define DRAIN_MAX (256u << 10)
// For a screen that takes nothing at all.
#define DRAIN_LIMIT_MS 5000

// tcgetpgrp(3) answers for a process' own terminal alone.
bool terminal_is_ours(void) {
    return tcgetpgrp(STDIN_FILENO) >= 0 && tcgetpgrp(STDOUT_FILENO) >= 0;
}

static bool is_in_front(void) {
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

bool terminal_mirror(struct terminal *terminal, int master) {
    terminal->master = master;
    terminal->screen = open("/dev/tty", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    terminal->typed = (struct copy){.from = STDIN_FILENO, .to = master};
    terminal->written = (struct copy){.from = master, .to = terminal->screen};
    if (terminal->screen < 0 || fcntl(master, F_SETFL, O_NONBLOCK) < 0) return false;
    terminal_resize(terminal);
    // In the background the settings are another's, such as a shell's that edits a line.
    if (!is_in_front()) return true;
    // pty(7): what is set on the master holds for the terminal.
    return tcgetattr(STDIN_FILENO, &terminal->original) == 0 && tcsetattr(master, TCSANOW, &terminal->original) == 0;
}

// The program's terminal hangs up with the client's, as if they were one.
static void hang_up(struct terminal *terminal) {
    terminal_restore(terminal);
    close(terminal->master);
    close(terminal->screen);
    terminal->master = terminal->screen = -1;
}

// From the background it would stop this process (SIGTTOU): the terminal is somebody else's then.
static bool set(const struct termios *settings, int when) {
    return is_in_front() && tcsetattr(STDIN_FILENO, when, settings) == 0;
}

void terminal_make_raw(struct terminal *terminal) {
    if (terminal->master < 0) return;
    if (tcgetpgrp(STDIN_FILENO) < 0) {
        hang_up(terminal);
        return;
    }
    if (!is_in_front() || (!terminal->raw && tcgetattr(STDIN_FILENO, &terminal->original) < 0)) return;
    struct termios raw = terminal->original;
    cfmakeraw(&raw);
    terminal->raw = set(&raw, TCSANOW);
}

bool terminal_is_behind(const struct terminal *terminal) {
    return terminal->master >= 0 && !terminal->raw;
}

void terminal_restore(struct terminal *terminal) {
    if (terminal->master < 0 || !terminal->raw) return;
    set(&terminal->original, TCSANOW);
    terminal->raw = false;
}

void terminal_resize(const struct terminal *terminal) {
    struct winsize size;
    if (terminal->master >= 0 && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) ioctl(terminal->master, TIOCSWINSZ, &size);
}

static bool is_empty(const struct copy *copy) {
    return copy->begin == copy->end;
}

void terminal_waits(const struct terminal *terminal, struct pollfd waits[TERMINAL_WAITS]) {
    const struct copy *copies[] = {&terminal->typed, &terminal->written};
    bool open = terminal->master >= 0 && terminal->begun;
    for (size_t i = 0; i < 2; i++) {
        bool empty = is_empty(copies[i]);
        // What is typed while another has the foreground is not for the program, and reading it would stop this process.
        bool reads = empty && (i == 1 || terminal->raw);
        waits[2 * i] = (struct pollfd){open && reads ? copies[i]->from : -1, POLLIN, 0};
        waits[2 * i + 1] = (struct pollfd){open && !empty ? copies[i]->to : -1, POLLOUT, 0};
    }
}

// False when there is nothing now, or for good.
static bool take(struct copy *copy) {
    ssize_t size = read(copy->from, copy->bytes, sizeof copy->bytes);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (size <= 0) {
        copy->from = -1;
        return false;
    }
    copy->begin = 0;
    copy->end = (size_t)size;
    return true;
}

static void give(struct copy *copy) {
    ssize_t size = copy->to < 0 ? -1 : write(copy->to, copy->bytes + copy->begin, copy->end - copy->begin);
    if (size < 0 && copy->to >= 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size < 0) {
        // Nobody is there to read it, and the program is not held up by that.
        copy->to = -1;
        copy->begin = copy->end;
        return;
    }
    copy->begin += (size_t)size;
}

void terminal_copy(struct terminal *terminal, const struct pollfd waits[TERMINAL_WAITS]) {
    struct copy *copies[] = {&terminal->typed, &terminal->written};
    for (size_t i = 0; i < 2; i++) {
        if (waits[2 * i].revents) take(copies[i]);
        // A terminal that is gone is never waited for.
        else if (waits[2 * i + 1].revents || (!is_empty(copies[i]) && copies[i]->to < 0)) give(copies[i]);
    }
    if (terminal->master >= 0 && (terminal->typed.from < 0 || terminal->written.to < 0)) hang_up(terminal);
}

void terminal_drain(struct terminal *terminal, int signals) {
    struct copy *written = &terminal->written;
    struct pollfd waits[] = {{terminal->screen, POLLOUT, 0}, {signals, POLLIN, 0}};
    long long deadline = now_ms() + DRAIN_LIMIT_MS;
    for (size_t drained = 0; terminal->master >= 0;) {
        if (is_empty(written)) {
            if (written->from < 0 || drained >= DRAIN_MAX || !take(written)) return;
            drained += written->end;
            deadline = now_ms() + DRAIN_LIMIT_MS;
        }
        give(written);
        long long left = deadline - now_ms();
        if (is_empty(written)) continue;
        if (left <= 0 || (poll(waits, 2, (int)left) > 0 && waits[1].revents && signals_read_end(signals))) return;
    }
}
