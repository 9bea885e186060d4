#!/usr/bin/env python3
"""ads-ctr at the same 99th percentile: the highest Poisson rate that stays within a limit, for one instance without batching, for what `oinf tune` finds and for what ships.

Three silos, one driven at a time, over gRPC from this machine; the rates are bisected in each round anew and the silos take turns.

Each request has `--rows` candidates, so that the client, on the same cores, costs little beside the model.

usage: bench/samep99.py [--limit 25] [--rounds 3] [--rows 4] [--seconds 5] [--steps 6]
after: dotnet build -c Release Silo; dotnet build -c Release Cli
"""
import argparse, json, os, shutil, statistics, subprocess, tempfile, time, urllib.request

HTTP = 29080
SETTINGS = {
    "one instance, no batching": ("rows", 1, ["--Node:FastLoop=false", "--Node:ProfileOnLoad=false", "--Agent:Mode=Off"]),
    "tuned: two instances, no batching": ("rows", 2, ["--Node:FastLoop=false", "--Node:ProfileOnLoad=false", "--Agent:Mode=Off"]),
    "as it ships": (None, 0, []),
}


def repository(size, instances, rows):
    folder = tempfile.mkdtemp(prefix="samep99-")
    shutil.copytree("models/ads-ctr", f"{folder}/ads-ctr")
    config = open(f"{folder}/ads-ctr/config.pbtxt").read()
    if size: config = config.replace("max_batch_size: 256", f"max_batch_size: {rows}")
    if instances: config += f"instance_group [ {{ count: {instances} kind: KIND_CPU }} ]\n"
    open(f"{folder}/ads-ctr/config.pbtxt", "w").write(config)
    return folder


def ready(port):
    for _ in range(240):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/models/ads-ctr/ready", timeout=2).read()
            return
        except OSError:
            time.sleep(0.25)
    raise SystemExit(f"port {port} did not become ready")


def p99(port, rate, rows, seconds, seed):
    out = subprocess.run(["dotnet", "Cli/bin/Release/net10.0/oinf.dll", "bench", "ads-ctr", "--url", f"grpc://127.0.0.1:{port + 1}", "--json", "--rate", str(rate), "--arrivals", "poisson",
                          "--duration", str(seconds), "--warmup", "3", "--batch", str(rows), "--seed", str(seed)], capture_output=True, text=True)
    result = json.loads(out.stdout)
    good = result["succeeded"] >= 0.999 * (result["requests"] + result["dropped"])
    return result["latency_ms"]["p99"] if good else float("inf")


def highest(port, limit, rows, seconds, steps, seed):
    low, high = 50.0, 1600.0
    for step in range(steps):
        rate = (low * high) ** 0.5
        if p99(port, round(rate), rows, seconds, seed * 100 + step) <= limit: low = rate
        else: high = rate
    return low


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--limit", type=float, default=25, help="milliseconds")
    arguments.add_argument("--rows", type=int, default=4)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--seconds", type=int, default=5)
    arguments.add_argument("--steps", type=int, default=6)
    options = arguments.parse_args()
    silos, folders, found = [], [], {name: [] for name in SETTINGS}
    try:
        for i, (name, (size, instances, more)) in enumerate(SETTINGS.items()):
            folders.append(repository(size, instances, options.rows))
            port = HTTP + 10 * i
            silos.append(subprocess.Popen(["dotnet", "Silo/bin/Release/net10.0/OrleansInference.Silo.dll", f"--Engine:Models={folders[-1]}", f"--Gateway:HttpPort={port}", f"--Gateway:GrpcPort={port + 1}",
                                           f"--Silo:SiloPort={port + 2}", f"--Silo:GatewayPort={port + 3}", f"--Silo:ClusterId=samep99-{i}", *more], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            ready(port)
        time.sleep(15)
        for i in range(len(SETTINGS)): p99(HTTP + 10 * i, 300, options.rows, 15, 99)
        for round_ in range(1, options.rounds + 1):
            for i, name in enumerate(SETTINGS):
                rate = highest(HTTP + 10 * i, options.limit, options.rows, options.seconds, options.steps, round_)
                print(f"round {round_}: {name}: {rate:.0f} requests of {options.rows} rows a second within {options.limit:g} ms", flush=True)
                found[name].append(rate)
    finally:
        for silo in silos: silo.terminate()
        for silo in silos: silo.wait()
        for folder in folders: shutil.rmtree(folder)
    first = statistics.median(next(iter(found.values())))
    for name, rates in found.items(): print(f"{name}: median {statistics.median(rates):.0f}/s, {statistics.median(rates) / first:.2f} of the first")


if __name__ == "__main__":
    main()
