# Simulated nodes (bench/InProcess), made of what the lab's nodes take (lib/calibration.ps1): how well a model of starts on two of them and
# on all predicts the sizes between. After that a start, a stop and a look at 10 to 10,000 nodes, each as one of the lab's is alone, all as
# they should be and one in a hundred not; what each fault costs in each step; and what a tree of callers would give is computed of it.
param(
    [Parameter(Mandatory)]
    [string] $Site,

    [int] $Rounds = 5,

    [int[]] $Nodes = @(10, 100, 1000, 10000),

    [string] $Environment = 'tiny'
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot lib measure.ps1)
. (Join-Path $PSScriptRoot lib calibration.ps1)
$env:PISAHPC_SITE = $Site
$hook = Join-Path $PSScriptRoot .. out hook pisahpc-hook
$program = Join-Path $PSScriptRoot InProcess bin Release net10.0 PisaHpc.Bench.dll
# A lab that has been smaller lists those that are down, too.
$names = @((& "$PSScriptRoot/../lab/lab.sh" status --json | ConvertFrom-Json).nodes | Where-Object dockerd | ForEach-Object name)
$job = "bench-$PID"
# What is measured of simulated nodes, and the figures of it.
$lines = [ordered] @{
    Start = 'scale-start'
    Look = 'scale-look'
    'Start, some nodes faulty' = 'scale-start-faulty'
    'Look, some nodes faulty' = 'scale-look-faulty'
    'Start, some nodes faulty after the look' = 'scale-start-faulty-late'
    Stop = $null
}

function Invoke-Bench {
    $said = & dotnet $program @args
    if ($LASTEXITCODE) { throw "PisaHpc.Bench $args ended with exit code $LASTEXITCODE." }
    $said | ConvertFrom-Json
}

# A start by pisahpc-hook, from nothing: its CPU seconds, and how long it took to ask the first node that answered, connecting included.
function Get-HookStart([int] $Count) {
    $nodes = $names[0..($Count - 1)]
    $env:LSB_JOBID, $env:LSB_QUEUE, $env:LSFUSER = $job, 'hpc', 'hpcuser'
    $env:LSB_MCPU_HOSTS = ($nodes | ForEach-Object { "$_ 1" }) -join ' '
    try {
        $said = bash -c 'TIMEFORMAT="%U %S"; time "$@"' bash $hook start -Environment $Environment -Site $Site -Verbose 2>&1
        if ($LASTEXITCODE) { throw "pisahpc-hook start ended with exit code $($LASTEXITCODE): $said" }
    }
    finally {
        # An empty text would leave a variable without one.
        $env:LSB_JOBID = $env:LSB_QUEUE = $env:LSFUSER = $env:LSB_MCPU_HOSTS = $null
        $null = Stop-HpcJob $job -GraceSec 0 -Node $nodes
    }

    $asked = $said | Select-String 'asking the node: done in ([\d.]+) s' | Select-Object -First 1
    @{
        Cpu = ("$(@($said)[-1])" -split ' ' | ForEach-Object { [double] $_ } | Measure-Object -Sum).Sum
        Asked = [double] $asked.Matches.Groups[1].Value
    }
}

# A node with CPUs of its own: each step's time on all of the lab's nodes, one after the other, so that each has the machine's CPUs for
# itself and a peer. What a process without connections waits for longer until a node has answered is connecting.
function Get-Model {
    $times = [System.Math]::Min($Rounds, 3)
    $model = Get-StepMedian (1..$times).ForEach{ Get-LabStart $names 1 }
    $model.Connect = [System.Math]::Max((Get-Median (1..$Rounds).ForEach{ (Get-HookStart 1).Asked }) - $model.Survey, 0)
    Write-Host "  a node by itself: $(($model.Keys | ForEach-Object { "$_ $(Format-Number $model[$_])" }) -join ', ') s"
    # Ten times as slow in a step is no failure: such a node answers within it.
    $limit = { param([string[]] $Of) [System.Math]::Ceiling(15 * ($Of.ForEach{ $model[$_] } | Measure-Object -Sum).Sum) }
    @{
        Words = @(Get-Word $model)
        Connect = $model.Connect
        LookLimit = & $limit Connect, Survey
        StartLimit = & $limit Write, Create, Start, Ready
    }
}

