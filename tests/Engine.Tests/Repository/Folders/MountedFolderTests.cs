using System.Diagnostics;
using OrleansInference.Engine.Hosting;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Engine.Tests.Repository.Folders;

/// <summary>Models on file systems that are full or cannot be written; where the test may mount them.</summary>
public sealed class MountedFolderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StartAsync_AFullFileSystem_LeavesItsModelOut()
    {
        await using OddEngine test = new(ModelControlMode.Poll, model: null);
        await using Mount mount = await Mount.StartAsync(test.Repository.Full("full"), "size=8k,mode=755");
        test.Repository.Folder("full/1");
        await using (
            FileStream file = new(
                test.Repository.Full("full/1/model.onnx"),
                FileMode.Create,
                FileAccess.Write,
                FileShare.None,
                bufferSize: 0
            )
        )
        {
            Assert.Throws<IOException>(() => Fill(file));
        }

        await test.Engine.Engine.StartAsync(Token);
        await test.RequireGoodAsync();
        Assert.Contains(
            "is not a whole ONNX file",
            test.Engine.Engine.Index.Single(line => line.Name == "full").Reason,
            StringComparison.Ordinal
        );

        test.Repository.Write("full/1/model.onnx", OddRepository.Doubles);
        await test.Engine.Engine.PollAsync(Token);
        Assert.Equal(6f, (await test.TryInferAsync("full")).Value);
    }

    [Fact]
    public async Task StartAsync_AReadOnlyFileSystem_IsServedAsAnyOther()
    {
        await using OddEngine test = new(ModelControlMode.Poll, model: null);
        await using Mount mount = await Mount.StartAsync(test.Repository.Full("fixed"), "size=1m,mode=755");
        test.Repository.Write("fixed/1/model.onnx", OddRepository.Adds("w"));
        test.Repository.Write("fixed/1/w", OddRepository.Weight(1));
        await mount.RemountAsync("ro");

        await test.Engine.Engine.StartAsync(Token);
        await test.Engine.Engine.PollAsync(Token);

        Assert.Throws<IOException>(() => test.Repository.Write("fixed/x", "x"));
        Assert.Equal(4f, (await test.TryInferAsync("fixed")).Value);
        Assert.All(test.Engine.Engine.Index, line => Assert.Equal((ModelState.Ready, ""), (line.State, line.Reason)));
    }

    /// <summary>Writes until there is no room: what an archive leaves behind.</summary>
    private static void Fill(FileStream file)
    {
        file.Write(OddRepository.Doubles.AsSpan(0, 40));
        while (true)
        {
            file.Write(new byte[1024]);
        }
    }

    private sealed class Mount(string folder) : IAsyncDisposable
    {
        public static async Task<Mount> StartAsync(string folder, string options)
        {
            if (!OperatingSystem.IsLinux())
            {
                Assert.Skip("tmpfs is Linux'");
            }
            Directory.CreateDirectory(folder);
            if (await RunAsync("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder) != 0)
            {
                Assert.Skip("mounting a tmpfs is not allowed here");
            }
            return new Mount(folder);
        }

        public async Task RemountAsync(string option) =>
            Assert.Equal(0, await RunAsync("mount", "-o", $"remount,{option}", folder));

        public async ValueTask DisposeAsync() => await RunAsync("umount", "-l", folder);

        private static async Task<int> RunAsync(string program, params string[] arguments)
        {
            ProcessStartInfo start = new(program) { RedirectStandardError = true };
            foreach (string argument in arguments)
            {
                start.ArgumentList.Add(argument);
            }
            using Process process = Process.Start(start)!;
            await process.StandardError.ReadToEndAsync(Token);
            await process.WaitForExitAsync(Token);
            return process.ExitCode;
        }
    }
}
