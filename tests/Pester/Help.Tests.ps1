BeforeDiscovery {
    . (Join-Path $PSScriptRoot 'Face.ps1')
    $commands = @(Get-Command -Module PisaHpc | ForEach-Object { @{ Name = $_.Name; Command = $_ } })
    $platyPS = @(Get-Module Microsoft.PowerShell.PlatyPS -ListAvailable | Where-Object Version -GE ([version] '1.0'))
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Face.ps1')

    # Elements below one, by a path in MAML's prefixes.
    function Select-Maml($Node, [string] $Path) {
        (Select-Xml -Xml $Node -XPath $Path -Namespace @{
                maml = 'http://schemas.microsoft.com/maml/2004/10'
                command = 'http://schemas.microsoft.com/maml/dev/command/2004/10'
                dev = 'http://schemas.microsoft.com/maml/dev/2004/10'
            }).Node
    }

    # An element's text. How it is cut into paragraphs is not compared: PlatyPS marks that with U+0080.
    function Get-MamlText($Node) {
        (@($Node | ForEach-Object OuterXml) -join ' ' -replace '<[^>]+>|\u0080|\s', ' ' -replace ' +', ' ').Trim()
    }

    # What a help file says of its cmdlets, a line for each thing; but for a parameter's default, which PlatyPS leaves out.
    function Get-HelpLine([string] $Path) {
        foreach ($command in Select-Maml ([xml] (Get-Content -LiteralPath $Path -Raw)) '//command:command') {
            $name = Get-MamlText (Select-Maml $command 'command:details/command:name')
            foreach ($part in 'command:details', 'maml:description', 'command:inputTypes/*', 'command:returnValues/*', 'maml:alertSet',
                'command:examples/*', 'command:relatedLinks/*') {
                Select-Maml $command $part | ForEach-Object { "$name ${part}: $(Get-MamlText $_)" }
            }
            foreach ($item in Select-Maml $command 'command:syntax/*') {
                $parameters = Select-Maml $item command:parameter | ForEach-Object {
                    # PlatyPS counts positions anew.
                    $_.required, ($_.position -replace '\d+', 'positional'), (Get-MamlText $_) -join ' '
                }
                "$name syntax: $($parameters -join ', ')"
            }
            foreach ($parameter in Select-Maml $command 'command:parameters/*') {
                $of = 'required', 'position', 'globbing', 'pipelineInput', 'aliases' | ForEach-Object { $parameter.GetAttribute($_) }
                "$name -$(Get-MamlText (Select-Maml $parameter '*[not(self::dev:defaultValue)]')): $of"
            }
        }
    }
}

Describe 'Help of <Name>' -ForEach $commands {
    It 'has a synopsis, a description, three examples, and a text for each parameter' {
        $help = Get-Help $Name -Full
        $help.Synopsis | Should -Not -BeNullOrEmpty
        $help.Synopsis | Should -Not -Match "^\s*$Name"
        $help.Description | Should -Not -BeNullOrEmpty
        @($help.Examples.Example).Count | Should -BeGreaterOrEqual 3
        $common = [System.Management.Automation.Cmdlet]::CommonParameters + [System.Management.Automation.Cmdlet]::OptionalCommonParameters
        foreach ($parameter in $Command.Parameters.Keys | Where-Object { $_ -notin $common }) {
            $described = $help.Parameters.Parameter | Where-Object Name -EQ $parameter
            $described.Description | Should -Not -BeNullOrEmpty -Because "-$parameter needs a description"
        }
    }

    It 'has the syntax of the cmdlet' {
        $help = Get-Help $Name -Full
        $common = [System.Management.Automation.Cmdlet]::CommonParameters
        $shown = $help.Syntax.SyntaxItem | ForEach-Object { ($_.Parameter.Name | Sort-Object) -join ' ' }
        $own = @($Command.Parameters.Keys | Where-Object { $_ -notin $common })
        $real = $Command.ParameterSets | ForEach-Object { ($_.Parameters.Name | Where-Object { $_ -in $own } | Sort-Object) -join ' ' }
        $shown | Sort-Object | Should -Be ($real | Sort-Object)
    }

    It 'is for a terminal: names as links, examples without fences' {
        $help = Get-Help $Name -Full
        $links = @($help.RelatedLinks.NavigationLink)
        $links.LinkText | Should -Not -Contain 'Online Version'
        $links.Uri | Should -Not -Match '\.md$'
        $help | Out-String -Width 1000 | Should -Not -Match '```|\]\('
    }
}

Describe 'The help' {
    It 'is of <_>' -ForEach (Get-ChildItem (Join-Path $Root docs about about_*.md)).BaseName {
        Get-Help $_ | Out-String | Should -Match "^# $_"
    }

    It 'is what PlatyPS makes of the pages' -Skip:(-not $platyPS) {
        foreach ($way in 'Page', 'PlatyPS') {
            $into = (New-Item -ItemType Directory (Join-Path $TestDrive $way)).FullName
            Invoke-Pwsh (Join-Path $Root build help "Export-${way}Help.ps1") -Pages (Join-Path $Root docs cmdlets) -Into $into
            $LASTEXITCODE | Should -Be 0
        }

        $ours, $theirs = 'Page', 'PlatyPS' | ForEach-Object { , @(Get-HelpLine (Join-Path $TestDrive $_ PisaHpc.Module.dll-Help.xml)) }
        $theirs.Count | Should -BeGreaterThan 300
        $ours.Count | Should -Be $theirs.Count
        0..($ours.Count - 1) | Where-Object { $ours[$_] -cne $theirs[$_] } | ForEach-Object { "$($ours[$_]) <> $($theirs[$_])" } |
            Should -BeNullOrEmpty
    }
}
