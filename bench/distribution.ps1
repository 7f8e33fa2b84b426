# One image to the lab's nodes past a registry with a slow link: direct pulls, pull-through caches, a tree of nodes, and the module's two
# (distribution.sh says how). With the lab's default of two nodes there is nothing to share: raise more first.
param(
    [Parameter(Mandatory)]
    [string] $Site,

    [string] $Rate = '100mbit',

    [int] $Megabytes = 48
)

$ErrorActionPreference = 'Stop'
$nodes = (Get-HpcAllocation -Site $Site -Node * -Slot 1 -Owner root).Nodes | ForEach-Object Name
if (@($nodes).Count -lt 4) {
    'distribution: skipped, it takes four nodes or more: ./build.sh Lab -Up -Nodes 16'
    return
}

$lab = Split-Path $Site
& (Join-Path $PSScriptRoot distribution.sh) "$lab/ssh/config" $Site $Rate $Megabytes @nodes
if ($LASTEXITCODE) {
    throw "distribution.sh ended with exit code $LASTEXITCODE."
}
