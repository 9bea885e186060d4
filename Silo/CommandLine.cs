namespace OrleansInference.Silo;

/// <summary>
/// The silo's switches, each a name for a configuration key; everything else of .NET's configuration works beside them.
/// </summary>
internal static class CommandLine
{
    private static readonly Dictionary<string, (string Key, string Help)> Switches = new(StringComparer.Ordinal)
    {
        ["--models"] = ("Engine:Models", "DIR    model repository in Triton's layout (default: models); repeatable"),
        ["--mode"] = ("Engine:Mode", "MODE   all (default), explicit, poll or demand"),
        ["--load-model"] = (
            "Engine:LoadModel",
            "NAME   with --mode explicit or demand: a model to load at start; repeatable, * for all"
        ),
        ["--exit-on-error"] = (
            "Engine:ExitOnError",
            "WHAT   true: any model that cannot be loaded at start ends it; false: nothing does; default: repository"
        ),
        ["--strict-readiness"] = (
            "Engine:StrictReadiness",
            "BOOL   true: ready only while every model that was asked for is (default: false)"
        ),
        ["--strict-model-config"] = (
            "Engine:StrictModelConfig",
            "BOOL   true: nothing that a configuration leaves out is read from the model's file (default: false)"
        ),
        ["--model-config-name"] = (
            "Engine:ModelConfigName",
            "NAME   serve models by configs/NAME.pbtxt where they have it (default: config.pbtxt alone)"
        ),
        ["--jobs-root"] = (
            "Jobs:Root",
            "DIR    folder that bulk jobs over HTTP may read and write in (default: none, they are refused)"
        ),
        ["--http-port"] = ("Gateway:HttpPort", "PORT   KServe v2 over HTTP (default: 8080)"),
        ["--grpc-port"] = ("Gateway:GrpcPort", "PORT   KServe v2 over gRPC (default: 8081)"),
        ["--silo-port"] = ("Silo:SiloPort", "PORT   silo to silo (default: 11111)"),
        ["--listen"] = (
            "Gateway:BindAddress",
            "ADDRESS   address of every port (default: 127.0.0.1); one beyond this machine needs keys"
        ),
        ["--advertise"] = ("Silo:Advertise", "ADDRESS   where other silos and Orleans clients reach this one"),
        ["--api-key-file"] = (
            "Gateway:ApiKeyFile",
            "FILE   lines KEY[ TENANT[ WEIGHT[ QUOTA_PER_SECOND]]][ role=infer|operate|admin]"
        ),
        ["--redis"] = ("Silo:Redis", "HOST:PORT   join the cluster that keeps its members and state there"),
        ["--join"] = ("Silo:Join", "HOST:SILOPORT   without Redis: join the silo there, on this machine"),
        ["--cluster-id"] = ("Silo:ClusterId", "NAME   the cluster's name (default: default)"),
        ["--name"] = ("Node:Name", "NAME   this node's name (default: the machine's and the silo port)"),
        ["--gateway-port"] = ("Silo:GatewayPort", "PORT   Orleans clients (default: 30000)"),
    };

    /// <summary>Switches without a value.</summary>
    private static readonly Dictionary<string, (string Key, string Help)> Flags = new(StringComparer.Ordinal)
    {
        ["--allow-anonymous"] = (
            "Gateway:AllowAnonymous",
            "       everybody who reaches --listen ADDRESS may use the server"
        ),
        ["--kubernetes"] = (
            "Silo:Kubernetes",
            "       take names and addresses from the pod, and watch pods come and go"
        ),
    };

    /// <summary>How to call the silo.</summary>
    public static string Help { get; } =
        "Usage: dotnet run --project Silo -- [options]\n"
        + string.Join('\n', Switches.Concat(Flags).Select(pair => $"  {pair.Key, -15} {pair.Value.Help}"))
        + "\n  --Section:Key=VALUE  any other setting, such as --Engine:Threads=4\n  --help          this text";

    /// <summary>Configuration entries for the arguments.</summary>
    /// <exception cref="StartupException">An argument is unknown or lacks its value.</exception>
    public static Dictionary<string, string?> Parse(string[] args)
    {
        Dictionary<string, string?> settings = [];
        int loaded = 0;
        int more = 0;
        for (int i = 0; i < args.Length; i++)
        {
            if (Flags.TryGetValue(args[i], out (string Key, string Help) flag))
            {
                settings[flag.Key] = "true";
                continue;
            }

            int equals = args[i].IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? args[i] : args[i][..equals];
            bool known = Switches.TryGetValue(name, out (string Key, string Help) option);
            bool setting =
                !known
                && equals > 0
                && name.StartsWith("--", StringComparison.Ordinal)
                && name.Contains(':', StringComparison.Ordinal);
            if (!known && !setting)
            {
                throw new StartupException(
                    $"Unknown option '{args[i]}'. Allowed: "
                        + $"{string.Join(", ", Switches.Keys.Concat(Flags.Keys))}, --Section:Key=VALUE, --help."
                );
            }
            string? value =
                equals >= 0 ? args[i][(equals + 1)..]
                : i + 1 < args.Length ? args[++i]
                : null;
            // Where a value was forgotten, the next option must not be taken for it.
            if (
                string.IsNullOrEmpty(value) || (known && equals < 0 && value.StartsWith("--", StringComparison.Ordinal))
            )
            {
                throw new StartupException($"Option {name} needs a value.");
            }
            string key = known ? option.Key : name[2..];
            settings[
                name == "--load-model" ? $"{key}:{loaded++}"
                : name == "--models" && settings.ContainsKey(key) ? $"Engine:MoreModels:{more++}"
                : key
            ] = value;
        }

        return settings;
    }
}
