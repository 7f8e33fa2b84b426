#ifndef PISAHPC_TERMINAL_H
#define PISAHPC_TERMINAL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

// The client's terminal and, as its likeness in the container, the master of the program's: what is typed goes there, what the program
// writes comes back.

#define COPY_MAX 4096
#define TERMINAL_WAITS 4

struct copy {
    int from, to; // -1 when that side is gone
    unsigned char bytes[COPY_MAX];
    size_t begin, end;
};

struct terminal {
    int master; // -1 without one
    int screen; // the client's terminal by a description of its own, which does not wait: that of standard output is others' too
    struct termios original;
    bool begun; // the program runs, and this terminal is as it wants it: before, each line of it would get a carriage return more
    bool raw;
    struct copy typed, written;
};

// Whether standard input and output are the terminal of this process' session.
bool terminal_is_ours(void);

// Makes the master like the client's terminal, in size and, where this process has the foreground, in settings. False with errno.
bool terminal_mirror(struct terminal *terminal, int master);

// Hands every key on as it comes, where this process has the foreground. A terminal that is gone hangs the program's up.
void terminal_make_raw(struct terminal *terminal);

// Whether it is to be tried again, since nobody says when this process gets the foreground.
bool terminal_is_behind(const struct terminal *terminal);

// Puts the client's terminal back as it was. Twice is once.
void terminal_restore(struct terminal *terminal);

// The master gets the size of the client's window.
void terminal_resize(const struct terminal *terminal);

// What to wait for.
void terminal_waits(const struct terminal *terminal, struct pollfd waits[TERMINAL_WAITS]);

// Copies what can be copied after a wait.
void terminal_copy(struct terminal *terminal, const struct pollfd waits[TERMINAL_WAITS]);

// Copies what the program had written before its end, unless the screen takes nothing for long or a signal asks for the end.
void terminal_drain(struct terminal *terminal, int signals);

#endif
