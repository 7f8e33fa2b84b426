/*
 * A ping-pong: how long a byte takes to the other side, and how much goes there in a second.
 *
 *   link serve PORT          answers one client by TCP, and ends with it
 *   link tcp ADDRESS PORT    measures against such a server
 *   link shm                 measures between two processes in shared memory
 *
 * Prints the latency of one byte in microseconds (half a round trip, the median of many) and the bandwidth of a megabyte in MB/s.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 4000, BLOCKS = 400, BLOCK = 1 << 20 };

struct shared {
    _Atomic uint32_t turn;
    char block[BLOCK];
};

static char buffer[BLOCK];

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Each side on a CPU of its own, where there are two: or one run would have them wait for each other and the next not. */
static void stay_on(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int compare(const void *a, const void *b)
{
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

static void report(double *round_trips, double block_seconds)
{
    qsort(round_trips, ROUNDS, sizeof *round_trips, compare);
    printf("%.3f %.1f\n", round_trips[ROUNDS / 2] / 2 * 1e6, BLOCKS * (BLOCK / 1e6) / block_seconds);
}

static void give(int socket, size_t bytes)
{
    for (size_t sent = 0; sent < bytes;) {
        ssize_t more = write(socket, buffer + sent, bytes - sent);
        if (more <= 0)
            fail("write");
        sent += (size_t)more;
    }
}

static void take(int socket, size_t bytes)
{
    for (size_t got = 0; got < bytes;) {
        ssize_t more = read(socket, buffer + got, bytes - got);
        if (more <= 0)
            fail("read");
        got += (size_t)more;
    }
}

static void at_once(int socket)
{
    int yes = 1;
    if (setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes))
        fail("TCP_NODELAY");
}

static int serve(const char *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
    stay_on(0);
    int yes = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1))
        fail("listen");
    int client = accept(listener, NULL, NULL);
    if (client < 0)
        fail("accept");
    at_once(client);
    for (int round = 0; round < ROUNDS; round++) {
        take(client, 1);
        give(client, 1);
    }
    for (int block = 0; block < BLOCKS; block++)
        take(client, BLOCK);
    give(client, 1);
    return 0;
}

static int tcp(const char *host, const char *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
        fail(host);
    stay_on(1);
    int server = -1;
    double deadline = now() + 10;
    while (server < 0) {
        server = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(server, (struct sockaddr *)&address, sizeof address) == 0)
            break;
        close(server);
        server = -1;
        if (now() > deadline)
            fail("connect");
        sched_yield();
    }
    at_once(server);
    static double trips[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        double begun = now();
        give(server, 1);
        take(server, 1);
        trips[round] = now() - begun;
    }
    double begun = now();
    for (int block = 0; block < BLOCKS; block++)
        give(server, BLOCK);
    take(server, 1);
    report(trips, now() - begun);
    return 0;
}

/* Yields, so that two processes on one CPU get on too. */
static void wait_for(struct shared *shared, uint32_t turn)
{
    for (unsigned tries = 0; atomic_load_explicit(&shared->turn, memory_order_acquire) != turn; tries++)
        if (tries % 1024 == 1023)
            sched_yield();
}

static void play(struct shared *shared, int first)
{
    static double trips[ROUNDS];
    uint32_t turn = 0;
    for (int round = 0; round < ROUNDS; round++, turn += 2) {
        double begun = now();
        wait_for(shared, turn + (first ? 0 : 1));
        atomic_store_explicit(&shared->turn, turn + (first ? 1 : 2), memory_order_release);
        if (first)
            wait_for(shared, turn + 2);
        trips[round] = now() - begun;
    }
    double begun = now();
    for (int block = 0; block < BLOCKS; block++, turn += 2) {
        wait_for(shared, turn + (first ? 0 : 1));
        if (first)
            memcpy(shared->block, buffer, BLOCK);
        else
            memcpy(buffer, shared->block, BLOCK);
        atomic_store_explicit(&shared->turn, turn + (first ? 1 : 2), memory_order_release);
    }
    if (first) {
        wait_for(shared, turn);
        report(trips, now() - begun);
    }
}

static int shm(void)
{
    char name[] = "/dev/shm/bench-link-XXXXXX";
    int file = mkstemp(name);
    if (file < 0 || ftruncate(file, sizeof(struct shared)))
        fail(name);
    unlink(name);
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (shared == MAP_FAILED)
        fail("mmap");
    pid_t other = fork();
    if (other < 0)
        fail("fork");
    stay_on(other != 0);
    play(shared, other != 0);
    if (other != 0)
        waitpid(other, NULL, 0);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "serve") == 0)
        return serve(argv[2]);
    if (argc == 4 && strcmp(argv[1], "tcp") == 0)
        return tcp(argv[2], argv[3]);
    if (argc == 2 && strcmp(argv[1], "shm") == 0)
        return shm();
    fprintf(stderr, "usage: link serve PORT | tcp ADDRESS PORT | shm\n");
    return 2;
}
