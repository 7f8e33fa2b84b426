# What was measured on, as the page says it.

function Get-Machine([string] $Site, [int] $Nodes) {
    $cpu = (Get-Content /proc/cpuinfo | Select-String '^model name\s*: (.*)' | Select-Object -First 1).Matches.Groups[1].Value
    $memory = [long] ((Get-Content /proc/meminfo | Select-String '^MemTotal:\s*(\d+)').Matches.Groups[1].Value) * 1024
    $release = (Get-Content /etc/os-release | Select-String '^PRETTY_NAME="?([^"]*)').Matches.Groups[1].Value
    $engine = Get-HpcNode -Site $Site -Node * 6>$null | Select-Object -First 1
    # The page itself is what is being written.
    $changed = & git -C "$PSScriptRoot/.." status --porcelain -- . ':(exclude)docs/performance*'
    [ordered] @{
        'CPUs' = "$([System.Environment]::ProcessorCount) of $cpu, shared by the caller and all nodes"
        'memory' = "$([System.Math]::Round($memory / 1gb)) GB"
        'system' = "$release, Linux $(& uname -r)"
        'engine' = "Docker $($engine.EngineVersion)"
        'ssh' = (& ssh -V 2>&1 | Out-String).Trim() -replace ',.*'
        '.NET' = [System.Runtime.InteropServices.RuntimeInformation]::FrameworkDescription
        'PowerShell' = "$($PSVersionTable.PSVersion)"
        'module' = (& git -C "$PSScriptRoot/.." rev-parse --short HEAD) + ($changed ? '-dirty' : '')
    }
}
