BeforeAll {
    . (Join-Path $PSScriptRoot 'Face.ps1')
    Push-Location $Root
    # What build/ defines beside its tasks.
    function task { }
    function Exit-Build { }
    . (Join-Path $Root build Project.tasks.ps1)
    . (Join-Path $Root build Test.tasks.ps1)
    . (Join-Path $Root build Native.tasks.ps1)
}

AfterAll {
    Pop-Location
}

Describe 'build.ps1' {
    It 'refuses <Arguments>' -ForEach @(
        @{ Arguments = @{ Tasks = 'Deploy' }; Message = '*does not belong to the set*' }
        @{ Arguments = @{ Tasks = 'Build'; Up = $true }; Message = '*belong to the task Lab, not to Build*' }
        @{ Arguments = @{ Tasks = 'Build'; Only = 'ports' }; Message = '*belong to the task Bench, not to Build*' }
        @{ Arguments = @{ Tasks = 'Lab'; Up = $true; Down = $true }; Message = '*exclude each other*' }
        @{ Arguments = @{ Tasks = 'Lab'; Down = $true; Status = $true }; Message = '*exclude each other*' }
        @{ Arguments = @{ Tasks = 'Lab'; Nodes = 4 }; Message = '-Nodes 4 belongs to -Up. Run: ./build.sh Lab -Up -Nodes 4' }
        @{ Arguments = @{ Tasks = 'Lab'; Down = $true; Nodes = 4 }; Message = '-Nodes 4 belongs to -Up*' }
        @{ Arguments = @{ Tasks = 'Lab'; Batch = 'Slurm' }; Message = '-Batch Slurm belongs to -Up. Run: ./build.sh Lab -Up -Batch Slurm' }
        @{ Arguments = @{ Tasks = 'Lab'; Up = $true; Batch = 'Cron' }; Message = '*does not belong to the set*' }
        @{ Arguments = @{ Tasks = 'Lab'; Up = $true; Nodes = 17 }; Message = '*less than or equal to 16*' }
    ) {
        { & (Join-Path $Root build.ps1) @Arguments } | Should -Throw $Message
    }
}

Describe 'The totals' {
    It 'of a results file are <Passed> passed, <Failed> failed, <Skipped> skipped' -ForEach @(
        @{ Counters = 'total="10" executed="7" passed="5" failed="2"'; Passed = 5; Failed = 2; Skipped = 3 }
        @{ Counters = 'total="4" executed="4" passed="4" failed="0"'; Passed = 4; Failed = 0; Skipped = 0 }
        @{ Counters = 'total="4" executed="4" passed="2" failed="1" error="1"'; Passed = 2; Failed = 2; Skipped = 0 }
    ) {
        $file = Join-Path $TestDrive results.trx
        Set-Content $file "<TestRun><ResultSummary><Counters $Counters/></ResultSummary></TestRun>"
        $total = Get-SuiteTotal Unit 0 $file
        $total.Passed, $total.Failed, $total.Skipped | Should -Be $Passed, $Failed, $Skipped
    }

    It 'of three numbers on a line are those' {
        $file = Join-Path $TestDrive Pester.txt
        Set-Content $file '12 0 3'
        $total = Get-SuiteTotal Pester 0 $file
        $total.Passed, $total.Failed, $total.Skipped | Should -Be 12, 0, 3
    }

    It 'of a suite that left no results are a failure' {
        (Get-SuiteTotal Unit 0 /no/such.trx 6>$null).Failed | Should -Be 1
    }

    It 'of a suite that failed before it could count are a failure' {
        $file = Join-Path $TestDrive Pester.txt
        Set-Content $file '12 0 0'
        (Get-SuiteTotal Pester 1 $file 6>$null).Failed | Should -Be 1
    }
}

