#ifndef PISAHPC_ENDPOINT_H
#define PISAHPC_ENDPOINT_H

#include <stdbool.h>
#include <sys/types.h>

// The agent's socket: a file that only its owner may connect to, of whatever length its path is.

// Listens there. A socket that nobody listens on any more gives way; in a directory that nodes share, so would another node's: it is to be
// the node's own. -1 with errno: EADDRINUSE when an agent answers, or what stands there is no socket.
int endpoint_listen(const char *path);

// Takes the file away if it is this listener's. Twice is once.
void endpoint_remove(const char *path);

// Connects; waits some seconds for a busy agent. -1 with errno.
int endpoint_connect(const char *path);

// Whether the process at the other end is this one's user's.
bool endpoint_is_own(int socket);

#endif
