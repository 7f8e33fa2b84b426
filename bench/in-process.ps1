# What takes no network: the plan of many nodes, by BenchmarkDotNet, and the window over many nodes against the ideal schedule
# (bench/InProcess).
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
New-Figure plan-memory ($large.held / 1e6) -Note "While it is there; allocated on the way: $(Format-Number ($large.allocated / 1e6)) MB."
New-Figure plan-growth (Get-Exponent ($small.nodes, $large.nodes) ($small.allocated, $large.allocated))

$runs = foreach ($round in 1..$Rounds) { Invoke-Bench fan-out $Nodes }
New-Figure fan-out $runs.seconds $runs.ideal
