# A job from nothing to ready, and away again: Start-HpcJob and Stop-HpcJob against an admin's script (start-job.sh) by ssh side by side,
# clush, pdsh and a loop, of which the best counts. At a prompt, whose connections stand, against the same with ssh's masters standing;
# as processes, pisahpc-hook and pisahpc, against the same without. On 2, 4, 8 and 16 nodes, as far as the lab has them.
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
$env:PISAHPC_SITE = $Site
$image = (Get-HpcEnvironment $Environment).Image
$lab = Split-Path $Site
$recipe = Join-Path $PSScriptRoot start-job.sh
$root = Split-Path $PSScriptRoot
$pisahpc, $hook = (Join-Path $root out host pisahpc), (Join-Path $root out hook pisahpc-hook)
$names = @((& "$root/lab/lab.sh" status --json | ConvertFrom-Json).nodes.name)
$job = "bench-$PID"
$masters = "$(New-Item -ItemType Directory "/run/bench-masters-$PID")"

# One way to have the recipe's command on the nodes.
function Get-Recipe([string] $Tool, [string] $Masters, [string[]] $Arguments) {
    $program = $recipe
    $steps = [ordered] @{}
    foreach ($verb in 'start', 'stop') {
        $steps[$verb] = {
            $env:TOOL, $env:MASTERS = $Tool, $Masters
            & $program $verb @Arguments
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
        # One after the other is out of the question for many; and each waits as long as it is told.
        if ($tool -eq 'loop' -and $Count -gt 4) { continue }
        $ways["warm $tool"] = Get-Recipe $tool $masters $byHand
        $ways["cold $tool"] = Get-Recipe $tool '' $byHand
    }

    $ways.prompt = [ordered] @{
        start = { Get-HpcAllocation @allocation | Start-HpcJob -Environment $Environment -ThrottleLimit 64 }
        stop = { Stop-HpcJob $job -GraceSec 0 -ThrottleLimit 64 }
    }
    $ways.hook = [ordered] @{
        start = { & $hook start -Environment $Environment -Site $Site }
        stop = { & $hook stop -GraceSec 0 -Site $Site }
    }
    if ($Count -eq 2) {
        $ways.pisahpc = [ordered] @{
            start = { & $pisahpc -Command "Get-HpcAllocation $words | Start-HpcJob -Environment $Environment" }
            stop = { Stop-HpcJob $job -GraceSec 0 }
        }
    }

    # Masters and connections stand, and each engine has had the image in its hands.
    $null = Measure-InTurns $ways 1 "$Count nodes, not counted"
    $taken = Measure-InTurns $ways $Rounds "$Count nodes"
    Get-StartFigure $Count $taken
    if ($Count -eq 2) {
        $compiled = '[System.Runtime.JitInfo]::GetCompiledMethodCount($false)'
        $said = & $pisahpc -Command "`$null = Get-HpcAllocation $words | Start-HpcJob -Environment $Environment; $compiled"
        $null = Stop-HpcJob $job -GraceSec 0
        New-Figure start-compiled ([double] @($said)[-1])
    }
}

function Get-StartFigure([int] $Count, [hashtable] $Taken) {
    $used = $Tools | Where-Object { $Taken["warm $_ start"] }
    foreach ($step in 'start', 'stop') {
        $warm = Get-Best $Taken ($used | ForEach-Object { "warm $_ $step" })
        $cold = Get-Best $Taken ($used | ForEach-Object { "cold $_ $step" })
        New-Figure "$step-warm-$Count" $Taken["prompt $step"] $Taken[$warm] -Note "Best of the other side: $(($warm -split ' ')[1])."
        New-Figure "$step-hook-$Count" $Taken["hook $step"] $Taken[$cold] -Note "Best of the other side: $(($cold -split ' ')[1])."
        if ($step -eq 'start' -and $Count -eq 2) { New-Figure 'start-pisahpc-2' $Taken['pisahpc start'] $Taken[$cold] }
        if ($step -eq 'start') {
            New-Point 'Seconds of a start by number of nodes' 'Start-HpcJob, at a prompt' $Count (Get-Median $Taken['prompt start'])
            New-Point 'Seconds of a start by number of nodes' 'pisahpc-hook, from cold' $Count (Get-Median $Taken['hook start'])
            New-Point 'Seconds of a start by number of nodes' 'best recipe, masters standing' $Count (Get-Median $Taken[$warm])
            New-Point 'Seconds of a start by number of nodes' 'best recipe, from cold' $Count (Get-Median $Taken[$cold])
        }
    }
}

try {
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
    Remove-Item -Recurse -Force $masters
    $env:LSB_JOBID = $env:LSB_QUEUE = $env:LSFUSER = $env:LSB_MCPU_HOSTS = $env:MASTERS = $env:TOOL = ''
}
