using PisaHpc.Images.Import;

namespace PisaHpc.Unit.Images.Import;

public sealed class MountPointsTests
{
    private const string Table = """
        22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
        23 22 0:5 / /srv/c/proc rw - proc proc rw
        24 22 254:0 /home /srv/c/home rw - ext4 /dev/vda rw
        25 24 0:40 / /srv/c/home/scratch rw - tmpfs tmpfs rw
        26 22 0:41 / /srv/c/with\040blank\134 rw - tmpfs tmpfs rw
        27 22 0:41 / /srv/cs7/mnt rw - tmpfs tmpfs rw
        28 22 0:41 / /srv/c rw - tmpfs tmpfs rw
        29 22 0:42 / /srv/c/home rw - tmpfs tmpfs rw
        """;

    [Fact]
    public void Those_below_a_directory_are_found_once_and_none_within_another() =>
        Assert.Equal(["home", "proc", "with blank\\"], MountPoints.Below(Table, "/srv/c"));

    [Fact]
    public void The_root_has_them_all() => Assert.Equal(["srv/c", "srv/cs7/mnt"], MountPoints.Below(Table, "/"));

    [Fact]
    public void This_machine_has_a_proc() => Assert.Contains("proc", MountPoints.Below(File.ReadAllText("/proc/self/mountinfo"), "/"));
}
