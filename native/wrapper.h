#ifndef PISAHPC_WRAPPER_H
#define PISAHPC_WRAPPER_H

// USER_JOB_WRAPPER of HTCondor: becomes a job's program, with the environment as it is, or, for a job that asks for an environment,
// DIRECTORY/htcondor-enter with the program behind it. Returns, with an exit code, where neither can be run.
int wrapper_run(const char *directory, char **command);

#endif
