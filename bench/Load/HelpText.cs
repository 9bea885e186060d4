namespace OrleansInference.Load;

internal static class HelpText
{
    public const string All = """
        Usage: Load <command> [options]      (dotnet run -c Release --project bench/Load -- <command> ...)

        http      load one model of a KServe v2 server over HTTP with binary tensors
          --url URL            http://127.0.0.1:8000
          --model NAME         model to call
          --input FILE         raw little-endian tensor
          --input-name NAME    --shape 1,3,224,224    --datatype FP32
          --output A,B         outputs to ask for (default: all)
          --connections N      1          --seconds S  4          --warmup S  2
          --mode closed|open   closed: a thread per connection, next request after the answer
                               open: Poisson arrivals at --rate R per second, --seed 1;
                               latency counts from the intended send time
          --pid P              server process whose CPU time is reported (Linux)
          --check FILE         expected first output, float32, compared once within 1e-3
          --json               one JSON object instead of text

        grpc      the same over gRPC with raw contents: a channel and a closed loop a connection; of an answer the
                  length alone is checked, against the first one's
          --url URL            http://127.0.0.1:8001
          --model --input --input-name --shape --datatype --output --connections --seconds --warmup --pid --check
          --json               as for http

        orleans   call one model through the Orleans client: calls/s, latency, CPU of client and silo a call
          --gateway ADDR:PORT  127.0.0.1:30000, the silo's gateway
          --model NAME         --input-name NAME         --shape 1,3,224,224 (FP32)
          --input FILE.f32     raw little-endian tensor (default: zeros)
          --in-flight N        1: callers, each with its next call after the answer
          --seconds S  4       --warmup S  2
          --pid P              silo process whose CPU time is reported (Linux)
          --model-us X         CPU µs of one run of the model, taken off the sum. Without it, measure with a
                               model that costs next to nothing: probe-models writes such
          --json               one JSON object instead of text

        probe-models   write models that return the first value of each row: their calls cost the way alone
          --out DIR            repository for --models of the silo: probe3k (1,784) and probe602k (1,3,224,224),
                               one request to a run; the input is called x

        conformance-models   write the models that public test suites of the protocol expect, by their names
          --out DIR            model repository to write

        raw       ONNX Runtime in this process: batch {1,8,32} x threads {1,2} x callers {1,2}
          --data DIR           ../shared/data (mnist and squeezenet), or
          --model FILE.onnx --input FILE.f32
          --seconds S          1, for each row

        compare   OrleansInference against the ASP.NET Core baseline, or another server, alternating
          --silo "COMMAND"     dotnet Silo/bin/Release/net10.0/OrleansInference.Silo.dll
                               it is given --models DIR --http-port P --grpc-port P --silo-port P --gateway-port P;
                               "baseline" measures the baseline against itself: the noise of the method
          --baseline FILE.dll  bench/AspNetBaseline/bin/Release/net10.0/OrleansInference.AspNetBaseline.dll
          --against URL        instead, a KServe v2 server that runs already, at http://host:port of the protocol;
                               it must serve the models of compare, and give their first output within 1e-3
          --against-pid P      its process, whose CPU time is reported (Linux)
          --protocol http|grpc http: binary tensors; grpc: ModelInfer with raw contents, a channel a connection
          --data DIR           ../shared/data
          --runs N  5          --seconds S  4         --warmup S  2
          --only tiny:64,...   model, or model:connections; the models are tiny, squeezenet and mlp (256-1024-64).
                               Default: tiny at 1, 4, 16, 64, 256, squeezenet at 1, 4, 16, mlp at 16, 64;
                               over gRPC: tiny at 1, 16, 64
          --model NAME=FILE.onnx --input FILE.f32
                               your own model in their place, at 1, 16, 64; its one input and first output are FP32

        compare-models   write the models of compare, for the server of --against
          --out DIR            model repository to write            --data DIR           ../shared/data

        limit     the most that service one by one can give here: 1/(echo µs + run µs), of an echo in bare Kestrel
                  and of the model in this process; the baseline beside it
          --baseline --data --seconds --warmup --only --model --input    as for compare
          --runs N  3          Default: tiny at 1 and 64, squeezenet at 16, mlp at 64

        overload  a cluster on this machine at several times its capacity, over HTTP with a deadline in a header
          --silo "COMMAND"     as for compare
          --nodes N  4         --capacity R  400 requests/s in all, of emulated devices
          --model FILE.onnx    instead, a model on the CPU of one silo: --capacity says what that gives,
                               with --input FILE --input-name NAME --shape 1,3,224,224 (FP32)
          --factor F  3        --seconds S  60        --deadline-ms D  250
          --tenants            two tenants: one asks for a third of the capacity, the other for a third, then ten thirds

        scale     throughput a node by the number of nodes, on emulated devices, through one SDK client
          --nodes 1,2,4,8      --ms M  20 a request   --seconds S  10

        plan      what a plan, its routing table and a pick cost; no silo runs
          --nodes N  1000      --models N  500

        search    the search over batch x threads x instances on a live silo against all of its grid
          --silo "COMMAND"     as for compare          --data DIR           ../shared/data
          --only tiny,squeezenet,mlp,ads-ctr                 --searches N  3
          --repeats N  3 measurements of each setting  --pairs N  7 of what was chosen and the grid's best

        Exit codes: 0 done, 1 failed, 2 wrong options, 3 data absent, 130 cancelled.

        """;
}
