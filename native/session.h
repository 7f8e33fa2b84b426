#ifndef PISAHPC_SESSION_H
#define PISAHPC_SESSION_H

#include "environment.h"

// What an agent was told on its command line.
struct agent {
    const char *socket;
    const struct rules *rules;
    int grace_ms;
    unsigned sessions; // the most at once
    char **program;    // what runs beside it; NULL for nothing
};

// A client's session, in a process of its own: takes the request, starts the program, and is beside it to its end. A client that says half
// of what it should, or nothing, holds up itself alone. Returns when nothing of the session is left.
void session_run(int socket, const struct agent *agent);

#endif
