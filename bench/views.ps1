# What 10,000 nodes look like: the table and the JSON of as many containers, and the completion of one of their names; and how each grows
# from 1,000 on. At a prompt. Beside it the JSON of objects that have the containers' properties and no code: ConvertTo-Json's own part.
param(
    # What every measurement is given; this one needs no lab.
    [string] $Site,

    [int] $Rounds = 5
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot lib measure.ps1)

function Get-Sample([int] $Count) {
    foreach ($number in 1..$Count) {
        [PisaHpc.Containers.HpcContainer] @{
            Node = "rack$($number % 97)node$number"; JobId = '4711'; Name = "pisahpc-4711-$number"; Id = "$number".PadLeft(64, 'a')
            State = 'Running'; Ready = $true; Environment = 'debian12'; Image = 'registry.lab:5000/pisa/hpc:deb12'
            ImageDigest = 'sha256:' + 'b' * 64; Owner = 'hpcuser'; Slots = 32; Port = 22042; Directory = '/run/pisahpc/4711'
        }
    }
}

function Get-Plain([object[]] $Containers) {
    $properties = [PisaHpc.Containers.HpcContainer].GetProperties()
    Add-Type "public sealed class PlainContainer { $($properties.Name.ForEach{ "public object $_ { get; set; }" }) }"
    foreach ($container in $Containers) {
        $plain = [PlainContainer]::new()
        foreach ($property in $properties) { $plain.($property.Name) = $container.($property.Name) }
        $plain
    }
}

# A site that knows the nodes, for completion.
function Set-Site([string] $File, [object[]] $Containers) {
    Set-Content $File 'nodes:', '  names:', ($Containers.Node | ForEach-Object { "    - $_" })
}

function Complete-Node([string] $File) {
    $env:PISAHPC_SITE = $File
    $line = 'Get-HpcNode -Node rack1'
    $found = [System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null)
    if (-not $found.CompletionMatches.Count) { throw 'Nothing was completed.' }
}

$few, $many = @(Get-Sample 1000), @(Get-Sample 10000)
$plain = @(Get-Plain $many)
$fewPlain = $plain[0..999]
$work = [System.IO.Directory]::CreateTempSubdirectory('pisahpc-bench-').FullName
Set-Site "$work/few.yaml" $few
Set-Site "$work/many.yaml" $many
# Few of them ten times in a row: as many as the many, so that both have their share of the collector's work, which a few milliseconds may
# or may not meet.
$ways = [ordered] @{
    'table few' = { foreach ($time in 1..10) { $few | Format-Table | Out-String -Width 120 } }
    'table many' = { $many | Format-Table | Out-String -Width 120 }
    'json few' = { foreach ($time in 1..10) { ConvertTo-Json $few } }
    'json many' = { ConvertTo-Json $many }
    'plain few' = { foreach ($time in 1..10) { ConvertTo-Json $fewPlain } }
    'plain many' = { ConvertTo-Json $plain }
    'completion few' = { foreach ($time in 1..10) { Complete-Node "$work/few.yaml" } }
    'completion many' = { Complete-Node "$work/many.yaml" }
}

# What the collector had the process wait for in one go at each, in milliseconds.
function Get-CollectorPause([string] $Way) {
    $before = [System.GC]::GetTotalPauseDuration()
    $null = & $ways[$Way]
    ([System.GC]::GetTotalPauseDuration() - $before).TotalMilliseconds
}

try {
    $null = Measure-InTurns $ways 1 'not counted'
    $taken = Measure-InTurns $ways $Rounds
    $pauses = @{}
    foreach ($way in $ways.Keys) { $pauses[$way] = Get-Median (1..$Rounds).ForEach{ Get-CollectorPause $way } }
}
finally {
    $env:PISAHPC_SITE = $null
    Remove-Item -Recurse $work
}

# By the quickest rounds: what disturbs milliseconds only adds to them.
function Get-Growth([string] $View) {
    Get-Exponent (1000, 10000) (((Get-Quantile $taken["$View few"] 0) / 10), (Get-Quantile $taken["$View many"] 0))
}

foreach ($view in 'table', 'json', 'completion') {
    # A completion takes less than a millisecond.
    New-Figure "view-$view" ($view -eq 'completion' ? $taken["$view many"].ForEach{ $_ * 1000 } : $taken["$view many"])
    $beside = if ($view -eq 'json') {
        " Of objects with the same properties and no code, $(Format-Number (Get-Median $taken['plain many'])) s, exponent $(
            Format-Number (Get-Growth plain))."
    }
    New-Figure "view-$view-growth" (Get-Growth $view) -Note (
        "Waiting for the collector: $(Format-Number $pauses["$view many"]) ms of it, and $(Format-Number $pauses["$view few"]) ms of as " +
        "many in ten parts.$beside")
}
