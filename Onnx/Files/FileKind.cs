namespace OrleansInference.Onnx.Files;

/// <summary>What a path leads to once every symbolic link on it is followed.</summary>
public enum FileKind
{
    /// <summary>There is nothing of that name, not even a link.</summary>
    Missing,

    /// <summary>A file with contents of its own: the only kind that is ever opened.</summary>
    Regular,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A named pipe: opening one waits for whoever writes to it.</summary>
    Pipe,

    /// <summary>A Unix domain socket.</summary>
    Socket,

    /// <summary>A character or block device: reading one may never end.</summary>
    Device,

    /// <summary>A link to what does not exist, or to itself.</summary>
    BrokenLink,

    /// <summary>What may be there cannot be looked at, most often for want of permission.</summary>
    Unreachable,
}
