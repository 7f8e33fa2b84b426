-- Joins a site's job_submit.lua: a job whose comment has the word docker-NAME, or whose partition has an environment by default, gets the
-- first line by which its script runs in its container; a name that the site has not is refused with the list of those that it has.
-- What goes wrong in here is a line in slurmctld's log, and jobs are submitted as without it. The names stand in pisahpc-environments
-- beside this file, which Install-HpcBatchHook writes; it is read again after some seconds, and not at every submission.

local MARK = "#!/usr/lib/pisahpc/slurm-job"
local KEPT_SECONDS = 10
local NAMES_FILE = debug.getinfo(1, "S").source:match("^@(.*/)") .. "pisahpc-environments"

local known

-- Lines "name NAME", "alias NAME" and "queue PARTITION".
local function read_names()
    local names = { list = {}, by_name = {}, by_word = {}, queues = {}, read = os.time() }
    local file, reason = io.open(NAMES_FILE)
    if not file then
        slurm.log_error("pisahpc: %s", tostring(reason))
        return names
    end
    for line in file:lines() do
        local kind, name = line:match("^(%S+) (%S+)$")
        if kind == "queue" then
            names.queues[name] = true
        elseif kind then
            names.by_name[name:lower()] = true
            names.by_word[name] = true
            names.list[#names.list + 1] = name:match("^docker%-.") and name or "docker-" .. name
        end
    end
    file:close()
    return names
end

local function names_now()
    if not known or os.time() - known.read >= KEPT_SECONDS or os.time() < known.read then
        known = read_names()
    end
    return known
end

local function default_partition(partitions)
    for name, partition in pairs(partitions or {}) do
        if partition.flag_default == 1 then
            return partition.name or name
        end
    end
end

-- The word that chooses an environment; true for the partition's own; nil for none; false and the reason for one that there is not.
local function choice(comment, partition, partitions)
    local names = names_now()
    for word in (comment or ""):gmatch("[^%s,;]+") do
        local name = word:match("^docker%-(.+)$")
        if name then
            if names.by_word[word] or #names.list == 0 then
                return word
            elseif name == "none" then
                return nil
            elseif names.by_name[name:lower()] then
                return word
            end
            return false, "there is no environment " .. word .. "; there are " .. table.concat(names.list, ", ")
        end
    end
    local with, without = 0, 0
    for name in (partition or default_partition(partitions) or ""):gmatch("[^,]+") do
        if names.queues[name] then with = with + 1 else without = without + 1 end
    end
    if with > 0 and without > 0 then
        return false, "some of the partitions " .. partition .. " have an environment and some have not: say which, docker-NAME or "
            .. "docker-none, in the comment"
    end
    return with > 0 or nil
end

local function refuse(reason)
    slurm.log_user("pisahpc: %s", reason)
    return slurm.ERROR
end

local function submit(job, partitions)
    local chosen, reason = choice(job.comment, job.partition, partitions)
    if chosen == false then
        return refuse(reason)
    end
    local script = job.script
    if not script then
        return slurm.SUCCESS
    end
    local line, rest = script:match("^([^\n]*)\n(.*)$")
    local marked = line == MARK
    if chosen and (line or script):match("\r$") then
        return refuse("the script has DOS line ends: dos2unix takes them out")
    elseif chosen and not marked then
        job.script = MARK .. "\n" .. script
    elseif not chosen and marked then
        job.script = rest
    end
    return slurm.SUCCESS
end

-- The script is in its form already, and the prolog decides by what stands in the job when it begins: both have to mean the same.
local function modify(changes, job, partitions)
    if changes.comment == nil and changes.partition == nil then
        return slurm.SUCCESS
    end
    local before = choice(job.comment, job.partition, partitions)
    local after, reason = choice(changes.comment or job.comment, changes.partition or job.partition, partitions)
    if after == false then
        return refuse(reason)
    elseif (before or nil) ~= after then
        return refuse("the environment of a job that is submitted stays: cancel it and submit another")
    end
    return slurm.SUCCESS
end

-- The site's own function first. What it refuses stays refused, and its errors are its own.
local function after(site, own)
    return function(...)
        if site then
            local code = site(...)
            if code ~= nil and code ~= slurm.SUCCESS then
                return code
            end
        end
        local done, code = pcall(own, ...)
        if done then
            return code
        end
        slurm.log_error("pisahpc: %s", tostring(code))
        return slurm.SUCCESS
    end
end

if not rawget(_G, "pisahpc_joined") then
    rawset(_G, "pisahpc_joined", true)
    rawset(_G, "slurm_job_submit", after(rawget(_G, "slurm_job_submit"), submit))
    rawset(_G, "slurm_job_modify", after(rawget(_G, "slurm_job_modify"), modify))
end
