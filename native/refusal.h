#ifndef PISAHPC_REFUSAL_H
#define PISAHPC_REFUSAL_H

#include "client.h"
#include "message.h"

// Says why an agent did not start a program, in one line on standard error. The exit code that it comes to.
int refusal_say(const struct client *client, const struct message *failed);

#endif
