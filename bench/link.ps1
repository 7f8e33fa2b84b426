# What a container costs its job's ranks of the network and of shared memory: NetPIPE's ping-pong by Open MPI, the same program and the same
# mpirun in a job's containers and outside of them, between two nodes by TCP and between two ranks of one node. There Open MPI copies by
# process_vm_readv(2) (CMA), or through a shared segment where it is told to: an engine's seccomp profile may forbid the first without
# SYS_PTRACE, which this job's containers have, and forbids nothing of the second.
param(
    [Parameter(Mandatory)]
    [string] $Site,

    [int] $Rounds = 7,

    [string] $Environment = 'debian12'
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot lib measure.ps1)
$env:PISAHPC_SITE = $Site
$lab = Split-Path $Site
$nodes = (& "$PSScriptRoot/../lab/lab.sh" status --json | ConvertFrom-Json).nodes[0..1]
$job = "bench-$PID"
# Where nodes and containers have it under one path.
$program = "$lab/shared/bench-netpipe-$PID"
$network = '10.10.13.0/24'
$latency, $bandwidth = '-l 1 -u 1', "-l $(1mb) -u $(1mb) -p 0"
$pings = [ordered] @{
    'tcp latency' = @{ Options = "$latency -n 10000" }
    'tcp bandwidth' = @{ Options = "$bandwidth -n 200" }
    'shm latency' = @{ Options = "$latency -n 100000" }
    'shm bandwidth' = @{ Options = "$bandwidth -n 200" }
    'segment bandwidth' = @{ Options = "$bandwidth -n 200"; Mpirun = '--mca btl_vader_single_copy_mechanism none' }
}

# As the job's owner in the container. Outside, one node lets root alone into the other; on one node it is the owner there too, since the
# kernel asks who reads whose memory.
function Get-Place([bool] $Inside, [bool] $Tcp) {
    if ($Inside) { return @('docker', '-H', "unix://$($nodes[0].engine)", 'exec', '--user', '4001:4001', '--env', 'HOME=/tmp', $container) }
    @('ssh', '-n', '-F', "$lab/ssh/config", "root@$($nodes[0].name)", 'cd /tmp; HOME=/tmp exec') +
        @(if (-not $Tcp) { 'setpriv --reuid=4001 --regid=4001 --clear-groups' })
}

# Runs a ping-pong and gives what NetPIPE says: microseconds one way, or MB/s. They are from its file, whose throughput has six digits
# behind the point: what it shows has a hundredth of a microsecond, which is much of what shared memory takes. A Mbit of it has 2^20 bits.
# Each rank stays on a CPU of its own; by themselves both would have the first, for each node believes that it has all.
function Measure-Ping([string] $Name, [bool] $Inside) {
    $kind, $what = $Name -split ' '
    $tcp = $kind -eq 'tcp'
    $hosts = $tcp ? "$($nodes[0].name):1,$($nodes[1].name):1" : "$($nodes[0].name):2"
    $mpirun = "mpirun --mca btl $($tcp ? 'tcp' : 'vader'),self --mca btl_tcp_if_include $network --mca oob_tcp_if_include $network " +
        "--bind-to none --host $hosts -np 2 $($pings[$Name].Mpirun)"
    if (-not $Inside) { $mpirun += " --allow-run-as-root --mca plm_rsh_args '-F $lab/ssh/config'" }
    $file = "/tmp/bench-netpipe-$PID"
    $rank = "taskset -c `$OMPI_COMM_WORLD_RANK $program $($pings[$Name].Options) -o $file || exit; " +
        "[ `$OMPI_COMM_WORLD_RANK != 0 ] || { cat $file && rm $file; }"
    $place = Get-Place $Inside $tcp
    $line = "$mpirun sh -c '$rank'"
    $words = $Inside ? @('sh', '-c', $line) : @($line)
    $said = & $place[0] $place[1..($place.Count - 1)] @words 2>&1
    $found = $said | Select-String '^ *(?<bytes>\d+) (?<mbits>\d+\.\d{6}) +\d+\.\d{8}\s*$' | Select-Object -First 1
    if ($LASTEXITCODE -or -not $found) { throw "$place $words says: $said" }
    $bytes, $mbits = $found.Matches[0].Groups['bytes', 'mbits'].ForEach{ [double] $_.Value }
    $megabytes = $mbits / 8 * 1mb / 1e6
    'measured by itself: {0:0.000000}' -f ($what -eq 'latency' ? $bytes / $megabytes : $megabytes)
}

# How far runs without a container are from each other: no difference that is smaller is one.
function Get-SpreadNote([double[]] $Outside) {
    $half = 0.25, 0.75 | ForEach-Object { Format-Number ((Get-Quantile $Outside $_) / (Get-Median $Outside)) }
    "Outside alone, the middle half of the runs is $($half[0])–$($half[1]) of their median."
}

try {
    Copy-Item (Get-Command NPopenmpi).Source $program
    & chmod 755 $program
    $started = Get-HpcAllocation -Node $nodes.name -Slot 32, 24 -Owner hpcuser -JobId $job |
        Start-HpcJob -Environment $Environment -Capability SYS_PTRACE
    $container = @($started.Nodes)[0].Container
    foreach ($name in $pings.Keys) {
        $ways = [ordered] @{ inside = { Measure-Ping $name $true }; outside = { Measure-Ping $name $false } }
        $null = Measure-InTurns $ways 1 "$name, not counted"
        $taken = Measure-InTurns $ways $Rounds "$name, $(($name -split ' ')[1] -eq 'latency' ? 'µs' : 'MB/s')"
        New-Figure "link-$($name -replace ' ', '-')" $taken.inside $taken.outside -Note (Get-SpreadNote $taken.outside)
    }

    New-Figure link-rdma -NotMeasured 'Nodes of the lab share one kernel: soft-RoCE (rdma_rxe) wants nodes that are machines.'
}
finally {
    $null = Stop-HpcJob $job -GraceSec 0
    Remove-Item $program -ErrorAction Ignore
}
