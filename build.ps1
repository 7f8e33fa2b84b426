#Requires -Version 7.6
<#
.SYNOPSIS
The front door of this repository: builds, tests, shows and packages the module. The tasks are in build/, for Invoke-Build.
.EXAMPLE
./build.sh Quickstart
.EXAMPLE
./build.sh Lab -Up -Nodes 4
.EXAMPLE
./build.sh Lab -Up -Batch Slurm
.EXAMPLE
./build.sh Bench -Only start-job,ports
.EXAMPLE
./build.sh Pester -PesterVersion 5.9.1
#>
[CmdletBinding()]
param(
    # What to do; each task does first what it needs.
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Native', 'Hook', 'Test', 'Pester', 'Quickstart', 'Lab', 'Bench', 'BenchPage', 'Docs', 'Package')]
    [string] $Tasks = 'Build',

    # Lab: raise it.
    [switch] $Up,

    # Lab: take it down.
    [switch] $Down,

    # Lab: say what stands; what Lab does when nothing else is asked.
    [switch] $Status,

    # Lab -Up: how many nodes, 1 to 16; 0 leaves it to the lab. Bench: how many at most; 0 is 16.
    [ValidateRange(0, 16)]
    [int] $Nodes = 0,

    # Lab -Up: a batch system over the nodes too.
    [ValidateSet('', 'Slurm')]
    [string] $Batch,

    # Lab -Up -Batch Slurm: with accounting (slurmdbd), for sacct.
    [switch] $Accounting,

    # Bench: the measurements to make, by their names in bench/; all when not given.
    [string[]] $Only = @(),

    # Bench: how many rounds of each; 0 leaves it to the measurement.
    [ValidateRange(0, 1000)]
    [int] $Rounds = 0,

    # Test, Pester: the Pester that runs tests/Pester. build/Modules.csproj names those that are restored; the newest when not given.
    [string] $PesterVersion
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3

# Runs a script in a pwsh of its own, of this one's version.
function Invoke-Pwsh([string] $File) {
    $program = [System.Environment]::ProcessPath
    $assembly = @(if ((Split-Path $program -LeafBase) -eq 'dotnet') { Join-Path $PSHOME pwsh.dll })
    & $program @assembly -NoLogo -NoProfile -NonInteractive -File $File @args
}

if ($MyInvocation.ScriptName -like '*Invoke-Build.ps1') {
    foreach ($file in 'Project', 'Native', 'Help', 'Lab', 'Test', 'Bench', 'Package') {
        . (Join-Path $PSScriptRoot build "$file.tasks.ps1")
    }

    return
}

if (($Up -or $Down -or $Status -or ($Nodes -and $Tasks -ne 'Bench') -or $Batch -or $Accounting) -and $Tasks -ne 'Lab') {
    throw "-Up, -Down, -Status, -Nodes, -Batch and -Accounting belong to the task Lab, not to $Tasks. Run: ./build.sh Lab -Up"
}

if (($Only -or $Rounds) -and $Tasks -ne 'Bench') {
    throw "-Only and -Rounds belong to the task Bench, not to $Tasks. Run: ./build.sh Bench -Only start-job"
}

if ([int] $Up.IsPresent + $Down.IsPresent + $Status.IsPresent -gt 1) {
    throw '-Up, -Down and -Status exclude each other. Give one of them.'
}

if ($Nodes -and -not $Up -and $Tasks -ne 'Bench') {
    throw "-Nodes $Nodes belongs to -Up. Run: ./build.sh Lab -Up -Nodes $Nodes"
}

if ($Batch -and -not $Up) {
    throw "-Batch $Batch belongs to -Up. Run: ./build.sh Lab -Up -Batch $Batch"
}

if ($Accounting -and -not $Batch) {
    throw '-Accounting belongs to -Batch Slurm. Run: ./build.sh Lab -Up -Batch Slurm -Accounting'
}

$modules = Join-Path $PSScriptRoot out modules
$wanted = Join-Path $PSScriptRoot build Modules.csproj
if (-not (Test-Path $modules) -or (Get-Item $wanted).LastWriteTime -gt (Get-Item $modules).LastWriteTime) {
    Write-Host '==> restoring the PowerShell modules that build/Modules.csproj names'
    dotnet build $wanted --verbosity quiet --nologo
    if ($LASTEXITCODE) { throw 'The modules could not be restored, as dotnet says above.' }
    (Get-Item $modules).LastWriteTime = Get-Date
}

$env:PSModulePath = $modules, $env:PSModulePath -join [System.IO.Path]::PathSeparator
Import-Module InvokeBuild
$options = [hashtable] $PSBoundParameters
$options.Remove('Tasks')
$totals = Join-Path $PSScriptRoot out tests totals.txt
Remove-Item $totals -ErrorAction Ignore
Invoke-Build $Tasks $PSCommandPath @options -Safe -Result result
if ($Tasks -eq 'Test' -and (Test-Path $totals)) {
    # The last line of all: Invoke-Build's own summary comes before it.
    Get-Content $totals
}

exit [int] ($null -ne $result.Error)
