# Docs: the help that Get-Help reads, from docs/cmdlets.

# Exports it into en-US with PlatyPS, which needs a real pwsh; says so where there is none.
function Export-Help {
    $pages = Join-Root 'docs', 'cmdlets'
    if (-not [System.IO.Directory]::Exists($pages)) {
        Write-Step 'HELP NOT EXPORTED: docs/cmdlets has no pages'
        return
    }

    if (-not (Test-PlatyPS)) {
        Write-Step 'HELP NOT EXPORTED: no pwsh 7.6 with Microsoft.PowerShell.PlatyPS 1.0 on this machine'
        Write-Step 'Get-Help shows the syntax only; the pages are in docs/cmdlets'
        return
    }

    Write-Step 'exporting help into en-US'
    Invoke-Native 'pwsh' '-NoLogo', '-NoProfile', '-NonInteractive', '-File', (Join-Root 'build', 'Export-Maml.ps1'),
        '-Pages', $pages, '-Into', (Join-Root 'en-US')
}

# Whether there is a pwsh with PlatyPS.
function Test-PlatyPS {
    if (-not (Test-Program 'pwsh')) {
        return $false
    }

    $found = & pwsh -NoLogo -NoProfile -NonInteractive -Command `
        '@(Get-Module Microsoft.PowerShell.PlatyPS -ListAvailable | Where-Object Version -ge 1.0).Count -gt 0'
    "$found" -eq 'True'
}
