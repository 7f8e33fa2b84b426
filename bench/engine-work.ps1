# Where a start's time goes on a node: the phases of Start-HpcJob's trace that have to do with the container, against the least that the
# engine takes for one (engine-work.sh). One node, at a prompt, whose connection stands.
param(
    [Parameter(Mandatory)]
    [string] $Site,

    [int] $Rounds = 10,

    [string] $Environment = 'tiny'
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot lib measure.ps1)
. (Join-Path $PSScriptRoot lib session.ps1)
. (Join-Path $PSScriptRoot lib trace.ps1)
$env:PISAHPC_SITE = $Site
$recipe = Join-Path $PSScriptRoot engine-work.sh
$node = (& "$PSScriptRoot/../lab/lab.sh" status --json | ConvertFrom-Json).nodes[0]
$least = @($node.engine, $node.name, "$(Split-Path $Site)/ssh/config", (Get-HpcEnvironment $Environment).Image)
$job = "bench-$PID"
$allocation = @{ Node = $node.name; Slot = 24; Owner = 'hpcuser'; JobId = $job }
$sides, $traced = @{ ours = @(); raw = @() }, @()

# The seconds that a start's trace has for two of its phases.
function Get-Phase {
    $run = Measure-Traced {
        $null = Get-HpcAllocation @allocation | Start-HpcJob -Environment $Environment -TraceVariable trace
        $trace
    }
    $null = Stop-HpcJob $job -GraceSec 0
    $script:traced += $run
    foreach ($phase in 'StartContainer', 'WaitUntilReady') { ($run.Trace | Where-Object Phase -EQ $phase).TookSec }
}

function Get-Raw {
    $said = & $recipe measure @least
    if ($LASTEXITCODE) { throw "engine-work.sh ended with exit code $LASTEXITCODE." }
    & $recipe remove @least
    [double[]] ($said -split ' ')
}

try {
    & $recipe prepare @least
    $null = Measure-NewSession { $null = Get-HpcAllocation @allocation | Start-HpcJob -Environment $Environment } {
        Stop-HpcJob $job -GraceSec 0 } '1 node'
    foreach ($round in 0..$Rounds) {
        foreach ($side in Get-TurnOrder ours, raw ($round + 1)) {
            $taken = $side -eq 'ours' ? (Get-Phase) : (Get-Raw)
            # The first has the image read from the disk.
            if ($round) { $sides[$side] += , $taken }
        }

        if ($round) {
            $shown = $sides.ours[-1] + $sides.raw[-1]
            Write-Host ("  round ${round}: container {0:0.000} s, ready {1:0.000} s; raw {2:0.000} s, first byte {3:0.000} s" -f $shown)
        }
    }

    New-Figure engine-start @($sides.ours.ForEach{ $_[0] }) @($sides.raw.ForEach{ $_[0] })
    New-Figure engine-work @($sides.ours.ForEach{ $_[0] + $_[1] }) @($sides.raw.ForEach{ $_[1] }) -Note (
        Get-TraceNote engine-work $traced[1..$Rounds])
}
finally {
    $null = Stop-HpcJob $job -GraceSec 0
    & $recipe clean @least
}
