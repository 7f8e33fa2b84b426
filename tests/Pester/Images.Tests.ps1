BeforeAll {
    . (Join-Path $PSScriptRoot 'Face.ps1')
    # No engine answers here: what is asked of one is refused, and everything before that is seen.
    $site = Join-Path $TestDrive 'site.yaml'
    Set-Content -LiteralPath $site -Value "nodes: { names: [ 'o2wn[01-02]' ], engineSocket: $TestDrive/no.sock }"
    $tree = (New-Item -ItemType Directory (Join-Path $TestDrive 'tree')).FullName
}

Describe 'Import-HpcImage' {
    It 'takes paths and names from the pipeline by property name, and each failure is one error' {
        [pscustomobject]@{ Path = $tree; Name = 'pisa/a:1' }, [pscustomobject]@{ Path = $tree; Name = 'pisa/b:1' } |
            Import-HpcImage -Site $site -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures.Count | Should -Be 2
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'EngineUnavailable,*'
    }

    It 'takes a directory object' {
        Get-Item $tree | Import-HpcImage -Site $site -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'EngineUnavailable,*'
    }

    It 'refuses <What> before it asks an engine' -ForEach @(
        @{ What = 'an unknown instruction'; Parameters = @{ Change = 'COPY a b' } }
        @{ What = 'several nodes'; Parameters = @{ Node = 'o2wn[01-02]' } }
    ) {
        { Import-HpcImage $tree -Name pisa/a:1 -Site $site @Parameters -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidValue,*'
    }

    It 'refuses a name that no image can have' {
        { Import-HpcImage $tree -Name Pisa/A -Site $site -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidValue,*'
    }

    It 'takes a path or a stream, and not both' {
        { Import-HpcImage -Path $tree -Stream ([System.IO.Stream]::Null) -Name pisa/a:1 -Site $site } |
            Should -Throw -ErrorId 'AmbiguousParameterSet,*'
    }

    It 'completes nodes' {
        (Complete "Import-HpcImage $tree -Name a -Site '$site' -Node o2").CompletionText | Should -Contain 'o2wn01'
    }
}

Describe 'Publish-HpcImage' {
    It 'takes names, and objects that carry a name and a node' {
        'pisa/a:1', 'pisa/b:1' |
            Publish-HpcImage -Site $site -Registry registry.lab:5000 -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures.Count | Should -Be 2
        [pscustomobject]@{ Name = 'pisa/a:1'; Node = 'localhost' } |
            Publish-HpcImage -Site $site -Registry registry.lab:5000 -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures.Count | Should -Be 1
        $failures[0].TargetObject | Should -Be 'localhost'
    }
}
