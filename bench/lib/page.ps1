# docs/performance.md, with its charts, of docs/performance.json: what was measured last of each figure, in the order of figures.json.

. (Join-Path $PSScriptRoot chart.ps1)

# Puts what a measurement found now over what stands in the file, each figure with the machine and the module that it is of; a figure that
# is asked for no more goes, and so do the measurement's earlier points and rows.
function Update-Record(
    [string] $File, [System.Collections.IDictionary] $Machine, [string] $Measurement, [object[]] $Figures, [object[]] $Points,
    [object[]] $Rows) {
    $old = (Test-Path $File) ? (Get-Content -Raw $File | ConvertFrom-Json) : $null
    $known = (Get-Content -Raw (Join-Path $PSScriptRoot .. figures.json) | ConvertFrom-Json).figures.id
    $isOfOthers = { $_.Measurement -and $_.Measurement -ne $Measurement }
    $new = @($Points) + @($Rows) | Where-Object { $_ } | Add-Member -Force -PassThru Measurement $Measurement
    foreach ($figure in $Figures | Where-Object { $_ }) { $figure | Add-Member Machine ([pscustomobject] $Machine) -Force }
    $kept = @($old.figures | Where-Object { $_ -and $_.Id -in $known -and $_.Id -notin $Figures.Id })
    [ordered] @{
        machine = $Machine
        figures = @(foreach ($id in $known) { @($Figures) + $kept | Where-Object Id -EQ $id })
        points = @($old.points | Where-Object $isOfOthers) + @($new | Where-Object Chart)
        rows = @($old.rows | Where-Object $isOfOthers) + @($new | Where-Object Table)
    } | ConvertTo-Json -Depth 6 | Set-Content $File
}

function Write-PerformancePage([string] $Folder) {
    $record = Get-Content -Raw (Join-Path $Folder performance.json) | ConvertFrom-Json
    $text = Get-Content -Raw (Join-Path $PSScriptRoot page.md)
    $machine = $record.machine.PSObject.Properties | ForEach-Object { "| $($_.Name) | $($_.Value) |" }
    $text = $text.Replace('{{machine}}', ($machine -join "`n"))
    $text = $text.Replace('{{figures}}', ((Get-FigureTable $record.figures $record.machine) -join "`n"))
    $text = $text.Replace('{{missed}}', ((Get-MissedList $record.figures) -join "`n"))
    foreach ($place in [regex]::Matches($text, '{{table:(\w+)}}')) {
        $rows = @($record.rows | Where-Object Table -EQ $place.Groups[1].Value)
        $text = $text.Replace($place.Value, ((Get-RowTable $rows) -join "`n"))
    }

    $text = $text.Replace('{{charts}}', ((Write-Chart $record $Folder) -join "`n`n"))
    Set-Content (Join-Path $Folder performance.md) $text.TrimEnd()
}

# What the page is to say of each figure, in its order: of one measured earlier too.
function Get-Row { (Get-Content -Raw (Join-Path $PSScriptRoot .. figures.json) | ConvertFrom-Json).figures }

function Get-FigureTable([object[]] $Figures, [object] $Machine) {
    $group = ''
    '| what | against | ours | theirs | result | wanted | | runs, load |'
    '| --- | --- | --- | --- | --- | --- | --- | --- |'
    foreach ($row in Get-Row) {
        if ($row.group -ne $group) { "| **$($row.group)** | | | | | | | |" }
        $group = $row.group
        $figure = $Figures | Where-Object Id -EQ $row.id
        $what, $against = $row.what, $row.against | ForEach-Object { "$_".Replace('|', '\|') }
        if (-not $figure) {
            "| $what | $against | | | not measured yet | | | |"
            continue
        }

        $ours, $theirs = $figure.Ours, $figure.Theirs | ForEach-Object { $null -eq $_ ? '' : (Format-Value $_ $figure.Unit) }
        "| $what | $against | $ours | $theirs | $(Format-Result $figure) | $($figure.Wanted) | " +
            "$(Get-Verdict $figure) | $($figure.Runs), $(Format-Number $figure.Load)$(Get-Origin $figure $Machine) |"
    }
}

