# What the measurements share; each dot-sources it. A measurement says how it goes on by Write-Host, and gives figures (New-Figure),
# points of charts (New-Point) and rows of tables (New-Row) as objects.

$figures = Get-Content -Raw ([System.IO.Path]::Combine($PSScriptRoot, '..', 'figures.json')) | ConvertFrom-Json

# Runs a block and gives its seconds; what it puts out is left in $said.
function Measure-Duration([scriptblock] $Block) {
    $global:LASTEXITCODE = 0
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    $script:said = & $Block
    $seconds = $clock.Elapsed.TotalSeconds
    if ($LASTEXITCODE) {
        throw "A measured command ended with exit code $LASTEXITCODE."
    }

    $seconds
}

# What a program or a recipe takes in a shell, without what this process takes to start it: said in a line at the end (clock.sh).
$timed = Join-Path $PSScriptRoot clock.sh

# The order of a round's ways: drawn for every other round, by the round's number, and backwards in the one after it. So no way always
# follows the same one, and of two ways each comes first as often as the other.
function Get-TurnOrder([string[]] $Names, [int] $Round) {
    $pair = [System.Math]::Ceiling($Round / 2)
    $order = @(Get-Random -InputObject $Names -Shuffle -SetSeed $pair)
    if ($Round % 2 -eq 0) { [array]::Reverse($order) }
    $order
}

# Takes ways in turns, in rounds of an order each (Get-TurnOrder), so that all meet the same machine. A way is a block, or the steps of
# one, which are measured each by itself: [ordered] @{ start = {}; stop = {} }. Gives the seconds of each round under 'WAY' or 'WAY STEP'.
# A block that ends with 'measured by itself: SECONDS' has those seconds taken in place of its own duration.
function Measure-InTurns([System.Collections.IDictionary] $Ways, [int] $Rounds, [string] $What = 'turns') {
    $names = @($Ways.Keys)
    $taken = @{}
    foreach ($round in 1..$Rounds) {
        foreach ($way in Get-TurnOrder $names $round) {
            $steps = $Ways[$way] -is [scriptblock] ? [ordered] @{ '' = $Ways[$way] } : $Ways[$way]
            foreach ($step in $steps.Keys) {
                $seconds = Measure-Duration $steps[$step]
                if ("$(@($said)[-1])" -match '^measured by itself: ([\d.]+)$') { $seconds = [double] $Matches[1] }
                $taken["$way $step".Trim()] += @($seconds)
            }
        }

        $shown = $taken.Keys | Sort-Object | ForEach-Object { '{0} {1:0.000}' -f $_, $taken[$_][-1] }
        Write-Host "  $What, round ${round}: $($shown -join ', ')"
    }

    $taken
}

# The CPU seconds so far of nodes and all that they started, each a control group of its own, of either version (lab/lib/cgroup.sh).
function Get-NodeCpuTime([string[]] $Of) {
    $groups = $env:PISAHPC_LAB_MARK ? $env:PISAHPC_LAB_MARK : 'pisahpc-lab'
    $seconds = foreach ($node in $Of) {
        $file = "/sys/fs/cgroup/cpuacct/$groups/$node/cpuacct.usage"
        if (Test-Path $file) { [long] (Get-Content $file) / 1e9 }
        else { [long] ((Get-Content "/sys/fs/cgroup/$groups/$node/cpu.stat" -TotalCount 1) -split ' ')[1] / 1e6 }
    }
    ($seconds | Measure-Object -Sum).Sum
}

# The same of programs that this process started and that have ended (proc(5), cutime and cstime), in seconds.
function Get-ProgramCpuTime {
    $fields = ((Get-Content /proc/self/stat) -split '\) ')[-1] -split ' '
    ([long] $fields[13] + [long] $fields[14]) / 100
}

# So far, in ticks: what the machine's CPUs worked, and all of their time (proc_stat(5): idle and iowait are no work).
function Get-CpuTick {
    $ticks = [long[]] ((Get-Content /proc/stat -TotalCount 1) -split '\s+')[1..8]
    $all = ($ticks | Measure-Object -Sum).Sum
    ($all - $ticks[3] - $ticks[4]), $all
}

function Get-Median([double[]] $Values) { Get-Quantile $Values 0.5 }

# By linear interpolation between the values next to it.
function Get-Quantile([double[]] $Values, [double] $Part) {
    $sorted = @($Values | Sort-Object)
    $place = ($sorted.Count - 1) * $Part
    $low, $high = $sorted[[System.Math]::Floor($place)], $sorted[[System.Math]::Ceiling($place)]
    $low + (($high - $low) * ($place - [System.Math]::Floor($place)))
}

