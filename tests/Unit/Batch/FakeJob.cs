using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch;

/// <summary>The environment of a job, with its files and users.</summary>
internal sealed class FakeJob
{
    public static readonly JobOwner Root = User("root", 0, 0);
    public static readonly JobOwner HpcUser = User("hpcuser", 4001, 4001, 5001, 5002);

    public Dictionary<string, string> Files { get; } = [];

    public JobOwner ProcessOwner { get; init; } = HpcUser;

    public JobEnvironment With(params (string Name, string Value)[] variables) => new()
    {
        Variables = variables.ToDictionary(variable => variable.Name, variable => variable.Value),
        ReadLines = path => Files.TryGetValue(path, out var text) ? text.Split('\n') : throw new FileNotFoundException($"Could not find {path}."),
        FindOwner = Find,
        OwnerOfUid = uid => Find(uid == 4001 ? "hpcuser" : "unknown"),
        ProcessOwner = () => ProcessOwner,
    };

    private static JobOwner Find(string name) => name switch
    {
        "hpcuser" => HpcUser,
        "root" => Root,
        _ => throw new HpcException(ErrorId.UserNotFound, $"User '{name}' is not known.", name),
    };

    private static JobOwner User(string name, uint uid, params uint[] groups) => new() { Name = name, Uid = uid, Gid = groups[0], Groups = groups };
}
