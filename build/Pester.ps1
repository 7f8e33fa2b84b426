# The face's tests, in a real pwsh where one with Pester is found.

# Runs them and gives their totals; where they cannot run, they count as skipped, and that is said.
function Test-Face([string] $Results) {
    $tests = Join-Root 'tests', 'Pester'
    if (-not (Test-PwshModule 'Pester' '5.7')) {
        $skipped = Measure-PesterTest $tests
        Write-Step "PESTER SKIPPED: no pwsh 7.6 with Pester 5.7 or newer on this machine; $skipped tests of tests/Pester did not run"
        return @{ Passed = 0; Failed = 0; Skipped = $skipped }
    }

    try {
        Export-Help
    }
    catch {
        Write-Step "THE HELP CANNOT BE EXPORTED, so that Pester did not run: $_"
        return @{ Passed = 0; Failed = 1; Skipped = 0 }
    }

    Write-Step 'testing: Pester'
    $file = [System.IO.Path]::Combine($Results, 'Pester.txt')
    $code = Get-NativeExitCode 'pwsh' '-NoLogo', '-NoProfile', '-NonInteractive', '-File', "$tests/Run.ps1", '-TotalsPath', $file
    Get-SuiteTotal 'Pester' $code (Read-TotalsLine $file)
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
