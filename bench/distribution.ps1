# One image to the lab's nodes past a registry with a slow link: direct pulls, pull-through caches, a tree of nodes, and the module's two
# (distribution.sh says how). With two nodes there would be nothing to share.
param(
    [Parameter(Mandatory)]
    [string] $Site,

    [string] $Rate = '100mbit',

    [int] $Megabytes = 48,

    [int] $Rounds = 1
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot lib measure.ps1)
$nodes = (Get-HpcAllocation -Site $Site -Node * -Slot 1 -Owner root).Nodes | ForEach-Object Name
if (@($nodes).Count -lt 4) {
    New-Figure update-peers -NotMeasured 'It takes four nodes or more.'
    return
}

$lab = Split-Path $Site
$taken = @{}
foreach ($round in 1..$Rounds) {
    $said = & (Join-Path $PSScriptRoot distribution.sh) "$lab/ssh/config" $Site $Rate $Megabytes @nodes
    if ($LASTEXITCODE) {
        throw "distribution.sh ended with exit code $LASTEXITCODE."
    }

    foreach ($line in $said) {
        Write-Host "  $line"
        if ($line -match '^(\w+) +([\d.]+) s, ') { $taken[$Matches[1]] += @([double] $Matches[2]) }
    }
}

New-Figure update-peers $taken.Peers $taken.direct -Note "$(@($nodes).Count) nodes, an image of $Megabytes MB that does not compress."
New-Figure update-registry $taken.Registry $taken.direct
