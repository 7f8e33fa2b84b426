# A first answer: `pisahpc -Command 1` against `pwsh -NoProfile -Command 1`, in turns, so that both meet the same machine. pisahpc is
# measured twice, because importing the module is part of what it does: with the module and without. Runs in the pwsh that it measures.
param(
    # What every measurement is given; this one needs no lab.
    [string] $Site,

    [int] $Rounds = 10
)

$ErrorActionPreference = 'Stop'
. ([System.IO.Path]::Combine($PSScriptRoot, 'lib', 'measure.ps1'))
$pisahpc = [System.IO.Path]::GetFullPath([System.IO.Path]::Combine($PSScriptRoot, '..', 'out', 'host', 'pisahpc'))

# As the dotnet tool, pwsh is an assembly that dotnet runs.
$program = [System.Environment]::ProcessPath
$assembly = @(if ([System.IO.Path]::GetFileNameWithoutExtension($program) -eq 'dotnet') { [System.IO.Path]::Combine($PSHOME, 'pwsh.dll') })
$ways = [ordered] @{
    pwsh = { & $program @assembly -NoProfile -Command 1 }
    pisahpc = { & $pisahpc -Command 1 }
    'pisahpc -NoModule' = { & $pisahpc -NoModule -Command 1 }
}

# The first of each reads its files from the disk: it does not count.
$taken = @{}
foreach ($way in $ways.Keys) {
    $null = Measure-Duration $ways[$way]
    $taken[$way] = @()
}

foreach ($round in 1..$Rounds) {
    foreach ($way in $ways.Keys) {
        $taken[$way] += Measure-Duration $ways[$way]
    }

    'round {0}: {1}' -f $round, (@($ways.Keys | ForEach-Object { '{0} {1:0.00} s' -f $_, $taken[$_][-1] }) -join ', ')
}

$base = Get-Median $taken['pwsh']
'a first answer, against pwsh''s {0:0.00} s: {1:0.00} with the module, {2:0.00} without' -f
    $base, ((Get-Median $taken['pisahpc']) / $base), ((Get-Median $taken['pisahpc -NoModule']) / $base)
