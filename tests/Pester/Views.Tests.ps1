BeforeDiscovery {
    . (Join-Path $PSScriptRoot 'Face.ps1')
    $types = @(Get-Command -Module PisaHpc | ForEach-Object OutputType | ForEach-Object Name |
            Where-Object { $_ -like 'PisaHpc.*' } | Sort-Object -Unique | ForEach-Object { @{ Type = $_ } })
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Face.ps1')
}

Describe 'The view of <Type>' -ForEach $types {
    It 'is loaded with the module, and is a table, or has one' {
        $views = Get-FormatData -TypeName $Type
        $views.FormatViewDefinition.Control | Where-Object { $_ -is [System.Management.Automation.TableControl] } |
            Should -Not -BeNullOrEmpty
    }
}

Describe 'An allocation' {
    BeforeAll {
        $allocation = Get-HpcAllocation -Node 'o2wn[01-02]' -Slot 32, 24 -Owner root -JobId 4711
        $text = $allocation | Out-String -Width 120
    }

    It 'shows its job, its slots and its nodes as a table' {
        $text | Should -Match '4711'
        $text | Should -Match '56'
        $text | Should -Match 'o2wn01'
    }

    It 'stays within 120 columns' {
        ($text -split "`n" | Measure-Object -Property Length -Maximum).Maximum | Should -BeLessOrEqual 120
    }

    It 'has the agreed names in JSON without a switch, enums as words' {
        $json = $allocation | ConvertTo-Json | ConvertFrom-Json
        $json.JobId | Should -Be '4711'
        $json.Scheduler | Should -Be 'Manual'
        $json.TotalSlots | Should -Be 56
        $json.Nodes.Name | Should -Be 'o2wn01', 'o2wn02'
        $json.Nodes.Slots | Should -Be 32, 24
        $json.Nodes.Cpus | Should -Be 32, 24
        $json.Owner.Uid | Should -Be 0
    }

    It 'shows no type in a CSV, in HTML and in a string' {
        $row = $allocation | ConvertTo-Csv | ConvertFrom-Csv
        $row.NodeList, $row.Nodes, $row.Owner | Should -Be 'o2wn[01-02]', 'o2wn01 o2wn02', 'root'
        $allocation | ConvertTo-Html -Fragment | Should -Not -Match 'System\.|PisaHpc\.'
        "$allocation" | Should -Be 'job 4711 of root: o2wn01*32 o2wn02*24'
    }
}

Describe 'Nodes that do not answer' {
    BeforeAll {
        $site = New-TestSite
        $nodes = Get-HpcNode -Node 'no-such-node-1', 'no-such-node-2' -Site $site -InformationAction Ignore -ErrorVariable failures
    }

    It 'are rows with a reason and no errors' {
        $nodes.State | Sort-Object -Unique | Should -Be 'Unreachable'
        $nodes.Reason | Should -Not -BeNullOrEmpty
        $failures | Should -BeNullOrEmpty
    }

    It 'come in the order in which they were asked for' {
        $nodes.Node | Should -Be 'no-such-node-1', 'no-such-node-2'
    }

    It 'show the whole reason in the table, on <_> columns and no more' -ForEach 80, 120, 200 {
        $text = $nodes | Out-String -Width $_
        $why = $nodes[0].Reason -replace '^Node \S+ '
        $text -replace '\s' | Should -Match ([regex]::Escape("no-such-node-1Unreachable$why" -replace '\s'))
        $text | Should -Match 'Node +State +Cores +Load +GiB +Ctrs Jobs, or why not ready'
        ($text -split "`n" | Measure-Object -Property Length -Maximum).Maximum | Should -BeLessOrEqual $_
    }

    It 'are red where the terminal has colours, and plain where it has none' {
        $before = $PSStyle.OutputRendering
        try {
            $PSStyle.OutputRendering = 'Ansi'
            $red = [regex]::Escape("$($PSStyle.Formatting.Error)Unreachable$($PSStyle.Reset)")
            $nodes | Out-String | Should -Match $red
            $PSStyle.OutputRendering = 'PlainText'
            $nodes | Out-String | Should -Not -Match ([char] 27)
        } finally {
            $PSStyle.OutputRendering = $before
        }
    }

    It 'are summed up in a line for the reader, which is not output' {
        Get-HpcNode -Node 'no-such-node-1', 'no-such-node-2' -Site $site -InformationVariable said | Should -HaveCount 2
        "$said" | Should -Match '2 nodes: 0 ready, 0 without engine, 2 unreachable'
    }
}
