# A first answer: `pisahpc -Command 1` against `pwsh -NoProfile -Command 1`. pisahpc is measured twice, because importing the module is part
# of what it does: with the module and without. Runs in the pwsh that it measures.
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
    bare = { & $pisahpc -NoModule -Command 1 }
}

# The first of each reads its files from the disk: it does not count.
$null = Measure-InTurns $ways 1 'not counted'
$taken = Measure-InTurns $ways $Rounds
New-Figure host-start $taken.pisahpc $taken.pwsh
New-Figure host-start-bare $taken.bare $taken.pwsh
