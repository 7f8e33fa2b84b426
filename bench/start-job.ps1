# A job from nothing to ready, and away again: Start-HpcJob and Stop-HpcJob against an admin's script (start-job.sh) by ssh side by side,
# clush, pdsh and a loop, of which the best counts. At a prompt, whose connections stand, against the same with ssh's masters standing;
# as processes, pisahpc-hook and pisahpc, against the same without. A shell times the recipe and all programs (lib/clock.sh). On 2, 4, 8
# and 16 nodes, as far as the lab has them. And what a start asks of a node, by its trace.
param(
    [Parameter(Mandatory)]
    [string] $Site,

    [int] $Rounds = 5,

    [string] $Environment = 'tiny',

    [int[]] $Counts = @(2, 4, 8, 16),

    [string[]] $Tools = @('script', 'clush', 'pdsh', 'loop')
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot lib measure.ps1)
. (Join-Path $PSScriptRoot lib session.ps1)
. (Join-Path $PSScriptRoot lib trace.ps1)
$env:PISAHPC_SITE = $Site
$image = (Get-HpcEnvironment $Environment).Image
$lab = Split-Path $Site
$recipe = Join-Path $PSScriptRoot start-job.sh
$root = Split-Path $PSScriptRoot
$pisahpc, $hook = (Join-Path $root out host pisahpc), (Join-Path $root out hook pisahpc-hook)
$names = @((& "$root/lab/lab.sh" status --json | ConvertFrom-Json).nodes.name)
$job = "bench-$PID"
$masters = "$(New-Item -ItemType Directory "/run/bench-masters-$PID")"

# The same site with a directory of records, where a start that nobody traces notes its phases.
$records = "$lab/shared/bench-records-$PID"
$recorded = "$records/site.yaml"

# One way to have the recipe's command on the nodes.
function Get-Recipe([string] $Tool, [string] $Masters, [string[]] $Arguments) {
    $clock, $program = $timed, $recipe
    # At a prompt the admin's shell is there, as ours is.
    $how = @(if ($Masters) { '-s' })
    $steps = [ordered] @{}
    foreach ($verb in 'start', 'stop') {
        $steps[$verb] = {
            $env:TOOL, $env:MASTERS = $Tool, $Masters
            & $clock @how $program $verb @Arguments
        }.GetNewClosure()
    }

    $steps
}

function Measure-Start([int] $Count) {
    $nodes = $names[0..($Count - 1)]
    $slots = 0..($Count - 1) | ForEach-Object { $_ % 2 ? 24 : 32 }
    $byHand = @($job, '21999', $image, "$lab/ssh/config") + $nodes
    $allocation = @{ Node = $nodes; Slot = $slots; Owner = 'hpcuser'; JobId = $job }
    $words = "-Node $($nodes -join ', ') -Slot $($slots -join ', ') -Owner hpcuser -JobId $job"

    # The job's variables as LSF sets them.
    $env:LSB_JOBID, $env:LSB_QUEUE, $env:LSFUSER = $job, 'hpc', 'hpcuser'
    $env:LSB_MCPU_HOSTS = (0..($Count - 1) | ForEach-Object { "$($nodes[$_]) $($slots[$_])" }) -join ' '
    $ways = [ordered] @{}
    foreach ($tool in $Tools) {
        # One node after the other is never the best of many: once is enough to say so (Get-LoopNote).
        if ($tool -eq 'loop' -and $Count -gt 4) { continue }
        $ways["warm $tool"] = Get-Recipe $tool $masters $byHand
        $ways["cold $tool"] = Get-Recipe $tool '' $byHand
    }

    $ways.prompt = [ordered] @{
        start = { Get-HpcAllocation @allocation | Start-HpcJob -Environment $Environment -ThrottleLimit 64 }
        stop = { Stop-HpcJob $job -GraceSec 0 -ThrottleLimit 64 }
    }
    $ways.hook = [ordered] @{
        start = { & $timed $hook start -Environment $Environment -Site $Site }
        stop = { & $timed $hook stop -GraceSec 0 -Site $Site }
    }
    if ($Count -eq 2) {
        $ways.pisahpc = [ordered] @{
            start = { & $timed $pisahpc -Command "Get-HpcAllocation $words | Start-HpcJob -Environment $Environment" }
            stop = { Stop-HpcJob $job -GraceSec 0 }
        }
    }

    if ($Count -eq 2) { $null = Measure-NewSession $ways.prompt.start $ways.prompt.stop "$Count nodes" }
    # Masters and connections stand, and each engine has had the image in its hands.
    $null = Measure-InTurns $ways 1 "$Count nodes, not counted"
    $taken = Measure-InTurns $ways $Rounds "$Count nodes"
    Get-StartFigure $Count $taken ((Get-Reason $Count $allocation) + (Get-CpuReason $Count $ways $taken) + (Get-LoopNote $Count $byHand))
    if ($Count -eq 2) {
        Get-RequestFigure $nodes
        Get-ProcessFigure
        $compiled = '[System.Runtime.JitInfo]::GetCompiledMethodCount($false)'
        # What a slow or busy machine compiles a second time meanwhile is nothing of a start's: not within a minute (0xEA60 ms).
        $env:DOTNET_TC_CallCountingDelayMs = 'EA60'
        $said = & $pisahpc -Command "`$null = Get-HpcAllocation $words | Start-HpcJob -Environment $Environment; $compiled"
        $env:DOTNET_TC_CallCountingDelayMs = $null
        $null = Stop-HpcJob $job -GraceSec 0
        New-Figure start-compiled ([double] @($said)[-1]) -Note (
            "None would be best, and there is no mark. Left is generic code between types of the framework alone, HTTP's async frames " +
            "with it, and PowerShell's dynamic code (docs/design.md).")
    }
}

