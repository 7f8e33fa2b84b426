#!/usr/bin/python
"""Has the containers of a batch job started or stopped, by pisahpc on the host that Ansible reaches."""

import json

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
---
module: pisahpc_job
short_description: Starts and stops the containers of a batch job
description:
  - Calls Start-HpcJob or Stop-HpcJob of PisaHpc on the host that the task is for, which has pisahpc and a site definition.
  - A state that holds already is no change. A start is on all nodes or on none.
  - A job that runs already is left as it is. What it has otherwise than the task asks for is in C(differences) and a warning.
  - A failure has its stable id in C(error_id) and the next step in C(recommended_action); both stand in the message too.
options:
  state:
    description: C(started), the containers run on every node of the job; C(stopped), nothing of the job is left.
    type: str
    choices: [ started, stopped ]
    default: started
  job_id:
    description: The job. Without it the one that the task's environment is of, as a batch system's hook has it.
    type: str
  node:
    description:
      - The nodes, as names or host lists such as C(o2wn[01-16]). With I(slot), in place of what the batch system granted.
      - To stop a job no node has to be named.
    type: list
    elements: str
  slot:
    description: How many ranks each node takes, in the order of the nodes; one number is for all of them.
    type: list
    elements: int
  owner:
    description: The user whose job it is, where nothing else says so.
    type: str
  environment:
    description: The environment to start, by its name in the site definition; without it the job's queue decides.
    type: str
  parameters:
    description:
      - "Further parameters of Start-HpcJob or Stop-HpcJob, by name, such as C({ ReadyTimeoutSec: 120 }) or C({ GraceSec: 0 })."
    type: dict
    default: {}
  site:
    description: The site definition; without it PISAHPC_SITE of the task's environment, or /etc/pisahpc/site.yaml.
    type: path
  executable:
    description: The pisahpc to call, by its path or by its name in PATH.
    type: str
    default: pisahpc
attributes:
  check_mode: { support: full }
  diff_mode: { support: full }
author: PisaHpc
"""

EXAMPLES = r"""
- name: The job runs in an environment
  pisahpc_job: { job_id: "4711", node: "o2wn[01-02]", slot: [ 32, 24 ], owner: alice, environment: debian12 }

- name: The job that this host is a node of runs in its queue's environment
  pisahpc_job: { state: started }

- name: Nothing of the job is left
  pisahpc_job: { job_id: "4711", state: stopped }
"""

RETURN = r"""
job:
  description: The job as Start-HpcJob or Stop-HpcJob gives it; in check mode as it would be.
  type: dict
  returned: success
  sample: { JobId: "4711", State: Running, Environment: debian12, Port: 22001, Changed: true }
differences:
  description: What a job that ran already, and was left as it is, has otherwise than the task asks for; else nothing.
  type: list
  elements: str
  returned: success, for C(started)
  sample: [ "slots o2wn01*2, not o2wn01*4" ]
error_id:
  description: The stable id of what failed.
  type: str
  returned: failure
  sample: EnvironmentNotFound
recommended_action:
  description: The next step.
  type: str
  returned: failure
errors:
  description: All that failed, a node's part each, with id, message, target and recommendedAction.
  type: list
  elements: dict
  returned: failure
