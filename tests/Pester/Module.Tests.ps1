BeforeDiscovery {
    . (Join-Path $PSScriptRoot 'Face.ps1')
    $commands = @(Get-Command -Module PisaHpc | ForEach-Object { @{ Name = $_.Name; Command = $_ } })
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Face.ps1')
}

Describe 'The module' {
    It 'is what its manifest says' {
        $module = Get-Module PisaHpc
        $module.Version | Should -Be (Test-ModuleManifest $Manifest).Version
        $module.Path | Should -Be (Join-Path $Root 'PisaHpc.psm1')
    }

    It 'exports the cmdlets that its manifest names, and nothing else' {
        $declared = (Import-PowerShellDataFile $Manifest).CmdletsToExport | Sort-Object
        Get-Command -Module PisaHpc | Sort-Object Name | ForEach-Object Name | Should -Be $declared
        Get-Command -Module PisaHpc | ForEach-Object CommandType | Sort-Object -Unique | Should -Be 'Cmdlet'
    }

    It 'exports them again when it is imported again' {
        $before = @(Get-Command -Module PisaHpc).Count
        Import-Module $Manifest -Force
        Import-Module $Manifest -Force
        @(Get-Command -Module PisaHpc).Count | Should -Be $before
        (Get-HpcAllocation -Node 'o2wn[01-02]' -Slot 32, 24 -Owner root).TotalSlots | Should -Be 56
    }

    It 'keeps its adapters and packages out of the default load context' {
        $null = Get-HpcEnvironment -Site (New-TestSite)
        $shared = [System.Runtime.Loader.AssemblyLoadContext]::Default.Assemblies | ForEach-Object { $_.GetName().Name }
        $shared | Should -Contain 'PisaHpc'
        $own = [System.Runtime.Loader.AssemblyLoadContext]::All | Where-Object Name -EQ PisaHpc
        $own.Assemblies | ForEach-Object { $_.GetName().Name } | Should -Contain 'YamlDotNet'
        foreach ($name in 'PisaHpc.Adapters', 'YamlDotNet', 'Docker.DotNet', 'Renci.SshNet') { $shared | Should -Not -Contain $name }
    }

    It 'lets scripts name its types' {
        [PisaHpc.Batch.HpcAllocation].FullName | Should -Be 'PisaHpc.Batch.HpcAllocation'
    }

    It 'has feedback and predictions where they are asked for, and takes them along when it is removed' {
        $script = Join-Path $TestDrive 'suggestions.ps1'
        Set-Content -LiteralPath $script -Value @'
param($Manifest)
function Test-Suggestion {
    'FeedbackProvider', 'CommandPredictor' | ForEach-Object { (Get-PSSubsystem -Kind $_).Implementations.Name -contains 'PisaHpc' }
}
Import-Module $Manifest
Test-Suggestion
Import-Module $Manifest -Force -ArgumentList Suggestions
Test-Suggestion
Remove-Module PisaHpc
Test-Suggestion
'@
        Invoke-Pwsh $script $Manifest | Should -Be 'False', 'False', 'True', 'True', 'False', 'False'
    }

    It 'works in the runspaces of ForEach-Object -Parallel' {
        $slots = 1..4 | ForEach-Object -Parallel {
            Import-Module $using:Manifest
            (Get-HpcAllocation -Node 'o2wn[01-02]' -Slot $_, 1 -Owner root).TotalSlots
        }
        $slots | Sort-Object | Should -Be 2, 3, 4, 5
    }
}

Describe 'Cmdlet <Name>' -ForEach $commands {
    It 'completes its own name and parameters' {
        (Complete $Name).CompletionText | Should -Contain $Name
        $parameter = @($Command.Parameters.Keys)[0]
        (Complete "$Name -$parameter").CompletionText | Should -Contain "-$parameter"
    }
}
