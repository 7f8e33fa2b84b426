# What 10,000 nodes look like: the table and the JSON of as many containers, their names folded into one list as an error has them, and the
# completion of one of them; and how each grows from 1,000 on. At a prompt.
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
$work = [System.IO.Directory]::CreateTempSubdirectory('pisahpc-bench-').FullName
Set-Site "$work/few.yaml" $few
Set-Site "$work/many.yaml" $many
$ways = [ordered] @{
    'table few' = { $few | Format-Table | Out-String -Width 120 }
    'table many' = { $many | Format-Table | Out-String -Width 120 }
    'json few' = { ConvertTo-Json $few }
    'json many' = { ConvertTo-Json $many }
    'fold few' = { [PisaHpc.HostLists.HostList]::Fold([string[]] $few.Node) }
    'fold many' = { [PisaHpc.HostLists.HostList]::Fold([string[]] $many.Node) }
    'completion few' = { Complete-Node "$work/few.yaml" }
    'completion many' = { Complete-Node "$work/many.yaml" }
}
try {
    $null = Measure-InTurns $ways 1 'not counted'
    $taken = Measure-InTurns $ways $Rounds
}
finally {
    Remove-Item -Recurse $work
}

foreach ($view in 'table', 'json', 'fold', 'completion') {
    $seconds = $taken["$view few"], $taken["$view many"]
    New-Figure "view-$view" $seconds[1]
    # By the quickest rounds: what disturbs milliseconds only adds to them.
    New-Figure "view-$view-growth" (Get-Exponent (1000, 10000) ($seconds | ForEach-Object { Get-Quantile $_ 0 }))
}
