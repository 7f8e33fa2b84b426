#ifndef PISAHPC_LOG_H
#define PISAHPC_LOG_H

#include <stdbool.h>

// Has a file of the user's take what this process, and the program beside, say from now on. False with errno.
bool log_open(const char *path);

// Keeps that file small: of one of more than 1 MiB the last 64 KiB stay. What is said between the look and the cut is lost.
// Gives the milliseconds until the next look at the latest; -1 where there is no such file.
int log_bound(void);

#endif
