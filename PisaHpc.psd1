@{
    RootModule             = 'PisaHpc.psm1'
    NestedModules          = @('bin/PisaHpc.Module.dll')
    ModuleVersion          = '0.1.0'
    GUID                   = '5b0b6a0e-6b0c-4a55-9a54-0f6f2c6f3e71'
    Author                 = 'PisaHpc contributors'
    CompanyName            = 'PisaHpc contributors'
    Copyright              = '(c) PisaHpc contributors. MIT License.'
    Description            = 'Container environments for batch jobs on an HPC cluster, with InfiniBand, a port and keys per job, and MPI.'
    PowerShellVersion      = '7.6'
    CompatiblePSEditions   = @('Core')
    FormatsToProcess       = @('PisaHpc.Format.ps1xml')
    FunctionsToExport      = @()
    VariablesToExport      = @()
    AliasesToExport        = @()
    CmdletsToExport        = @(
        'Clear-HpcOrphan'
        'Compare-HpcEnvironment'
        'Copy-HpcContainerItem'
        'Enter-HpcContainer'
        'Export-HpcKnownHost'
        'Export-HpcMetric'
        'Export-HpcReport'
        'Export-HpcTrace'
        'Get-HpcAllocation'
        'Get-HpcContainer'
        'Get-HpcContainerLog'
        'Get-HpcEnvironment'
        'Get-HpcImage'
        'Get-HpcJob'
        'Get-HpcNode'
        'Get-IbDevice'
        'Get-JobPort'
        'Get-JobSshConfig'
        'Import-HpcImage'
        'Initialize-HpcNode'
        'Install-HpcBatchHook'
        'Invoke-ContainerCommand'
        'Invoke-ContainerMpi'
        'Invoke-HpcJob'
        'Measure-HpcContainer'
        'New-HpcContainerPlan'
        'New-HpcSite'
        'New-JobPort'
        'New-JobSshConfig'
        'Publish-HpcImage'
        'Remove-JobPort'
        'Remove-JobSshConfig'
        'Restart-HpcContainer'
        'Start-HpcContainer'
        'Start-HpcJob'
        'Stop-HpcContainer'
        'Stop-HpcJob'
        'Sync-HpcEnvironment'
        'Test-HpcBatchHook'
        'Test-HpcContainer'
        'Test-HpcNode'
        'Test-HpcSite'
        'Uninstall-HpcBatchHook'
        'Update-HpcImage'
        'Wait-HpcContainer'
        'Wait-HpcJob'
    )
    PrivateData            = @{
        PSData = @{
            Tags         = @('HPC', 'MPI', 'Docker', 'Slurm', 'LSF', 'HTCondor', 'InfiniBand', 'Linux')
            LicenseUri   = 'https://opensource.org/license/mit'
            ReleaseNotes = 'See CHANGELOG.md.'
        }
    }
}
