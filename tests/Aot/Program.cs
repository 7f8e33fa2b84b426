using PisaHpc.Adapters;
using PisaHpc.Adapters.Yaml;

// What a batch hook does first: it reads the site definition, opens a connection to a node, runs a command there and asks its engine.
var access = SiteLocation.Read(args[0]).Nodes;
var connection = await NodeConnectors.For(access).ConnectAsync(args[1], CancellationToken.None);
var answer = await connection.RunAsync(["uname", "-n"], default, CancellationToken.None);
Console.WriteLine($"node {answer.Text.Trim()}");
var engine = await NodeConnectors.EnginesFor(access).ConnectAsync(args[1], CancellationToken.None);
Console.WriteLine($"engine {engine.Info.Version}, API {engine.Info.ApiVersion}");
Console.WriteLine($"root {(await engine.DescribeAsync(CancellationToken.None)).RootDirectory}");
