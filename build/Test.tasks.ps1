# Every suite, and one line of totals over all of them.

# Synopsis: All the tests, on the lab.
task Test LabPackages, TestLab, Build, Hook, {
    $totals = @(
        Test-Project Unit
        if (Wait-TestLab) {
            # The second lab leaves the first alone, and both suites wait more than they compute.
            $lifecycle = Start-Beside Lifecycle 'lab/tests/lifecycle.sh out/tests/Lifecycle.txt'
            Test-Project Connections
            Write-Host 'testing: the lab itself' -ForegroundColor Cyan
            Get-SuiteTotal Lifecycle (Wait-Beside Lifecycle $lifecycle) out/tests/Lifecycle.txt
            Test-Integration
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

# The process that raises the lab, once there is one, and all that run beside what follows.
$script:TestLab = $null
$script:Beside = [Collections.Generic.List[Diagnostics.Process]]::new()

# Begins to raise the lab. That waits for downloads and disks, while the build computes, and the unit tests need none.
task TestLab {
    Remove-Item out/tests -Recurse -Force -ErrorAction Ignore
    $null = New-Item -ItemType Directory out/tests
    $script:TestLab = Start-Beside Lab 'lab/lab.sh up && lab/lab.sh images deb13 && lab/lab.sh batch slurm'
}

# A build that ends leaves nobody behind who raises a lab, or tests on it.
Exit-Build {
    $script:Beside.Where{ -not $_.HasExited }.ForEach{ $_.Kill($true) }
}

# Synopsis: tests/Pester alone.
task Pester Build, {
    $null = New-Item -ItemType Directory -Force out/tests
    $total = Test-Face
    $total | Format-Table | Out-Host
    if ($total.Failed) { throw "$($total.Failed) tests failed." }
}

# Whether the lab stands. One that does not come up is a failed test, not the end of the others.
function Wait-TestLab {
    $code = Wait-Beside Lab $script:TestLab
    if ($code) { Write-Host "THE LAB DID NOT COME UP (exit code $code): the tests on it did not run" -ForegroundColor Red }
    $code -eq 0
}

# A project whose tests are one suite.
function Test-Project([string] $Name) {
    Write-Host "testing: $Name" -ForegroundColor Cyan
    Get-MendedTotal $Name $Name (Invoke-DotnetTest $Name $Name)
}

# The tests on the lab. Most of their time is waiting, so those that have the lab's Slurm run beside those that have not; those that take
# away what others need come after them (LabPart).
function Test-Integration {
    Write-Host 'testing: Integration' -ForegroundColor Cyan
    exec { dotnet build tests/Integration --configuration Release --nologo } | Out-Host
    $test = (Get-DotnetTest Integration Integration.Slurm ('--no-build', '--filter', 'Part=Slurm&Part!=Alone')).ForEach{ "'$_'" } -join ' '
    $slurm = Start-Beside Integration.Slurm $test
    $code = Invoke-DotnetTest Integration Integration ('--no-build', '--filter', 'Part!=Slurm&Part!=Alone')
    $slurmCode = Wait-Beside Integration.Slurm $slurm
    Get-MendedTotal Integration Integration $code
    Get-MendedTotal Integration Integration.Slurm $slurmCode
    Get-MendedTotal Integration Integration.Alone (Invoke-DotnetTest Integration Integration.Alone ('--no-build', '--filter', 'Part=Alone'))
}

# A suite's totals. Where a handful failed it is run again, alone: a machine that is busier than a test allows for is not what CI is asked
# about. What passes then is passed, and is named at the end with its first failure; what fails twice has failed. Where more failed than
# tests, such as a fixture's end or the whole process, no second run says anything of that.
function Get-MendedTotal([string] $Project, [string] $Suite, [int] $ExitCode) {
    $results = "out/tests/$Suite.trx"
    $total = Get-SuiteTotal $Suite $ExitCode $results
    $failed = @(Get-FailedTest $results)
    if ($failed.Count -notin 1..5 -or $failed.Count -ne $total.Failed -or (Get-RunError $results)) { return $total }

    $filter = ($failed.Method | Select-Object -Unique | ForEach-Object { "FullyQualifiedName=$_" }) -join '|'
    $code = Invoke-DotnetTest $Project "$Suite.again" ('--no-build', '--filter', $filter)
    $passed = Get-TestResult "out/tests/$Suite.again.trx" Passed | ForEach-Object testName
    if (-not $code -and -not $failed.Where{ $_.Name -cnotin $passed }) {
        Move-Item $results "out/tests/$Suite.first.trx"
        $total.Passed += $total.Failed
        $total.Failed = 0
    }
    $total
}

# Gives the exit code.
function Invoke-DotnetTest([string] $Project, [string] $Suite, [string[]] $More) {
    $program, $arguments = Get-DotnetTest $Project $Suite $More
    & $program @arguments | Out-Host
    $LASTEXITCODE
}

# The words of the command. A test that hangs is named and fails, instead of holding all up until somebody looks.
function Get-DotnetTest([string] $Project, [string] $Suite, [string[]] $More) {
    'dotnet', 'test', "tests/$Project", '--configuration', 'Release', '--nologo'
    '--results-directory', 'out/tests', '--logger', "trx;LogFileName=$Suite.trx"
    '--blame-hang-timeout', '15m', '--blame-hang-dump-type', 'none'
    $More
}

# Runs a line of bash beside what follows. What it says is shown when it is waited for.
function Start-Beside([string] $Name, [string] $Line) {
    $log = @{ RedirectStandardOutput = "out/tests/$Name.log"; RedirectStandardError = "out/tests/$Name.errors" }
    $process = Start-Process bash -ArgumentList '-c', "`"$Line`"" @log -PassThru
    $script:Beside.Add($process)
    $process
}

function Wait-Beside([string] $Name, [Diagnostics.Process] $Process) {
    $Process.WaitForExit()
    Get-Content "out/tests/$Name.log", "out/tests/$Name.errors" | Out-Host
    $Process.ExitCode
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
    foreach ($results in Get-ChildItem out/tests -Filter *.trx | Sort-Object Name -Descending) {
        $word = switch -Wildcard ($results.Name) {
            '*.first.trx' { 'FAILED AT FIRST' }
            '*.again.trx' { 'FAILED AGAIN' }
            default { 'FAILED' }
        }
        Get-FailedTest $results | ForEach-Object { Write-Host "${word}: $($_.Name) ($($_.Duration)): $($_.Reason)" -ForegroundColor Red }
        Get-RunError $results | ForEach-Object { Write-Host "${word}: $($results.Name): $_" -ForegroundColor Red }
    }
}

# The tests that failed, of the results that dotnet test writes.
function Get-FailedTest([string] $Results) {
    foreach ($test in Get-TestResult $Results Failed) {
        [pscustomobject]@{
            Name = $test.testName
            Method = $test.testName.Split('(')[0]
            Duration = $test.duration
            Reason = "$($test.Output.ErrorInfo.Message)".Split("`n")[0]
        }
    }
}

# The tests that came out so.
function Get-TestResult([string] $Results, [string] $Outcome) {
    if (Test-Path $Results) { Select-Xml "//*[local-name()='UnitTestResult'][@outcome='$Outcome']" $Results | ForEach-Object Node }
}

# What failed beside the tests, in a line each: that a test failed is told in this way too, and ends with [FAIL].
function Get-RunError([string] $Results) {
    if (-not (Test-Path $Results)) { return }
    foreach ($info in Select-Xml "//*[local-name()='RunInfo'][@outcome='Error']" $Results) {
        $text = $info.Node.InnerText.Trim()
        if ($text -notlike '*`[FAIL`]') { (@($text.Split("`n")[0]) + (Get-RunErrorWord $Results $text)) -join ' ' }
    }
}

# What xUnit says of a fixture's failure stands elsewhere, in lines that are as old as its name or younger, and are further in.
function Get-RunErrorWord([string] $Results, [string] $Name) {
    if ($Name -notmatch '^(\[xUnit\.net [0-9:.]+\]) ') { return }
    $time = $Matches[1]
    Select-Xml "//*[local-name()='ResultSummary']/*[local-name()='Output']/*[local-name()='StdOut']" $Results |
        ForEach-Object { $_.Node.InnerText.Split("`n") } |
        Where-Object { $_ -match '^(\[xUnit\.net [0-9:.]+\]) {7}' -and $Matches[1] -ge $time } |
        ForEach-Object { ($_ -replace '^\[[^]]*\]').Trim() } |
        Where-Object { $_ } |
        Select-Object -First 5
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
