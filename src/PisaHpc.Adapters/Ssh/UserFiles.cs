namespace PisaHpc.Adapters.Ssh;

/// <summary>Paths as ssh_config(5) writes them.</summary>
internal static class UserFiles
{
    /// <summary>
    /// Puts the caller's home directory in the place of a leading ~; it comes from the user database where HOME is not set.
    /// </summary>
    public static string Expand(string path) => path switch
    {
        "~" => Home,
        ['~', '/', ..] => Path.Combine(Home, path[2..]),
        _ => path,
    };

    private static string Home => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
}
