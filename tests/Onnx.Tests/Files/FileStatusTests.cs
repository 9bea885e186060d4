using OrleansInference.Onnx.Files;

namespace OrleansInference.Onnx.Tests.Files;

public sealed class FileStatusTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_AReplacedFileOfTheSameLengthAndTime_IsAnother()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("inodes are Unix'");
        }
        string file = _folder.Write("a", [1]);
        string other = _folder.Write("b", [2]);
        File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
        File.SetLastWriteTimeUtc(other, DateTime.UnixEpoch);
        FileStatus before = FileStatus.Of(file);

        File.Move(other, file, overwrite: true);

        FileStatus after = FileStatus.Of(file);
        Assert.Equal((before.Length, before.Written), (after.Length, after.Written));
        Assert.NotEqual(before, after);
    }

    [Fact]
    public void Of_ALinkToAnother_IsTheOthers()
    {
        string file = _folder.Write("a", [1, 2, 3]);
        string link = Path.Combine(_folder.Path, "link");
        File.CreateSymbolicLink(link, "a");

        Assert.Equal(FileStatus.Of(file), FileStatus.Of(link));
        Assert.Equal(3, FileStatus.Of(link).Length);
    }

    [Fact]
    public void Of_Unchanged_IsTheSame()
    {
        string file = _folder.Write("a", [1]);
        FileStatus before = FileStatus.Of(file);

        Assert.Equal([1], RegularFile.ReadAllBytes(file));

        Assert.Equal(before, FileStatus.Of(file));
    }

    [Theory]
    [InlineData(1601)]
    [InlineData(1970)]
    [InlineData(2262)]
    [InlineData(2446)]
    [InlineData(9999)]
    public void Of_AnyTime_IsTakenAsItIs(int year)
    {
        string file = _folder.Write("a", [1]);
        File.SetLastWriteTimeUtc(file, new DateTime(year, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        Assert.Equal(FileKind.Regular, FileStatus.Of(file).Kind);
        Assert.Equal(File.GetLastWriteTimeUtc(file), FileStatus.Of(file).WrittenAt.UtcDateTime);
    }

    [Theory]
    [InlineData("file", FileKind.Regular)]
    [InlineData("folder", FileKind.Folder)]
    [InlineData("missing", FileKind.Missing)]
    [InlineData("file/below", FileKind.Missing)]
    [InlineData("nul\0", FileKind.Missing)]
    [InlineData("toFile", FileKind.Regular)]
    [InlineData("toFolder", FileKind.Folder)]
    [InlineData("dangling", FileKind.BrokenLink)]
    [InlineData("self", FileKind.BrokenLink)]
    public void Of_EachKind_IsToldApartWithAndWithoutInodes(string name, FileKind kind)
    {
        _folder.Write("file", [1]);
        Directory.CreateDirectory(Path.Combine(_folder.Path, "folder"));
        foreach (
            (string link, string target) in new[]
            {
                ("toFile", "file"),
                ("toFolder", "folder"),
                ("dangling", "nowhere"),
                ("self", "self"),
            }
        )
        {
            File.CreateSymbolicLink(Path.Combine(_folder.Path, link), target);
        }
        string path = $"{_folder.Path}/{name}";

        Assert.Equal(kind, FileStatus.Of(path).Kind);
        if (!name.Contains('\0'))
        {
            Assert.Equal(kind, FileStatus.Portable(path).Kind);
        }
    }

    [Fact]
    public void Portable_ARegularFile_HasLengthAndTime()
    {
        string file = _folder.Write("a", [1, 2]);
        File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch.AddSeconds(5));

        Assert.Equal(
            (2L, 5 * TimeSpan.TicksPerSecond),
            (FileStatus.Portable(file).Length, FileStatus.Portable(file).Written)
        );
    }

    [Fact]
    public void OpenRead_ADevice_SaysWhatItIs()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such files");
        }
        IOException exception = Assert.Throws<IOException>(() => RegularFile.OpenRead("/dev/zero"));
        Assert.Equal("'/dev/zero' is a device; it must be a regular file", exception.Message);
    }
}