# The lab's nodes at once, which share its CPUs: the smallest size and the largest make a model of them, and those between test it. Sizes
# take turns, so that all meet the same machine.
function Get-Prediction {
    $counts = @(2, 4, 8, 16 | Where-Object { $_ -le $names.Count })
    $starts = @{}
    foreach ($round in 1..$Rounds) {
        foreach ($count in $counts) { $starts[$count] += @(Get-LabStart $names[0..($count - 1)]) }
    }

    $model = New-SharedModel $starts[$counts[0]] $starts[$counts[-1]] ([System.Environment]::ProcessorCount)
    Write-Host "  $($model.Few) nodes of the lab at once: $(Format-Number $model.Cpu) CPU s for each, and $(
        Format-Number $model.Rise) s more for each more at work; $(Format-Number ($model.Idle * 100)) % of a node's time is no CPU's"
    $chart = 'Seconds of a start on the lab, measured and simulated'
    foreach ($count in $counts) {
        $measured = @($starts[$count].ForEach{ $_.seconds })
        $simulated = (Invoke-Bench start $count @(Get-SharedWord $model $count)).start.seconds
        Write-Host "  $count nodes of the lab: $(Format-Number (Get-Median $measured)) s, simulated $(Format-Number $simulated) s"
        New-Point $chart measured $count (Get-Median $measured)
        New-Point $chart simulated $count $simulated
        $off = 100 * (($simulated / (Get-Median $measured)) - 1)
        $median = { param($What) Format-Number (Get-Median @($starts[$count].ForEach{ $_[$What] })) }
        New-Figure "scale-predicts-$count" $simulated $measured -Note (
            "The model says $(Format-Number ([System.Math]::Abs($off))) % too $($off -gt 0 ? 'much' : 'little'), on a size that $(
                $count -in $model.Few, $model.All ? 'it was made of' : 'tests it'). For a node the machine's CPUs worked $(
                & $median machine) s, $(& $median cpu) s of which were the node's own and its caller's; the model has $(
                Format-Number (Get-SharedCpu $model $count)) s.")
    }
}

# The one in the middle of three by the caller's CPU, with that of all: a process of a tenth of a second has it as its time slices fall.
function Get-Middle([scriptblock] $Run, [string] $What) {
    $all = foreach ($time in 1..3) { & $Run }
    $middle = @($all | Sort-Object { $_.$What.cpu })[1]
    $middle.$What | Add-Member each @($all.$What.cpu)
    $middle
}

# One in a hundred failing, slow or silent: three at least, one of each.
function Get-FaultWord([int] $Count, [double] $Limit) {
    "Faulty=$([System.Math]::Min(100, [System.Math]::Floor($Count / 3)))", "Limit=$Limit"
}

# A start, a stop and a look at so many nodes, and the same with faulty ones: where the look finds them, and where they are well until it is
# over. Gives what each took of the caller, by name.
function Get-Scale([hashtable] $Model, [int] $Count) {
    $words = @($Model.Words)
    $faults = @(Get-FaultWord $Count $Model.LookLimit)
    $later = @(Get-FaultWord $Count $Model.StartLimit) + 'FaultyAt=Write,Create,Start,Ready'
    $job = Get-Middle { Invoke-Bench start $Count @words } start
    $notStarted = Get-Middle { Invoke-Bench start $Count @words @faults } start
    $takenBack = Get-Middle { Invoke-Bench start $Count @words @later } start
    $partly = Get-Middle { Invoke-Bench survey $Count @words @faults } look
    Assert-Gone $job, $notStarted, $takenBack
    if ($notStarted.failed -ne $partly.failed) { throw "A start on $Count nodes missed a node." }
    @{
        Nodes = $Count
        Start = $job.start
        Stop = $job.stop
        Look = (Get-Middle { Invoke-Bench survey $Count @words } look).look
        'Start, some nodes faulty' = $notStarted.start
        'Look, some nodes faulty' = $partly.look
        'Start, some nodes faulty after the look' = $takenBack.start
        Partly = $partly
        TakenBack = $takenBack
    }
}

# Neither container nor directory on any node, and no port: after a stop, and after a start that failed.
function Assert-Gone([object[]] $Runs) {
    foreach ($run in $Runs | Where-Object { $_.left -or $_.leased }) {
        throw "A job on $($run.nodes) simulated nodes left something on $($run.left) of them$($run.leased ? ', and its port' : '')."
    }
}

