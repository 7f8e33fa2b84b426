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

function Assert-Equal([object[]] $Differences) {
    if ($Differences) { throw "Nothing was to differ: $($Differences[0])" }
}

try {
    Set-OurSite
    $null = Sync-HpcEnvironment -Static $static -Site $ours -ThrottleLimit $ThrottleLimit
    $ways = [ordered] @{
        'by hand' = { $env:MASTERS = $masters; & $recipe inspect @byHand }
        prompt = { Assert-Equal (Compare-HpcEnvironment $static -Site $ours) }
        records = { Assert-Equal (Compare-HpcEnvironment $static -NoReady -Site $ours) }
        'by hand, cold' = { $env:MASTERS = ''; & $recipe inspect @byHand }
        process = { Assert-Equal (& $pisahpc -Command $command) }
    }

    # Masters and connections stand.
    $null = Measure-InTurns $ways 1 'not counted'
    $taken = Measure-InTurns $ways $Rounds
    $traced = @{ prompt = @(); records = @() }
    foreach ($round in 1..[System.Math]::Min($Rounds, 3)) {
        $traced.prompt += Measure-Traced { $null = Compare-HpcEnvironment $static -Site $ours -TraceVariable trace; $trace }
        $traced.records += Measure-Traced { $null = Compare-HpcEnvironment $static -NoReady -Site $ours -TraceVariable trace; $trace }
    }

    $note = "$($nodes.Count * $static.Count) containers on $($nodes.Count) nodes."
    $cold = Format-Number ((Get-Median $taken.process) / (Get-Median $taken['by hand, cold']))
    New-Figure compare-environment $taken.prompt $taken['by hand'] -Note (
        "$note As a process, against the same without masters: $cold. $(Get-TraceNote compare-environment $traced.prompt)")
    New-Figure compare-environment-records $taken.records $taken['by hand'] -Note (
        "$note $(Get-TraceNote compare-environment-records $traced.records)")
}
finally {
    $null = Stop-HpcContainer -Static $static -GraceSec 0 -Site $ours
    $env:MASTERS = $masters
    & $recipe close @byHand
    $env:MASTERS = ''
    Remove-Item -Recurse -Force $work, $masters, "$lab/bench-compare"
}
