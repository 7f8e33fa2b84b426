# What takes no network (bench/InProcess): the plan of many nodes, and their names and errors folded, by BenchmarkDotNet; and the window
# over many nodes against the ideal schedule.
param(
    # What every measurement is given; this one needs no lab.
    [string] $Site,

    [int] $Rounds = 3,

    [int] $Nodes = 10000
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot lib measure.ps1)
$program = Join-Path $PSScriptRoot InProcess bin Release net10.0 PisaHpc.Bench.dll

function Invoke-Bench {
    $said = & dotnet $program @args
    if ($LASTEXITCODE) { throw "PisaHpc.Bench $args ended with exit code $LASTEXITCODE." }
    $said | Select-Object -Last 1 | ConvertFrom-Json
}

$small, $large = Invoke-Bench plan | Sort-Object nodes
Write-Host "  plans: $($small.nodes) nodes $(Format-Number (Get-Median $small.seconds)) s, $($large.nodes) nodes $(Format-Number (
    Get-Median $large.seconds)) s"
New-Figure plan-time $large.seconds -Note "A tenth of the nodes: $(Format-Number (Get-Median $small.seconds)) s."
$once = foreach ($round in 1..$Rounds) { Invoke-Bench plan-memory $large.nodes }
$before, $held = $once.before, $once.held | ForEach-Object { Format-Number ((Get-Median $_) / 1e6) }
New-Figure plan-memory ($once.peak | ForEach-Object { $_ / 1e6 }) -Note (
    "With the runtime and what the nodes answered, which are $before MB before. Of the plan $held MB are left when it is made; " +
    "allocated on the way: $(Format-Number ($large.allocated / 1e6)) MB.")
New-Figure plan-growth (Get-Exponent ($small.nodes, $large.nodes) ($small.allocated, $large.allocated))

# What of it is the collector's.
function Get-GrowthNote([object] $Short, [object] $Long) {
    $took = $Short, $Long | ForEach-Object { Get-Median $_.seconds }
    $without = Get-Exponent ($Short.size, $Long.size) (($took[0] - $Short.pause), ($took[1] - $Long.pause))
    $shown = @($took[0], $Short.pause, $took[1], $Long.pause).ForEach{ Format-Number ($_ * 1000) }
    "$($Long.size) in lists of $($Short.size): $($shown[0]) ms, for $($shown[1]) ms of which the process waits for the collector; in one " +
        "list $($shown[2]) ms and $($shown[3]) ms. Without these waits: $(Format-Number (1 + $without))."
}

# Both sizes fold as many in all: what grows in proportion takes the same.
$folds = Invoke-Bench fold | Group-Object what -AsHashTable
foreach ($what in 'names', 'errors') {
    $short, $long = $folds[$what] | Sort-Object size
    $growth = 1 + (Get-Exponent ($short.size, $long.size) ((Get-Median $short.seconds), (Get-Median $long.seconds)))
    $memory = 1 + (Get-Exponent ($short.size, $long.size) ($short.allocated, $long.allocated))
    Write-Host "  $what folded: $($long.size) in $(Format-Number ((Get-Median $long.seconds) * 1000)) ms"
    New-Figure "fold-$what" $long.seconds.ForEach{ $_ * 1000 } -Note "Allocated: $(Format-Number ($long.allocated / 1e6)) MB."
    New-Figure "fold-$what-growth" $growth -Note (Get-GrowthNote $short $long)
    New-Figure "fold-$what-memory" $memory
}

$runs = foreach ($round in 1..$Rounds) { Invoke-Bench fan-out $Nodes }
New-Figure fan-out $runs.seconds $runs.ideal
