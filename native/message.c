#include "message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

// A packet of the request with all that it may carry.
union control {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(sizeof(int) * DESCRIPTORS_MAX)];
};

// Takes over the descriptors of a packet. More than there may be are closed; 0 when there were such.
static int take_descriptors(struct msghdr *header, struct packet *packet) {
    int good = 1;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(part) + i * sizeof(int), sizeof descriptor);
            if (packet->descriptor_count < DESCRIPTORS_MAX) {
                packet->descriptors[packet->descriptor_count++] = descriptor;
            } else {
                close(descriptor);
                good = 0;
            }
        }
    }
    return good;
}

enum received message_receive(int socket, struct packet *packet) {
    union control control;
    struct iovec parts[] = {{&packet->head, sizeof packet->head}, {packet->body, sizeof packet->body}};
    struct msghdr header = {.msg_iov = parts, .msg_iovlen = 2, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    packet->descriptor_count = 0;
    packet->size = 0;
    ssize_t size;
    do size = recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (size < 0 && errno == EINTR);
    if (size < 0) {
        if (errno == EAGAIN) return RECEIVED_NOTHING;
        // The other side left with something of ours unread (unix(7)): what it said before still stands to be read.
        if (errno == ECONNRESET) return message_receive(socket, packet);
        return RECEIVED_END;
    }
    int good = take_descriptors(&header, packet);
    if (size == 0 && !packet->descriptor_count) return RECEIVED_END;
    if (header.msg_flags & MSG_CTRUNC) {
        packet_drop(packet);
        return RECEIVED_CUT;
    }
    if (!good || (size_t)size < sizeof packet->head || (header.msg_flags & MSG_TRUNC) || packet->head.protocol != PROTOCOL) {
        packet_drop(packet);
        return RECEIVED_GARBAGE;
    }
    packet->size = (size_t)size - sizeof packet->head;
    return RECEIVED_PACKET;
}

void packet_drop(struct packet *packet) {
    for (size_t i = 0; i < packet->descriptor_count; i++) close(packet->descriptors[i]);
    packet->descriptor_count = 0;
}

int message_send(int socket, struct message head, const void *body, size_t size, const int *descriptors, size_t count) {
    union control control;
    struct iovec parts[] = {{&head, sizeof head}, {(void *)body, size}};
    struct msghdr header = {.msg_iov = parts, .msg_iovlen = size ? 2 : 1};
    if (count) {
        memset(&control, 0, sizeof control);
        header.msg_control = control.bytes;
        header.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        struct cmsghdr *part = CMSG_FIRSTHDR(&header);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(part), descriptors, sizeof(int) * count);
    }
    ssize_t sent;
    do sent = sendmsg(socket, &header, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -1 : 0;
}

int message_say(int socket, enum message_type type, uint32_t value, uint32_t detail) {
    struct message head = {PROTOCOL, type, value, detail};
    return message_send(socket, head, NULL, 0, NULL, 0);
}
