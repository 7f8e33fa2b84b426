# What the measurements share; each dot-sources it.

# Runs a block and gives its seconds; what it puts out is left in $said.
function Measure-Duration([scriptblock] $Block) {
    $global:LASTEXITCODE = 0
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    $script:said = & $Block
    if ($LASTEXITCODE) {
        throw "A measured command ended with exit code $LASTEXITCODE."
    }

    $clock.Elapsed.TotalSeconds
}

function Get-Median([double[]] $Values) {
    $Values = $Values | Sort-Object
    $half = $Values.Length / 2
    ($Values[[System.Math]::Ceiling($half) - 1] + $Values[[System.Math]::Floor($half)]) / 2
}
