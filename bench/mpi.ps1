# MPI in a job's containers: Invoke-ContainerMpi against mpirun as a user types it in the first container, by docker exec. A no-op of 56
# ranks, 32 on one node and 24 on another; and ranks that write much, whose lines are objects on one side and bytes in a file on the other.
param(
    [Parameter(Mandatory)]
    [string] $Site,

    [int] $Rounds = 3,

    [int] $Megabytes = 200,

    [string] $Environment = 'debian12'
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot lib measure.ps1)
. (Join-Path $PSScriptRoot lib session.ps1)
. (Join-Path $PSScriptRoot lib trace.ps1)
$env:PISAHPC_SITE = $Site
$root = Split-Path $PSScriptRoot
$pisahpc = Join-Path $root out host pisahpc
$nodes = (& "$root/lab/lab.sh" status --json | ConvertFrom-Json).nodes[0..1]
$job, $ranks, $line = "bench-$PID", 4, ('x' * 99)
$work = [System.IO.Directory]::CreateTempSubdirectory('pisahpc-bench-').FullName

# What makes the ranks' output: so many lines of a hundred bytes each.
function Get-Writer([int] $Megabytes) {
    $lines = [int] ($Megabytes * 1e6 / 100 / $ranks)
    "yes $line | head -n $lines"
}

# mpirun as its user types it, on the job's network, with its output in a file: bytes, which PowerShell does not look at.
function Invoke-ByHand([int] $Count, [string[]] $Command) {
    $network = '--mca', 'btl_tcp_if_include', '10.10.13.0/24', '--mca', 'oob_tcp_if_include', '10.10.13.0/24'
    $hosts = '--host', "$($nodes[0].name):32,$($nodes[1].name):24", '--map-by', 'slot', '-np', "$Count"
    $docker = @('docker', '-H', "unix://$($nodes[0].engine)", 'exec', '--user', '4001:4001', '--env', 'HOME=/tmp', $container)
    & $timed -o "$work/output" @docker mpirun @network @hosts @Command
}

# In a process of its own, whose memory is measured; the cmdlet is timed in it, as one that is typed at a prompt.
function Measure-Output([int] $Megabytes) {
    $seconds, $peak, $alive, $count = Invoke-Ranks $Megabytes '| Measure-Object' '[System.GC]::GetTotalMemory($true); $said.Count'
    $script:peaks[$Megabytes] += @($peak / 1e6)
    $script:living[$Megabytes] += @($alive / 1e6)
    $script:came.module += @($count * 100 / ($Megabytes * 1e6))
    'measured by itself: {0:0.000}' -f ($Megabytes * $script:came.module[-1] / $seconds)
}

# The same where the lines are read and no pipeline has them.
function Measure-QuietOutput([int] $Megabytes) {
    $seconds, $peak = Invoke-Ranks $Megabytes '-Quiet'
    $script:quietPeaks += @($peak / 1e6)
    'measured by itself: {0:0.000}' -f ($Megabytes / $seconds)
}

function Invoke-Ranks([int] $Megabytes, [string] $How, [string] $Then) {
    $writer = (Get-Writer $Megabytes).Replace("'", "''")
    $said = & $pisahpc -Command (
        '$clock = [System.Diagnostics.Stopwatch]::StartNew(); ' +
        "`$said = Invoke-ContainerMpi -JobId $job -Command /bin/sh -ArgumentList '-c', '$writer' -Rank $ranks $How; " +
        '$clock.Elapsed.TotalSeconds; [System.Diagnostics.Process]::GetCurrentProcess().PeakWorkingSet64; ' + $Then)
    if ($LASTEXITCODE) { throw "pisahpc ended with exit code $LASTEXITCODE." }
    [double[]] $said
}

function Measure-OutputByHand([int] $Megabytes) {
    $seconds = [double] ((Invoke-ByHand $ranks @('/bin/sh', '-c', (Get-Writer $Megabytes))) -replace '.* ')
    if ($LASTEXITCODE) { throw "mpirun ended with exit code $LASTEXITCODE." }
    $script:came.hand += @((Get-Item "$work/output").Length / ($Megabytes * 1e6))
    'measured by itself: {0:0.000}' -f ($Megabytes * $script:came.hand[-1] / $seconds)
}

