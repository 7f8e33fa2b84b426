#include "descendants.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KILL_LIMIT_MS 5000
#define KILL_TICK_MS 10

void descendants_adopt(void) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

// The name in proc(5)'s stat may hold anything, so what counts comes after its last bracket.
pid_t parent_of(pid_t process) {
    char path[32], stat[512];
    snprintf(path, sizeof path, "/proc/%d/stat", process);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t size = read(file, stat, sizeof stat - 1);
    close(file);
    if (size <= 0) return 0;
    stat[size] = 0;
    const char *name_end = strrchr(stat, ')');
    int parent;
    return name_end && sscanf(name_end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

// The processes, if this one is among them: where no proc(5) is mounted the directory may be there, and empty.
static DIR *open_processes(void) {
    return access("/proc/self/stat", R_OK) == 0 ? opendir("/proc") : NULL;
}

bool descendants_signal(int signal) {
    DIR *processes = open_processes();
    pid_t self = getpid();
    if (!processes) {
        if (self == 1) kill(-1, signal);
        return self == 1;
    }
    for (struct dirent *entry; (entry = readdir(processes));) {
        pid_t process = atoi(entry->d_name);
        if (process > 0 && parent_of(process) == self) kill(process, signal);
    }
    closedir(processes);
    return true;
}

bool descendants_kill(void) {
    for (long long deadline = now_ms() + KILL_LIMIT_MS; now_ms() < deadline;) {
        bool told = descendants_signal(SIGKILL);
        pid_t ended;
        do ended = waitpid(-1, NULL, WNOHANG);
        while (ended > 0 || (ended < 0 && errno == EINTR));
        if (ended < 0) return true;
        if (!told) return false;
        poll(NULL, 0, KILL_TICK_MS);
    }
    return false;
}
