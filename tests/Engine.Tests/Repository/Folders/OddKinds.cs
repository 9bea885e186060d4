using System.Globalization;

namespace OrleansInference.Engine.Tests.Repository.Folders;

/// <summary>What repositories were seen to hold, and the neighbours of that.</summary>
public static class OddKinds
{
    private const string Broken = "does not exist or leads back to itself";

    private static readonly string LongName = new('n', 255);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<OddKind> All { get; } =
    [
        // Names.
        new("a folder's name in Latin-1", odd => odd.Latin1Folder("caf", 'é'), "caf\uFFFD", "no UTF-8"),
        new(
            "two folders whose Latin-1 names look the same",
            odd =>
            {
                odd.Latin1Folder("caf", 'é');
                odd.Latin1Folder("caf", 'è');
            },
            "caf\uFFFD",
            "no UTF-8"
        ),
        new(
            "a file's name in Latin-1 beside the model",
            odd =>
            {
                Served(odd, "m");
                odd.Latin1File("m/1/notes", 'é');
            },
            "m",
            null
        ),
        new(
            "a file's name in Latin-1 beside the versions",
            odd =>
            {
                Served(odd, "m");
                odd.Latin1File("m/notes", 'é');
            },
            "m",
            null
        ),
        new(
            "a version's name in Latin-1",
            odd =>
            {
                odd.Folder("m");
                odd.Latin1Folder("m/1", 'é');
            },
            "m",
            "no version folder"
        ),
        new("a newline in a folder's name", odd => Served(odd, "two\nlines"), "two\nlines", null),
        new(
            "a newline in a file's name",
            odd =>
            {
                Served(odd, "m");
                odd.Write("m/1/two\nlines", "x");
            },
            "m",
            null
        ),
        new("the longest name", odd => Served(odd, LongName), LongName, null),
        new("spaces", odd => Served(odd, " with  spaces "), " with  spaces ", null),
        new("percent signs", odd => Served(odd, "a%2Fb%zz"), "a%2Fb%zz", null),
        new("a backslash", odd => Served(odd, "back\\slash"), "back\\slash", null),
        new(
            "a backslash in a file's name",
            odd =>
            {
                Served(odd, "m");
                odd.Write("m/1/back\\slash", "x");
            },
            "m",
            null
        ),
        new("a leading zero", odd => odd.Write("m/01/model.onnx", OddRepository.Doubles), "m", "'01' is none"),
        new(
            "a version with and without a leading zero",
            odd =>
            {
                Served(odd, "m");
                odd.Write("m/01/model.onnx", [1]);
            },
            "m",
            null
        ),
        new("a version of letters", odd => odd.Write("m/v1/model.onnx", OddRepository.Doubles), "m", "'v1' is none"),
        new("version zero", odd => odd.Write("m/0/model.onnx", OddRepository.Doubles), "m", "'0' is none"),
        new(
            "a version too large",
            odd => odd.Write("m/9223372036854775808/model.onnx", OddRepository.Doubles),
            "m",
            "is none"
        ),
        new(
            "the largest version",
            odd => odd.Write("m/9223372036854775807/model.onnx", OddRepository.Doubles),
            "m",
            null
        ),
        new(
            "a version that is a file",
            odd =>
            {
                Served(odd, "m");
                odd.Write("m/2", "x");
            },
            "m",
            null
        ),
        new("an empty folder", odd => odd.Folder("m"), "m", "no version folder"),
        new("an empty version", odd => odd.Folder("m/1"), "m", "there is no model.onnx"),
        new(
            "another file's name",
            odd => odd.Write("m/1/resnet.onnx", OddRepository.Doubles),
            "m",
            "there is 'resnet.onnx'"
        ),
        new("a hidden folder", odd => odd.Write(".git/1/model.onnx", [1]), null, null),
        new("a file beside the models", odd => odd.Write("README.md", "x"), null, null),
        // Links.
        new("a dangling link for a model", odd => odd.Link("m", "/nowhere/at/all"), "m", Broken),
        new("a dangling link for a version", odd => odd.Link("m/1", "/nowhere"), "m", Broken),
        new("a dangling link for the file", odd => odd.Link("m/1/model.onnx", "/nowhere"), "m", Broken),
        new(
            "a dangling link for the configuration",
            odd =>
            {
                Served(odd, "m");
                odd.Link("m/config.pbtxt", "/nowhere");
            },
            "m",
            Broken
        ),
        new(
            "a dangling link beside the model",
            odd =>
            {
                Served(odd, "m");
                odd.Link("m/1/old", "/nowhere");
            },
            "m",
            null
        ),
        new("a link to itself for a model", odd => odd.Link("m", "m"), "m", Broken),
        new("a link to itself for the file", odd => odd.Link("m/1/model.onnx", "model.onnx"), "m", Broken),
        new(
            "two links to each other",
            odd =>
            {
                odd.Link("m/1/model.onnx", "b");
                odd.Link("m/1/b", "model.onnx");
            },
            "m",
            Broken
        ),
        new(
            "two links upward in a version",
            odd =>
            {
                Served(odd, "m");
                odd.Link("m/1/a", "..");
                odd.Link("m/1/b", "..");
            },
            "m",
            null
        ),
        new(
            "links to / and to the folder itself in a version",
            odd =>
            {
                Served(odd, "m");
                odd.Link("m/1/a", "/");
                odd.Link("m/1/b", ".");
            },
            "m",
            null
        ),
        new(
            "folders that link to each other in a version",
            odd =>
            {
                Served(odd, "m");
                odd.Folder("m/1/a");
                odd.Folder("m/1/b");
                odd.Link("m/1/a/to", "../b");
                odd.Link("m/1/b/to", "../a");
            },
            "m",
            null
        ),
        new("a model that is a link to the repository", odd => odd.Link("m", "."), "m", "holds the repository"),
        new("a model that is a link above the repository", odd => odd.Link("m", "../.."), "m", "holds the repository"),
        new(
            "a version that is a link to its model",
            odd =>
            {
                odd.Write("m/model.onnx", OddRepository.Doubles);
                odd.Link("m/1", ".");
            },
            "m",
            "a folder above it"
        ),
        new("a version that is a link to the repository", odd => odd.Link("m/1", "../.."), "m", "a folder above it"),
        new("41 links in a row", odd => Chain(odd, 41), "m", Broken),
        new("39 links in a row", odd => Chain(odd, 39), "m", null),
        new(
            "a link to a model elsewhere",
            odd =>
            {
                odd.Write("../store/1/model.onnx", OddRepository.Doubles);
                odd.Link("m", "../store");
            },
            "m",
            null
        ),
        new(
            "a link to a version elsewhere",
            odd =>
            {
                odd.Write("../store/model.onnx", OddRepository.Doubles);
                odd.Link("m/1", "../../store");
            },
            "m",
            null
        ),
        new(
            "a link to a file elsewhere",
            odd =>
            {
                odd.Write("../store/blob", OddRepository.Doubles);
                odd.Link("m/1/model.onnx", odd.Full("../store/blob"));
            },
            "m",
            null
        ),
        new("a link to the model beside", odd => odd.Link("m", "good"), "m", null),
        new(
            "a link to a file for a model",
            odd =>
            {
                odd.Write("../file", "x");
                odd.Link("m", "../file");
            },
            null,
            null
        ),
        new(
            "a ConfigMap",
            odd =>
            {
                odd.Write("m/1/..2026_01/model.onnx", OddRepository.Doubles);
                odd.Link("m/1/..data", "..2026_01");
                odd.Link("m/1/model.onnx", "..data/model.onnx");
            },
            "m",
            null
        ),
        new(
            "Hugging Face's cache",
            odd =>
            {
                Weights(odd, "../blobs/a", "../blobs/b");
                odd.Link("m/1/model.onnx", "../../../blobs/a");
                odd.Link("m/1/weights.bin", "../../../blobs/b");
            },
            "m",
            null
        ),
        new(
            "weights behind a link elsewhere",
            odd =>
            {
                Weights(odd, "m/1/model.onnx", "../store/w");
                odd.Link("m/1/weights.bin", "../../../store/w");
            },
            "m",
            null
        ),
        new(
            "model and weights behind links to two places",
            odd =>
            {
                Weights(odd, "../one/a", "../two/b");
                odd.Link("m/1/model.onnx", "../../../one/a");
                odd.Link("m/1/weights.bin", "../../../two/b");
            },
            "m",
            null
        ),
        new(
            "weights in a linked folder",
            odd =>
            {
                odd.Write("m/1/model.onnx", OddRepository.Adds("sub/w"));
                odd.Write("../store/w", OddRepository.Weight(1));
                odd.Link("m/1/sub", odd.Full("../store"));
            },
            "m",
            null
        ),
        new(
            "weights through a link upward",
            odd =>
            {
                odd.Write("m/1/model.onnx", OddRepository.Adds("up/w"));
                odd.Write("m/w", OddRepository.Weight(1));
                odd.Link("m/1/up", "..");
            },
            "m",
            "a link to a folder above"
        ),
        new(
            "weights by '..'",
            odd =>
            {
                odd.Write("m/1/model.onnx", OddRepository.Adds("../w"));
                odd.Write("m/w", OddRepository.Weight(1));
            },
            "m",
            "'..'"
        ),
        new(
            "weights by an absolute path",
            odd => odd.Write("m/1/model.onnx", OddRepository.Adds(odd.Write("w", OddRepository.Weight(1)))),
            "m",
            "an absolute path"
        ),
        new(
            "weights that are hidden",
            odd =>
            {
                odd.Write("m/1/model.onnx", OddRepository.Adds(".w"));
                odd.Write("m/1/.w", OddRepository.Weight(1));
            },
            "m",
            "hidden"
        ),
        new(
            "Triton's folder for a model with weights",
            odd => Weights(odd, "m/1/model.onnx/model.onnx", "m/1/model.onnx/weights.bin"),
            "m",
            null
        ),
        new(
            "such a folder with nothing in it",
            odd => odd.Folder("m/1/model.onnx"),
            "m",
            "there is no model.onnx/model.onnx"
        ),
        new(
            "such a folder without weights",
            odd => odd.Write("m/1/model.onnx/model.onnx", OddRepository.Doubles),
            "m",
            "no weight files in it"
        ),
        // What is no file.
        new("a pipe for the model", odd => odd.Pipe("m/1/model.onnx"), "m", "is a named pipe"),
        new(
            "a link to a pipe for the model",
            odd =>
            {
                odd.Pipe("m/pipe");
                odd.Link("m/1/model.onnx", "../pipe");
            },
            "m",
            "is a named pipe"
        ),
        new(
            "a pipe for the configuration",
            odd =>
            {
                Served(odd, "m");
                odd.Pipe("m/config.pbtxt");
            },
            "m",
            "is a named pipe"
        ),
        new(
            "a pipe for the weights",
            odd =>
            {
                odd.Write("m/1/model.onnx", OddRepository.Adds("w"));
                odd.Pipe("m/1/w");
            },
            "m",
            "is a named pipe"
        ),
        new(
            "a pipe for the variants",
            odd =>
            {
                Served(odd, "m");
                odd.Pipe("m/1/variants.json");
            },
            "m",
            "is a named pipe"
        ),
        new(
            "a pipe for warm-up data",
            odd =>
            {
                Served(odd, "m", WarmUp);
                odd.Pipe("m/warmup/data");
            },
            "m",
            "is a named pipe"
        ),
        new(
            "a pipe for a version",
            odd =>
            {
                Served(odd, "m");
                odd.Pipe("m/2");
            },
            "m",
            null
        ),
        new("a pipe for a model's folder", odd => odd.Pipe("m"), null, null),
        new(
            "a pipe beside the model",
            odd =>
            {
                Served(odd, "m");
                odd.Pipe("m/1/pipe");
                odd.Pipe("m/pipe");
            },
            "m",
            null
        ),
        new(
            "a pipe for labels",
            odd =>
            {
                Served(odd, "m", "output { name: \"y\" label_filename: \"labels\" }");
                odd.Pipe("m/labels");
            },
            "m",
            null
        )
        {
            Warning = "label_filename of output 'y' has no effect",
        },
        new("a socket for the model", odd => odd.Socket("m/1/model.onnx"), "m", "is a socket"),
        new(
            "a socket beside the model",
            odd =>
            {
                Served(odd, "m");
                odd.Socket("m/1/socket");
            },
            "m",
            null
        ),
        new("/dev/zero for the model", odd => odd.Link("m/1/model.onnx", "/dev/zero"), "m", "is a device"),
        new(
            "/dev/zero for the configuration",
            odd =>
            {
                Served(odd, "m");
                odd.Link("m/config.pbtxt", "/dev/zero");
            },
            "m",
            "is a device"
        ),
        new(
            "/dev/zero for the weights",
            odd =>
            {
                odd.Write("m/1/model.onnx", OddRepository.Adds("w"));
                odd.Link("m/1/w", "/dev/zero");
            },
            "m",
            "is a device"
        ),
        new(
            "a folder for the configuration",
            odd =>
            {
                Served(odd, "m");
                odd.Folder("m/config.pbtxt");
            },
            "m",
            "is a folder"
        ),
        new(
            "a folder for the weights",
            odd =>
            {
                odd.Write("m/1/model.onnx", OddRepository.Adds("w"));
                odd.Folder("m/1/w");
            },
            "m",
            "is a folder"
        ),
        new(
            "17 folders within each other",
            odd =>
            {
                Served(odd, "m");
                odd.Folder($"m/1{string.Concat(Enumerable.Repeat("/d", 17))}");
            },
            "m",
            "more than 16 folders"
        ),
        // Contents.
        new(
            "half an archive: the model",
            odd => odd.Write("m/1/model.onnx", OddRepository.Doubles[..^20]),
            "m",
            "is not a whole ONNX file"
        ),
        new(
            "half an archive: no weights",
            odd => odd.Write("m/1/model.onnx", OddRepository.Adds("w")),
            "m",
            "'w', which does not exist"
        ),
        new(
            "half an archive: half the weights",
            odd =>
            {
                odd.Write("m/1/model.onnx", OddRepository.Adds("w"));
                odd.Write("m/1/w", [0]);
            },
            "m",
            "ONNX Runtime cannot load"
        ),
        new("no byte", odd => odd.Write("m/1/model.onnx", ""), "m", "it is empty"),
        new(
            "a pointer of Git LFS",
            odd =>
                odd.Write(
                    "m/1/model.onnx",
                    "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
                ),
            "m",
            "Git LFS"
        ),
        new("a web page", odd => odd.Write("m/1/model.onnx", "<!DOCTYPE html><html>404</html>"), "m", "web page"),
        new("a gzip archive", odd => odd.Write("m/1/model.onnx", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]), "m", "gzip"),
        new("a PyTorch file", odd => odd.Write("m/1/model.onnx", "PK\u0003\u0004\u0014"), "m", "PyTorch"),
        new(
            "a configuration of no UTF-8",
            odd =>
            {
                Served(odd, "m");
                odd.Write("m/config.pbtxt", [.. "name: \"caf"u8, 0xE9, .. "\""u8]);
            },
            "m",
            "config.pbtxt"
        ),
        new("times to come", odd => Dated(odd, new DateTime(2099, 1, 1, 0, 0, 0, DateTimeKind.Utc)), "m", null),
        new("times of 1970", odd => Dated(odd, DateTime.UnixEpoch), "m", null),
        new("times before 1970", odd => Dated(odd, DateTime.UnixEpoch.AddYears(-10)), "m", null),
    ];

    private const string WarmUp =
        """model_warmup { name: "w" batch_size: 1 inputs { key: "x" value { data_type: TYPE_FP32 dims: 1 input_data_file: "data" } } }""";

    private static void Served(OddRepository odd, string model, string? config = null)
    {
        odd.Write($"{model}/1/model.onnx", OddRepository.Doubles);
        if (config is not null)
        {
            odd.Write($"{model}/config.pbtxt", config);
        }
    }

    private static void Weights(OddRepository odd, string model, string weights)
    {
        odd.Write(model, OddRepository.Adds("weights.bin"));
        odd.Write(weights, OddRepository.Weight(1));
    }

    private static void Chain(OddRepository odd, int links)
    {
        odd.Write("m/1/0", OddRepository.Doubles);
        for (int i = 1; i < links; i++)
        {
            odd.Link(
                string.Create(CultureInfo.InvariantCulture, $"m/1/{i}"),
                string.Create(CultureInfo.InvariantCulture, $"{i - 1}")
            );
        }
        odd.Link("m/1/model.onnx", string.Create(CultureInfo.InvariantCulture, $"{links - 1}"));
    }

    private static void Dated(OddRepository odd, DateTime time) =>
        File.SetLastWriteTimeUtc(odd.Write("m/1/model.onnx", OddRepository.Doubles), time);
}
