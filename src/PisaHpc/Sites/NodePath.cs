namespace PisaHpc.Sites;

/// <summary>A path of a node as it is written. What is a symbolic link on the node is not known here.</summary>
internal static class NodePath
{
    /// <summary>Without empty parts, without . and .. (path_resolution(7)); what is no absolute path stays as it is.</summary>
    public static string Normal(string path)
    {
        if (path is not ['/', ..])
        {
            return path;
        }

        var parts = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part == ".." && parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("" or "." or ".."))
            {
                parts.Add(part);
            }
        }

        return "/" + string.Join('/', parts);
    }
}
