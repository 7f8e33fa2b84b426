# A tree made an image: `tar | docker import` against Import-HpcImage, in turns, each of them first in every other round, so that both meet
# the same machine; into an engine of this machine and, over ssh, into a node's. The tree is made of copies of the lab's image. The module
# runs as a process of its own, its start included, and says how much memory it took at most.
param(
    [Parameter(Mandatory)]
    [string] $Site,

    [int] $Rounds = 4,

    # How often the tree holds the lab's image of about 250 MB; 20 make 5 GB.
    [int] $Copies = 4,

    [string] $Image = 'pisa/hpc:deb12',

    # Whose engine imports.
    [string] $Node = 'o2wn02'
)

$ErrorActionPreference = 'Stop'
. ([System.IO.Path]::Combine($PSScriptRoot, 'lib', 'measure.ps1'))
$recipe = [System.IO.Path]::Combine($PSScriptRoot, 'import.sh')
$root = [System.IO.Path]::GetFullPath([System.IO.Path]::Combine($PSScriptRoot, '..'))
$pisahpc = [System.IO.Path]::Combine($root, 'out', 'host', 'pisahpc')
$config = [System.IO.Path]::Combine([System.IO.Path]::GetDirectoryName($Site), 'ssh', 'config')
$status = & ([System.IO.Path]::Combine($root, 'lab', 'lab.sh')) status --json
$nodes = [System.Text.Json.JsonDocument]::Parse($status -join "`n").RootElement.GetProperty('nodes')
$socket = @($nodes.EnumerateArray() | Where-Object { $_.GetProperty('name').GetString() -eq $Node })[0].GetProperty('engine').GetString()
$name = "try/imports/bench-${PID}:1"
$work = [System.IO.Directory]::CreateTempSubdirectory('pisahpc-bench-').FullName
$tree, $here = "$work/tree", "$work/site.yaml"
[System.IO.File]::WriteAllText($here, "nodes: { engineSocket: $socket }")

function Measure-Import([scriptblock] $Block) {
    $null = & $recipe forget $socket $name
    Measure-Duration $Block
}

function Measure-Module([string] $Where) {
    $line = "Import-HpcImage '$tree' -Name $name $Where; [System.Diagnostics.Process]::GetCurrentProcess().PeakWorkingSet64"
    Measure-Import { & $pisahpc -Command $line }
    $script:memory = [System.Math]::Max($memory, [long] @($said -match '^\d+$')[-1])
}

try {
    $megabytes = & $recipe tree $socket $Image $tree $Copies
    "a tree of $megabytes MB, $Node's engine"
    $byHand, $byModule, $byHandFar, $byModuleFar, $memory = @(), @(), @(), @(), 0L

    # The first import of all finds an idle disk, which none after it does: it does not count.
    $null = Measure-Import { & $recipe local $socket $tree $name }
    foreach ($round in 1..$Rounds) {
        foreach ($module in ($round % 2 -eq 0), ($round % 2 -ne 0)) {
            if ($module) {
                $byModule += Measure-Module "-Site $here"
                $byModuleFar += Measure-Module "-Site $Site -Node $Node"
            }
            else {
                $byHand += Measure-Import { & $recipe local $socket $tree $name }
                $byHandFar += Measure-Import { & $recipe ssh $config $Node $tree $name }
            }
        }

        'round {0}: tar | docker import {1:0.0} s, Import-HpcImage {2:0.0} s; over ssh {3:0.0} s, {4:0.0} s' -f
            $round, $byHand[-1], $byModule[-1], $byHandFar[-1], $byModuleFar[-1]
    }

    ('Import-HpcImage against tar | docker import''s {0:0.0} s: {1:0.00}; against tar | ssh docker import''s {2:0.0} s: {3:0.00}; ' +
        '{4:0} MB of memory at most') -f
        (Get-Median $byHand), ((Get-Median $byModule) / (Get-Median $byHand)),
        (Get-Median $byHandFar), ((Get-Median $byModuleFar) / (Get-Median $byHandFar)), ($memory / 1e6)
}
finally {
    $null = & $recipe forget $socket $name
    [System.IO.Directory]::Delete($work, $true)
}