# The loop where it takes no turns: once, masters standing.
function Get-LoopNote([int] $Count, [string[]] $ByHand) {
    if ('loop' -notin $Tools -or $Count -le 4) { return @{} }
    $taken = Measure-InTurns @{ loop = Get-Recipe loop $masters $ByHand } 1 "$Count nodes, one after the other"
    $notes = @{}
    foreach ($step in 'start', 'stop') {
        $notes["$step loop"] = "One node after the other, measured once: $(Format-Number $taken["loop $step"][0]) s."
    }

    $notes
}

# What figures with a mark wait for. Beside the turns, for a trace is work too: a start and a stop at a prompt, and starts from cold, which
# note their phases with the job's lease.
function Get-Reason([int] $Count, [hashtable] $Allocation) {
    if ($Count -notin 2, 16) { return @{} }
    $runs = @{ start = @(); stop = @(); hook = @(); pisahpc = @() }
    $stops = @()
    foreach ($round in 1..[System.Math]::Min($Rounds, 3)) {
        $runs.start += Measure-Traced {
            $null = Get-HpcAllocation @Allocation | Start-HpcJob -Environment $Environment -ThrottleLimit 64 -TraceVariable trace
            $trace
        }
        $runs.stop += Measure-Traced { $null = Stop-HpcJob $job -GraceSec 0 -ThrottleLimit 64 -TraceVariable trace; $trace }
        $find = { Get-HpcJob $job -Trace -Site $recorded }
        $runs.hook += Measure-Traced { & $hook start -Environment $Environment -Site $recorded } $find
        $stops += Measure-Said { & $hook stop -GraceSec 0 -Site $recorded -Verbose 2>&1 }
        if ($Count -eq 2) {
            $command = "`$null = Get-HpcAllocation $words | Start-HpcJob -Environment $Environment -Site '$recorded'"
            $runs.pisahpc += Measure-Traced { & $pisahpc -Command $command } $find
            $null = Stop-HpcJob $job -GraceSec 0
        }
    }

    $notes = @{}
    foreach ($name in $runs.Keys | Where-Object { $runs[$_] }) { $notes[$name] = Get-TraceNote "$name-$Count" $runs[$name] }
    $notes['hook stop'] = Get-SaidNote $stops
    $notes
}

# All nodes and the caller share this machine's CPUs: what a hook and the best recipe take of them, beside the turns.
function Get-CpuReason([int] $Count, [System.Collections.IDictionary] $Ways, [hashtable] $Taken) {
    if ($Count -notin 2, 16) { return @{} }
    $used = $Tools | Where-Object { $Taken["cold $_ start"] }
    $best = (Get-Best $Taken ($used | ForEach-Object { "cold $_ start" })) -replace ' start$'
    $cpu = @{}
    foreach ($round in 1..[System.Math]::Min($Rounds, 3)) {
        foreach ($way in 'hook', $best) {
            foreach ($step in 'start', 'stop') {
                $before = (Get-NodeCpuTime $nodes) + (Get-ProgramCpuTime)
                $null = & $Ways[$way][$step]
                $cpu["$way $step"] += @((Get-NodeCpuTime $nodes) + (Get-ProgramCpuTime) - $before)
            }
        }
    }

    $notes = @{}
    foreach ($step in 'start', 'stop') {
        $ours, $theirs = (Get-Median $cpu["hook $step"]), (Get-Median $cpu["$best $step"])
        $notes["hook $step cpu"] = "Nodes and caller took $(Format-Number $ours) CPU seconds, by the other side " +
            "$(Format-Number $theirs); the machine has $([System.Environment]::ProcessorCount) CPUs for both."
    }

    $notes
}