# What one in a hundred with the same fault, in the same step, makes of a start.
function Get-FaultRow([hashtable] $Model, [int] $Count) {
    $words = @($Model.Words)
    foreach ($step in 'Connect', 'Survey', 'Write', 'Create', 'Start', 'Ready') {
        $limit = $step -in 'Connect', 'Survey' ? $Model.LookLimit : $Model.StartLimit
        $row = [ordered] @{ step = $step; 'limit, s' = $limit }
        foreach ($fault in 'Fails', 'Slow', 'Silent') {
            $run = Invoke-Bench start $Count @words @(Get-FaultWord $Count $limit) "FaultyAt=$step" "Faults=$fault"
            Assert-Gone $run
            if (($fault -eq 'Slow') -ne ($run.failed -eq 0)) { throw "$($run.failed) nodes were named of those with $fault at $step." }
            $row[$fault.ToLowerInvariant()] = "$(Format-Number $run.start.seconds) s, $($run.stop ? 'started' : "$($run.failed) named")"
        }

        New-Row faults $row
    }
}

function Get-ScalePoint([hashtable] $Run) {
    foreach ($line in $lines.Keys) {
        $took = $Run[$line]
        Write-Host "  $($Run.Nodes) simulated nodes: $line $(Format-Number $took.seconds) s, CPU $(Format-Number $took.cpu) s, allocated $(
            Format-Number ($took.allocated / 1e6)) MB, at most $(Format-Number ($took.peak / 1e6)) MB"
        New-Point 'Seconds on simulated nodes, 256 at a time' $line $Run.Nodes $took.seconds
        New-Point 'CPU seconds of the caller, ssh and HTTP aside' $line $Run.Nodes $took.cpu
        New-Point 'MB that the caller allocates, ssh and HTTP aside' $line $Run.Nodes ($took.allocated / 1e6)
        New-Row scale ([ordered] @{
                what = $line
                nodes = $Run.Nodes.ToString('N0', [cultureinfo]::InvariantCulture)
                seconds = Format-Number $took.seconds
                'CPU seconds' = Format-Number $took.cpu
                'MB allocated' = Format-Number ($took.allocated / 1e6)
                'MB of the process at most' = Format-Number ($took.peak / 1e6)
            })
    }
}

# By the last size and the one before: what each takes, and how that grows.
function Get-ScaleFigure([hashtable] $Model, [hashtable] $Tenth, [hashtable] $Last) {
    $sizes = $Tenth.Nodes, $Last.Nodes
    foreach ($line in $lines.Keys | Where-Object { $lines[$_] }) {
        $few, $many = $Tenth[$line], $Last[$line]
        $exponents = foreach ($time in 0..2) { Get-Exponent $sizes ($few.each[$time], $many.each[$time]) }
        $own = $few, $many | ForEach-Object { $_.cpu - $_.compiling - $_.collecting }
        $apart = $own -le 0 ? '' : " Without both the exponent is $(Format-Number (Get-Exponent $sizes $own))."
        New-Figure "$($lines[$line])-cpu" $exponents -Note (
            "$(Format-Number $many.cpu) s in all, $(Format-Number $few.cpu) s of a tenth. By the clock, the runtime meanwhile " +
            "compiled what ran often anew for $(Format-Number $many.compiling) s and $(Format-Number $few.compiling) s, and the " +
            "collector held all up for $(Format-Number $many.collecting) s and $(Format-Number $few.collecting) s.$apart")
        New-Figure "$($lines[$line])-memory" (Get-Exponent $sizes ($few.allocated, $many.allocated)) -Note (
            "$(Format-Number ($many.allocated / 1e6)) MB in all; the process held $(Format-Number ($many.peak / 1e6)) MB at most.")
    }

    $growth = { param($line) "Exponent from $($Tenth.Nodes) on: $(
        Format-Number (Get-Exponent $sizes ($Tenth[$line].seconds, $Last[$line].seconds)))." }
    $limits = "The limit was $($Model.LookLimit) s for a node, which those that say nothing take."
    New-Figure scale-start $Last.Start.seconds -Note "$(& $growth Start) Stop: $(Format-Number $Last.Stop.seconds) s."
    New-Figure scale-look $Last.Look.seconds -Note (& $growth Look)
    New-Figure scale-start-faulty $Last['Start, some nodes faulty'].seconds -Note (
        "$(& $growth 'Start, some nodes faulty') A job starts on all of its nodes or on none: $($Last.Partly.failed) were named, and " +
        "nothing was begun. $limits")
    New-Figure scale-look-faulty $Last['Look, some nodes faulty'].seconds $Last.Look.seconds -Note (
        "$(& $growth 'Look, some nodes faulty') $($Last.Partly.failed) of $($Last.Partly.faulty) such nodes were failures of their " +
        "own, and the slow ones answered. $limits")
    New-Figure scale-start-faulty-late $Last['Start, some nodes faulty after the look'].seconds -Note (
        "$(& $growth 'Start, some nodes faulty after the look') The first failure ends the others' work: $($Last.TakenBack.failed) of $(
            $Last.TakenBack.faulty) such nodes were named. The job was taken back from all: none had anything of it left.")
    $undone = Invoke-Bench start $Last.Nodes @($Model.Words) LastFails=true
    Assert-Gone $undone
    New-Figure scale-start-undone $undone.start.seconds -Note "CPU of the caller: $(Format-Number $undone.start.cpu) s."
}

