# The lab: lab/lab.sh does the work. Quickstart: the module's own story on it.

# Synopsis: The lab up, down, or what stands of it.
task Lab {
    if ($Down) { exec { lab/lab.sh down } }
    elseif ($Up) {
        exec { lab/lab.sh up @($Nodes | Where-Object { $_ -gt 0 }) }
        if ($Batch) { exec { lab/lab.sh batch $Batch.ToLowerInvariant() @('accounting' | Where-Object { $Accounting }) } }
    }
    else { exec { lab/lab.sh status } }
}

task LabPackages { exec { lab/lab.sh packages } }

task LabUp { exec { lab/lab.sh up } }

# Synopsis: 56 MPI ranks in two containers on the lab, step by step.
task Quickstart Build, LabUp, {
    Import-Module ./PisaHpc.psd1
    # A reader's script, under a reader's rules.
    Set-StrictMode -Off
    exec { lab/quickstart.ps1 -Site (Get-LabSite) }
}

# The site definition of the lab that stands.
function Get-LabSite {
    (lab/lab.sh status --json | ConvertFrom-Json).site
}
