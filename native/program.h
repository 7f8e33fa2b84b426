#ifndef PISAHPC_PROGRAM_H
#define PISAHPC_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

#include "message.h"
#include "request.h"

// The start of a program from a request, in a process group of its own.

struct start {
    const struct request *request;
    char **variables;
    int terminal; // the slave that stands for the client's terminal; -1 without one
};

struct start_result {
    pid_t process; // 0 when it did not start
    enum failure failure;
    int error; // errno
};

// Starts the program and returns when it runs or is known not to.
struct start_result program_start(const struct start *start);

// Makes a child of an agent a plain process again: no signal blocked, each with its default.
void program_reset_signals(void);

#endif
