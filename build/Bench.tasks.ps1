# What the module costs beside what an admin would do without it, on the lab, as ratios of one run. They show; they do not judge.

# Synopsis: The measurements of bench/, or those that -Only names, and docs/performance.md of them.
task Bench Build, LabUp, BenchPackages, Hook, BenchPrograms, {
    . bench/lib/measure.ps1
    . bench/lib/machine.ps1
    . bench/lib/page.ps1
    Import-Module ./PisaHpc.psd1
    $site = Get-LabSite
    $all = (Get-Content -Raw bench/figures.json | ConvertFrom-Json).measurements
    $Only = @($Only -split '[, ]+' | Where-Object { $_ })
    $wrong = $Only | Where-Object { $_ -notin $all.name }
    if ($wrong) { throw "bench has no measurement $($wrong -join ', '). It has: $($all.name -join ', ')." }

    # Scripts as an admin writes them.
    Set-StrictMode -Off
    $chosen = $all | Where-Object { -not $Only -or $_.name -in $Only } | Sort-Object nodes -Stable
    $before = lab/lab.sh status --json | ConvertFrom-Json
    try {
        Measure-All $chosen $site ($Nodes ? $Nodes : 16)
    }
    finally {
        Restore-Lab $before
        Write-PerformancePage docs
    }
}

# Synopsis: docs/performance.md of what was measured before.
task BenchPage {
    . bench/lib/measure.ps1
    . bench/lib/page.ps1
    Set-StrictMode -Off
    Write-PerformancePage docs
}

task BenchPackages { exec { lab/lab.sh packages bench } }

task BenchPrograms {
    exec { dotnet build bench/InProcess --configuration Release --nologo --verbosity quiet }
    exec { dotnet build tests/PortRacer --configuration Release --nologo --verbosity quiet }
}

# Each measurement by itself is written down as soon as it is made; one that fails does not take the others with it.
function Measure-All([object[]] $Measurements, [string] $Site, [int] $Most) {
    $null = New-Item -ItemType Directory -Force out/bench
    $failed = @()
    foreach ($measurement in $Measurements) {
        Write-Host "measuring: $($measurement.name)" -ForegroundColor Cyan
        if ($measurement.nodes -gt 2) { exec { lab/lab.sh up ([System.Math]::Min($measurement.nodes, $Most)) } }
        $options = $Rounds ? @{ Rounds = $Rounds } : @{}
        try {
            $said = @(& "bench/$($measurement.name).ps1" -Site $Site @options)
        }
        catch {
            Write-Host "$($measurement.name) failed: $_`n$($_.ScriptStackTrace)" -ForegroundColor Red
            $failed += $measurement.name
            continue
        }

        $figures, $points, $rows = $said.Where({ $_.Id }), $said.Where({ $_.Chart }), $said.Where({ $_.Table })
        $figures | Select-Object Name, @{ n = 'Ratio'; e = { Format-Result $_ } }, Wanted, Met | Format-Table | Out-Host
        ConvertTo-Json @{ figures = $figures; points = $points; rows = $rows } -Depth 5 | Set-Content "out/bench/$($measurement.name).json"
        Update-Record docs/performance.json (Get-Machine $Site) $measurement.name $figures $points $rows
    }

    if ($failed) { throw "These measurements failed: $($failed -join ', ')." }
}

# Nodes can be added to a lab that stands and not taken away from it.
function Restore-Lab([object] $Before) {
    $now = lab/lab.sh status --json | ConvertFrom-Json
    if (@($now.nodes).Count -eq @($Before.nodes).Count) { return }
    exec { lab/lab.sh down }
    exec { lab/lab.sh up @($Before.nodes).Count }
    if ($Before.slurm) { exec { lab/lab.sh batch slurm @(if ($Before.slurm.slurmdbd) { 'accounting' }) } }
}
