# The cmdlets are those of bin/PisaHpc.Module.dll, which PowerShell loads by the manifest (NestedModules). A script that loads it by itself
# makes an import take half as long again: PowerShell compiles for the script what it needs for nothing else.
#
# Import-Module PisaHpc -ArgumentList Suggestions: the prompt shows the commands that an error names as its next step.
param([ValidateSet('', 'Suggestions')] [string] $Feature)

if ($Feature) {
    [PisaHpc.Module.Suggestions.PromptSuggestions]::TurnOn()
    $ExecutionContext.SessionState.Module.OnRemove = { [PisaHpc.Module.Suggestions.PromptSuggestions]::TurnOff() }
}
