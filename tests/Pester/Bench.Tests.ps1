BeforeAll {
    . (Join-Path $PSScriptRoot 'Face.ps1')
    . (Join-Path $Root bench lib measure.ps1)
    . (Join-Path $Root bench lib calibration.ps1)

    # Starts as Get-LabStart gives them: on so many nodes, of which each takes so much of the CPUs.
    function Get-Start([int] $Nodes, [double[]] $Cpu) {
        foreach ($one in $Cpu) {
            @{
                nodes = $Nodes; machine = $one
                Survey = 0.1; Write = 0.2; Create = 0.1; Start = 0.4; Ready = 0.2; Remove = 5; RemoveAccess = 6
            }
        }
    }
}

Describe 'The model of nodes that share CPUs' {
    It 'has of few nodes what they take, and of all how that rises' {
        $model = New-SharedModel (Get-Start 2 0.7, 9, 0.8) (Get-Start 16 1.5) 2
        $model.Seconds | Should -BeExactly 1
        $model.Idle | Should -BeLessThan 0.21 -Because 'the other part of a step is CPU'
        $model.Idle | Should -BeGreaterThan 0.19
        foreach ($size in @{ 2 = 0.8; 4 = 0.9; 8 = 1.1; 16 = 1.5 }.GetEnumerator()) {
            [System.Math]::Round((Get-SharedCpu $model $size.Key), 6) | Should -BeExactly $size.Value -Because "$($size.Key) nodes"
        }
    }

    It 'has no rise of one size, and no time that is no CPU''s where the CPUs were never free' {
        $model = New-SharedModel (Get-Start 2 1.2) (Get-Start 2 1.2) 2
        $model.Idle, (Get-SharedCpu $model 2) | Should -BeExactly 0, 1.2
    }

    It 'counts the wait for a CPU of nodes that are more than the CPUs' {
        (New-SharedModel (Get-Start 2 0.3) (Get-Start 4 0.5) 1).Idle | Should -BeExactly 0.4
    }

    It 'simulates a size by words that a culture does not change' {
        $before = [cultureinfo]::CurrentCulture
        try {
            [cultureinfo]::CurrentCulture = 'de-DE'
            $words = Get-SharedWord (New-SharedModel (Get-Start 2 0.5) (Get-Start 16 1.2) 2) 16
        }
        finally {
            [cultureinfo]::CurrentCulture = $before
        }

        $words | Should -BeExactly 'Survey=0.1', 'Write=0.2', 'Create=0.1', 'Start=0.4', 'Ready=0.2', 'Remove=5', 'RemoveAccess=6',
            'Idle=0.5', 'Work=1.2', 'Cores=2'
    }
}

Describe 'A step''s time' {
    It 'is the mean of the nodes, and none is a failure' {
        $trace = [pscustomobject] @{ Node = ''; Phase = 'Survey'; TookSec = 9 },
        [pscustomobject] @{ Node = 'o2wn01'; Phase = 'Survey'; TookSec = 1 },
        [pscustomobject] @{ Node = 'o2wn02'; Phase = 'Survey'; TookSec = 2 }
        Get-StepTime $trace @() @{ Phase = 'Survey' } | Should -BeExactly 1.5
        { Get-StepTime $trace @() @{ Phase = 'EngineRequest'; Detail = 'POST' } } | Should -Throw "No node's trace has EngineRequest POST."
    }
}