# A caller and those below it, that share a start's nodes among them: a start takes what simulated nodes take, or the caller's CPUs where
# these take longer; each level is a login and a caller that starts. One caller takes what it took, 256 at a time; beside it stands one with
# more CPUs.
function Get-Tree([hashtable] $Model, [double] $AtOnce) {
    $most = [System.Math]::Min(16, $names.Count)
    # What a caller takes for itself is no node's.
    $each = Get-Median (1..[System.Math]::Min($Rounds, 3)).ForEach{
        ((Get-HookStart $most).Cpu - (Get-HookStart 1).Cpu) / ($most - 1)
    }
    $level = $Model.Connect + (Get-Median (1..$Rounds).ForEach{ Measure-Duration { & $hook -Version } })
    $all = $Nodes[-1]
    $cpus = [System.Environment]::ProcessorCount
    New-Figure scale-caller-cpu ($each * 1000) -Note "$(Format-Number ($each * $all)) s for $all nodes, $(
        Format-Number ($each * $all / $cpus)) s with $cpus CPUs."
    $one, $took = @{}, @{ "$all 256" = $AtOnce }
    # The second has as many CPUs in one caller as the fourth has in sixteen.
    foreach ($shape in @(0, 0, 1), @(0, 0, 16), @(4, 1, 1), @(16, 1, 1), @(64, 1, 1), @(16, 2, 1)) {
        $width, $depth, $times = $shape
        $share = [int] [System.Math]::Ceiling($all / [System.Math]::Pow([System.Math]::Max($width, 1), $depth))
        $row = [ordered] @{
            'callers below each' = $width
            levels = $depth
            'nodes of each at the end' = $share
            'CPUs of each' = $cpus * $times
        }
        foreach ($throttle in 256, 1024) {
            if (-not $took["$share $throttle"]) {
                $took["$share $throttle"] = (Invoke-Bench start $share @($Model.Words) "Throttle=$throttle").start.seconds
                if (-not $depth) { New-Figure scale-start-wide $took["$share $throttle"] }
            }
            $seconds = ($level * $depth) + [System.Math]::Max($took["$share $throttle"], $each * $share / $cpus / $times)
            $one[$throttle] ??= $seconds
            $row["$($throttle.ToString('N0', [cultureinfo]::InvariantCulture)) at a time"] = "$(Format-Number $seconds) s, $(
                Format-Number ($seconds / $one[$throttle]))"
        }

        New-Row tree $row
    }
}

try {
    # Connections stand, and each engine has had the image in its hands.
    $null = Get-LabStart $names
    Get-Prediction
    $model = Get-Model
    $runs = foreach ($count in $Nodes) { Get-Scale $model $count }
    $runs | ForEach-Object { Get-ScalePoint $_ }
    Get-ScaleFigure $model $runs[-2] $runs[-1]
    Get-FaultRow $model $Nodes[-2]
    Get-Tree $model $runs[-1].Start.seconds
}
finally {
    $null = Stop-HpcJob $job -GraceSec 0 -Node $names
}
