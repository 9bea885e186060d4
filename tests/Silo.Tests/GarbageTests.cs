using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Silo.Tests;

/// <summary>Connections that speak no protocol, on each of a silo's ports.</summary>
public sealed class GarbageTests : IDisposable
{
    private const int Connections = 60;
    private const long MostMoreBytes = 128 << 20;

    private readonly string _models = Directory.CreateTempSubdirectory("repository").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public GarbageTests()
    {
        string version = Directory.CreateDirectory(Path.Combine(_models, "scale", "1")).FullName;
        File.WriteAllBytes(Path.Combine(version, "model.onnx"), FixtureModels.Scale(3, 2f));
    }

    public void Dispose() => Directory.Delete(_models, recursive: true);

    [Fact]
    public async Task Ports_BytesOfNoProtocol_EndTheirConnectionAndNothingElse()
    {
        await using SiloProcess silo = await SiloProcess.StartAsync(_models);
        await AnswersAsync(silo);
        long before = silo.WorkingSet;
        Random random = new(5);

        foreach (int port in new[] { silo.SiloPort, silo.GatewayPort, silo.HttpPort, silo.GrpcPort })
        {
            for (int i = 0; i < Connections; i++)
            {
                await SendAsync(port, Garbage(random, i));
            }
        }

        await AnswersAsync(silo);
        Assert.True(
            silo.WorkingSet - before < MostMoreBytes,
            $"{before >> 20} MiB before, {silo.WorkingSet >> 20} MiB after"
        );
    }

    /// <summary>Random bytes, frames that claim to be long, beginnings of what would be right.</summary>
    private static byte[] Garbage(Random random, int kind)
    {
        byte[] bytes = new byte[random.Next(1, 4000)];
        random.NextBytes(bytes);
        switch (kind % 4)
        {
            case 1 when bytes.Length >= 8:
                // Orleans' frame: lengths of header and body.
                BinaryPrimitives.WriteInt32LittleEndian(bytes, random.Next(1, 100));
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), int.MaxValue);
                break;
            case 2:
                return [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. bytes];
            case 3:
                return
                [
                    .. "POST /v2/models/scale/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"u8,
                    .. bytes,
                ];
        }

        return bytes;
    }

    private static async Task SendAsync(int port, byte[] bytes)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, port, Token);
        try
        {
            await client.GetStream().WriteAsync(bytes, Token);
            client.Client.Shutdown(SocketShutdown.Send);
        }
        catch (IOException)
        {
            // It had heard enough.
        }
        catch (SocketException)
        {
            // The same.
        }
    }

    private static async Task AnswersAsync(SiloProcess silo)
    {
        using HttpResponseMessage answer = await silo.Http.PostAsync(
            "/v2/models/scale/infer",
            new StringContent("""{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}"""),
            Token
        );
        Assert.Contains("\"data\":[2,4,6]", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }
}