Describe 'A suite' {
    BeforeAll {
        function Write-Result([string] $File, [string[]] $Failed, [string[]] $Passed, [string] $RunError, [string] $Said) {
            $results = $Failed | ForEach-Object {
                "<UnitTestResult testName='$_' outcome='Failed' duration='00:00:01'><Output><ErrorInfo><Message>Why</Message></ErrorInfo>" +
                    '</Output></UnitTestResult>'
            }
            $good = $Passed | ForEach-Object { "<UnitTestResult testName='$_' outcome='Passed'/>" }
            $infos = @($Failed | ForEach-Object { "[xUnit.net 00:00:01.00]     $_ [FAIL]" }) + @($RunError | Where-Object { $_ }) |
                ForEach-Object { "<RunInfo outcome='Error'><Text>$_</Text></RunInfo>" }
            $all = $Failed.Count + $Passed.Count
            $counters = "total='$all' executed='$all' passed='$($Passed.Count)' failed='$($Failed.Count)'"
            Set-Content "out/tests/$File" ("<TestRun xmlns='http://microsoft.com/schemas/VisualStudio/TeamTest/2010'>" +
                "<Results>$results$good</Results><ResultSummary><Counters $counters/>" +
                "<Output><StdOut>$Said</StdOut></Output><RunInfos>$infos</RunInfos></ResultSummary></TestRun>")
        }
    }

    BeforeEach {
        Push-Location (New-Item -ItemType Directory (Join-Path $TestDrive (New-Guid)))
        $null = New-Item -ItemType Directory out/tests
    }

    AfterEach {
        Pop-Location
    }

    It 'where <Failed> fail and then <Again>, while <Passed> pass, has <Total> failures' -ForEach @(
        @{ Failed = 'A.B', 'C.D(x: 1)'; Again = @(); Passed = 'A.B', 'C.D(x: 1)', 'C.D(x: 2)'; Total = 0; Runs = 2
            Said = 'FAILED AT FIRST: A.B*', 'FAILED AT FIRST: C.D(x: 1)*' }
        @{ Failed = 'A.B', 'C.D(x: 1)'; Again = @('A.B'); Passed = 'C.D(x: 1)', 'C.D(x: 2)'; Total = 2; Runs = 2
            Said = 'FAILED: A.B*', 'FAILED: C.D(x: 1)*', 'FAILED AGAIN: A.B*' }
        @{ Failed = 'A.B', 'C.D(x: 1)'; Again = @(); Passed = 'C.D(x: 1)', 'C.D(x: 2)', 'C.D(x: 3)'; Total = 2; Runs = 2
            Said = 'FAILED: A.B*', 'FAILED: C.D(x: 1)*' }
        @{ Failed = 'A.B', 'C.D(x: a)'; Again = @(); Passed = 'A.B', 'C.D(x: A)'; Total = 2; Runs = 2
            Said = 'FAILED: A.B*', 'FAILED: C.D(x: a)*' }
        @{ Failed = 1..6 | ForEach-Object { "A.B$_" }; Again = @(); Passed = @(); Total = 6; Runs = 1
            Said = 1..6 | ForEach-Object { "FAILED: A.B$_*" } }
        @{ Failed = @(); Again = @(); Passed = @(); Total = 0; Runs = 1; Said = @() }
    ) {
        Mock Invoke-DotnetTest {
            if ($More) {
                $More[-1] | Should -Be 'FullyQualifiedName=A.B|FullyQualifiedName=C.D'
                Write-Result Unit.again.trx $Again $Passed
                return [int] ($Again.Count -gt 0)
            }
            Write-Result Unit.trx $Failed (1..10 | ForEach-Object { "A.Good$_" })
            [int] ($Failed.Count -gt 0)
        }
        $suite = Test-Project Unit 6>$null
        $suite.Passed, $suite.Failed | Should -Be (10 + $Failed.Count - $Total), $Total
        Should -Invoke Invoke-DotnetTest -Times $Runs -Exactly
        $lines = @(Show-FailedTest 6>&1)
        $lines.Count | Should -Be $Said.Count
        for ($i = 0; $i -lt $Said.Count; $i++) { $lines[$i] | Should -BeLike $Said[$i] }
    }

    It 'in which more failed than tests is not run again, and says what failed: <RunError>' -ForEach @(
        @{ RunError = '[xUnit.net 00:00:02.00]     [Test Class Cleanup Failure (A)] System.IO.IOException'
            Told = ' No space left on device Stack Trace: A.cs(48,0)' }
        @{ RunError = 'The active test run was aborted. Reason: Test host process crashed'; Told = '' }
    ) {
        Mock Invoke-DotnetTest {
            Write-Result Unit.trx 'A.B' 'A.Good' $RunError -Said (@(
                    '[xUnit.net 00:00:01.00]       Why', '[xUnit.net 00:00:02.00]       No space left on device',
                    '[xUnit.net 00:00:02.00]       Stack Trace:', '[xUnit.net 00:00:02.01]         A.cs(48,0)',
                    '[xUnit.net 00:00:02.02]   Finished:    A') -join "`n")
            1
        }
        $suite = Test-Project Unit 6>$null
        $suite.Passed, $suite.Failed | Should -Be 1, 1
        Should -Invoke Invoke-DotnetTest -Times 1 -Exactly
        Show-FailedTest 6>&1 | Should -Be 'FAILED: A.B (00:00:01): Why', "FAILED: Unit.trx: $RunError$Told"
    }
}

