using System.Management.Automation;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Sites;

namespace PisaHpc.Module.Commands;

/// <summary>Gets the site's environments, merged from their layers.</summary>
[Cmdlet(VerbsCommon.Get, "HpcEnvironment")]
[OutputType(typeof(HpcEnvironment), typeof(SettingOrigin))]
public sealed class GetHpcEnvironmentCommand : SiteCmdlet
{
    /// <summary>Names or aliases, with wildcards; every environment when neither a name nor a queue is given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [TextOnly]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public string[]? Name { get; set; }

    /// <summary>The queue whose layer is merged too; without a name, its default environment is meant.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(QueueCompleter))]
    public string? Queue { get; set; }

    /// <summary>Shows, for each setting, the layer that set it, with file and line.</summary>
    [Parameter]
    public SwitchParameter Explain { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        _ = RequiredSite;
        if (Name is null && Queue is not null)
        {
            Write(null);
            return Task.CompletedTask;
        }

        foreach (var name in (Name ?? ["*"]).SelectMany(EnvironmentsOf))
        {
            Write(name);
        }

        return Task.CompletedTask;
    }

    private void Write(string? name)
    {
        try
        {
            var environment = EnvironmentResolver.Resolve(SiteDefinition, name, Queue, EnvironmentLayer.Empty);
            if (Explain)
            {
                EmitAll(environment.Origins.Select(origin => origin with { Environment = environment.Name }));
            }
            else
            {
                Emit(environment);
            }
        }
        catch (HpcException failure) when (failure.Id == ErrorId.EnvironmentNotFound)
        {
            Report(failure);
        }
    }
}
