using OrleansInference.Cli;
using Spectre.Console;

using CancellationTokenSource stop = new();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
return await OinfApp.RunAsync(args, AnsiConsole.Console, Console.Out, Console.Error, stop.Token);
