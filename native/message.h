#ifndef PISAHPC_MESSAGE_H
#define PISAHPC_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

// What client and agent say to each other, a packet of a SOCK_SEQPACKET socket each. Both are one program, so numbers are in the machine's
// order.

// Changes with the messages: a client talks to an agent of its own kind only.
#define PROTOCOL 0x50687231u // "Phr1"

// A packet carries no more than this behind its head.
#define BODY_MAX 32768

// 0, 1, 2 and PMI_FD's.
#define DESCRIPTORS_MAX 4

enum message_type {
    // From the client.
    MESSAGE_PROBE = 1, // does anybody answer?
    MESSAGE_BEGIN,     // a struct begin and the client's descriptors
    MESSAGE_TEXT,      // a part of the request's text
    MESSAGE_READY,     // the terminal that came is set up
    MESSAGE_SIGNAL,    // value: the signal; detail: 1 for the whole process group
    // From the agent.
    MESSAGE_ALIVE,    // the answer to a probe
    MESSAGE_RECEIVED, // the request is whole; how long the program takes to start is its own affair
    MESSAGE_TERMINAL, // the master of the program's terminal, its only copy
    MESSAGE_STARTED,
    MESSAGE_STOPPED, // value: the signal that stopped the program; detail: how many SIGCONT the client had sent that were handed on before
    MESSAGE_CONTINUED,
    MESSAGE_EXITED,  // value: the exit code
    MESSAGE_KILLED,  // value: the signal that ended the program
    MESSAGE_FAILED,  // value: an enum failure; detail: errno, or 0
};

// Why a program was not started.
enum failure {
    FAILURE_BUSY = 1,  // too many sessions
    FAILURE_STRANGER,  // the client is another user
    FAILURE_PROTOCOL,  // a message that none of ours sends
    FAILURE_DIRECTORY, // the working directory
    FAILURE_TERMINAL,
    FAILURE_PROGRAM, // it cannot be executed
    FAILURE_SYSTEM,  // a process or a descriptor could not be had
    FAILURE_ENDING,  // the agent is about to end
    FAILURE_DESCRIPTORS, // the kernel kept some back
};

struct message {
    uint32_t protocol;
    uint32_t type;
    uint32_t value;
    uint32_t detail;
};

// A packet as it came. The descriptors are the receiver's to close, with packet_drop.
struct packet {
    struct message head;
    unsigned char body[BODY_MAX];
    size_t size; // of the body
    int descriptors[DESCRIPTORS_MAX];
    size_t descriptor_count;
};

enum received {
    RECEIVED_PACKET,
    RECEIVED_NOTHING, // yet
    RECEIVED_END,     // the other side is gone
    RECEIVED_CUT,     // the kernel kept descriptors back; the others are dropped
    RECEIVED_GARBAGE, // nothing that this protocol knows; what it carried is dropped
};

// Takes the next packet, without waiting.
enum received message_receive(int socket, struct packet *packet);

// Closes what a packet carried.
void packet_drop(struct packet *packet);

// Sends a packet; waits as the socket is set. 0, or -1 with errno.
int message_send(int socket, struct message head, const void *body, size_t size, const int *descriptors, size_t count);

// Sends a packet of a head alone.
int message_say(int socket, enum message_type type, uint32_t value, uint32_t detail);

#endif
