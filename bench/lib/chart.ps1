# The page's charts, as SVG: two kinds, a few lines each. Colours are readable on white and on black; text has the page's own colour.

$chartStyle = '<style>text{font:12px sans-serif;fill:#777}.t{font-weight:bold}.g{stroke:#888;stroke-opacity:.3}' +
    '.m{stroke:#c33;stroke-width:2}</style>'
$chartColours = '#2b7bba', '#d9822b', '#3a9a5b', '#9b59b6', '#c0392b', '#7f8c8d', '#16a085', '#b7950b'

function ConvertTo-XmlText([string] $Text) { [System.Security.SecurityElement]::Escape($Text) }

function Format-Place([double] $Value) { $Value.ToString('0.#', [cultureinfo]::InvariantCulture) }

# Bars against a mark at 1: each is a result by what was wanted of it, so that whatever passes the mark missed. Bar: Label, Share, Text.
function Get-MarkChart([string] $Title, [object[]] $Bars) {
    $left, $width, $row = 380, 420, 20
    $most = 2.0
    $height = 50 + ($row * $Bars.Count)
    "<svg xmlns=`"http://www.w3.org/2000/svg`" width=`"$($left + $width + 110)`" height=`"$height`" role=`"img`">$chartStyle"
    "<title>$(ConvertTo-XmlText $Title)</title><text class=`"t`" x=`"8`" y=`"18`">$(ConvertTo-XmlText $Title)</text>"
    $mark = $left + ($width / $most)
    $y = 34
    foreach ($bar in $Bars) {
        $length = Format-Place ([System.Math]::Max(1, $width * [System.Math]::Min($bar.Share, $most) / $most))
        $colour = $bar.Share -le 1 ? $chartColours[2] : $chartColours[1]
        "<text x=`"$($left - 8)`" y=`"$($y + 12)`" text-anchor=`"end`">$(ConvertTo-XmlText $bar.Label)</text>"
        "<rect x=`"$left`" y=`"$y`" width=`"$length`" height=`"14`" fill=`"$colour`"/>"
        "<text x=`"$($left + $width + 6)`" y=`"$($y + 12)`">$(ConvertTo-XmlText $bar.Text)</text>"
        $y += $row
    }

    "<line class=`"m`" x1=`"$mark`" x2=`"$mark`" y1=`"28`" y2=`"$($height - 8)`"/></svg>"
}

# Lines over sizes, both axes by powers of ten. Point: Line, X, Y.
function Get-LineChart([string] $Title, [string] $XTitle, [object[]] $Points) {
    $left, $top, $width, $height = 60, 34, 520, 280
    $x0, $x1 = ($Points.X | Measure-Object -Minimum -Maximum).ForEach{ [System.Math]::Log10($_.Minimum), [System.Math]::Log10($_.Maximum) }
    $y0 = [System.Math]::Floor([System.Math]::Log10(($Points.Y | Measure-Object -Minimum).Minimum))
    $y1 = [System.Math]::Ceiling([System.Math]::Log10(($Points.Y | Measure-Object -Maximum).Maximum))
    if ($y1 -eq $y0) { $y1++ }

    $placeX = { param($x) Format-Place ($left + ($width * ([System.Math]::Log10($x) - $x0) / [System.Math]::Max($x1 - $x0, 0.01))) }
    $placeY = { param($y) Format-Place ($top + ($height * ($y1 - [System.Math]::Log10($y)) / ($y1 - $y0))) }
    "<svg xmlns=`"http://www.w3.org/2000/svg`" width=`"$($left + $width + 190)`" height=`"$($top + $height + 46)`" role=`"img`">$chartStyle"
    "<title>$(ConvertTo-XmlText $Title)</title><text class=`"t`" x=`"8`" y=`"18`">$(ConvertTo-XmlText $Title)</text>"
    foreach ($power in $y0..$y1) {
        $y = & $placeY ([System.Math]::Pow(10, $power))
        $label = [System.Math]::Pow(10, $power).ToString('0.######', [cultureinfo]::InvariantCulture)
        "<line class=`"g`" x1=`"$left`" x2=`"$($left + $width)`" y1=`"$y`" y2=`"$y`"/>"
        "<text x=`"$($left - 6)`" y=`"$y`" dy=`"4`" text-anchor=`"end`">$label</text>"
    }

    foreach ($x in $Points.X | Sort-Object -Unique) {
        "<text x=`"$(& $placeX $x)`" y=`"$($top + $height + 18)`" text-anchor=`"middle`">$x</text>"
    }

    "<text x=`"$($left + ($width / 2))`" y=`"$($top + $height + 38)`" text-anchor=`"middle`">$(ConvertTo-XmlText $XTitle)</text>"
    $number = 0
    foreach ($line in $Points | Group-Object Line) {
        $colour = $chartColours[$number % $chartColours.Count]
        $path = ($line.Group | Sort-Object X | ForEach-Object { "$(& $placeX $_.X),$(& $placeY $_.Y)" }) -join ' '
        "<polyline fill=`"none`" stroke=`"$colour`" stroke-width=`"2`" points=`"$path`"/>"
        "<rect x=`"$($left + $width + 14)`" y=`"$($top + (20 * $number))`" width=`"12`" height=`"12`" fill=`"$colour`"/>"
        "<text x=`"$($left + $width + 32)`" y=`"$($top + (20 * $number) + 11)`">$(ConvertTo-XmlText $line.Name)</text>"
        $number++
    }

    '</svg>'
}
