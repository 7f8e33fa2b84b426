# Import-Module in a new pwsh, against that of a binary module with one empty cmdlet, each as that pwsh measures it; and the first
# Get-HpcJob after it, on the lab's first two nodes.
param(
    [Parameter(Mandatory)]
    [string] $Site,

    [int] $Rounds = 10
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot lib measure.ps1)
$program = [System.Environment]::ProcessPath
$assembly = @(if ((Split-Path $program -LeafBase) -eq 'dotnet') { Join-Path $PSHOME pwsh.dll })
$work = [System.IO.Directory]::CreateTempSubdirectory('pisahpc-bench-').FullName
$empty, $module = "$work/Empty.dll", (Join-Path $PSScriptRoot .. PisaHpc.psd1)
$bare = Join-Path $PSScriptRoot .. bin PisaHpc.Module.dll
$nodes = @((& "$PSScriptRoot/../lab/lab.sh" status --json | ConvertFrom-Json).nodes.name)[0..1] -join ', '

function Get-Line([string] $Import, [string] $Then = '') {
    "`$clock = [System.Diagnostics.Stopwatch]::StartNew(); Import-Module '$Import'; $Then" +
        '"measured by itself: {0:0.0000}" -f $clock.Elapsed.TotalSeconds'
}

# In a pwsh of its own: a loaded assembly cannot be written over, and this one has its own modules.
Add-Type -OutputAssembly $empty -TypeDefinition @'
using System.Management.Automation;
[Cmdlet("Get", "Nothing")]
public sealed class GetNothingCommand : PSCmdlet { }
'@
$lines = @{
    empty = Get-Line $empty
    module = Get-Line $module
    bare = Get-Line $bare
    jobs = Get-Line $module "`$clock.Restart(); `$null = Get-HpcJob -Node $nodes -Site '$Site'; "
}
$ways = [ordered] @{
    empty = { & $program @assembly -NoProfile -Command $lines.empty }
    module = { & $program @assembly -NoProfile -Command $lines.module }
    bare = { & $program @assembly -NoProfile -Command $lines.bare }
    jobs = { & $program @assembly -NoProfile -Command $lines.jobs }
}
try {
    $null = Measure-InTurns $ways 1 'not counted'
    $taken = Measure-InTurns $ways $Rounds
    New-Figure import-module ($taken.module | ForEach-Object { $_ * 1000 }) ($taken.empty | ForEach-Object { $_ * 1000 }) -Note (
        "Without its manifest, and so without its views, the module takes $(Format-Number ((Get-Median $taken.bare) * 1000)) ms.")
    New-Figure first-job-list $taken.jobs
}
finally {
    Remove-Item -Recurse -Force $work
}
