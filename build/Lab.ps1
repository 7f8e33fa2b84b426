# Lab: lab/lab.sh does the work; Quickstart: the module's own story on it.

function Set-Lab([switch] $Up, [switch] $Down, [switch] $Status, [int] $Nodes) {
    if ([int] $Up.IsPresent + $Down.IsPresent + $Status.IsPresent -gt 1) {
        throw '-Up, -Down and -Status exclude each other. Give one of them.'
    }

    if ($Nodes -and -not $Up) {
        throw "-Nodes $Nodes belongs to -Up. Run: ./build.sh Lab -Up -Nodes $Nodes"
    }

    if ($Down) {
        Invoke-Lab 'down'
    }
    elseif ($Up) {
        Invoke-Lab (@('up') + @($Nodes | Where-Object { $_ -gt 0 }))
    }
    else {
        & (Join-Root 'lab', 'lab.sh') status
        if ($LASTEXITCODE -ne 0) {
            throw "lab.sh status ended with exit code $LASTEXITCODE; its messages are above."
        }
    }
}

# Runs lab.sh and throws when it fails.
function Invoke-Lab([string[]] $Arguments) {
    Invoke-Native (Join-Root 'lab', 'lab.sh') $Arguments
}

# Build, lab with the packages it needs, and then the story in the embedded host, which talks to the person itself.
function Start-Quickstart {
    Build-Everything
    Set-Lab -Up
    Start-Host '-File', (Join-Root 'lab', 'quickstart.ps1'), '-Site', (Get-LabSite)
}

# The site definition of the lab that stands.
function Get-LabSite {
    $status = & (Join-Root 'lab', 'lab.sh') status --json
    [System.Text.Json.JsonDocument]::Parse($status -join "`n").RootElement.GetProperty('site').GetString()
}
