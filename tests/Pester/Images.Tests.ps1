BeforeAll {
    . (Join-Path $PSScriptRoot 'Face.ps1')
    $site = New-TestSite
    $digest = 'sha256:' + 'a' * 64
    $update = [PisaHpc.Images.HpcImageUpdate] @{
        Node = 'o2wn01'; Name = 'registry.lab:5000/pisa/hpc:deb12'; State = 'Current'; Digest = $digest; PreviousDigest = $digest
    }
}

Describe 'The result of an update' {
    It 'is given back by the pipeline, and one that did not fail asks no node' {
        $update | Update-HpcImage -Site $site -ErrorAction Stop | Should -BeNullOrEmpty
        Update-HpcImage -Retry $update -Site $site -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'is a table of at most 120 columns' {
        (($update | Format-Table | Out-String -Width 120) -split "`n" | Measure-Object -Property Length -Maximum).Maximum |
            Should -BeLessOrEqual 120
    }

    It 'has the agreed names in JSON' {
        $json = $update | ConvertTo-Json | ConvertFrom-Json
        $json.Node | Should -Be 'o2wn01'
        $json.State | Should -Be 'Current'
        $json.Changed | Should -BeFalse
        $json.Digest | Should -Be $digest
        $json.PSObject.Properties.Name | Should -Contain 'Attempts'
        $json.PSObject.Properties.Name | Should -Contain 'DurationSec'
    }
}

Describe 'Images' {
    It 'are completed from the site definition' {
        (Complete "Update-HpcImage -Site '$site' -Image reg").CompletionText | Should -Contain 'registry.lab:5000/pisa/hpc:deb12'
        (Complete "Get-HpcImage -Site '$site' -Environment c").CompletionText | Should -Contain 'cs7'
    }

    It 'by their id are refused' {
        { Update-HpcImage -Site $site -Node o2wn01 -Image $digest -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidValue,*'
    }
}
