#ifndef PISAHPC_CLIENT_H
#define PISAHPC_CLIENT_H

#include <stdbool.h>

enum terminal_choice { TERMINAL_WHERE_ONE_IS, TERMINAL_ALWAYS, TERMINAL_NEVER };

struct client {
    const char *socket;
    const char *directory; // NULL: this process' own; empty: the home that the container knows
    enum terminal_choice terminal;
    int wait_ms; // how long an agent that does not answer is tried
    bool probe;  // only whether it answers
    char **program;
};

// sysexits.h, as batch systems and their hooks take them.
enum client_exit {
    EXIT_USAGE = 64,
    EXIT_TRY_AGAIN = 75,
    EXIT_WRONGLY_SET_UP = 78,
    EXIT_CANNOT_RUN = 126,
    EXIT_NOT_FOUND = 127,
};

// Runs a program in the container, or asks whether that would work. The exit code; or does not return, when a signal ended the program.
int client_run(const struct client *client);

// Says why not, in one line on standard error, and gives the exit code back.
int client_refuse(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
