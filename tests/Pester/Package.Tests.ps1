BeforeAll {
    . (Join-Path $PSScriptRoot 'Face.ps1')
    Invoke-Pwsh (Join-Path $Root build.ps1) Package | Out-Null
    $LASTEXITCODE | Should -Be 0
    $packages = Join-Path $Root out package
    $version = (Import-PowerShellDataFile $Manifest).ModuleVersion

    # Both archives, unpacked as the README says.
    $modules = Join-Path $TestDrive modules
    Expand-Archive (Join-Path $packages "PisaHpc-$version.zip") $modules
    $portable = Join-Path $TestDrive portable
    Copy-Item (Join-Path $modules PisaHpc $version bin) $portable -Recurse
    tar -xzf (Get-Item (Join-Path $packages "pisahpc-$version-*.tar.gz")) -C $modules
    $installed = Join-Path $modules PisaHpc $version
    $pisahpc = Join-Path $installed host pisahpc

    # Whether an assembly has code of one system beside what any can compile.
    function Test-CompiledAhead([System.IO.FileInfo] $Assembly) {
        $image = [System.Reflection.PortableExecutable.PEReader]::new($Assembly.OpenRead())
        try { $image.PEHeaders.CorHeader.ManagedNativeHeaderDirectory.Size -gt 0 }
        finally { $image.Dispose() }
    }

    # Runs a command in a pwsh of its own that has a home of its own, and gives what it puts out.
    function Invoke-Elsewhere([string] $Command) {
        $script = Join-Path $TestDrive "$(New-Guid).ps1"
        Set-Content $script "`$ErrorActionPreference = 'Stop'`n$Command"
        $before = $env:HOME, $env:PSModulePath, $env:XDG_DATA_HOME, $env:XDG_CACHE_HOME
        $env:HOME = Join-Path $TestDrive home
        $env:PSModulePath = $env:XDG_DATA_HOME = $env:XDG_CACHE_HOME = $null
        try { Invoke-Pwsh $script }
        finally { $env:HOME, $env:PSModulePath, $env:XDG_DATA_HOME, $env:XDG_CACHE_HOME = $before }
        $LASTEXITCODE | Should -Be 0
    }
}

Describe 'The module in its archive' {
    It 'has what it loads, its help, and what its messages name' {
        $files = Get-ChildItem $installed -Recurse -File | ForEach-Object { [System.IO.Path]::GetRelativePath($installed, $_.FullName) } |
            Where-Object { $_ -notlike 'host/*' }
        $expected = @(
            Get-ChildItem (Join-Path $Root bin) -Filter *.dll | ForEach-Object { "bin/$($_.Name)" }
            Get-ChildItem (Join-Path $Root docs about) | ForEach-Object { "en-US/$($_.BaseName).help.txt" }
            Get-ChildItem (Join-Path $Root contrib) -Recurse -File |
                ForEach-Object { [System.IO.Path]::GetRelativePath($Root, $_.FullName) }
            'bin/native/pisahpc-agent'
            'CHANGELOG.md', 'LICENSE', 'PisaHpc.Format.ps1xml', 'PisaHpc.psd1', 'PisaHpc.psm1', 'bin/PisaHpc.Module.deps.json',
            'bin/PisaHpc.Adapters.pdb', 'bin/PisaHpc.Module.pdb', 'bin/PisaHpc.pdb', 'docs/site.example.yaml', 'docs/site.schema.json'
            'en-US/PisaHpc.Module.dll-Help.xml'
        )
        $files | Sort-Object | Should -Be ($expected | Sort-Object)
    }

    It 'is portable code' {
        Get-ChildItem $portable -Filter *.dll | Where-Object { Test-CompiledAhead $_ } | Should -BeNullOrEmpty
    }

    It "is code of the system's own where the host's archive is unpacked over it" {
        Get-ChildItem (Join-Path $installed bin) -Filter *.dll | Where-Object { -not (Test-CompiledAhead $_) } | Should -BeNullOrEmpty
    }
}

