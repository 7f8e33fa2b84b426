# One image to the lab's nodes past a registry with a slow link: an admin's docker pull on all nodes by clush (distribution.sh, which has
# pull-through caches and a tree of nodes too, for who asks for them by -Ways) against Update-HpcImage at a prompt, from the registry and by
# its peers. Each turn starts with nodes that have nothing of the image. With two nodes there would be nothing to share.
param(
    [Parameter(Mandatory)]
    [string] $Site,

    [string] $Rate = '100mbit',

    [int] $Megabytes = 12,

    [int] $Rounds = 3,

    [string[]] $Ways = @('direct', 'Registry', 'Peers')
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot lib measure.ps1)
. (Join-Path $PSScriptRoot lib trace.ps1)
$nodes = @((& "$PSScriptRoot/../lab/lab.sh" status --json | ConvertFrom-Json).nodes.name)
if ($nodes.Count -lt 4) {
    New-Figure update-peers -NotMeasured 'It takes four nodes or more.'
    return
}

$recipe = Join-Path $PSScriptRoot distribution.sh
$byHand = @("/run/bench-distribution-$PID", "$(Split-Path $Site)/ssh/config") + $nodes
$busy, $sent, $traced = @{}, @{}, @{ Registry = @(); Peers = @() }

function Invoke-Recipe([string] $Verb) {
    & $recipe $Verb @byHand
    if ($LASTEXITCODE) { throw "distribution.sh $Verb ended with exit code $LASTEXITCODE." }
}

function Update-Image([string] $Distribution) {
    $null = Update-HpcImage -Image $image -Distribution $Distribution -Node $nodes -Site $Site -ThrottleLimit 16 -TraceVariable trace
    $trace
}

# From nodes without the image to nodes that all hold it; how much of their time the CPUs worked, and what the registry sent.
function Measure-Way([string] $Way) {
    Invoke-Recipe forget
    $before, $sentBefore = (Get-CpuTick), [long] (Invoke-Recipe sent)
    $run = Measure-Traced { $Way -in 'Registry', 'Peers' ? (Update-Image $Way) : (Invoke-Recipe $Way) }
    $after = Get-CpuTick
    $busy[$Way] += @(($after[0] - $before[0]) / ($after[1] - $before[1]) * 100)
    $sent[$Way] += @(([long] (Invoke-Recipe sent) - $sentBefore) / 1e6)
    Invoke-Recipe held
    if ($traced.ContainsKey($Way)) { $traced[$Way] += $run }
    'measured by itself: {0:0.000}' -f $run.Seconds
}

function Get-Note([string] $Way) {
    $says = { param($of) "the machine's CPUs worked $(Format-Number (Get-Median $busy[$of])) % of the time and the registry sent $(
        Format-Number (Get-Median $sent[$of])) MB" }
    "$($nodes.Count) nodes, an image of $Megabytes MB that does not compress. Meanwhile $(& $says $Way); with docker pull $(
        & $says direct). $(Get-TraceNote "update-$Way".ToLowerInvariant() $traced[$Way])"
}

try {
    $env:RATE, $env:MEGABYTES = $Rate, $Megabytes
    $image = Invoke-Recipe up
    $turns = [ordered] @{}
    foreach ($way in $Ways) { $turns[$way] = [scriptblock]::Create("Measure-Way $way") }
    $taken = Measure-InTurns $turns $Rounds "$Megabytes MB to $($nodes.Count) nodes"
    foreach ($way in $Ways) {
        Write-Host "  ${way}: CPUs worked $(Format-Number (Get-Median $busy[$way])) %, the registry sent $(
            Format-Number (Get-Median $sent[$way])) MB"
    }

    foreach ($way in 'Peers', 'Registry' | Where-Object { $taken[$_] -and $taken.direct }) {
        New-Figure "update-$way".ToLowerInvariant() $taken[$way] $taken.direct -Note (Get-Note $way)
    }
}
finally {
    Invoke-Recipe down
    $env:RATE = $env:MEGABYTES = $null
}
