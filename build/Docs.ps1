# Docs: the help that Get-Help reads, from docs/about and docs/cmdlets.

# Makes a culture's folder anew: a topic or page that is gone from docs must not live on in it.
function Export-Help([string] $Into = (Join-Root 'en-US')) {
    Remove-Tree $Into
    [void] [System.IO.Directory]::CreateDirectory($Into)
    Export-Topic $Into
    Export-Page $Into
}

# The about_ topics, which Get-Help takes as they are.
function Export-Topic([string] $Into) {
    foreach ($file in [System.IO.Directory]::GetFiles((Join-Root 'docs', 'about'), 'about_*.md')) {
        $name = [System.IO.Path]::GetFileNameWithoutExtension($file) + '.help.txt'
        [System.IO.File]::Copy($file, [System.IO.Path]::Combine($Into, $name))
    }
}

# The cmdlets' pages, with PlatyPS, which needs a real pwsh; says so where there is none.
function Export-Page([string] $Into) {
    if (-not (Test-PwshModule 'Microsoft.PowerShell.PlatyPS' '1.0')) {
        Write-Step 'HELP NOT EXPORTED: no pwsh 7.6 with Microsoft.PowerShell.PlatyPS 1.0 on this machine'
        Write-Step 'Get-Help shows the syntax only; the pages are in docs/cmdlets'
        return
    }

    Write-Step "exporting help into $Into"
    Invoke-Native 'pwsh' '-NoLogo', '-NoProfile', '-NonInteractive', '-File', (Join-Root 'build', 'Export-Maml.ps1'),
        '-Pages', (Join-Root 'docs', 'cmdlets'), '-Into', $Into
    $file = [System.IO.Path]::Combine($Into, 'PisaHpc.Module.dll-Help.xml')
    if (-not [System.IO.File]::Exists($file)) {
        throw "PlatyPS made no $file of the pages in docs/cmdlets; its messages are above."
    }
}
