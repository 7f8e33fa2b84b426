# What the module costs beside what an admin would do without it, on the lab, as ratios of one run. They show; they do not judge.

# Synopsis: Every measurement of bench/.
task Bench Build, LabUp, Hook, {
    Import-Module ./PisaHpc.psd1
    $site = Get-LabSite
    # Scripts as an admin writes them.
    Set-StrictMode -Off
    foreach ($script in Get-ChildItem bench/*.ps1) {
        Write-Host "measuring: $($script.BaseName)" -ForegroundColor Cyan
        exec { & $script -Site $site }
    }
}
