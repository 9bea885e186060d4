#!/usr/bin/env python3
"""A noisy neighbour on a live cluster: the agent against least expected work alone and against one activation where most was free.

Three silos held to 0.6, 0.3 and 0.15 cores by a CPU quota (cgroup v1 or v2; needs root) serve SqueezeNet and an MLP on the CPU. Each
contestant gets the same Poisson traffic: `--seconds` alone, then as long beside a process that burns CPU in the first silo's
group. Contestants take turns within each repeat, in another of their six orders each time, and are warmed up by five seconds that do not count; the cluster stays. SqueezeNet's rate is `--load` of what the three shares can run,
by the time that a request takes before the quotas are in force.

  agent       the agent acts (a decision every 5 s)
  lew         the agent is off: replicas everywhere, least expected work
  one         each model pinned to the node that used the least CPU: what Orleans' ResourceOptimized placement does for an activation

usage: bench/neighbour.py [--repeats 6] [--seconds 20] [--load 0.8] [--data ../shared/data]
after: dotnet build -c Release Silo; dotnet build -c Release Cli
"""
import argparse, itertools, json, os, shutil, statistics, subprocess, sys, tempfile, time, urllib.request

SHARES = [6000, 3000, 1500]  # microseconds of each 10 ms
HTTP = 28080
WARMUP = 5  # seconds
MODELS = {"squeezenet": 400, "mlp": 100}  # objective in ms


def call(path, body=None, port=HTTP):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=None if body is None else json.dumps(body).encode(), method="GET" if body is None else "POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def group(i):
    if os.path.isdir("/sys/fs/cgroup/cpu"):
        path = f"/sys/fs/cgroup/cpu/oinf-neighbour-{i}"
        os.makedirs(path, exist_ok=True)
        open(f"{path}/cpu.cfs_period_us", "w").write("10000")
        open(f"{path}/cpu.cfs_quota_us", "w").write(str(SHARES[i]))
    else:
        path = f"/sys/fs/cgroup/oinf-neighbour-{i}"
        os.makedirs(path, exist_ok=True)
        open(f"{path}/cpu.max", "w").write(f"{SHARES[i]} 10000")
    return path


def join(path, pid):
    open(f"{path}/cgroup.procs", "w").write(str(pid))


def bench(model, *options):
    return subprocess.Popen(["dotnet", "Cli/bin/Release/net10.0/oinf.dll", "bench", model, "--url", f"http://127.0.0.1:{HTTP}", "--json", *map(str, options)], stdout=subprocess.PIPE, text=True)


def calibrated(load):
    """Requests a second of each model."""
    alone = json.loads(bench("squeezenet", "--concurrency", 1, "--duration", 3).communicate()[0])
    return {"squeezenet": round(load * sum(SHARES) / 10000 * alone["rate"], 1), "mlp": 60}


def traffic(rates, seconds, seed):
    """Both models at once; share of each model's requests answered in time."""
    running = [bench(model, "--rate", rates[model], "--arrivals", "poisson", "--duration", seconds, "--warmup", 0, "--timeout", slo, "--seed", seed) for model, slo in MODELS.items()]
    results = [json.loads(process.communicate()[0]) for process in running]
    asked = sum(result["requests"] + result["dropped"] for result in results)
    return sum(result["succeeded"] for result in results) / asked, asked


def become(contestant):
    for model in MODELS:
        call(f"/v2/cluster/models/{model}/unpin", {})
    call("/v2/agent/mode", {"mode": "act" if contestant == "agent" else "off"})
    call("/v2/agent/resume", {})
    time.sleep(4)
    if contestant == "one":
        for model in MODELS:
            nodes = call("/v2/cluster")["nodes"]
            free = min(nodes, key=lambda node: node["cpu_share"])["name"]
            call(f"/v2/cluster/models/{model}/pin", {"nodes": [free]})
    time.sleep(6)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--repeats", type=int, default=6)
    arguments.add_argument("--seconds", type=int, default=20)
    arguments.add_argument("--load", type=float, default=0.8)
    arguments.add_argument("--data", default="../shared/data")
    options = arguments.parse_args()
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    work, silos, groups = tempfile.mkdtemp(), [], [group(i) for i in range(3)]
    try:
        for model, source in [("squeezenet", f"{options.data}/models/vision/squeezenet.onnx"), ("mlp", "models/color-names/1/model.onnx")]:
            os.makedirs(f"{work}/models/{model}/1")
            shutil.copy(source, f"{work}/models/{model}/1/model.onnx")
            open(f"{work}/models/{model}/config.pbtxt", "w").write('max_batch_size: 8\nparameters { key: "slo_p99_ms" value { string_value: "%d" } }\n' % MODELS[model])
        for i in range(3):
            command = ["dotnet", "Silo/bin/Release/net10.0/OrleansInference.Silo.dll", "--models", f"{work}/models", "--name", f"s{i}", "--Node:ProfileOnLoad=false", "--Agent:PeriodSeconds=5", "--Agent:Guardrails:WatchSeconds=5",
                       "--http-port", str(HTTP + i), "--grpc-port", str(28180 + i), "--silo-port", str(28280 + i), "--gateway-port", str(28380 + i)] + (["--join", "127.0.0.1:28280"] if i else [])
            silos.append(subprocess.Popen(command, stdout=open(f"{work}/silo{i}.log", "w"), stderr=subprocess.STDOUT))
            for _ in range(300):
                try:
                    call("/v2/health/ready", port=HTTP + i)
                    break
                except OSError:
                    time.sleep(0.2)
        time.sleep(5)
        rates = calibrated(options.load)
        print("requests a second:", rates, flush=True)
        for i, silo in enumerate(silos):
            join(groups[i], silo.pid)
        time.sleep(5)
        traffic(rates, options.seconds, 1)  # everything warm, for whoever is first
        scores = {name: [] for name in ("agent", "lew", "one")}
        orders = list(itertools.permutations(scores))
        for repeat in range(options.repeats):
            for contestant in orders[repeat % len(orders)]:
                become(contestant)
                traffic(rates, WARMUP, 10 + repeat)
                decided = max([decision["id"] for decision in call("/v2/agent?limit=1")["decisions"]], default=0)
                calm, _ = traffic(rates, options.seconds, 100 + repeat)
                burner = subprocess.Popen([sys.executable, "-c", "while True: pass"])
                join(groups[0], burner.pid)
                adapting, _ = traffic(rates, options.seconds, 200 + repeat)
                settled, asked = traffic(rates, options.seconds, 300 + repeat)
                burner.kill()
                burner.wait()
                scores[contestant].append((calm, adapting, settled))
                print(f"repeat {repeat + 1}, {contestant}: in time {calm:.1%} alone, {adapting:.1%} in the neighbour's first {options.seconds} s, {settled:.1%} after", flush=True)
                for decision in reversed(call("/v2/agent?limit=20")["decisions"]):
                    if decision["id"] > decided and decision["outcome"] != "kept":
                        print(f"  {decision['outcome']}: {decision['summary']}", flush=True)
        for i, phase in enumerate(["alone", "adapting", "beside the neighbour"]):
            for other in ("lew", "one"):
                differences = [mine[i] - theirs[i] for mine, theirs in zip(scores["agent"], scores[other])]
                print(f"{phase}: agent − {other}: mean {statistics.mean(differences) * 100:+.1f} points, {' '.join(f'{each * 100:+.1f}' for each in differences)}")
    finally:
        for silo in silos:
            silo.kill()
            silo.wait()
        for path in groups:
            try:
                os.rmdir(path)
            except OSError:
                pass
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
