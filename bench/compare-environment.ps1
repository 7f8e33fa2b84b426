# Three static environments on each of the lab's nodes: whether they are as declared, by Compare-HpcEnvironment against an admin's docker
# inspect on all nodes (compare-environment.sh), whose records nobody has compared yet. At a prompt, and there without asking the sshds
# (-NoReady), as docker inspect does not either, against the same with ssh's masters standing; as a process of its own against the same
# without. The lab's nodes share one machine's CPUs, on which 48 containers that start at a time take longer than their start waits: they
# are started on a few nodes at a time.
param(
    [Parameter(Mandatory)]
    [string] $Site,

    [int] $Rounds = 5,

    [int] $ThrottleLimit = 4,

    [string] $Environment = 'tiny'
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot lib measure.ps1)
. (Join-Path $PSScriptRoot lib trace.ps1)
$lab = Split-Path $Site
$nodes = @((& "$PSScriptRoot/../lab/lab.sh" status --json | ConvertFrom-Json).nodes.name)
$static = 'bench-a', 'bench-b', 'bench-c'
$containers = ($static | ForEach-Object { "pisahpc-static-$_" }) -join ' '
$work = New-Item -ItemType Directory (Join-Path ([System.IO.Path]::GetTempPath()) "bench-compare-$PID")
$ours = Join-Path $work site.yaml
$pisahpc = Join-Path (Split-Path $PSScriptRoot) out host pisahpc
$masters = "$(New-Item -ItemType Directory "/run/bench-masters-$PID")"
$command = "Compare-HpcEnvironment $($static -join ', ') -Site '$ours'"
$recipe = Join-Path $PSScriptRoot compare-environment.sh
$byHand = @("$lab/ssh/config", $containers) + $nodes

function Set-OurSite {
    $port = 21900
    $declared = foreach ($name in $static) {
        $port++
        "  ${name}: { environment: $Environment, nodes: [ $($nodes -join ', ') ], port: $port, logins: { users: hpcuser } }"
    }

    Set-Content $ours ((Get-Content $Site) + "staticDirectory: '$lab/bench-compare/{node}'" + 'static:' + $declared)
}

# As a shell starts it: what it puts out stands before the seconds.
function Measure-Process {
    $found = @(& $timed $pisahpc -Command $command)
    Assert-Equal @($found | Where-Object { $_ -notlike 'measured by itself: *' })
    $found[-1]
}

# What the nodes and the caller take of the machine's CPUs for one run of each side, beside the turns, and how long code was compiled.
function Get-CpuNote([System.Collections.IDictionary] $Ways, [string] $Way) {
    $taken = foreach ($side in $Way, 'by hand') {
        $of = $side -eq 'by hand' ? { Get-ProgramCpuTime } : {
            [System.Diagnostics.Process]::GetCurrentProcess().TotalProcessorTime.TotalSeconds }
        $runs = foreach ($round in 1..[System.Math]::Min($Rounds, 3)) {
            $before = (Get-NodeCpuTime $nodes), (& $of), [System.Runtime.JitInfo]::GetCompilationTime($false).TotalSeconds
            $null = & $Ways[$side]
            @{
                Nodes = (Get-NodeCpuTime $nodes) - $before[0]
                Caller = (& $of) - $before[1]
                Compiled = [System.Runtime.JitInfo]::GetCompilationTime($false).TotalSeconds - $before[2]
            }
        }
        @{ Nodes = Get-Median $runs.Nodes; Caller = Get-Median $runs.Caller; Compiled = Get-Median $runs.Compiled }
    }
    $ours, $theirs = $taken
    "CPU seconds: $(Format-Number $ours.Nodes) of the nodes and $(Format-Number $ours.Caller) of the caller, which compiled code for $(
        Format-Number $ours.Compiled) s meanwhile; by the other side $(Format-Number $theirs.Nodes) and $(Format-Number $theirs.Caller)."
}

function Assert-Equal([object[]] $Differences) {
    if ($Differences) { throw "Nothing was to differ: $($Differences[0])" }
}

try {
    Set-OurSite
    $null = Sync-HpcEnvironment -Static $static -Site $ours -ThrottleLimit $ThrottleLimit
    $ways = [ordered] @{
        'by hand' = { $env:MASTERS = $masters; & $timed -s $recipe inspect @byHand }
        prompt = { Assert-Equal (Compare-HpcEnvironment $static -Site $ours) }
        records = { Assert-Equal (Compare-HpcEnvironment $static -NoReady -Site $ours) }
        'by hand, cold' = { $env:MASTERS = ''; & $timed $recipe inspect @byHand }
        process = { Measure-Process }
    }

    # Masters and connections stand, and what runs often has been compiled.
    $null = Measure-InTurns $ways 3 'not counted'
    $taken = Measure-InTurns $ways $Rounds
    $traced = @{ prompt = @(); records = @() }
    foreach ($round in 1..[System.Math]::Min($Rounds, 3)) {
        $traced.prompt += Measure-Traced { $null = Compare-HpcEnvironment $static -Site $ours -TraceVariable trace; $trace }
        $traced.records += Measure-Traced { $null = Compare-HpcEnvironment $static -NoReady -Site $ours -TraceVariable trace; $trace }
    }

    $note = "$($nodes.Count * $static.Count) containers on $($nodes.Count) nodes."
    $cold = Format-Number ((Get-Median $taken.process) / (Get-Median $taken['by hand, cold']))
    New-Figure compare-environment $taken.prompt $taken['by hand'] -Note (
        "$note As a process, against the same without masters: $cold. $(Get-CpuNote $ways prompt) $(
            Get-TraceNote compare-environment $traced.prompt)")
    New-Figure compare-environment-records $taken.records $taken['by hand'] -Note (
        "$note $(Get-CpuNote $ways records) $(Get-TraceNote compare-environment-records $traced.records)")
}
finally {
    $null = Stop-HpcContainer -Static $static -GraceSec 0 -Site $ours
    $env:MASTERS = $masters
    & $recipe close @byHand
    $env:MASTERS = $null
    Remove-Item -Recurse -Force $work, $masters, "$lab/bench-compare"
}
