using System.Management.Automation;
using PisaHpc.Module.Base;
using PisaHpc.Module.Commands;

namespace PisaHpc.Unit.Commands;

public sealed class StartHpcContainerTests
{
    /// <summary>A plan is carried out as it was shown: what it was made from cannot be given again beside it, and be ignored.</summary>
    [Fact]
    public void A_plan_takes_none_of_the_parameters_that_plans_are_made_from()
    {
        var sets = new CmdletInfo("Start-HpcContainer", typeof(StartHpcContainerCommand)).ParameterSets.ToDictionary(set => set.Name);
        var makers = typeof(PlanCmdlet).GetProperties().Where(property => property.DeclaringType == typeof(PlanCmdlet)).Select(property => property.Name).ToArray();

        Assert.NotEmpty(makers);
        Assert.Empty(makers.Except(sets["Allocation"].Parameters.Select(parameter => parameter.Name)));
        Assert.Empty(makers.Intersect(sets["Plan"].Parameters.Select(parameter => parameter.Name)));
    }
}
