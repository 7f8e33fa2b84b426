#ifndef PISAHPC_RELAY_H
#define PISAHPC_RELAY_H

// Copies between standard input and output and a TCP port, for ssh's ProxyCommand. The first of the addresses that takes the connection
// counts; all are tried until one does or the time is up. Ends when either side does. The exit code: 0, or 75 where none took it.
int relay_run(const char *const *addresses, unsigned port, int wait_ms);

// The same with a unix socket, for whoever talks to an engine, both ways at once: neither waits until the other has read. The end of the
// input is told to the socket's other side, and this ends when that side does.
int relay_run_to(const char *path);

#endif
