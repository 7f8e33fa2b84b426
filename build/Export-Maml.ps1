# Runs in a pwsh of its own, because PlatyPS brings its own YAML library: pages of docs/cmdlets into one MAML file named after the
# cmdlets' assembly, which is where Get-Help looks.
param([Parameter(Mandatory)] [string] $Pages, [Parameter(Mandatory)] [string] $Into)

$ErrorActionPreference = 'Stop'
Import-Module Microsoft.PowerShell.PlatyPS -MinimumVersion '1.0'
$commands = Get-ChildItem -Path $Pages -Filter '*-*.md' | Import-MarkdownCommandHelp
foreach ($command in $commands) {
    # A terminal follows no link to another page, and Get-Help -Online would take the first for an address.
    [void] $command.Metadata.Remove('HelpUri')
    foreach ($link in $command.RelatedLinks | Where-Object Uri -Like '*.md') {
        $link.Uri = ''
    }

    # PlatyPS passes the fences around the code on to the terminal.
    foreach ($example in $command.Examples) {
        $example.Remarks = $example.Remarks -replace '(?m)^```.*\r?\n?'
    }
}

$written = $commands | Export-MamlCommandHelp -OutputFolder $Into -Force

# PlatyPS makes a folder for the module; Get-Help wants the file in the culture's folder itself.
$target = Join-Path $Into 'PisaHpc.Module.dll-Help.xml'
foreach ($file in $written | Where-Object FullName -ne $target) {
    Move-Item -LiteralPath $file.FullName -Destination $target -Force
    Remove-Item -LiteralPath $file.DirectoryName
}
