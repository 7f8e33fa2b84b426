using PisaHpc.Engines;

namespace PisaHpc.Sites;

/// <summary>
/// Merges a site's layers into environments: built-in → site defaults → queue → environment → parameters; later layers win.
/// </summary>
public static class EnvironmentResolver
{
    /// <summary>Makes an environment.</summary>
    /// <param name="environmentName">The environment's name or alias, in any case; null for the queue's default.</param>
    /// <param name="queue">The job's queue; a queue that the site does not define adds no layer. Null for none.</param>
    /// <param name="parameters">What the caller sets for this once.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.EnvironmentNotFound"/> when neither name nor queue leads to an environment, <see cref="ErrorId.SiteInvalid"/>
    /// when no layer names an image, <see cref="ErrorId.InvalidValue"/> when the parameters' image is no reference.
    /// </exception>
    public static HpcEnvironment Resolve(HpcSite site, string? environmentName, string? queue, EnvironmentLayer parameters)
    {
        ArgumentNullException.ThrowIfNull(site);
        ArgumentNullException.ThrowIfNull(parameters);
        var definition = queue is null ? null : site.Queues.GetValueOrDefault(queue);
        var name = NameOf(site, environmentName ?? definition?.Environment ?? throw NoDefault(site, queue));
        var layer = site.Environments[name];
        IReadOnlyList<string> aliases = [.. layer.Aliases.Select(alias => alias.Value)];
        if (layer.Static is { } place)
        {
            return InStatic(site, name, place, parameters) with { Aliases = aliases };
        }

        EnvironmentLayer[] layers =
            [EnvironmentLayer.BuiltIn, site.Defaults, definition?.Settings ?? EnvironmentLayer.Empty, layer, parameters];

        return Merge(site, name, [.. layers.Select(WithOneMemoryLimit)]) with { Aliases = aliases };
    }

    /// <summary>
    /// Makes the environment of a static one: built-in → site defaults → environment → the static environment's own settings.
    /// </summary>
    /// <exception cref="HpcException">As for a job's environment.</exception>
    public static HpcEnvironment Resolve(HpcSite site, StaticDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return Resolve(site, definition.Environment, queue: null, definition.Settings);
    }

    /// <summary>
    /// The environment of a static one under another name: what its jobs find is that container, and neither their queue nor whoever starts
    /// them changes it.
    /// </summary>
    private static HpcEnvironment InStatic(HpcSite site, string name, Setting<string> place, EnvironmentLayer parameters)
    {
        if (!parameters.SaysNothing)
        {
            throw new HpcException(
                ErrorId.PlanConflict,
                $"Jobs of environment {name} are placed into static environment {place.Value} ({place.Source}): its containers stand "
                + "already, and nothing of them can be chosen for one job.",
                name,
                "Leave out what changes the environment, or name another environment.");
        }

        return Resolve(site, site.Static[place.Value]) with { Name = name, Static = place.Value };
    }

    /// <summary>The name of the environment that a name or an alias, in any case, means.</summary>
    /// <param name="nameOrAlias">The name or alias.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.EnvironmentNotFound"/>, naming the known ones, the closest first.</exception>
    public static string NameOf(HpcSite site, string nameOrAlias)
    {
        ArgumentNullException.ThrowIfNull(site);
        return FindName(site, nameOrAlias)
            ?? throw new HpcException(
                ErrorId.EnvironmentNotFound, $"Environment {Quote.Of(nameOrAlias)} is not defined{Where(site)}. {Known(site, nameOrAlias)}",
                nameOrAlias);
    }

    /// <summary>The same; null for a name that no environment has.</summary>
    internal static string? FindName(HpcSite site, string nameOrAlias) =>
        site.Environments.FirstOrDefault(environment => Answers(environment.Key, environment.Value, nameOrAlias)).Key;

    private static bool Answers(string name, EnvironmentLayer layer, string nameOrAlias) =>
        layer.Aliases.Select(alias => alias.Value).Prepend(name).Contains(nameOrAlias, StringComparer.OrdinalIgnoreCase);

    private static string Known(HpcSite site, string nameOrAlias)
    {
        var aliases = site.Environments.SelectMany(environment => environment.Value.Aliases.Select(alias => alias.Value));
        var names = Spelling.ByDistance(nameOrAlias, site.Environments.Keys.Concat(aliases)).ToList();
        return names.Count == 0 ? "None is." : $"Known: {string.Join(", ", names)}.";
    }

    private static string Where(HpcSite site) => site.Path is null ? ": this machine has no site definition" : $" in {site.Path}";

    private static HpcException NoDefault(HpcSite site, string? queue)
    {
        const string NextStep =
            "Name one with -Environment, or give the queue an 'environment' in the site definition. List them with Get-HpcEnvironment.";
        var defaults = site.Queues.Values.Where(definition => definition.Environment is not null).Select(definition => definition.Name);
        var known = string.Join(", ", queue is null ? defaults : Spelling.ByDistance(queue, defaults));
        var why = queue is null ? "no queue gives one by default" : $"queue {Quote.Of(queue)} has no default{Where(site)}";
        return new HpcException(
            ErrorId.EnvironmentNotFound,
            $"No environment was named, and {why}{(known.Length == 0 ? "." : $". Queues with a default: {known}.")}",
            queue,
            NextStep);
    }

