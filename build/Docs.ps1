# Docs: the help that Get-Help reads, from docs/about and docs/cmdlets, into en-US.

function Export-Help {
    Export-Topics
    Export-Pages
}

# The about_ topics, which Get-Help takes as they are.
function Export-Topics {
    $into = Join-Root 'en-US'
    [void] [System.IO.Directory]::CreateDirectory($into)
    foreach ($file in [System.IO.Directory]::GetFiles((Join-Root 'docs', 'about'), 'about_*.md')) {
        $name = [System.IO.Path]::GetFileNameWithoutExtension($file) + '.help.txt'
        [System.IO.File]::Copy($file, [System.IO.Path]::Combine($into, $name), $true)
    }
}

# The cmdlets' pages, with PlatyPS, which needs a real pwsh; says so where there is none.
function Export-Pages {
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
