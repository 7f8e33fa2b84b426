#ifndef PISAHPC_SIGNALS_H
#define PISAHPC_SIGNALS_H

#include <stdbool.h>

// A client's signals: it takes them and hands them on, and it stops and dies as the program did.

// Whether a client hands a signal on, and a session gives it to its program.
bool signals_hand_on(int number);

// Whether a signal asks for the end of what it is sent to.
bool signals_ask_for_end(int number);

// Blocks the signals that are handed on, and SIGWINCH; what they are read from, or -1 with errno.
int signals_take(void);

// Reads them all. Whether one asks for the end.
bool signals_read_end(int signals);

// Stops this process until somebody continues it (true) or something comes on the socket (false). True at once when a SIGCONT waits
// already.
bool signals_stop(int socket);

// Ends this process by a signal, as it ended the program: without a core, which would be this process' and tell nothing. The exit code that
// it comes to where the signal does not end it.
int signals_die_by(int number);

#endif