"""

# The values are in a variable and never in the text, so that none of them is read as PowerShell.
STARTED = """
$task = $env:PISAHPC_TASK | ConvertFrom-Json -AsHashtable
$site = $task.site
$allocation = $task.allocation
$parameters = $task.parameters
$granted = Get-HpcAllocation @allocation @site -ErrorAction Stop
$before = if ($task.diff) { Get-HpcJob $granted.JobId @site -ErrorAction SilentlyContinue -ErrorVariable unseen }
$job = $granted | Start-HpcJob @parameters @site
@{ before = $before; unseen = [bool] ($unseen | Where-Object FullyQualifiedErrorId -NotLike 'JobNotFound*'); job = $job }
"""
STOPPED = """
$task = $env:PISAHPC_TASK | ConvertFrom-Json -AsHashtable
$site = $task.site
$parameters = $task.parameters
$id = if ($task.jobId) { $task.jobId } else { (Get-HpcAllocation @site -ErrorAction Stop).JobId }
$before = if ($task.diff) { Get-HpcJob $id @site -ErrorAction SilentlyContinue -ErrorVariable unseen }
$job = Stop-HpcJob $id @parameters @site
@{ before = $before; unseen = [bool] ($unseen | Where-Object FullyQualifiedErrorId -NotLike 'JobNotFound*'); job = $job }
"""


def main():
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["started", "stopped"], "default": "started"},
            "job_id": {"type": "str"},
            "node": {"type": "list", "elements": "str"},
            "slot": {"type": "list", "elements": "int"},
            "owner": {"type": "str"},
            "environment": {"type": "str"},
            "parameters": {"type": "dict", "default": {}},
            "site": {"type": "path"},
            "executable": {"type": "str", "default": "pisahpc"},
        },
        supports_check_mode=True,
    )
    starts = module.params["state"] == "started"
    if module.params["slot"] and not module.params["node"]:
        module.fail_json(msg="slot is of nodes that node names, and it names none. Name them, or leave both to the batch system.")
    if starts and module.params["node"] and not module.params["slot"]:
        module.fail_json(msg="node names nodes, and slot does not say how many ranks each takes. Give slot, a number for each node.")

    code, out, err = module.run_command(
        [module.params["executable"], "-OutputFormat", "Json", "-Command", STARTED if starts else STOPPED],
        environ_update={"PISAHPC_TASK": json.dumps(task_of(module, starts))},
    )
    errors = messages(module, err)
    if code != 0:
        fail(module, code, errors, err)
    answer = json.loads(out)
    job = answer["job"]
    changed = bool(job["Changed"])
    result = {"changed": changed, "job": job}
    if starts:
        result["differences"] = job["Differences"]
    if module._diff:
        # Of a node that does not answer nobody knows what it has.
        before = {"state": "unknown"} if answer["unseen"] and not answer["before"] else shown(answer["before"])
        result["diff"] = {
            "before_header": "job {}".format(job["JobId"]),
            "after_header": "job {}".format(job["JobId"]),
            "before": before,
            "after": (shown(job) if starts else shown(None)) if changed else before,
        }
    module.exit_json(**result)


def task_of(module, starts):
    """What the script needs, with PowerShell's names of parameters."""
    given = module.params
    parameters = dict(given["parameters"])
    if starts and given["environment"]:
        parameters["Environment"] = given["environment"]
    if not starts and given["node"]:
        parameters["Node"] = given["node"]
    if module.check_mode:
        parameters.update(WhatIf=True, PassThru=True)
    names = {"JobId": given["job_id"], "Node": given["node"], "Slot": given["slot"], "Owner": given["owner"]}
    return {
        "jobId": given["job_id"],
        "allocation": {name: value for name, value in names.items() if value},
        "parameters": parameters,
        "site": {"Site": given["site"]} if given["site"] else {},
        "diff": module._diff,
    }


def messages(module, text):
    """The errors, of the JSON lines on stderr; warnings become the task's."""
    errors = []
    for line in text.splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if not isinstance(said, dict):
            continue
        if "error" in said:
            errors.append(said["error"])
        elif "warning" in said:
            module.warn(said["warning"]["message"])
    return errors


def fail(module, code, errors, text):
    if not errors:
        module.fail_json(msg="pisahpc ended with {}: {}".format(code, text.strip() or "it said nothing"), rc=code)
    # The last is what became of the whole; those before it are of single nodes.
    last = errors[-1]
    step = last.get("recommendedAction", "")
    module.fail_json(
        msg="{}: {} {}".format(last["id"], last["message"], step).strip(),
        error_id=last["id"],
        recommended_action=step,
        errors=errors,
        rc=code,
    )


def shown(job):
    """What a diff shows of a job: what somebody asked for, and not what each start has anew."""
    if not job or job["State"] in ("Stopped", "NotFound"):
        return {"state": "stopped"}
    return {
        "state": "started" if job["State"] in ("Running", "Planned") else job["State"],
        "environment": job["Environment"],
        "image": job["Image"],
        "owner": job["Owner"],
        "nodes": ["{}: {}".format(node["Name"], node["Slots"]) for node in job["Nodes"]],
    }


if __name__ == "__main__":
    main()
