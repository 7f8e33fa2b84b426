# Every suite, and one line of totals over all of them.

# Synopsis: All the tests, on the lab.
task Test Build, LabPackages, Hook, {
    Remove-Item out/tests -Recurse -Force -ErrorAction Ignore
    $null = New-Item -ItemType Directory out/tests
    $totals = @(
        Test-Project Unit
        if (Start-TestLab) {
            # The second lab leaves the first alone, and both suites wait more than they compute.
            $lifecycle = Start-Lifecycle
            Test-Project Connections
            Wait-Lifecycle $lifecycle
            Test-Project Integration
        }
        else {
            [pscustomobject]@{ Suite = 'the lab'; Passed = 0; Failed = 1; Skipped = 0 }
        }
        Test-Face
    )
    $totals | Format-Table | Out-Host
    Show-FailedTest
    $passed, $failed, $skipped = 'Passed', 'Failed', 'Skipped' | ForEach-Object { ($totals | Measure-Object $_ -Sum).Sum }
    Set-Content out/tests/totals.txt "$passed passed, $failed failed, $skipped skipped"
    if ($failed) { throw "$failed tests failed." }
}

# Synopsis: tests/Pester alone.
task Pester Build, {
    $null = New-Item -ItemType Directory -Force out/tests
    $total = Test-Face
    $total | Format-Table | Out-Host
    if ($total.Failed) { throw "$($total.Failed) tests failed." }
}

# Raises the lab and says whether it stands. A lab that does not come up is a failed test, not the end of the others.
function Start-TestLab {
    foreach ($command in @('up'), @('images', 'deb13'), @('batch', 'slurm')) {
        lab/lab.sh @command | Out-Host
        if ($LASTEXITCODE) {
            Write-Host "THE LAB DID NOT COME UP (exit code $LASTEXITCODE): the tests on it did not run" -ForegroundColor Red
            return $false
        }
    }

    $true
}

function Test-Project([string] $Name) {
    Write-Host "testing: $Name" -ForegroundColor Cyan
    # A test that hangs is named and fails, instead of holding all up until somebody looks.
    $hang = '--blame-hang-timeout', '15m', '--blame-hang-dump-type', 'none'
    $results = '--results-directory', 'out/tests', '--logger', "trx;LogFileName=$Name.trx"
    dotnet test "tests/$Name" --configuration Release --nologo @results @hang | Out-Host
    Get-SuiteTotal $Name $LASTEXITCODE "out/tests/$Name.trx"
}

# Tries out the lab itself, in a second one beside it. What it says is shown when it has ended.
function Start-Lifecycle {
    $log = @{ RedirectStandardOutput = 'out/tests/Lifecycle.log'; RedirectStandardError = 'out/tests/Lifecycle.errors' }
    Start-Process lab/tests/lifecycle.sh -ArgumentList out/tests/Lifecycle.txt @log -PassThru
}

function Wait-Lifecycle([Diagnostics.Process] $Lifecycle) {
    Write-Host 'testing: the lab itself' -ForegroundColor Cyan
    $Lifecycle.WaitForExit()
    Get-Content out/tests/Lifecycle.log, out/tests/Lifecycle.errors | Out-Host
    Get-SuiteTotal Lifecycle $Lifecycle.ExitCode out/tests/Lifecycle.txt
}

# The face, in a pwsh of its own.
function Test-Face {
    Write-Host 'testing: Pester' -ForegroundColor Cyan
    Invoke-Pwsh tests/Pester/Run.ps1 -TotalsPath out/tests/Pester.txt -PesterVersion $PesterVersion | Out-Host
    Get-SuiteTotal Pester $LASTEXITCODE out/tests/Pester.txt
}

# A suite's totals. One that failed and counted no failure, or left no results, has failed all the same.
function Get-SuiteTotal([string] $Suite, [int] $ExitCode, [string] $Results) {
    $found = Test-Path $Results
    $passed, $failed, $skipped = if ($found) { Read-TestCount $Results } else { 0, 0, 0 }
    if (($ExitCode -or -not $found) -and -not $failed) {
        Write-Host "$Suite ended with exit code $ExitCode before it could count: see above" -ForegroundColor Red
        $failed = 1
    }

    [pscustomobject]@{ Suite = $Suite; Passed = $passed; Failed = $failed; Skipped = $skipped }
}

# At the end again, with the first line of what each says: between the suites' own lines nobody finds them.
function Show-FailedTest {
    foreach ($results in Get-ChildItem out/tests -Filter *.trx) {
        foreach ($test in ([xml] (Get-Content $results -Raw)).TestRun.Results.UnitTestResult.Where{ $_.outcome -eq 'Failed' }) {
            $reason = "$($test.Output.ErrorInfo.Message)".Split("`n")[0]
            Write-Host "FAILED: $($test.testName) ($($test.duration)): $reason" -ForegroundColor Red
        }
    }
}

# Passed, failed and skipped: of the results that dotnet test writes, or of a file with the three numbers on a line.
function Read-TestCount([string] $Results) {
    if ($Results -notlike '*.trx') {
        return [int[]] (Get-Content $Results).Split()
    }

    $counters = ([xml] (Get-Content $Results -Raw)).TestRun.ResultSummary.Counters
    $skipped = $counters.total - $counters.executed
    [int] $counters.passed
    $counters.total - $counters.passed - $skipped
    $skipped
}
