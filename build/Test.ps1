# Test: every suite, one line of totals at the end.

# Runs the suites and gives the exit code: 0 only when every suite ran to its end and nothing failed.
function Test-Everything {
    Build-Everything
    $results = Join-Root 'out', 'tests'
    Remove-Tree $results
    Write-Step 'installing the packages that are missing'
    Invoke-Lab 'packages'
    $totals = @(
        Test-Project 'Unit' $results
        if (Test-LabUp) {
            Test-Project 'Connections' $results
            Test-Project 'Integration' $results
            Test-Lifecycle $results
        }
        else {
            @{ Passed = 0; Failed = 1; Skipped = 0 }
        }
        Test-Face $results
    )

    $sum = @{ Passed = 0; Failed = 0; Skipped = 0 }
    foreach ($total in $totals) {
        foreach ($key in @($sum.Keys)) {
            $sum[$key] += $total[$key]
        }
    }

    [System.Console]::Out.WriteLine("$($sum.Passed) passed, $($sum.Failed) failed, $($sum.Skipped) skipped")
    [int] ($sum.Failed -gt 0)
}

# Raises the lab where it is down; says whether it stands. A lab that does not come up is a failed test, not the end of the others.
function Test-LabUp {
    Write-Step 'raising the lab'
    foreach ($command in @(, @('up')) + @(, @('images', 'deb13'))) {
        $code = Get-NativeExitCode (Join-Root 'lab', 'lab.sh') $command
        if ($code -ne 0) {
            break
        }
    }

    if ($code -ne 0) {
        Write-Step "THE LAB DID NOT COME UP (exit code $code): the integration tests did not run"
    }

    $code -eq 0
}

# Runs a test project and gives its totals.
function Test-Project([string] $Name, [string] $Results) {
    Write-Step "testing: $Name"
    $code = Get-NativeExitCode 'dotnet' 'test', (Join-Root 'tests', $Name), '-c', $Configuration, '--nologo',
        '--results-directory', $Results, '--logger', "trx;LogFileName=$Name.trx"
    Get-SuiteTotal $Name $code (Read-TestTotal ([System.IO.Path]::Combine($Results, "$Name.trx")))
}

# Tries out the lab itself, in a second one beside it, and gives its totals.
function Test-Lifecycle([string] $Results) {
    Write-Step 'testing: the lab itself'
    $file = [System.IO.Path]::Combine($Results, 'lifecycle.txt')
    $code = Get-NativeExitCode (Join-Root 'lab', 'tests', 'lifecycle.sh') $file
    Get-SuiteTotal 'lifecycle.sh' $code (Read-TotalsLine $file)
}

# A suite's totals: one that failed and counted no failure has failed all the same.
function Get-SuiteTotal([string] $Name, [int] $Code, [hashtable] $Totals) {
    if ($Code -ne 0 -and $Totals.Failed -eq 0) {
        Write-Step "$Name ENDED WITH EXIT CODE $Code before it could count: see above"
        $Totals.Failed = 1
    }

    $Totals
}

# The totals of a file with passed, failed and skipped on a line; without one nothing ran.
function Read-TotalsLine([string] $Path) {
    $totals = @{ Passed = 0; Failed = 0; Skipped = 0 }
    if ([System.IO.File]::Exists($Path)) {
        $totals.Passed, $totals.Failed, $totals.Skipped = [int[]] [System.IO.File]::ReadAllText($Path).Trim().Split(' ')
    }

    $totals
}

# The totals of a results file; without one nothing ran.
function Read-TestTotal([string] $Path) {
    if (-not [System.IO.File]::Exists($Path)) {
        return @{ Passed = 0; Failed = 0; Skipped = 0 }
    }

    $document = [System.Xml.XmlDocument]::new()
    $document.Load($Path)
    $counters = $document.GetElementsByTagName('Counters')[0]
    $total = [int] $counters.GetAttribute('total')
    $passed = [int] $counters.GetAttribute('passed')
    $skipped = $total - [int] $counters.GetAttribute('executed')
    @{ Passed = $passed; Failed = $total - $passed - $skipped; Skipped = $skipped }
}
