# Bench: what the module costs beside what an admin would do without it, on the lab, as ratios of one run.

# Runs every measurement and gives the exit code of the first that fails. They show; they do not judge.
function Start-Bench {
    Build-Everything
    Set-Lab -Up
    $site = Get-LabSite
    $scripts = [System.IO.Directory]::GetFiles((Join-Root 'bench'), '*.ps1')
    [System.Array]::Sort($scripts, [System.StringComparer]::Ordinal)
    foreach ($script in $scripts) {
        Write-Step "measuring: $([System.IO.Path]::GetFileNameWithoutExtension($script))"
        $code = Start-Host '-File', $script, '-Site', $site
        if ($code -ne 0) {
            return $code
        }
    }

    0
}
