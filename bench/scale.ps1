# Simulated nodes (bench/InProcess): how long each of a node's answers takes is measured on two of the lab's nodes, the model then predicts
# the lab's other sizes, and after that a start, a stop and a look at 10 to 10,000 nodes are measured against it.
param(
    [Parameter(Mandatory)]
    [string] $Site,

    [int] $Rounds = 5,

    [int[]] $Nodes = @(10, 100, 1000, 10000),

    [string] $Environment = 'tiny'
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot lib measure.ps1)
$env:PISAHPC_SITE = $Site
$program = Join-Path $PSScriptRoot InProcess bin Release net10.0 PisaHpc.Bench.dll
$names = @((& "$PSScriptRoot/../lab/lab.sh" status --json | ConvertFrom-Json).nodes.name)
$job = "bench-$PID"
$phases = [ordered] @{
    Survey = 'asking the node'
    Write = 'writing the ssh configuration'
    Start = 'starting the container'
    Ready = 'waiting until it is ready'
}

function Invoke-Bench {
    $said = & dotnet $program @args
    if ($LASTEXITCODE) { throw "PisaHpc.Bench $args ended with exit code $LASTEXITCODE." }
    $said | ConvertFrom-Json
}

# The machine's CPU seconds so far, whoever took them, and this process's.
function Get-CpuTime {
    $ticks = [long[]] ((Get-Content /proc/stat -TotalCount 1) -split '\s+')[1..8]
    ($ticks[0] + $ticks[1] + $ticks[2] + $ticks[5] + $ticks[6]) / 100
    [System.Diagnostics.Process]::GetCurrentProcess().TotalProcessorTime.TotalSeconds
}

# A start on so many of the lab's nodes: its seconds, the CPU seconds of all but this process, and each phase's seconds.
function Get-LabStart([int] $Count) {
    $nodes = $names[0..($Count - 1)]
    $before = Get-CpuTime
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    $said = Get-HpcAllocation -Node $nodes -Slot (@(24) * $Count) -Owner hpcuser -JobId $job |
        Start-HpcJob -Environment $Environment -ThrottleLimit 256 -Verbose 4>&1
    $seconds = $clock.Elapsed.TotalSeconds
    $after = Get-CpuTime
    $null = Stop-HpcJob $job -GraceSec 0 -ThrottleLimit 256
    $start = @{ seconds = $seconds; cpu = ($after[0] - $before[0]) - ($after[1] - $before[1]) }
    foreach ($phase in $phases.Keys) {
        $start[$phase] = ($said | Select-String "$($phases[$phase]): done in ([\d.]+) s" |
                ForEach-Object { [double] $_.Matches.Groups[1].Value } | Measure-Object -Average).Average
    }

    $start
}

# The model of a node from starts on two: each phase's time, and the part of all that is the node's CPU.
function Get-Model {
    $starts = foreach ($round in 0..$Rounds) { Get-LabStart 2 }
    $starts = @($starts)[1..$Rounds]
    $model = [ordered] @{}
    foreach ($phase in $phases.Keys) { $model[$phase] = Get-Median $starts.ForEach{ $_[$phase] } }
    $took = ($model.Values | Measure-Object -Sum).Sum
    $work = [System.Math]::Min((Get-Median $starts.ForEach{ $_.cpu / 2 }) / $took, 0.95)
    Write-Host "  a node: $(($model.Keys | ForEach-Object { "$_ $(Format-Number $model[$_])" }) -join ', ') s, of which $(
        Format-Number ($work * 100)) % are CPU"
    $words = $model.Keys | ForEach-Object { "$_=$($model[$_].ToString([cultureinfo]::InvariantCulture))" }
    @{ Words = $words; Work = $work.ToString([cultureinfo]::InvariantCulture) }
}

# The lab's nodes share its CPUs; with two at work, a phase that waits for none takes what it took.
function Get-Prediction([hashtable] $Model) {
    foreach ($count in 2, 4, 8, 16 | Where-Object { $_ -le $names.Count }) {
        $measured = foreach ($round in 1..$Rounds) { (Get-LabStart $count).seconds }
        $shared = "Work=$($Model.Work)", "Cores=$([System.Environment]::ProcessorCount)"
        $simulated = (Invoke-Bench start $count @($Model.Words) Connect=0 @shared).start.seconds
        Write-Host "  $count nodes of the lab: $(Format-Number (Get-Median $measured)) s, simulated $(Format-Number $simulated) s"
        New-Point 'Seconds of a start on the lab, measured and simulated' measured $count (Get-Median $measured)
        New-Point 'Seconds of a start on the lab, measured and simulated' simulated $count $simulated
        if ($count -eq [System.Math]::Min(16, $names.Count)) {
            New-Figure scale-predicts $simulated $measured -Note "On $count nodes. The model was made of starts on 2."
        }
    }
}

function Get-Scale([hashtable] $Model) {
    $runs = foreach ($count in $Nodes) {
        $run = Invoke-Bench start $count @($Model.Words)
        Write-Host "  $count simulated nodes: start $(Format-Number $run.start.seconds) s, CPU $(Format-Number $run.start.cpu) s, at most $(
            Format-Number ($run.start.peak / 1e6)) MB; stop $(Format-Number $run.stop.seconds) s"
        foreach ($step in 'start', 'stop') {
            New-Point 'A job on simulated nodes, 256 at a time' "$step, s" $count $run.$step.seconds
            New-Point 'A job on simulated nodes, 256 at a time' "$step, CPU s of the caller" $count $run.$step.cpu
        }

        New-Point 'A job on simulated nodes, 256 at a time' 'memory of the caller, MB' $count ($run.start.peak / 1e6)
        $run
    }
    $runs.Where{ $_.Chart }
    $runs = $runs.Where{ $_.nodes }
    $last, $tenth = $runs[-1], $runs[-2]
    $sizes = $tenth.nodes, $last.nodes
    New-Figure scale-start $last.start.seconds -Note "Stop: $(Format-Number $last.stop.seconds) s."
    $wide = Invoke-Bench start $last.nodes @($Model.Words) Throttle=1024
    New-Figure scale-start-wide $wide.start.seconds -Note "CPU of the caller: $(Format-Number $wide.start.cpu) s."
    New-Figure scale-start-cpu (Get-Exponent $sizes ($tenth.start.cpu, $last.start.cpu)) -Note "$(Format-Number $last.start.cpu) s in all."
    New-Figure scale-start-memory (Get-Exponent $sizes ($tenth.start.peak, $last.start.peak)) -Note "$(
        Format-Number ($last.start.peak / 1e6)) MB at most."
    New-Figure requests-commands $last.commands
    New-Figure requests-engine $last.requests

    $whole = Invoke-Bench survey $Nodes[-1] @($Model.Words)
    $faulty = Invoke-Bench survey $Nodes[-1] @($Model.Words) Faulty=100 Limit=5
    New-Figure scale-faulty $faulty.look.seconds $whole.look.seconds -Note ("$($faulty.failed) of $($faulty.faulty) such nodes were " +
        'failures of their own, and the slow ones answered. The limit was 5 s for a node; those that say nothing take all of it.')
}

try {
    $model = Get-Model
    Get-Prediction $model
    Get-Scale $model
}
finally {
    $null = Stop-HpcJob $job -GraceSec 0 -Node $names
}
