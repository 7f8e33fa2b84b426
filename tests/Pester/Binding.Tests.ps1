BeforeAll {
    . (Join-Path $PSScriptRoot 'Face.ps1')
    $site = New-TestSite
}

Describe 'Nodes' {
    It 'come as <Form>' -ForEach @(
        @{ Form = 'names'; Node = 'o2wn01', 'o2wn02' }
        @{ Form = 'a host list'; Node = 'o2wn[01-02]' }
        @{ Form = 'objects with a Node'; Node = @([pscustomobject]@{ Node = 'o2wn01' }, [pscustomobject]@{ Node = 'o2wn02' }) }
        @{ Form = 'objects with a Name'; Node = @([pscustomobject]@{ Name = 'o2wn01' }, [pscustomobject]@{ Name = 'o2wn02' }) }
    ) {
        (Get-HpcAllocation -Node $Node -Slot 32, 24 -Owner root).Nodes.Name | Should -Be 'o2wn01', 'o2wn02'
    }
}

Describe 'Errors' {
    It 'have a stable id, the target and the next step' {
        Get-HpcEnvironment -Name no-such -Site $site -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure.Count | Should -Be 1
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'EnvironmentNotFound,*'
        $failure[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failure[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'name file, line and column of a site definition that is not valid' {
        $broken = Join-Path $TestDrive 'broken.yaml'
        Set-Content -LiteralPath $broken -Value "registry: a:5000`nenvironmnts: {}"
        { Get-HpcEnvironment -Site $broken -ErrorAction Stop } | Should -Throw -ErrorId 'SiteInvalid,*' -PassThru |
            ForEach-Object { $_.Exception.Message } | Should -Match 'broken\.yaml:2:1: unknown key'
    }
}

Describe 'Completion' {
    It 'offers the environments of the site definition' {
        (Complete "Get-HpcEnvironment -Site '$site' -Name d").CompletionText | Should -Contain 'debian12'
    }

    It 'offers the queues' {
        (Complete "Get-HpcEnvironment -Site '$site' -Queue h").CompletionText | Should -Contain 'hpc'
    }

    It 'offers the nodes' {
        (Complete "Get-IbDevice -Site '$site' -Node o2").CompletionText | Should -Contain 'o2wn01'
    }

    It 'is silent about a site definition that does not exist' {
        { Complete 'Get-HpcEnvironment -Site /no/such.yaml -Name d' } | Should -Not -Throw
    }
}

Describe 'Checks of nodes' {
    It 'complete their names' {
        (Complete 'Test-HpcNode -Check Port').CompletionText | Should -Be 'PortArea', 'PortRange'
    }

    It 'are an error only where that is asked for' {
        $check = Test-HpcNode no-such-node -Site $site -ErrorVariable failures
        $check.Check, $check.Result | Should -Be 'Ssh', 'Failed'
        $failures | Should -BeNullOrEmpty
        Test-HpcNode no-such-node -Site $site -FailOn Failed -ErrorVariable failures -ErrorAction SilentlyContinue | Out-Null
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'NodeCheckFailed,*'
        $failures[0].TargetObject | Should -Be 'no-such-node'
    }

    It 'sum up as a monitoring system takes it' {
        $status = Test-HpcNode no-such-node -Site $site -Summary
        $status.ExitCode | Should -Be 2
        "$status" | Should -Match '^PISAHPC CRITICAL - Ssh failed on no-such-node \| nodes=1 '
    }
}

Describe 'A setup of nodes' {
    It 'of the whole site is not begun where nobody can be asked' {
        { Initialize-HpcNode -Site $site -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidValue,*' -PassThru |
            ForEach-Object { $_.Exception.Message } | Should -Match 'all 16 nodes of the site: o2wn\[01-16\]'
    }

    It 'names a node that does not answer, and says nothing of it as output' {
        Initialize-HpcNode no-such-node -Site $site -ErrorVariable failures -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'NodeUnreachable,*'
    }
}

Describe 'A job id' {
    It 'comes by the pipeline as text, and never as the printed form of an object' {
        $area = Join-Path $TestDrive 'ids'
        New-Item -ItemType Directory $area | Out-Null
        New-Item -ItemType File (Join-Path $area 22000) | Out-Null
        New-JobPort 4711 -Path $area | Out-Null
        ('4711' | Get-JobPort -Path $area).JobId | Should -Be '4711'
        { [uri]'http://x' | Get-JobPort -Path $area -ErrorAction Stop } | Should -Throw -ErrorId 'InputObjectNotBound,*'
    }

    It 'goes to Get-HpcJob with the nodes of its object' {
        (Get-Command Get-HpcJob).Parameters['Node'].Aliases | Should -Contain 'Nodes'
    }
}

Describe '-WhatIf' {
    It 'takes no port' {
        $area = Join-Path $TestDrive 'ports'
        New-Item -ItemType Directory $area | Out-Null
        22000..22003 | ForEach-Object { New-Item -ItemType File (Join-Path $area $_) | Out-Null }
        Get-HpcAllocation -Node o2wn01 -Slot 1 -Owner root -JobId 4711 | New-JobPort -Path $area -WhatIf
        @(Get-ChildItem $area).Count | Should -Be 4
    }
}
