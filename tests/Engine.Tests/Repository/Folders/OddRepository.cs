using System.Net.Sockets;
using Mono.Unix.Native;
using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Repository.Folders;

/// <summary>
/// Makes a repository odd. Paths are relative to the repository; what is beside it is reached by <c>..</c>.
/// </summary>
public sealed class OddRepository(string root)
{
    /// <summary>y = 2x.</summary>
    public static byte[] Doubles { get; } = FixtureModels.Scale(1, 2);

    /// <summary>y = x + w, of one weight that lies in a file.</summary>
    public static byte[] Adds(string location) =>
        new OnnxGraphBuilder("adds")
            .Input("x", TensorProto.Types.DataType.Float, "batch", 1)
            .Initializer(OnnxTensor.External("w", TensorProto.Types.DataType.Float, location, 0, sizeof(float), 1))
            .Node("Add", ["x", "w"], ["y"])
            .Output("y", TensorProto.Types.DataType.Float, "batch", 1)
            .ToBytes();

    /// <summary>The file of that weight.</summary>
    public static byte[] Weight(float value) => BitConverter.GetBytes(value);

    public string Full(string path) => Path.GetFullPath(path, root);

    public string Write(string path, byte[] contents)
    {
        string full = Full(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, contents);
        return full;
    }

    public string Write(string path, string contents) => Write(path, System.Text.Encoding.UTF8.GetBytes(contents));

    public void Folder(string path) => Directory.CreateDirectory(Full(path));

    /// <summary>A link that says <paramref name="target"/>, whatever that is.</summary>
    public void Link(string path, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Full(path))!);
        Assert.Equal(0, Syscall.symlink(target, Full(path)));
    }

    public void Relink(string path, string target)
    {
        Link(path + ".new", target);
        Assert.Equal(0, Syscall.rename(Full(path + ".new"), Full(path)));
    }

    public void Pipe(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Full(path))!);
        Assert.Equal(0, Syscall.mkfifo(Full(path), FilePermissions.DEFFILEMODE));
    }

    public void Socket(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Full(path))!);
        // A socket's address is at most 108 bytes, its name may then be longer.
        string bound = Path.Combine(Path.GetTempPath(), $"s{Guid.NewGuid():N}");
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(bound));
        Assert.Equal(0, Syscall.rename(bound, Full(path)));
    }

    /// <summary>A folder whose name ends in a byte that is no UTF-8.</summary>
    public void Latin1Folder(string path, char last) =>
        Assert.Equal(0, Syscall.mkdir($"{Full(path)}\0{last}", FilePermissions.ACCESSPERMS));

    /// <summary>An empty file whose name ends in a byte that is no UTF-8.</summary>
    public void Latin1File(string path, char last)
    {
        int file = Syscall.creat($"{Full(path)}\0{last}", FilePermissions.DEFFILEMODE);
        Assert.True(file >= 0);
        Assert.Equal(0, Syscall.close(file));
    }
}