Describe 'The tests on the lab' {
    It 'are three suites: Slurm beside what has no Slurm, and behind both what wants to be alone' {
        $script:steps = [Collections.Generic.List[string]]::new()
        function exec { }
        Mock Start-Beside { $script:steps.Add("begin $($Line -replace '.*--filter')") }
        Mock Invoke-DotnetTest { $script:steps.Add("run $($More[-1])"); 3 }
        Mock Wait-Beside { $script:steps.Add('end'); 5 }
        Mock Get-MendedTotal { $script:steps.Add("$Suite $ExitCode") }
        Test-Integration 6>$null
        $script:steps | Should -Be @(
            "begin ' 'Part=Slurm&Part!=Alone'", 'run Part!=Slurm&Part!=Alone', 'end', 'Integration 3', 'Integration.Slurm 5'
            'run Part=Alone', 'Integration.Alone 3'
        )
    }
}

Describe 'What a build reads' {
    It 'is newer when a file changes, comes or goes' {
        Push-Location (New-Item -ItemType Directory (Join-Path $TestDrive checkout))
        try {
            $read = 'Directory.Build.props', 'Directory.Packages.props', '.editorconfig', 'PisaHpc.psd1', 'src/a.cs', 'src/b.cs'
            $null = New-Item -ItemType File $read -Force
            $list = (Get-Source Test src)[-1]
            $list.LastWriteTime = '2000-01-01'
            (Get-Source Test src)[-1].LastWriteTime.Year | Should -Be 2000
            Remove-Item src/b.cs
            (Get-Source Test src)[-1].LastWriteTime.Year | Should -Not -Be 2000
            (Get-Source Test src).Name | Should -Contain 'a.cs'
        }
        finally {
            Pop-Location
        }
    }
}

Describe 'The compiler of the agent' {
    BeforeEach {
        $path = $env:PATH
        $env:PATH = (New-Item -ItemType Directory (Join-Path $TestDrive (New-Guid))).FullName
    }

    AfterEach {
        $env:PATH = $path
    }

    It 'is asked for where it is missing' {
        { Get-CCompiler } | Should -Throw 'The agent cannot be compiled: gcc is not installed. On Debian: lab/lab.sh packages, *'
    }

    It 'has to have a static C library' {
        Set-Content (Join-Path $env:PATH gcc) "#!/bin/sh`necho `${1#*=}"
        [System.IO.File]::SetUnixFileMode((Join-Path $env:PATH gcc), 'UserRead, UserWrite, UserExecute')
        { Get-CCompiler } | Should -Throw 'The agent cannot be compiled: gcc finds no libc.a of a static C library. On Debian: *libc6-dev*'
    }
}
