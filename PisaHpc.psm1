# PisaHpc.dll (the domain, whose types scripts see) loads in the default context; PisaHpc.Module.dll and every package it needs load in
# a context of their own, so that another module's copy of the same package does no harm. Only Core cmdlets and .NET are used here: a
# session may begin with no others.
$ErrorActionPreference = 'Stop'
$domain = [System.Reflection.Assembly]::LoadFrom([System.IO.Path]::Combine($PSScriptRoot, 'bin', 'PisaHpc.dll'))
$module = $domain.GetType('PisaHpc.ModuleLoadContext').GetMethod('LoadModule').Invoke($null, @())

# A second import in the same process exports nothing without this (PowerShell#20710).
$imported = Import-Module -Assembly $module -PassThru
foreach ($cmdlet in $imported.ExportedCmdlets.Values) {
    $ExecutionContext.SessionState.Module.GetType().GetMethod(
        'AddExportedCmdlet', [System.Reflection.BindingFlags]'Instance, NonPublic').Invoke(
        $ExecutionContext.SessionState.Module, @($cmdlet))
}
