using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace PisaHpc.Unit.House;

/// <summary>
/// The domain has no cmdlets: other programs are made of it too. What it says is wrong names none of them and none of their parameters;
/// only a next step, which is for whoever sits at a prompt, does.
/// </summary>
public sealed partial class DomainMessageTests
{
    /// <summary>Where the recommended action is among the arguments of a new <see cref="HpcException"/>.</summary>
    private const int RecommendedAction = 3;

    /// <summary>Where the remedy is among the arguments of a check's finding.</summary>
    private const int Remedy = 1;

    public static TheoryData<string> Sources => [.. Rooms.SourcesOf("PisaHpc")];

    [Theory]
    [MemberData(nameof(Sources))]
    public void Only_a_next_step_names_a_cmdlet_or_a_parameter(string file) => Assert.Empty(Misplaced(Rooms.Text(file)));

    [Theory]
    [InlineData("""throw new HpcException(ErrorId.InvalidValue, "-Node names nobody", node);""")]
    [InlineData("""throw new HpcException(ErrorId.JobNotFound, $"job {id} is gone, see Get-HpcJob", id, "Wait.");""")]
    [InlineData("""return CheckFinding.Failed("Initialize-HpcNode was not here", "Call it.");""")]
    [InlineData("""warn("Leave them out with -Exclude.");""")]
    public void A_name_in_a_message_is_seen(string statement) => Assert.NotEmpty(Misplaced(statement));

    [Theory]
    [InlineData("""throw new HpcException(ErrorId.InvalidValue, "no node is named", node, "Name one with -Node.");""")]
    [InlineData("""HpcException f() => new(ErrorId.JobLeftBehind, "left", id, $"Stop-HpcJob {id}", cause);""")]
    [InlineData("""return CheckFinding.Failed("the area is missing", "Make it: Initialize-HpcNode.");""")]
    [InlineData("""var remedy = "Allow it more time with -TimeoutSec.";""")]
    public void A_next_step_may_name_them(string statement) => Assert.Empty(Misplaced(statement));

    private static IEnumerable<string> Misplaced(string source) =>
        from text in CSharpSyntaxTree.ParseText(source).GetRoot().DescendantNodes()
        where text is InterpolatedStringExpressionSyntax || text.IsKind(SyntaxKind.StringLiteralExpression)
        where Named().IsMatch(text.ToString()) && !text.Ancestors().Any(IsNextStep)
        select text.ToString();

    private static bool IsNextStep(SyntaxNode node) => node switch
    {
        ArgumentSyntax { NameColon.Name.Identifier.Text: "recommendedAction" } => true,
        ArgumentSyntax { Parent: ArgumentListSyntax list } argument => list.Arguments.IndexOf(argument) >= PlaceIn(list),
        VariableDeclaratorSyntax variable => IsStep(variable.Identifier),
        PropertyDeclarationSyntax property => IsStep(property.Identifier),
        MethodDeclarationSyntax method => IsStep(method.Identifier),
        _ => false,
    };

    private static bool IsStep(SyntaxToken name) => Step().IsMatch(name.Text);

    private static int PlaceIn(ArgumentListSyntax list) => list.Parent switch
    {
        ObjectCreationExpressionSyntax { Type: IdentifierNameSyntax { Identifier.Text: nameof(HpcException) } } => RecommendedAction,
        ImplicitObjectCreationExpressionSyntax when list.Arguments is [{ Expression: MemberAccessExpressionSyntax id }, ..]
            && id.Expression.ToString() == nameof(ErrorId) => RecommendedAction,
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax call } when call.Expression.ToString() == "CheckFinding" => Remedy,
        _ => int.MaxValue,
    };

    [GeneratedRegex(
        @"\b(Get|Start|Stop|New|Remove|Test|Initialize|Update|Import|Publish|Invoke|Wait)-(Hpc|Job|Ib|Container)[A-Za-z]*"
        + @"|(?<![\w'-])-[A-Z][a-z][A-Za-z]*")]
    private static partial Regex Named();

    [GeneratedRegex("(?i)remedy|nextStep|recommended")]
    private static partial Regex Step();
}
