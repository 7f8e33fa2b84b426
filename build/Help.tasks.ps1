# The help that Get-Help reads, from docs/about and docs/cmdlets.

# Synopsis: The help, for a checkout's own PowerShell.
task Docs Module, Help

task Help -Inputs { Get-Source Help docs/about, docs/cmdlets, build/help } -Outputs en-US/PisaHpc.Module.dll-Help.xml {
    Export-Help en-US
}

# Makes a culture's folder anew: a topic or page that is gone from docs must not live on in it.
function Export-Help([string] $Into) {
    Remove-Item $Into -Recurse -Force -ErrorAction Ignore
    $null = New-Item -ItemType Directory $Into
    foreach ($topic in Get-ChildItem docs/about/about_*.md) {
        Copy-Item $topic (Join-Path $Into "$($topic.BaseName).help.txt")
    }

    # PlatyPS where there is one; elsewhere its pages are read here. Each brings libraries of its own, hence the process.
    $platyPS = Get-Module Microsoft.PowerShell.PlatyPS -ListAvailable | Where-Object Version -GE ([version] '1.0')
    $exporter = $platyPS ? 'build/help/Export-PlatyPSHelp.ps1' : 'build/help/Export-PageHelp.ps1'
    exec { Invoke-Pwsh $exporter -Pages docs/cmdlets -Into $Into }
}
