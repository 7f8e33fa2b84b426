# A tree made an image: `tar | docker import` against Import-HpcImage, in turns, so that all meet the same machine; into an engine of this
# machine and, over ssh, into a node's. The tree is made of copies of the lab's image. The module runs at a prompt, and as a process of its
# own that says how much memory it took at most.
param(
    [Parameter(Mandatory)]
    [string] $Site,

    [int] $Rounds = 3,

    # How often the tree holds the lab's image of about 250 MB; 20 make 5 GB.
    [int] $Copies = 1,

    [string] $Image = 'pisa/hpc:deb12',

    # Whose engine imports.
    [string] $Node = 'o2wn02'
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot lib measure.ps1)
$recipe = Join-Path $PSScriptRoot import.sh
$root = Split-Path $PSScriptRoot
$pisahpc = Join-Path $root out host pisahpc
$config = Join-Path (Split-Path $Site) ssh config
$status = & (Join-Path $root lab lab.sh) status --json | ConvertFrom-Json
$socket = ($status.nodes | Where-Object name -EQ $Node).engine
$name = "try/imports/bench-${PID}:1"
$work = [System.IO.Directory]::CreateTempSubdirectory('pisahpc-bench-').FullName
$tree, $here = "$work/tree", "$work/site.yaml"
Set-Content $here "nodes: { engineSocket: $socket }"

function Import-ByProcess([string] $Where) {
    & $pisahpc -Command "Import-HpcImage '$tree' -Name $name $Where; [System.Diagnostics.Process]::GetCurrentProcess().PeakWorkingSet64"
}

# The ways to make the image, and what each took in each round.
$ways = [ordered] @{
    hand = { & $recipe local $socket $tree $name }
    prompt = { Import-HpcImage $tree -Name $name -Site $here }
    process = { Import-ByProcess "-Site $here" }
    handFar = { & $recipe ssh $config $Node $tree $name }
    processFar = { Import-ByProcess "-Site $Site -Node $Node" }
}
$names = @($ways.Keys)
$taken = @{}
$memory = 0L

function Measure-Way([string] $Way) {
    $null = & $recipe forget $socket $name
    Measure-Duration $ways[$Way]
    if ($Way -like 'process*') {
        $script:memory = [System.Math]::Max($memory, [long] @($said -match '^\d+$')[-1])
    }
}

try {
    $megabytes = & $recipe tree $socket $Image $tree $Copies
    Write-Host "  a tree of $megabytes MB, $Node's engine"

    # The first import of all finds an idle disk, which none after it does: it does not count.
    $null = Measure-Way hand
    foreach ($round in 1..$Rounds) {
        foreach ($way in Get-TurnOrder $names $round) {
            $taken[$way] += @(Measure-Way $way)
        }

        $seconds = $names | ForEach-Object { $taken[$_][-1] }
        Write-Host (('  round {0}: tar | docker import {1:0.0} s, Import-HpcImage {2:0.0} s at a prompt, {3:0.0} s as a process; ' +
            'over ssh {4:0.0} s, {5:0.0} s') -f @(@($round) + $seconds))
    }

    New-Figure import-image $taken.prompt $taken.hand -Note "A tree of $megabytes MB."
    New-Figure import-image-far $taken.processFar $taken.handFar -Note "Memory at most: $(Format-Number ($memory / 1e6)) MB."
}
finally {
    $null = & $recipe forget $socket $name
    # Remove-Item follows a link of the tree that leads to a file of /proc, and is refused.
    & rm -rf $work
}
