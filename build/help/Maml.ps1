# Help as Get-Help reads it: MAML, as PowerShell's about_Comment_Based_Help and its own help files have it.
using namespace System.Xml.Linq

$MamlNamespaces = @{
    maml = [XNamespace] 'http://schemas.microsoft.com/maml/2004/10'
    command = [XNamespace] 'http://schemas.microsoft.com/maml/dev/command/2004/10'
    dev = [XNamespace] 'http://schemas.microsoft.com/maml/dev/2004/10'
}

# An element such as maml:para, with attributes in a hashtable, and text or elements in it.
function New-Maml([string] $Name, $Content, [System.Collections.IDictionary] $Attributes = @{}) {
    $prefix, $local = $Name.Split(':')
    $element = [XElement]::new($MamlNamespaces[$prefix] + $local)
    foreach ($attribute in $Attributes.GetEnumerator()) { $element.Add([XAttribute]::new($attribute.Key, $attribute.Value)) }
    $element.Add([object[]] @($Content))
    $element
}

function New-MamlText([string] $Name, [string] $Markdown) {
    New-Maml $Name (New-Maml maml:para (ConvertTo-TerminalText $Markdown))
}

# Writes the pages of cmdlets as one help file.
function Export-Maml([object[]] $Pages, [string] $Path) {
    $items = [XElement]::new([XNamespace] 'http://msh' + 'helpItems', [XAttribute]::new('schema', 'maml'))
    foreach ($prefix in $MamlNamespaces.Keys) { $items.Add([XAttribute]::new([XNamespace]::Xmlns + $prefix, $MamlNamespaces[$prefix])) }
    foreach ($page in $Pages) { $items.Add((ConvertTo-MamlCommand $page)) }
    [XDocument]::new($items).Save($Path)
}

function ConvertTo-MamlCommand($Page) {
    $verb, $noun = $Page.Name.Split('-')
    New-Maml command:command @(
        New-Maml command:details @(
            New-Maml command:name $Page.Name
            New-MamlText maml:description $Page.Synopsis
            New-Maml command:verb $verb
            New-Maml command:noun $noun
        )
        New-MamlText maml:description $Page.Description
        New-Maml command:syntax @(foreach ($syntax in $Page.Syntax) { ConvertTo-MamlSyntax $Page.Name $syntax })
        New-Maml command:parameters @(foreach ($parameter in $Page.Parameters) { ConvertTo-MamlParameter $parameter })
        New-Maml command:inputTypes @(foreach ($type in $Page.Inputs) { New-Maml command:inputType (ConvertTo-MamlType $type) })
        New-Maml command:returnValues @(foreach ($type in $Page.Outputs) { New-Maml command:returnValue (ConvertTo-MamlType $type) })
        New-Maml maml:alertSet (New-MamlText maml:alert $Page.Notes)
        New-Maml command:examples @(foreach ($example in $Page.Examples) { ConvertTo-MamlExample $example })
        New-Maml command:relatedLinks @(foreach ($link in $Page.Links) { ConvertTo-MamlLink $link })
    )
}

function ConvertTo-MamlSyntax([string] $Name, $Syntax) {
    New-Maml command:syntaxItem @(
        New-Maml maml:name $Name
        foreach ($shown in $Syntax.Parameters) {
            $attributes = @{ required = $shown.Set.IsRequired; position = $shown.Set.Position.ToLowerInvariant() }
            New-Maml command:parameter -Attributes $attributes @(
                New-Maml maml:name $shown.Parameter.Name
                ConvertTo-MamlValue $shown.Parameter $shown.ShortType
            )
        }
    )
}

function ConvertTo-MamlParameter($Parameter) {
    $attributes = @{
        required = $true -in $Parameter.ParameterSets.IsRequired
        position = $Parameter.ParameterSets[0].Position
        globbing = $Parameter.SupportsWildcards
        pipelineInput = ConvertTo-MamlPipelineInput $Parameter.ParameterSets
        aliases = $Parameter.Aliases ? $Parameter.Aliases -join ', ' : 'none'
    }
    New-Maml command:parameter -Attributes $attributes @(
        New-Maml maml:name $Parameter.Name
        New-MamlText maml:description $Parameter.Text
        $isSwitch = $Parameter.Type -eq [System.Management.Automation.SwitchParameter].FullName
        ConvertTo-MamlValue $Parameter ($isSwitch ? $null : $Parameter.Type)
        if ($Parameter.DefaultValue) { New-Maml dev:defaultValue $Parameter.DefaultValue }
    )
}

function ConvertTo-MamlPipelineInput($Sets) {
    $ways = @(
        if ($true -in $Sets.ValueFromPipeline) { 'ByValue' }
        if ($true -in $Sets.ValueFromPipelineByPropertyName) { 'ByPropertyName' }
    )
    $ways ? "true ($($ways -join ', '))" : 'false'
}

# What a parameter takes: its type, and the words where only some are taken. A switch takes nothing.
function ConvertTo-MamlValue($Parameter, [string] $Type) {
    if ($Parameter.AcceptedValues) {
        New-Maml command:parameterValueGroup @(
            foreach ($value in $Parameter.AcceptedValues) { New-Maml command:parameterValue $value @{ required = 'false' } }
        )
    }

    if ($Type) { New-Maml command:parameterValue $Type @{ required = 'true' } }
    New-Maml dev:type (New-Maml maml:name $Parameter.Type)
}

function ConvertTo-MamlType($Section) {
    New-Maml dev:type (New-Maml maml:name $Section.Title)
    New-MamlText maml:description $Section.Text
}

function ConvertTo-MamlExample($Example) {
    New-Maml command:example @(
        New-Maml maml:title "--------- $($Example.Title) ---------"
        New-MamlText maml:introduction $Example.Text
        New-Maml dev:code
        New-Maml dev:remarks
    )
}

# A terminal follows no link to another page, and Get-Help -Online would take the first for an address.
function ConvertTo-MamlLink($Link) {
    New-Maml maml:navigationLink @(
        New-Maml maml:linkText $Link.Text
        New-Maml maml:uri ($Link.Uri -like '*.md' ? '' : $Link.Uri)
    )
}
