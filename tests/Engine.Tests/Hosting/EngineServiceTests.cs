using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Tests.Repository.Folders;

namespace OrleansInference.Engine.Tests.Hosting;

/// <summary>What follows the repository goes on, whatever happens.</summary>
public sealed class EngineServiceTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ExecuteAsync_TheRepositoryGoesAndComes_FollowsItStill()
    {
        await using FollowedFolder test = await FollowedFolder.StartAsync(new Journal());
        string away = test.Folder + ".away";

        Directory.Move(test.Folder, away);
        await test.UntilAsync(() =>
            test.Log.Entries.Any(entry =>
                entry.Exception?.Message.Contains("does not exist", StringComparison.Ordinal) == true
            )
        );
        Directory.Move(away, test.Folder);
        new OddRepository(test.Folder).Write("later/1/model.onnx", OddRepository.Doubles);

        await test.UntilAsync(() => test.Engine.ReadyVersions("later").Length == 1);
        Assert.Equal(["1"], test.Engine.ReadyVersions("good"));
    }

    [Fact]
    public async Task ExecuteAsync_AnUnexpectedFailure_IsLoggedAsItIsAndTheOthersAreFollowed()
    {
        Journal log = new() { Fails = message => message.Contains("Model bad", StringComparison.Ordinal) };
        await using FollowedFolder test = await FollowedFolder.StartAsync(log);

        new OddRepository(test.Folder).Write("bad/1/model.onnx", [1]);
        new OddRepository(test.Folder).Write("later/1/model.onnx", OddRepository.Doubles);

        await test.UntilAsync(() => test.Engine.ReadyVersions("later").Length == 1);
        await test.UntilAsync(() =>
            test.Log.Entries.Any(entry =>
                entry.Exception is AggregateException { InnerExceptions: [NotSupportedException] }
            )
        );
        new OddRepository(test.Folder).Write("last/1/model.onnx", OddRepository.Doubles);
        await test.UntilAsync(() => test.Engine.ReadyVersions("last").Length == 1);
    }

    private sealed class FollowedFolder : IAsyncDisposable
    {
        private readonly FakeTimeProvider _time = new();
        private readonly IHost _host;

        private FollowedFolder(string folder, Journal log)
        {
            Folder = folder;
            Log = log;
            HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(settings: null);
            builder.Configuration["Engine:Models"] = folder;
            builder.Configuration["Engine:Mode"] = "poll";
            builder.Configuration["Engine:PollSeconds"] = "1";
            builder.Services.AddSingleton<TimeProvider>(_time);
            builder.Services.AddSingleton<ILoggerFactory>(log);
            builder.Services.AddInferenceEngine(builder.Configuration.GetSection("Engine"));
            _host = builder.Build();
        }

        public string Folder { get; }

        public Journal Log { get; }

        public InferenceEngine Engine => _host.Services.GetRequiredService<InferenceEngine>();

        public static async Task<FollowedFolder> StartAsync(Journal log)
        {
            string folder = Directory.CreateTempSubdirectory("followed").FullName;
            new OddRepository(folder).Write("good/1/model.onnx", OddRepository.Doubles);
            FollowedFolder test = new(folder, log);
            await test._host.StartAsync(Token);
            return test;
        }

        public async Task UntilAsync(Func<bool> holds)
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
            limit.CancelAfter(Limit);
            while (!holds())
            {
                limit.Token.ThrowIfCancellationRequested();
                _time.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _host.StopAsync(CancellationToken.None);
            _host.Dispose();
            Directory.Delete(Folder, recursive: true);
        }
    }

    private sealed class Journal : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<(string Message, Exception? Exception)> Entries { get; } = new();

        public Func<string, bool> Fails { get; init; } = _ => false;

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            string message = formatter(state, exception);
            if (Fails(message))
            {
                throw new NotSupportedException(message);
            }
            Entries.Enqueue((message, exception));
        }

        public void Dispose() { }
    }
}
