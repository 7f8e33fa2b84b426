namespace PisaHpc.Sites;

/// <summary>Merges settings over layers, lowest first, and keeps the origin of each.</summary>
/// <param name="layers">The layers; the lowest has a value for every setting that is asked for.</param>
internal sealed class LayerMerge(IReadOnlyList<EnvironmentLayer> layers)
{
    private readonly List<SettingOrigin> _origins = [];

    /// <summary>The origins of all settings merged so far.</summary>
    public IReadOnlyList<SettingOrigin> Origins => _origins;

    /// <summary>Whether any layer has a setting.</summary>
    /// <param name="pick">The setting of a layer.</param>
    public bool Says<T>(Func<EnvironmentLayer, Setting<T>?> pick) => layers.Any(layer => pick(layer) is not null);

    /// <summary>The value of the highest layer that has one.</summary>
    /// <param name="option">The setting's name.</param>
    /// <param name="pick">The setting of a layer.</param>
    /// <param name="words">The value in words.</param>
    public T Last<T>(string option, Func<EnvironmentLayer, Setting<T>?> pick, Func<T, string> words)
    {
        var layer = layers.Last(candidate => pick(candidate) is not null);
        var setting = pick(layer)!;
        Add(option, words(setting.Value), layer.Layer, setting.Source);
        return setting.Value;
    }

    /// <summary>A list: each layer appends to it or replaces it, and an item with a known key takes its predecessor's place.</summary>
    /// <param name="option">The setting's name.</param>
    /// <param name="pick">The list of a layer.</param>
    /// <param name="key">What makes two items the same.</param>
    /// <param name="words">An item in words.</param>
    /// <param name="standsAlone">Whether an item excludes all others.</param>
    public IReadOnlyList<T> Items<T>(
        string option,
        Func<EnvironmentLayer, ListSetting<T>?> pick,
        Func<T, string> key,
        Func<T, string> words,
        Func<T, bool>? standsAlone = null)
    {
        var kept = new OrderedDictionary<string, (Setting<T> Setting, string Layer)>();
        var (emptiedBy, emptiedAt) = (layers[0].Layer, default(SourcePosition));
        foreach (var layer in layers)
        {
            if (pick(layer) is not { } list)
            {
                continue;
            }

            if (list.Replaces)
            {
                kept.Clear();
                (emptiedBy, emptiedAt) = (layer.Layer, list.Source);
            }

            foreach (var item in list.Items)
            {
                if (standsAlone is not null && (standsAlone(item.Value) || kept.Values.Any(other => standsAlone(other.Setting.Value))))
                {
                    kept.Clear();
                }

                kept[key(item.Value)] = (item, layer.Layer);
            }
        }

        if (kept.Count == 0)
        {
            Add(option, "none", emptiedBy, emptiedAt);
        }

        foreach (var (name, (setting, layer)) in kept)
        {
            Add($"{option}[{name}]", words(setting.Value), layer, setting.Source);
        }

        return [.. kept.Values.Select(item => item.Setting.Value)];
    }

    /// <summary>A map: each layer's keys over those of the layers below.</summary>
    /// <param name="option">The setting's name.</param>
    /// <param name="pick">The map of a layer.</param>
    public IReadOnlyDictionary<string, string> Map(string option, Func<EnvironmentLayer, IReadOnlyDictionary<string, Setting<string>>> pick)
    {
        var kept = new OrderedDictionary<string, (Setting<string> Setting, string Layer)>();
        foreach (var layer in layers)
        {
            foreach (var (name, setting) in pick(layer))
            {
                kept[name] = (setting, layer.Layer);
            }
        }

        if (kept.Count == 0)
        {
            Add(option, "none", layers[0].Layer, null);
        }

        foreach (var (name, (setting, layer)) in kept)
        {
            Add($"{option}[{name}]", setting.Value, layer, setting.Source);
        }

        return kept.ToDictionary(item => item.Key, item => item.Value.Setting.Value);
    }

    /// <summary>
    /// Rules by name, in order: one that a higher layer has is behind those of the layers below, whose namesake it replaces.
    /// </summary>
    /// <param name="option">The setting's name.</param>
    /// <param name="pick">The rules of a layer.</param>
    /// <param name="words">A rule in words.</param>
    public IReadOnlyList<KeyValuePair<string, T>> Rules<T>(
        string option, Func<EnvironmentLayer, IReadOnlyDictionary<string, Setting<T>>> pick, Func<T, string> words)
    {
        var kept = new OrderedDictionary<string, (Setting<T> Setting, string Layer)>();
        foreach (var layer in layers)
        {
            foreach (var (name, setting) in pick(layer))
            {
                kept.Remove(name);
                kept[name] = (setting, layer.Layer);
            }
        }

        if (kept.Count == 0)
        {
            Add(option, "none", layers[0].Layer, null);
        }

        foreach (var (name, (setting, layer)) in kept)
        {
            Add($"{option}[{name}]", words(setting.Value), layer, setting.Source);
        }

        return [.. kept.Select(item => KeyValuePair.Create(item.Key, item.Value.Setting.Value))];
    }

    /// <summary>Keeps an origin.</summary>
    /// <param name="option">The setting's name.</param>
    /// <param name="value">Its value in words.</param>
    /// <param name="layer">The layer's name.</param>
    /// <param name="source">Where it stands; null when no file set it.</param>
    public void Add(string option, string value, string layer, SourcePosition? source) =>
        _origins.Add(new SettingOrigin(option, value, layer, source?.File, source?.Line ?? 0));
}
