# The face's tests, in a real pwsh where one with Pester is found.

# Runs them and gives their totals; where they cannot run, they count as skipped, and that is said.
function Test-Face([string] $Results) {
    $tests = Join-Root 'tests', 'Pester'
    if (-not [System.IO.Directory]::Exists($tests)) {
        return @{ Passed = 0; Failed = 0; Skipped = 0 }
    }

    if (-not (Test-Pester)) {
        $skipped = Measure-PesterTest $tests
        Write-Step "PESTER SKIPPED: no pwsh 7.6 with Pester 5.7 or newer on this machine; $skipped tests of tests/Pester did not run"
        return @{ Passed = 0; Failed = 0; Skipped = $skipped }
    }

    Write-Step 'testing: Pester'
    $file = [System.IO.Path]::Combine($Results, 'Pester.txt')
    $code = Get-NativeExitCode 'pwsh' '-NoLogo', '-NoProfile', '-NonInteractive', '-File', "$tests/Run.ps1", '-TotalsPath', $file
    $totals = @{ Passed = 0; Failed = 0; Skipped = 0 }
    if ([System.IO.File]::Exists($file)) {
        $totals.Passed, $totals.Failed, $totals.Skipped = [int[]] [System.IO.File]::ReadAllText($file).Trim().Split(' ')
    }

    if ($code -ne 0 -and $totals.Failed -eq 0) {
        Write-Step "Pester ENDED WITH EXIT CODE $code before it could count: see above"
        $totals.Failed = 1
    }

    $totals
}

# Whether there is a pwsh 7.6 with Pester 5.7 or newer.
function Test-Pester {
    if (-not (Test-Program 'pwsh')) {
        return $false
    }

    $found = & pwsh -NoLogo -NoProfile -NonInteractive -Command `
        '$PSVersionTable.PSVersion -ge [version] "7.6" -and @(Get-Module Pester -ListAvailable | Where-Object Version -ge 5.7).Count -gt 0'
    "$found" -eq 'True'
}

# How many tests stand in the files: each It block, whatever data it is repeated with.
function Measure-PesterTest([string] $Folder) {
    $count = 0
    foreach ($file in [System.IO.Directory]::GetFiles($Folder, '*.Tests.ps1')) {
        $tokens = $problems = $null
        $tree = [System.Management.Automation.Language.Parser]::ParseFile($file, [ref] $tokens, [ref] $problems)
        if ($problems.Count -gt 0) {
            throw "$file is not valid: $($problems[0].Message)"
        }

        $commands = $tree.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)
        $count += @($commands | Where-Object { $_.GetCommandName() -eq 'It' }).Count
    }

    $count
}
