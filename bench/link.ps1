# What a container costs its job's ranks of the network and of shared memory: one small program (link.c) between two nodes by TCP, and
# between two processes of one node, in a job's containers and outside of them. It is no MPI: what a container can cost MPI, it costs
# these too, and nothing of a library's own choices is in them.
param(
    [Parameter(Mandatory)]
    [string] $Site,

    [int] $Rounds = 7,

    [string] $Environment = 'tiny'
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot lib measure.ps1)
$env:PISAHPC_SITE = $Site
$lab = Split-Path $Site
$nodes = (& "$PSScriptRoot/../lab/lab.sh" status --json | ConvertFrom-Json).nodes[0..1]
$job = "bench-$PID"
# Where nodes and containers have it under one path.
$program = "$lab/shared/bench-link-$PID"

# A command on a node, outside its container or in it.
function Get-Words([int] $Index, [bool] $Inside, [string[]] $Command) {
    $Inside ? (@('docker', '-H', "unix://$($nodes[$Index].engine)", 'exec', $containers[$Index], $program) + $Command) :
        (@('ssh', '-n', '-F', "$lab/ssh/config", "root@$($nodes[$Index].name)", $program) + $Command)
}

function Invoke-Words([string[]] $Words) {
    $said = & $Words[0] $Words[1..($Words.Count - 1)]
    if ($LASTEXITCODE) { throw "$Words ended with exit code $LASTEXITCODE." }
    [double[]] ("$said" -split ' ')
}

function Measure-Tcp([bool] $Inside) {
    $serve = Get-Words 1 $Inside serve, 21996
    $server = [System.Diagnostics.Process]::Start($serve[0], [string[]] $serve[1..($serve.Count - 1)])
    $result = Invoke-Words (Get-Words 0 $Inside tcp, $nodes[1].address, 21996)
    $server.WaitForExit()
    $result
}

$taken = @{}
try {
    & gcc -std=c17 -D_GNU_SOURCE -O2 -static -o $program (Join-Path $PSScriptRoot link.c)
    if ($LASTEXITCODE) { throw 'bench/link.c does not compile: lab/lab.sh packages brings gcc.' }
    $allocation = Get-HpcAllocation -Node $nodes.name -Slot 32, 24 -Owner hpcuser -JobId $job
    $started = $allocation | Start-HpcJob -Environment $Environment
    $containers = @($started.Nodes.Container)
    foreach ($round in 1..$Rounds) {
        foreach ($inside in ($round % 2 ? ($true, $false) : ($false, $true))) {
            $taken["tcp $inside"] += , (Measure-Tcp $inside)
            $taken["shm $inside"] += , (Invoke-Words (Get-Words 0 $inside @('shm')))
        }

        $shown = $taken.Keys | Sort-Object | ForEach-Object { "$_ $($taken[$_][-1])" }
        Write-Host "  round ${round}, µs and MB/s, in a container or not: $($shown -join ', ')"
    }

    foreach ($kind in 'tcp', 'shm') {
        New-Figure "link-$kind-latency" @($taken["$kind True"].ForEach{ $_[0] }) @($taken["$kind False"].ForEach{ $_[0] })
        New-Figure "link-$kind-bandwidth" @($taken["$kind True"].ForEach{ $_[1] }) @($taken["$kind False"].ForEach{ $_[1] })
    }

    New-Figure link-rdma -NotMeasured 'This kernel has no rdma_rxe, and nodes of the lab share it: soft-RoCE wants nodes that are machines.'
}
finally {
    $null = Stop-HpcJob $job -GraceSec 0
    Remove-Item $program -ErrorAction Ignore
}