function Get-RowTable([object[]] $Rows) {
    if (-not $Rows) { return 'Not measured yet.' }
    $columns = $Rows[0].Cells.PSObject.Properties.Name
    "| $($columns -join ' | ') |"
    "| $(($columns | ForEach-Object { '---' }) -join ' | ') |"
    foreach ($row in $Rows) { "| $($row.Cells.PSObject.Properties.Value -join ' | ') |" }
}

# When and on what a figure was measured that is not of the page's module and machine.
function Get-Origin([object] $Figure, [object] $Machine) {
    $other = $Figure.Machine ? @($Machine.PSObject.Properties.Name | Where-Object { $Figure.Machine.$_ -ne $Machine.$_ }) : @('module')
    if (-not $other) { return }
    $facts = $other | ForEach-Object { "$_ $($Figure.Machine.$_ ?? 'not noted')" }
    "; of $($Figure.Measured), $($facts -join ', ')"
}

function Format-Value([double] $Value, [string] $Unit) { "$(Format-Number $Value) $Unit".Trim() }

# With the middle half of the rounds, where there were enough of them to have one; and said where one run is compared with another.
function Format-Result([object] $Figure) {
    if ($null -eq $Figure.Ratio) { return '–' }
    $unit = $Figure.Kind -eq 'Ratio' ? '' : $Figure.Unit
    $middle = ($Figure.Spread | ForEach-Object { Format-Number $_ }) -join '–'
    $spread = $Figure.Runs -ge 3 -and $Figure.Spread.Count -eq 2 ? " ($middle)" : ''
    $once = $Figure.Runs -eq 1 -and $null -ne $Figure.Theirs ? ' (one run)' : ''
    "**$(Format-Value $Figure.Ratio $unit)**$spread$once"
}

function Get-Verdict([object] $Figure) {
    if ($null -eq $Figure.Ratio) { 'not measured' }
    elseif ($null -ne $Figure.Met) { $Figure.Met ? 'met' : '**missed**' }
}

function Get-MissedList([object[]] $Figures) {
    foreach ($row in Get-Row) {
        $figure = $Figures | Where-Object Id -EQ $row.id
        if (-not $figure) { continue }
        $why = @(
            if ($null -eq $figure.Ratio) { $figure.Reason } elseif ($figure.Met -eq $false) { $row.why }
            $figure.Note
        ) | Where-Object { $_ }
        if ($why) { "- **$($row.what)**, $($null -eq $figure.Ratio ? 'not measured' : (Format-Result $figure)): $($why -join ' ')" }
    }
}

# Writes the charts beside the page, in the place of all that were there, and gives the lines that show them.
function Write-Chart([object] $Record, [string] $Folder) {
    Remove-Item (Join-Path $Folder performance-*.svg)
    $bars = $Record.figures | Where-Object { $null -ne $_.Ratio -and $_.Mark } | ForEach-Object {
        $atMost = $_.Wanted.StartsWith('≤')
        [pscustomobject] @{
            Label = $_.Name.Length -gt 60 ? $_.Name.Substring(0, 58) + '…' : $_.Name
            Share = [System.Math]::Max($atMost ? $_.Ratio / $_.Mark : $_.Mark / $_.Ratio, 0)
            Text = "$(Format-Number $_.Ratio) ($($_.Wanted))"
        }
    }
    if ($bars) {
        Get-MarkChart 'Results by what was wanted: left of the line is met' $bars | Set-Content (Join-Path $Folder performance-marks.svg)
        '![Each result by what was wanted of it](performance-marks.svg)'
    }

    foreach ($chart in $Record.points | Group-Object Chart) {
        $file = "performance-$($chart.Name -replace '\W+', '-').svg".ToLowerInvariant()
        Get-LineChart $chart.Name nodes $chart.Group | Set-Content (Join-Path $Folder $file)
        "![$($chart.Name)]($file)"
    }
}