# The way of those named that was fastest: whoever compares with several compares with the best.
function Get-Best([hashtable] $Taken, [string[]] $Ways) {
    $Ways | Sort-Object { Get-Median $Taken[$_] } | Select-Object -First 1
}

# How something grows with its size: 1 is in proportion, 0 not at all. By the first and the last point.
function Get-Exponent([double[]] $Sizes, [double[]] $Values) {
    [System.Math]::Log($Values[-1] / $Values[0]) / [System.Math]::Log($Sizes[-1] / $Sizes[0])
}

# A figure by its id, which figures.json says all else of: what it is, against what, and what is wanted.
function New-Figure(
    [Parameter(Mandatory)] [string] $Id, [double[]] $Ours, [double[]] $Theirs, [string] $Against, [string] $Note, [string] $NotMeasured) {
    $row = $figures.Figures | Where-Object Id -EQ $Id
    if (-not $row) { throw "bench/figures.json has no figure $Id." }

    $ours_, $theirs_ = ($Ours.Count ? (Get-Median $Ours) : $null), ($Theirs.Count ? (Get-Median $Theirs) : $null)
    $kind = $row.Kind ?? 'Ratio'
    $result = $NotMeasured ? $null : (Get-Result $kind $ours_ $theirs_)
    # A round's own result, where both sides took part in it.
    $each = @(if (-not $NotMeasured -and ($kind -eq 'Value' -or $Ours.Count -eq $Theirs.Count)) {
            foreach ($round in 0..($Ours.Count - 1)) { Get-Result $kind $Ours[$round] ($Theirs.Count ? $Theirs[$round] : $null) }
        })
    [pscustomobject] @{
        Id = $Id
        Name = $row.What
        Against = $Against ? $Against : $row.Against
        Unit = $row.Unit
        Kind = $kind
        Ours = $ours_
        Theirs = $theirs_
        Ratio = $result
        Wanted = Get-Mark $row
        Mark = $row.AtMost ?? $row.AtLeast
        Met = $null -eq $result ? $null : ($null -ne $row.AtMost ? $result -le $row.AtMost : (
                $null -ne $row.AtLeast ? $result -ge $row.AtLeast : $null))
        Runs = [System.Math]::Max(@($Ours).Count, @($Theirs).Count)
        Spread = @(if ($each.Count -gt 1) { (Get-Quantile $each 0.25), (Get-Quantile $each 0.75) })
        Note = $Note
        Reason = $NotMeasured ? $NotMeasured : $row.Why
        Measured = (Get-Date).ToUniversalTime().ToString('yyyy-MM-dd HH:mm')
        Load = [double] (Get-Content /proc/loadavg).Split(' ')[0]
        OursRuns = @($Ours | Where-Object { $null -ne $_ })
        TheirsRuns = @($Theirs | Where-Object { $null -ne $_ })
    }
}

function Get-Mark([object] $Row) {
    if ($null -ne $Row.AtMost) { "≤ $(Format-Number $Row.AtMost)" }
    elseif ($null -ne $Row.AtLeast) { "≥ $(Format-Number $Row.AtLeast)" }
    else { '' }
}

function Get-Result([string] $Kind, $Ours, $Theirs) {
    switch ($Kind) {
        'Ratio' { $Ours / $Theirs }
        'Difference' { $Ours - $Theirs }
        'Value' { $Ours }
    }
}

# Three digits that count, and no zero behind a point that says nothing.
function Format-Number([double] $Value) {
    $size = [System.Math]::Abs($Value)
    $format = $size -ge 100 ? '0' : ($size -ge 10 ? '0.0' : ($size -ge 1 ? '0.00' : '0.000'))
    $text = $Value.ToString($format, [cultureinfo]::InvariantCulture)
    $text.Contains('.') ? $text.TrimEnd('0').TrimEnd('.') : $text
}

# A point of a line in one of the page's charts.
function New-Point([string] $Chart, [string] $Line, [double] $X, [double] $Y) {
    [pscustomobject] @{ Chart = $Chart; Line = $Line; X = $X; Y = $Y }
}

# A row of one of the page's tables: its cells by their columns' names.
function New-Row([string] $Table, [System.Collections.IDictionary] $Cells) {
    [pscustomobject] @{ Table = $Table; Cells = [pscustomobject] $Cells }
}
