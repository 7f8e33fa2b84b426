<#
.SYNOPSIS
Runs the tests of the module's face in a real pwsh with Pester 5.7 or newer, and writes the totals for a program to read.
#>
[CmdletBinding()]
param(
    # Where the totals go: passed, failed and skipped, three numbers on one line.
    [string] $TotalsPath
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3
Import-Module Pester -MinimumVersion 5.7

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
