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
