<#
.SYNOPSIS
The front door of this repository: builds, tests, shows and packages the module. Runs in pwsh 7.6 and in the embedded host alike, so it
keeps to Core cmdlets and .NET.
.EXAMPLE
./build.sh Quickstart
.EXAMPLE
./build.sh Lab -Up -Nodes 4
#>
[CmdletBinding()]
param(
    # What to do; each task does first what it needs.
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Quickstart', 'Lab', 'Bench', 'Docs', 'Package')]
    [string] $Task = 'Build',

    # Lab: raise it.
    [switch] $Up,

    # Lab: take it down.
    [switch] $Down,

    # Lab: say what stands; what Lab does when nothing else is asked.
    [switch] $Status,

    # Lab -Up: how many nodes, 1 to 16; 0 leaves it to the lab.
    [ValidateRange(0, 16)]
    [int] $Nodes = 0
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3

# Shared by every task.
$Root = $PSScriptRoot
$Configuration = 'Release'

foreach ($file in 'Native', 'Build', 'Test', 'Pester', 'Lab', 'Bench', 'Docs', 'Package') {
    . ([System.IO.Path]::Combine($PSScriptRoot, 'build', "$file.ps1"))
}

if (($Up -or $Down -or $Status -or $Nodes) -and $Task -ne 'Lab') {
    throw "-Up, -Down, -Status and -Nodes belong to the task Lab, not to $Task. Run: ./build.sh Lab -Up"
}

switch ($Task) {
    'Build' { Build-Everything }
    'Test' { exit (Test-Everything) }
    'Quickstart' { exit (Start-Quickstart) }
    'Lab' { Set-Lab -Up:$Up -Down:$Down -Status:$Status -Nodes $Nodes }
    'Bench' { exit (Start-Bench) }
    'Docs' { Build-Everything; Export-Help }
    'Package' { Build-Everything; Export-Package }
}