    /// <summary>A layer that limits memory in one way lifts a limit that a lower layer set in the other way.</summary>
    private static EnvironmentLayer WithOneMemoryLimit(EnvironmentLayer layer)
    {
        var (whole, perSlot) = (layer.Limits.Memory, layer.Limits.MemoryPerSlot);
        return (whole?.Value, perSlot?.Value) switch
        {
            ({ }, null) => layer with { Limits = layer.Limits with { MemoryPerSlot = new(null, whole.Source) } },
            (null, { }) => layer with { Limits = layer.Limits with { Memory = new(null, perSlot.Source) } },
            _ => layer,
        };
    }

    private static HpcEnvironment Merge(HpcSite site, string name, IReadOnlyList<EnvironmentLayer> layers)
    {
        var merge = new LayerMerge(layers);
        return new HpcEnvironment
        {
            Name = name,
            Image = Image(site, name, merge),
            Flavour = merge.Last("mpi", layer => layer.Mpi, SettingWords.Of),
            NetworkMode = merge.Last("network", layer => layer.Network, SettingWords.Of),
            Hostname = merge.Last("hostname", layer => layer.Hostname, value => value ?? "the node's"),
            MpiNetwork = merge.Last("mpiNetwork", layer => layer.MpiNetwork, value => value ?? "the node's"),
            Mounts = merge.Items("mounts", layer => layer.Mounts, mount => mount.Target, SettingWords.Of),
            Limits = Limits(merge),
            Devices = merge.Items(
                "devices", layer => layer.Devices, device => device, device => device, device => device is "all" or "none"),
            DeviceFiles = merge.Items("deviceFiles", layer => layer.DeviceFiles, file => file.Path, SettingWords.Of),
            Capabilities = merge.Items("capabilities", layer => layer.Capabilities, capability => capability, capability => capability),
            SecurityOptions = merge.Items("securityOptions", layer => layer.SecurityOptions, SecurityOptionKey, option => option),
            Variables = merge.Map("variables", layer => layer.Variables),
            UserVariables =
            [
                .. merge.Rules("userVariables", layer => layer.UserVariables, keep => keep ? "keep" : "drop")
                    .Select(rule => new VariableRule(rule.Key, rule.Value)),
            ],
            Way = merge.Last("access", layer => layer.Access, SettingWords.Of),
            Init = merge.Last("init", layer => layer.Init, SettingWords.Of),
            Privileged = merge.Last("privileged", layer => layer.Privileged, SettingWords.Of),
            Sshd = merge.Last("sshd", layer => layer.Sshd, path => path),
            ReadyTimeoutSec = (int)Math.Ceiling(merge.Last("readyTimeout", layer => layer.ReadyTimeout, Duration.Format).TotalSeconds),
            Origins = merge.Origins,
        };
    }

    private static string Image(HpcSite site, string name, LayerMerge merge)
    {
        if (!merge.Says(layer => layer.Image))
        {
            throw new HpcException(
                ErrorId.SiteInvalid,
                $"Environment {Quote.Of(name)} has no image: neither it nor a layer below it names one{Where(site)}.",
                site.Path,
                $"Give environments.{name} an 'image' in the site definition.");
        }

        var image = Qualified(merge.Last("image", layer => layer.Image, Qualified));
        if (site.Registry is not null && image.StartsWith(site.Registry + "/", StringComparison.Ordinal))
        {
            merge.Add("registry", site.Registry, "site", site.Positions.GetValueOrDefault("registry"));
        }

        return image;

        string Qualified(string text) => ImageReference.TryParse(text)?.In(site.Registry).ToString() ?? throw new HpcException(
            ErrorId.InvalidValue, $"{Quote.Of(text)} is not an image's reference.", text,
            "Write one such as pisa/hpc:deb12 or registry.example:5000/pisa/hpc:deb12.");
    }

    private static ContainerLimits Limits(LayerMerge merge) => new()
    {
        MemlockBytes = merge.Last("limits.memlock", layer => layer.Limits.Memlock, bytes => SettingWords.OfSize(bytes, "host")),
        OpenFiles = merge.Last("limits.openFiles", layer => layer.Limits.OpenFiles, count => SettingWords.OfCount(count, "host")),
        ShmBytes = merge.Last("limits.shm", layer => layer.Limits.Shm, bytes => SettingWords.OfSize(bytes, "the engine's")),
        MemoryBytes = merge.Last("limits.memory", layer => layer.Limits.Memory, bytes => SettingWords.OfSize(bytes, "unlimited")),
        MemoryPerSlotBytes = merge.Last(
            "limits.memoryPerSlot", layer => layer.Limits.MemoryPerSlot, bytes => SettingWords.OfSize(bytes, "unlimited")),
        CpusFromSlots = merge.Last("limits.cpus", layer => layer.Limits.CpusFromSlots, slots => slots ? "slots" : "none"),
        Bounds = merge.Last("limits.fromJob", layer => layer.Limits.FromJob, SettingWords.Of),
        Pids = merge.Last("limits.pids", layer => layer.Limits.Pids, count => SettingWords.OfCount(count, "unlimited")),
    };

    /// <summary>Options of one kind exclude each other, so the later one stands; an SELinux label may have several parts.</summary>
    private static string SecurityOptionKey(string option)
    {
        var end = option.IndexOfAny(['=', ':']);
        return end < 0 || option.StartsWith("label", StringComparison.Ordinal) ? option : option[..end];
    }
}