Describe 'The program for hooks in its archive' {
    BeforeAll {
        tar -xzf (Get-Item (Join-Path $packages "pisahpc-hook-$version-*.tar.gz")) -C $TestDrive
    }

    It 'is one file that needs no runtime' {
        env -i DOTNET_ROOT=/nonexistent (Join-Path $TestDrive pisahpc-hook) -Version | Should -BeLike "$version*"
    }

    It 'has the agent beside it, by both of its names, which needs no library' {
        (ldd (Join-Path $TestDrive pisahpc-agent) 2>&1) -join '' | Should -BeLike '*statically linked*'
        & (Join-Path $TestDrive pisahpc-run) --help | Select-Object -First 1 | Should -BeLike 'usage: pisahpc-run *'
        $both = (Join-Path $TestDrive pisahpc-agent), (Join-Path $installed bin native pisahpc-agent)
        (Get-FileHash $both).Hash | Select-Object -Unique | Should -HaveCount 1
    }
}

Describe 'What ships beside that program' {
    It 'has the units that sweep, as they stand in the checkout' {
        $into = New-Item -ItemType Directory (Join-Path $TestDrive units)
        tar -xzf (Get-Item (Join-Path $packages "pisahpc-hook-$version-*.tar.gz")) -C $into --strip-components=1 systemd
        (Get-ChildItem $into).Name | Sort-Object | Should -Be 'pisahpc-htcondor-sweep.service', 'pisahpc-htcondor-sweep.timer',
            'pisahpc-metrics.service', 'pisahpc-metrics.timer', 'pisahpc-sweep-boot.service', 'pisahpc-sweep.service', 'pisahpc-sweep.timer'
        foreach ($unit in Get-ChildItem $into) {
            Get-Content $unit -Raw | Should -BeExactly (Get-Content (Join-Path $Root hooks systemd $unit.Name) -Raw)
        }
    }
}

Describe 'The host beside it' {
    It 'finds it, also by a link' {
        $link = Join-Path $TestDrive pisahpc
        $null = New-Item -ItemType SymbolicLink $link -Value $pisahpc
        & $link -Command '(Get-Module PisaHpc).Path; (Get-HpcAllocation -Node "o2wn[01-02]" -Slot 32, 24 -Owner root).TotalSlots' |
            Should -Be (Join-Path $installed PisaHpc.psm1), 56
    }

    It 'has the help' {
        & $pisahpc -Command 'Get-Help about_PisaHpc_Jobs' | Out-String | Should -Match '# about_PisaHpc_Jobs'
    }
}

Describe 'The .nupkg' {
    It 'goes to a repository and is installed from it, by <Way>' -ForEach @(
        @{ Way = 'the package itself'; What = '-NupkgPath (Get-Item "{0}/*.nupkg")' }
        @{ Way = 'the module directory'; What = '-Path {1}' }
    ) {
        $repository = (New-Item -ItemType Directory (Join-Path $TestDrive "repository-$($Way -replace ' ')")).FullName
        $source = $What -f $packages, (Join-Path $packages PisaHpc $version)
        $said = Invoke-Elsewhere @"
            Register-PSResourceRepository -Name folder -Uri $repository -Trusted
            Publish-PSResource $source -Repository folder
            Install-PSResource PisaHpc -Repository folder -Scope CurrentUser
            Unregister-PSResourceRepository folder
            Import-Module PisaHpc
            (Get-Module PisaHpc).Path
            (Get-Help Start-HpcJob -Full).Synopsis
            (Get-HpcAllocation -Node 'o2wn[01-02]' -Slot 32, 24 -Owner root).TotalSlots
            Uninstall-PSResource PisaHpc
"@
        $said[0] | Should -BeLike "$TestDrive/home/*/PisaHpc/$version/PisaHpc.psm1"
        $said[1] | Should -BeLike 'Starts a *'
        $said[2] | Should -Be 56
    }
}
