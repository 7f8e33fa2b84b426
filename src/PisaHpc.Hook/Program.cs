using PisaHpc.Hook;

return await HookRun.RunAsync(args);
