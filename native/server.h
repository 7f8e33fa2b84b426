#ifndef PISAHPC_SERVER_H
#define PISAHPC_SERVER_H

#include "session.h"

#define SESSIONS_MAX 4096u

// Listens for clients and runs what is to run beside, until that ends or a signal says so; then ends all that it started. The exit code.
int server_run(const struct agent *agent);

#endif