function Get-RequestFigure([string[]] $Nodes) {
    # With fewer slots than CPUs, so that there is a limit of CPUs to be looked at.
    $null = Get-HpcAllocation -Node $Nodes -Slot (@(1) * $Nodes.Count) -Owner hpcuser -JobId $job |
        Start-HpcJob -Environment $Environment -TraceVariable trace
    $null = Stop-HpcJob $job -GraceSec 0
    $commands, $engine = 'NodeCommand', 'EngineRequest' | ForEach-Object { Get-RequestList $trace $_ }
    New-Figure requests-commands $commands.Counts -Note "$($commands.List)."
    New-Figure requests-engine $engine.Counts -Note "$($engine.List)."
}

# What a machine takes for a process says how its figures are to be read beside another's.
function Get-ProcessFigure {
    $seconds = foreach ($round in 1..5) {
        [double] (@(& $timed bash -c 'for ((i = 0; i < 200; i++)); do /bin/true; done')[-1] -replace '.* ')
    }
    New-Figure process @($seconds.ForEach{ $_ / 200 * 1000 }) -Note (
        "A start has some dozens on each node, of shells, the engine and two sshds, and on the lab all nodes have the same CPUs. Under a " +
        "hypervisor that keeps the page tables itself one takes several times as long as without, and then counts for more in a ratio.")
}

function Get-StartFigure([int] $Count, [hashtable] $Taken, [hashtable] $Reasons) {
    $used = $Tools | Where-Object { $Taken["warm $_ start"] }
    foreach ($step in 'start', 'stop') {
        $warm = Get-Best $Taken ($used | ForEach-Object { "warm $_ $step" })
        $cold = Get-Best $Taken ($used | ForEach-Object { "cold $_ $step" })
        New-Figure "$step-warm-$Count" $Taken["prompt $step"] $Taken[$warm] -Note (
            @("Best of the other side: $(($warm -split ' ')[1]).", $Reasons["$step loop"], $Reasons[$step]).Where{ $_ } -join ' ')
        $reason = $step -eq 'start' ? @($Reasons.hook) : @((Get-ColdPart $Taken), $Reasons['hook stop'])
        $standing = Format-Number ((Get-Median $Taken["hook $step"]) / (Get-Median $Taken[$warm]))
        New-Figure "$step-hook-$Count" $Taken["hook $step"] $Taken[$cold] -Note (
            @("Best of the other side: $(($cold -split ' ')[1]). Against its masters standing: $standing.", $Reasons["hook $step cpu"]) +
            $reason | Where-Object { $_ } | Join-String -Separator ' ')
        if ($step -eq 'start' -and $Count -eq 2) {
            $more = (Get-Median $Taken['pisahpc start']) - (Get-Median $Taken['hook start'])
            New-Figure 'start-pisahpc-2' $Taken['pisahpc start'] $Taken[$cold] -Note (
                "A hook took $(Format-Number $more) s less in the same turns. $($Reasons.pisahpc)")
        }

        if ($step -eq 'start') {
            New-Point 'Seconds of a start by number of nodes' 'Start-HpcJob, at a prompt' $Count (Get-Median $Taken['prompt start'])
            New-Point 'Seconds of a start by number of nodes' 'pisahpc-hook, from cold' $Count (Get-Median $Taken['hook start'])
            New-Point 'Seconds of a start by number of nodes' 'best recipe, masters standing' $Count (Get-Median $Taken[$warm])
            New-Point 'Seconds of a start by number of nodes' 'best recipe, from cold' $Count (Get-Median $Taken[$cold])
        }
    }
}

# What of a hook's stop a stop at a prompt does not have.
function Get-ColdPart([hashtable] $Taken) {
    $hooks, $prompts = (Get-Median $Taken['hook stop']), (Get-Median $Taken['prompt stop'])
    "A stop at a prompt took $(Format-Number $prompts) s in the same turns: $(Format-Number ($hooks - $prompts)) s are " +
        "the process and its connections."
}

try {
    $null = New-Item -ItemType Directory $records
    Set-Content $recorded "records: { directory: $records }", (Get-Content -Raw $Site)
    foreach ($count in $Counts | Where-Object { $_ -le $names.Count }) {
        Measure-Start $count
    }
}
finally {
    $env:MASTERS = $masters
    $all = @($job, '21999', $image, "$lab/ssh/config") + $names
    $null = Stop-HpcJob $job -GraceSec 0 -Node $names
    & $recipe stop @all 2>$null
    & $recipe close @all
    Remove-Item -Recurse -Force $masters, $records
    # An empty text would leave a variable without one.
    $env:LSB_JOBID = $env:LSB_QUEUE = $env:LSFUSER = $env:LSB_MCPU_HOSTS = $env:MASTERS = $env:TOOL = $null
}
