using Google.Protobuf;
using Google.Protobuf.Collections;
using Grpc.Core;
using OrleansInference.Gateway.Tests.Hosting;

namespace OrleansInference.Gateway.Tests.Grpc;

public sealed class SharedMemoryGrpcTests
{
    private static readonly byte[] Contents = [.. Enumerable.Range(0, 64).Select(i => (byte)(i * 3))];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Register_ByDefault_IsNotAllowed()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        using SharedMemoryFile memory = new(Contents);

        Assert.Equal(
            StatusCode.Unimplemented,
            await CodeAsync(async () =>
                await host.Grpc.SystemSharedMemoryRegisterAsync(
                    new()
                    {
                        Name = "r",
                        Key = memory.Key,
                        ByteSize = 8,
                    },
                    cancellationToken: Token
                )
            )
        );
    }

    [Fact]
    public async Task ModelInfer_InputAndOutputInARegion_GoThroughItBesideRawContents()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(("AllowSharedMemory", "true"));
        using SharedMemoryFile memory = new(Contents);
        await host.Grpc.SystemSharedMemoryRegisterAsync(
            new()
            {
                Name = "r",
                Key = memory.Key,
                Offset = 8,
                ByteSize = 56,
            },
            cancellationToken: Token
        );

        ModelInferResponse response = await host.Grpc.ModelInferAsync(Request(4, 8, 32, 8), cancellationToken: Token);

        Assert.Equal(Contents[12..20], memory.Contents[40..48]);
        Assert.Equal("z", Assert.Single(response.RawOutputContents).ToStringUtf8());
        Assert.Equal(
            ("r", 8, 32),
            (
                response.Outputs[0].Parameters["shared_memory_region"].StringParam,
                response.Outputs[0].Parameters["shared_memory_byte_size"].Int64Param,
                response.Outputs[0].Parameters["shared_memory_offset"].Int64Param
            )
        );
        SystemSharedMemoryStatusResponse status = await host.Grpc.SystemSharedMemoryStatusAsync(
            new() { Name = "r" },
            cancellationToken: Token
        );
        Assert.Equal(
            (memory.Key, 8ul, 56ul),
            (status.Regions["r"].Key, status.Regions["r"].Offset, status.Regions["r"].ByteSize)
        );
        await host.StopAndCheckAsync();
    }

    [Theory]
    [InlineData(60, 8, 0, 8)]
    [InlineData(-1, 8, 0, 8)]
    [InlineData(0, -8, 0, 8)]
    [InlineData(0, 8, 60, 8)]
    [InlineData(0, 8, 0, 7)]
    public async Task ModelInfer_ARangeThatDoesNotFit_IsInvalid(
        long offset,
        long size,
        long outputOffset,
        long outputSize
    )
    {
        await using GatewayHost host = await GatewayHost.StartAsync(("AllowSharedMemory", "true"));
        using SharedMemoryFile memory = new(Contents);
        await host.Grpc.SystemSharedMemoryRegisterAsync(
            new()
            {
                Name = "r",
                Key = memory.Key,
                ByteSize = 64,
            },
            cancellationToken: Token
        );

        Assert.Equal(
            StatusCode.InvalidArgument,
            await CodeAsync(async () =>
                await host.Grpc.ModelInferAsync(
                    Request(offset, size, outputOffset, outputSize),
                    cancellationToken: Token
                )
            )
        );

        Assert.Equal(Contents, memory.Contents);
        await host.StopAndCheckAsync();
    }

    [Fact]
    public async Task Register_ARangeBeyond63Bits_IsInvalid()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(("AllowSharedMemory", "true"));
        using SharedMemoryFile memory = new(Contents);

        Assert.Equal(
            StatusCode.InvalidArgument,
            await CodeAsync(async () =>
                await host.Grpc.SystemSharedMemoryRegisterAsync(
                    new()
                    {
                        Name = "r",
                        Key = memory.Key,
                        Offset = ulong.MaxValue,
                        ByteSize = ulong.MaxValue,
                    },
                    cancellationToken: Token
                )
            )
        );
    }

    [Fact]
    public async Task Unregister_OneOrAll_ForgetsThem()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(("AllowSharedMemory", "true"));
        using SharedMemoryFile memory = new(Contents);
        foreach (string name in new[] { "a", "b", "c" })
        {
            await host.Grpc.SystemSharedMemoryRegisterAsync(
                new()
                {
                    Name = name,
                    Key = memory.Key,
                    ByteSize = 8,
                },
                cancellationToken: Token
            );
        }

        await host.Grpc.SystemSharedMemoryUnregisterAsync(new() { Name = "a" }, cancellationToken: Token);
        Assert.Equal(
            ["b", "c"],
            (await host.Grpc.SystemSharedMemoryStatusAsync(new(), cancellationToken: Token)).Regions.Keys.Order()
        );
        await host.Grpc.SystemSharedMemoryUnregisterAsync(new(), cancellationToken: Token);

        Assert.Empty((await host.Grpc.SystemSharedMemoryStatusAsync(new(), cancellationToken: Token)).Regions);
        Assert.Equal(
            StatusCode.NotFound,
            await CodeAsync(async () =>
                await host.Grpc.SystemSharedMemoryStatusAsync(new() { Name = "a" }, cancellationToken: Token)
            )
        );
    }

    [Theory]
    [InlineData(0, 8, StatusCode.InvalidArgument)]
    [InlineData(64, 0, StatusCode.InvalidArgument)]
    [InlineData(64, 8, StatusCode.Unimplemented)]
    public async Task CudaRegister_Always_IsRefusedAndNothingIsListed(int handle, ulong size, StatusCode code)
    {
        await using GatewayHost host = await GatewayHost.StartAsync(("AllowSharedMemory", "true"));

        Assert.Equal(
            code,
            await CodeAsync(async () =>
                await host.Grpc.CudaSharedMemoryRegisterAsync(
                    new()
                    {
                        Name = "r",
                        RawHandle = ByteString.CopyFrom(new byte[handle]),
                        ByteSize = size,
                    },
                    cancellationToken: Token
                )
            )
        );

        Assert.Empty((await host.Grpc.CudaSharedMemoryStatusAsync(new(), cancellationToken: Token)).Regions);
        await host.Grpc.CudaSharedMemoryUnregisterAsync(new() { Name = "r" }, cancellationToken: Token);
    }

    private static async Task<StatusCode> CodeAsync(Func<Task> call) =>
        (await Assert.ThrowsAsync<RpcException>(call)).StatusCode;

    private static ModelInferRequest Request(long offset, long size, long outputOffset, long outputSize)
    {
        ModelInferRequest.Types.InferInputTensor shared = new()
        {
            Name = "x",
            Datatype = "UINT8",
            Shape = { 8 },
        };
        ModelInferRequest.Types.InferInputTensor raw = new()
        {
            Name = "y",
            Datatype = "UINT8",
            Shape = { 1 },
        };
        ModelInferRequest.Types.InferRequestedOutputTensor output = new() { Name = "x" };
        Set(shared.Parameters, offset, size);
        Set(output.Parameters, outputOffset, outputSize);
        return new ModelInferRequest
        {
            ModelName = "echo",
            Inputs = { shared, raw },
            Outputs =
            {
                output,
                new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "y" },
            },
            RawInputContents = { ByteString.CopyFromUtf8("z") },
        };
    }

    private static void Set(MapField<string, InferParameter> parameters, long offset, long size)
    {
        parameters["shared_memory_region"] = new InferParameter { StringParam = "r" };
        parameters["shared_memory_offset"] = new InferParameter { Int64Param = offset };
        parameters["shared_memory_byte_size"] = new InferParameter { Int64Param = size };
    }
}