# What of the difference is there without ranks, and with one: the way in, and mpirun's own way.
function Get-NoOpNote([hashtable] $Taken, [object[]] $Traced) {
    $more = foreach ($case in '', ', 1 rank', ', no rank') {
        Format-Number ((Get-Median $Taken["module$case"]) - (Get-Median $Taken["hand$case"]))
    }
    $whole = Format-Number ((Get-Median $Taken.module) / (Get-Median $Taken.hand))
    "With the half second on both sides: $whole. Invoke-ContainerMpi takes $($more[0]) s more than mpirun, and $($more[1]) s more with " +
        "one rank; Invoke-ContainerCommand of true takes $($more[2]) s more than docker exec of it. $(Get-TraceNote mpi-no-op $Traced)"
}

# The most that the caller took, what of it was alive at the end, and the most where no pipeline has the lines, in MB.
$peaks, $living, $quietPeaks = @{}, @{}, @()

# Of the bytes that the ranks wrote, how many came.
$came = @{ hand = @(); module = @() }

# A no-op that takes a moment: mpirun by itself hangs now and then around ranks that end while others are being started, as true does. The
# moment is in both sides' time to the full, since the last rank that starts has it before it: it is taken off both.
$pause = '0.5'
try {
    $allocation = Get-HpcAllocation -Node $nodes.name -Slot 32, 24 -Owner hpcuser -JobId $job
    $started = $allocation | Start-HpcJob -Environment $Environment
    $container = @($started.Nodes)[0].Container
    $ways = [ordered] @{
        module = { Invoke-ContainerMpi -JobId $job -Command /bin/sleep -ArgumentList $pause }
        hand = { Invoke-ByHand 56 /bin/sleep, $pause }
        'module, 1 rank' = { Invoke-ContainerMpi -JobId $job -Command /bin/sleep -ArgumentList $pause -Rank 1 }
        'hand, 1 rank' = { Invoke-ByHand 1 /bin/sleep, $pause }
        'module, no rank' = { Invoke-ContainerCommand /bin/true -JobId $job -Node $nodes[0].name }
        'hand, no rank' = { & $timed docker -H "unix://$($nodes[0].engine)" exec --user 4001:4001 $container /bin/true }
    }
    $null = Measure-NewSession $ways.module -What 'no-op'
    $null = Measure-InTurns $ways 1 'no-op, not counted'
    $taken = Measure-InTurns $ways ($Rounds * 2) 'no-op of 56 ranks'
    $traced = foreach ($round in 1..[System.Math]::Min($Rounds, 3)) {
        Measure-Traced {
            $null = Invoke-ContainerMpi -JobId $job -Command /bin/sleep -ArgumentList $pause -TraceVariable trace
            $trace
        }
    }
    $ours, $theirs = $taken.module, $taken.hand | ForEach-Object { , @($_.ForEach{ $_ - [double] $pause }) }
    New-Figure mpi-no-op $ours $theirs -Note (Get-NoOpNote $taken $traced)

    $tenth = [int] ($Megabytes / 10)
    $taken = Measure-InTurns ([ordered] @{
            hand = { Measure-OutputByHand $Megabytes }
            module = { Measure-Output $Megabytes }
            tenth = { Measure-Output $tenth }
            twice = { Measure-Output (2 * $Megabytes) }
            quiet = { Measure-QuietOutput $Megabytes }
        }) $Rounds "MB/s of $Megabytes MB"
    New-Figure mpi-output $taken.module $taken.hand -Note (('Of what the ranks wrote {0:0.0} % came by Invoke-ContainerMpi and {1:0.0} % ' +
        'by mpirun, which loses what it has not passed on when they end; what came is counted. With -Quiet, where the lines are read ' +
            'and no pipeline has them, it is {2:0.0} MB/s.') -f
        ((Get-Median $came.module) * 100), ((Get-Median $came.hand) * 100), (Get-Median $taken.quiet))
    New-Figure mpi-output-memory-twice $peaks[2 * $Megabytes] $peaks[$Megabytes]
    New-Figure mpi-output-memory $peaks[$Megabytes] $peaks[$tenth] -Note (
        "Alive at the end were $(Format-Number (Get-Median $living[$Megabytes])) MB, and $(Format-Number (
            Get-Median $living[$tenth])) MB of a tenth. With -Quiet the caller took $(Format-Number (Get-Median $quietPeaks)) MB at most.")
}
finally {
    $null = Stop-HpcJob $job -GraceSec 0
    Remove-Item -Recurse -Force $work
}
