<#
.SYNOPSIS
Runs the tests of the module's face and writes the totals for a program to read.
#>
[CmdletBinding()]
param(
    # Where the totals go: passed, failed and skipped, three numbers on one line.
    [string] $TotalsPath,

    # The Pester to use; the newest that PSModulePath has when not given.
    [string] $PesterVersion
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3
$version = $PesterVersion ? @{ RequiredVersion = $PesterVersion } : @{ MinimumVersion = '5.9' }
Import-Module Pester @version

$configuration = New-PesterConfiguration
$configuration.Run.Path = $PSScriptRoot
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Normal'
$run = Invoke-Pester -Configuration $configuration

# A block or a file that did not even start has no tests to count; it is a failure all the same.
$failed = $run.FailedCount + $run.FailedBlocksCount + $run.FailedContainersCount
$skipped = $run.SkippedCount + $run.NotRunCount
if ($TotalsPath) {
    Set-Content -LiteralPath $TotalsPath -Value "$($run.PassedCount) $failed $skipped"
}

exit [int] ($failed -gt 0)
