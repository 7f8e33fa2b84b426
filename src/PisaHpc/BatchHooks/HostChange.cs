using PisaHpc.Nodes;
using PisaHpc.Setup;

namespace PisaHpc.BatchHooks;

/// <summary>What changes on a host for a batch system's hooks.</summary>
internal sealed record HostChange
{
    /// <summary>The host's name.</summary>
    public required string Host { get; init; }

    /// <summary>The batch system.</summary>
    public required Batch.Scheduler System { get; init; }

    /// <summary>What it is to the batch system.</summary>
    public required HookRole Role { get; init; }

    /// <summary>The files of ours that are put there first.</summary>
    public IReadOnlyList<HookFile> Puts { get; init; } = [];

    /// <summary>The symbolic links that are made then.</summary>
    public IReadOnlyList<HookLink> Links { get; init; } = [];

    /// <summary>The texts that change then, in this order.</summary>
    public IReadOnlyList<TextChange> Texts { get; init; } = [];

    /// <summary>
    /// The files of ours that are removed last, each with what has to match something else in their place; null for nothing.
    /// </summary>
    public IReadOnlyList<(string File, string? Pattern)> Removes { get; init; } = [];

    /// <summary>What has to be run by hand when texts changed.</summary>
    public string? NextStep { get; init; }

    /// <summary>What has to happen before the rest may be done, by the same call again; null for nothing.</summary>
    public string? Waiting { get; init; }

    /// <summary>Tries a text before it is written; null for none that can be tried.</summary>
    public Func<INodeConnection, TextChange, Action<string>, CancellationToken, Task>? TryAsync { get; init; }

    /// <summary>What would be done.</summary>
    public HpcBatchHook Predict() => new()
    {
        Node = Host,
        System = System.ToString(),
        Role = Role.ToString(),
        Changed = Puts.Count + Links.Count + Texts.Count + Removes.Count > 0,
        Changes =
        [
            .. Puts.Select(file => $"{file.Path}: put it, mode 0{file.Mode}"),
            .. Links.Select(link => $"{link.Path}: link it to {link.Target}"),
            .. Texts.Select(text => text.InWords),
            .. Removes.Select(file => $"{file.File}: remove it"),
        ],
        Diff = [.. Texts.SelectMany(text => text.Diff())],
        NextStep = Texts.Count > 0 ? NextStep : Waiting is null ? null : $"run this again when {Waiting}",
    };

    /// <summary>Does it. Each text is written whole or not at all, and only over what was read.</summary>
    /// <param name="stamp">What the names of the old texts end in.</param>
    /// <param name="warn">Told of what could not be tried.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchConfigurationInvalid"/>: a text would not do, or the site's own wildcards would match nothing;
    /// <see cref="ErrorId.NodeCommandFailed"/>.
    /// </exception>
    public async Task<HpcBatchHook> RunAsync(INodeConnection host, string stamp, Action<string> warn, CancellationToken cancellationToken)
    {
        var files = new HostFiles(host);
        foreach (var file in Puts)
        {
            await files.PutAsync(file, cancellationToken);
        }

        foreach (var link in Links)
        {
            await files.LinkAsync(link, cancellationToken);
        }

        var backups = new List<string>();
        foreach (var text in Texts)
        {
            if (TryAsync is not null && text.After is not null)
            {
                await TryAsync(host, text, warn, cancellationToken);
            }

            backups.AddRange(await WriteAsync(host, text, stamp, cancellationToken));
        }

        foreach (var pattern in Removes.Select(remove => remove.Pattern).Distinct())
        {
            await files.RemoveAsync(
                [.. Removes.Where(remove => remove.Pattern == pattern).Select(remove => remove.File)], pattern, cancellationToken);
        }

        return Predict() with { Backups = backups };
    }

    private static async Task<IReadOnlyList<string>> WriteAsync(
        INodeConnection host, TextChange text, string stamp, CancellationToken cancellationToken)
    {
        var files = new HostFiles(host);
        if (text.After is null)
        {
            await files.RemoveAsync([text.Path], pattern: null, cancellationToken);
            return [];
        }

        if (text is { Before: null, Mode: { } mode })
        {
            await files.PutAsync(new HookFile(text.Path, text.BytesAfter, mode), cancellationToken);
            return [];
        }

        var backup = text.Before is null ? null : $"{text.Path}.pisahpc-{stamp}";
        await new NodeFiles(host).PutAsync(text.Path, [text.BytesBefore], text.BytesAfter, backup, marker: null, cancellationToken);
        return backup is null ? [] : [backup];
    }
}

/// <summary>A symbolic link that a host has to have.</summary>
/// <param name="Path">Where.</param>
/// <param name="Target">What stands in it.</param>
internal sealed record HookLink(string Path, string Target);
