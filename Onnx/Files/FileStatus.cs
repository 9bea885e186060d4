using Mono.Unix.Native;

namespace OrleansInference.Onnx.Files;

/// <summary>
/// The status of a path, links followed, without opening it. It tells these contents from others. Where the system has
/// no inodes, device, inode and time of change are 0; length and time of writing must do.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Device">The file system that it is on.</param>
/// <param name="Inode">Its number there.</param>
/// <param name="Length">Bytes, of a regular file.</param>
/// <param name="Written">When its contents were last written, in ticks of 100 ns since 1970; may be set to
/// anything.</param>
/// <param name="Changed">When anything of it last changed, in ticks of 100 ns since 1970; set by the system
/// alone.</param>
public readonly record struct FileStatus(
    FileKind Kind,
    ulong Device,
    ulong Inode,
    long Length,
    long Written,
    long Changed
)
{
    private static readonly bool HasPosix = ProbePosix();

    /// <summary>When its contents were last written.</summary>
    public DateTimeOffset WrittenAt => DateTimeOffset.UnixEpoch.AddTicks(Written);

    /// <summary>Reads the status of a path. Never throws: an unreachable path is a kind too.</summary>
    public static FileStatus Of(string path)
    {
        if (path.Contains('\0'))
        {
            return new FileStatus { Kind = FileKind.Missing };
        }
        return HasPosix ? Posix(path) : Portable(path);
    }

    /// <summary>What is wrong with a path that must be a regular file or a folder, for the end of "PATH …".</summary>
    /// <param name="path">The path.</param>
    /// <param name="wanted">What it should lead to.</param>
    public string Problem(string path, FileKind wanted) =>
        Kind switch
        {
            FileKind.Missing when path.Contains('\uFFFD') => "has a name that is no UTF-8; rename it",
            FileKind.Missing => "does not exist",
            FileKind.BrokenLink when LinkTarget(path) is { Length: > 0 } target =>
                $"is a link to '{target}', which does not exist or leads back to itself",
            FileKind.BrokenLink => "leads through a link that does not exist or leads back to itself",
            FileKind.Unreachable => "cannot be reached: permission denied, or a name that is too long",
            _ => $"is {Noun(Kind)}; it must be {Noun(wanted)}",
        };

    private static string Noun(FileKind kind) =>
        kind switch
        {
            FileKind.Regular => "a regular file",
            FileKind.Folder => "a folder",
            FileKind.Pipe => "a named pipe",
            FileKind.Socket => "a socket",
            _ => "a device",
        };

    private static FileStatus Posix(string path)
    {
        if (Syscall.stat(path, out Stat found) != 0)
        {
            Errno why = Stdlib.GetLastError();
            if (why is not (Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP))
            {
                return new FileStatus { Kind = FileKind.Unreachable };
            }
            // Whoever names a link means what it leads to: its absence is not the absence of the name.
            bool isLink = Syscall.lstat(path, out Stat link) == 0;
            FileKind broken = isLink || why == Errno.ELOOP ? FileKind.BrokenLink : FileKind.Missing;
            return new FileStatus
            {
                Kind = broken,
                Device = link.st_dev,
                Inode = link.st_ino,
            };
        }

        FileKind kind = (found.st_mode & FilePermissions.S_IFMT) switch
        {
            FilePermissions.S_IFREG => FileKind.Regular,
            FilePermissions.S_IFDIR => FileKind.Folder,
            FilePermissions.S_IFIFO => FileKind.Pipe,
            FilePermissions.S_IFSOCK => FileKind.Socket,
            _ => FileKind.Device,
        };
        long written = Ticks(found.st_mtime, found.st_mtime_nsec);
        long changed = Ticks(found.st_ctime, found.st_ctime_nsec);
        return new FileStatus(kind, found.st_dev, found.st_ino, found.st_size, written, changed);
    }

    /// <summary>The status by .NET's means alone. Pipes and devices pass for files here.</summary>
    internal static FileStatus Portable(string path)
    {
        try
        {
            string real = RealPath.Of(path);
            if (Directory.Exists(real))
            {
                return new FileStatus { Kind = FileKind.Folder };
            }
            FileInfo file = new(real);
            if (!file.Exists)
            {
                return new FileStatus { Kind = LinkTarget(path) is null ? FileKind.Missing : FileKind.BrokenLink };
            }
            long written = file.LastWriteTimeUtc.Ticks - DateTime.UnixEpoch.Ticks;
            return new FileStatus
            {
                Kind = FileKind.Regular,
                Length = file.Length,
                Written = written,
            };
        }
        catch (IOException)
        {
            return new FileStatus { Kind = FileKind.BrokenLink };
        }
        catch (UnauthorizedAccessException)
        {
            return new FileStatus { Kind = FileKind.Unreachable };
        }
    }

    /// <summary>Some file systems keep times that .NET has no number for: these are its first or last second.</summary>
    private static long Ticks(long seconds, long nanoseconds)
    {
        long known = Math.Clamp(
            seconds,
            DateTimeOffset.MinValue.ToUnixTimeSeconds(),
            DateTimeOffset.MaxValue.ToUnixTimeSeconds()
        );
        return (known * TimeSpan.TicksPerSecond) + (nanoseconds / TimeSpan.NanosecondsPerTick);
    }

    private static string? LinkTarget(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The library brings its native part for glibc and macOS; elsewhere .NET's own view has to do.</summary>
    private static bool ProbePosix()
    {
        if (OperatingSystem.IsWindows())
        {
            return false;
        }
        try
        {
            return Syscall.stat("/", out _) == 0;
        }
        catch (Exception exception)
            when (exception is DllNotFoundException or EntryPointNotFoundException or TypeInitializationException)
        {
            return false;
        }
    }
}
