#ifndef PISAHPC_DESCENDANTS_H
#define PISAHPC_DESCENDANTS_H

#include <stdbool.h>
#include <sys/types.h>

// The processes below this one. It is their subreaper (prctl(2)): one whose parent ends becomes its child, so that none is ever lost.

// Makes this process the one.
void descendants_adopt(void);

// Sends a signal to the children of this process, as /proc shows them; without it, to all that a first process has below it. False where
// neither can be: whoever comes after this process has them.
bool descendants_signal(int signal);

// Kills children until there is none, and takes their ends. False when one did not end within some seconds, or
// cannot be told.
bool descendants_kill(void);

// The parent of a process; 0 when it is gone.
pid_t parent_of(pid_t process);

// A clock for deadlines, in milliseconds.
long long now_ms(void);

#endif
