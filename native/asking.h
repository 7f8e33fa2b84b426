#ifndef PISAHPC_ASKING_H
#define PISAHPC_ASKING_H

#include <stdbool.h>
#include <stdint.h>

#include "client.h"

// What of the client's own process a program is to have.
struct own {
    uint32_t descriptors; // enum begin_descriptors
    int pmi;              // PMI_FD's
    uint64_t ignored;     // signals, as bits from 1 on
    bool orphaned;        // its process group
};

// Looks at the process, and fills the places of closed standard descriptors: to be called before anything is opened.
void own_look(struct own *own);

// Sends the request. 0, or the exit code when it cannot be sent, which was said then; -1 when the agent went away
// meanwhile: it may have said why.
int request_send(int socket, const struct client *client, const struct own *own, bool terminal);

#endif
