#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "log.h"
#include "owner.h"
#include "relay.h"
#include "server.h"
#include "wrapper.h"

// One program of three names: the agent in a container, the client by which its owner has programs run there, and the wrapper that
// HTCondor runs in place of each job.

#define GRACE_SEC 5
#define SESSIONS 1024u

static const char agent_usage[] =
    "usage: pisahpc-agent serve SOCKET [--grace SECONDS] [--sessions NUMBER] [--drop NAMES]... [--keep NAMES]...\n"
    "                           [--user UID:GID[:GROUP,...]] [--log FILE] [-- PROGRAM [ARGUMENT...]]\n"
    "       pisahpc-agent run ...   the same as pisahpc-run\n";

static const char client_usage[] =
    "usage: pisahpc-run [--socket PATH] [--wait SECONDS] [--cd DIRECTORY | --home] [--tty | --no-tty] [--] PROGRAM [ARGUMENT...]\n"
    "       pisahpc-run [--socket PATH] [--wait SECONDS] --probe\n"
    "       pisahpc-run [--wait SECONDS] --relay PORT ADDRESS...\n"
    "       pisahpc-run --relay-to SOCKET\n";

static _Noreturn void misused(const char *usage) {
    fputs(usage, stderr);
    exit(EXIT_USAGE);
}

static _Noreturn void explain(const char *usage) {
    fputs(usage, stdout);
    exit(0);
}

// The words behind the program's name, of which some are options with a value.
struct words {
    char **next;
    const char *usage;
};

static bool take(struct words *words, const char *option) {
    if (!*words->next || strcmp(*words->next, option)) return false;
    words->next++;
    return true;
}

static char *value(struct words *words) {
    return *words->next ? *words->next++ : (misused(words->usage), NULL);
}

static unsigned number(struct words *words, unsigned least, unsigned most) {
    const char *text = value(words);
    char *end;
    unsigned long result = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || result < least || result > most) misused(words->usage);
    return (unsigned)result;
}

static void add_rule(struct rules *rules, bool keep, struct words *words) {
    const char *pattern = value(words);
    if (!*pattern || !rules_add(rules, keep, pattern)) misused(words->usage);
}

static int run_agent(char **arguments) {
    struct words words = {arguments, agent_usage};
    static struct rules rules;
    rules_default(&rules);
    if (take(&words, "--help")) explain(agent_usage);
    if (!take(&words, "serve")) misused(agent_usage);
    struct agent agent = {.socket = value(&words), .rules = &rules, .grace_ms = GRACE_SEC * 1000, .sessions = SESSIONS};
    const char *user = NULL, *log = NULL;
    while (*words.next) {
        if (take(&words, "--grace")) agent.grace_ms = (int)number(&words, 0, 3600) * 1000;
        else if (take(&words, "--sessions")) agent.sessions = number(&words, 1, SESSIONS_MAX);
        else if (take(&words, "--drop")) add_rule(&rules, false, &words);
        else if (take(&words, "--keep")) add_rule(&rules, true, &words);
        else if (take(&words, "--user")) user = value(&words);
        else if (take(&words, "--log")) log = value(&words);
        else if (take(&words, "--") && *words.next) break;
        else misused(agent_usage);
    }
    agent.program = *words.next ? words.next : NULL;
    if (user && !owner_become(user)) {
        if (errno == EINVAL) misused(agent_usage);
        fprintf(stderr, "pisahpc-agent: cannot become the user %s: %s\n", user, strerror(errno));
        return 77;
    }
    // Behind the other, as the user whose directory it is: a link of his leads nowhere that is not his.
    if (log && !log_open(log)) {
        fprintf(stderr, "pisahpc-agent: %s: %s\n", log, strerror(errno));
        return 73;
    }
    return server_run(&agent);
}

static int run_client(char **arguments) {
    struct words words = {arguments, client_usage};
    struct client client = {.socket = getenv("PISAHPC_SOCKET")};
    unsigned relayed = 0;
    if (take(&words, "--relay-to")) {
        const char *path = value(&words);
        return *words.next ? (misused(client_usage), 0) : relay_run_to(path);
    }
    while (*words.next && **words.next == '-') {
        if (take(&words, "--socket")) client.socket = value(&words);
        else if (take(&words, "--wait")) client.wait_ms = (int)number(&words, 0, 86400) * 1000;
        else if (take(&words, "--cd")) client.directory = value(&words);
        else if (take(&words, "--home")) client.directory = "";
        else if (take(&words, "--tty")) client.terminal = TERMINAL_ALWAYS;
        else if (take(&words, "--no-tty")) client.terminal = TERMINAL_NEVER;
        else if (take(&words, "--probe")) client.probe = true;
        else if (take(&words, "--relay")) relayed = number(&words, 1, 65535);
        else if (take(&words, "--help")) explain(client_usage);
        else if (take(&words, "--")) break;
        else misused(client_usage);
    }
    if (relayed && (!*words.next || client.probe)) misused(client_usage);
    if (relayed) return relay_run((const char *const *)words.next, relayed, client.wait_ms);
    client.program = words.next;
    if (!*client.program != client.probe || (*client.program && !**client.program)) misused(client_usage);
    if (client.directory && *client.directory && *client.directory != '/') {
        return client_refuse(EXIT_USAGE, "--cd %s: not an absolute path", client.directory);
    }
    if (!client.socket || !*client.socket) return client_refuse(EXIT_WRONGLY_SET_UP, "no agent is named: --socket PATH or PISAHPC_SOCKET");
    return client_run(&client);
}

// What it becomes lies beside it.
static int run_wrapper(const char *path, const char *slash, char **command) {
    char directory[PATH_MAX] = "/usr/lib/pisahpc";
    if (slash && (size_t)(slash - path) < sizeof directory) {
        memcpy(directory, path, (size_t)(slash - path));
        directory[slash - path] = 0;
    }
    return wrapper_run(directory, command);
}

int main(int count, char **arguments) {
    if (count < 1) return EXIT_USAGE;
    const char *slash = strrchr(arguments[0], '/'), *name = slash ? slash + 1 : arguments[0];
    if (!strcmp(name, "pisahpc-run")) return run_client(arguments + 1);
    if (!strcmp(name, "htcondor-job")) return run_wrapper(arguments[0], slash, arguments + 1);
    if (count > 1 && !strcmp(arguments[1], "run")) return run_client(arguments + 2);
    return run_agent(arguments + 1);
}
