# Three static environments on each of the lab's nodes: whether they are as declared, by Compare-HpcEnvironment against an admin's docker
# inspect on all nodes (compare-environment.sh), whose records nobody has compared yet. In turns, so that both meet the same machine. The
# module is measured as a process of its own, at a prompt, and there without logging in (-NoReady), which docker inspect does not do either.
# The lab's nodes share one machine's CPUs, on which
# 48 logins at a time take longer than a comparison waits: the module asks a few nodes at a time, the admin all.
param(
    [Parameter(Mandatory)]
    [string] $Site,

    [int] $Rounds = 5,

    [int] $ThrottleLimit = 4,

    [string] $Environment = 'tiny'
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot lib measure.ps1)
$lab = Split-Path $Site
$nodes = @((& "$PSScriptRoot/../lab/lab.sh" status --json | ConvertFrom-Json).nodes.name)
$names = 'bench-a', 'bench-b', 'bench-c'
$containers = ($names | ForEach-Object { "pisahpc-static-$_" }) -join ' '
$work = New-Item -ItemType Directory (Join-Path ([System.IO.Path]::GetTempPath()) "bench-compare-$PID")
$ours = Join-Path $work site.yaml
$pisahpc = Join-Path (Split-Path $PSScriptRoot) out host pisahpc
$command = "Compare-HpcEnvironment $($names -join ', ') -Site '$ours' -ThrottleLimit $ThrottleLimit"
$byHand = @("$lab/ssh/config", $containers) + $nodes

function Set-OurSite {
    $port = 21900
    $static = foreach ($name in $names) {
        $port++
        "  ${name}: { environment: $Environment, nodes: [ $($nodes -join ', ') ], port: $port, logins: { users: hpcuser } }"
    }

    Set-Content $ours ((Get-Content $Site) + "staticDirectory: '$lab/bench-compare/{node}'" + 'static:' + $static)
}

function Assert-Equal([object[]] $Differences) {
    if ($Differences) { throw "Nothing was to differ: $($Differences[0])" }
}

try {
    Set-OurSite
    $null = Sync-HpcEnvironment -Static $names -Site $ours -ThrottleLimit $ThrottleLimit
    $recipes, $processes, $prompts, $records = @(), @(), @(), @()
    foreach ($round in 1..$Rounds) {
        $recipes += Measure-Duration { & "$PSScriptRoot/compare-environment.sh" @byHand }
        $processes += Measure-Duration { & $pisahpc -Command $command }
        Assert-Equal $said
        $prompts += Measure-Duration { Compare-HpcEnvironment $names -Site $ours -ThrottleLimit $ThrottleLimit }
        Assert-Equal $said
        $records += Measure-Duration { Compare-HpcEnvironment $names -NoReady -Site $ours }
        Assert-Equal $said
        Write-Host ('  round {0}: docker inspect {1:0.00} s, pisahpc {2:0.00} s, at a prompt {3:0.00} s, -NoReady {4:0.00} s' -f
            $round, $recipes[-1], $processes[-1], $prompts[-1], $records[-1])
    }

    $note = "$($nodes.Count * $names.Count) containers on $($nodes.Count) nodes."
    New-Figure compare-environment $prompts $recipes -Note "$note As a process: $(
        Format-Number ((Get-Median $processes) / (Get-Median $recipes)))."
    New-Figure compare-environment-records $records $recipes -Note $note
}
finally {
    $null = Stop-HpcContainer -Static $names -GraceSec 0 -Site $ours
    Remove-Item -Recurse -Force $work, "$lab/bench-compare"
}
