namespace PisaHpc.Posix;

/// <summary>A user as the name service knows it (passwd(5)).</summary>
internal sealed record PasswdEntry(string Name, uint Uid, uint Gid, string Home, string Shell)
{
    /// <summary>The entry of a login name; null when there is none.</summary>
    public static unsafe PasswdEntry? ByName(string name) =>
        NameService.Lookup($"user {Quote.Of(name)}", (byte* buffer, nuint length, out PasswdEntry? found) =>
        {
            var error = NameService.GetPasswdByName(name, out var entry, buffer, length, out var result);
            found = result == 0 ? null : Read(entry);
            return error;
        });

    /// <summary>The entry of a user id; null when there is none.</summary>
    public static unsafe PasswdEntry? ByUid(uint uid) =>
        NameService.Lookup($"user id {uid}", (byte* buffer, nuint length, out PasswdEntry? found) =>
        {
            var error = NameService.GetPasswdByUid(uid, out var entry, buffer, length, out var result);
            found = result == 0 ? null : Read(entry);
            return error;
        });

    private static unsafe PasswdEntry Read(NameService.Passwd entry) =>
        new(NameService.Text(entry.Name), entry.Uid, entry.Gid, NameService.Text(entry.Home), NameService.Text(entry.Shell));
}
