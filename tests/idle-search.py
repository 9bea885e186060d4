#!/usr/bin/env python3
"""A search in idle time must not harm: two silos are left idle, one of them while two processes burn the machine's cores for
14 s; then both are loaded in alternation. Usage: idle-search.py MODEL.onnx INPUT SHAPE (FP32, such as data_0 1,3,224,224).
SILO names the built OrleansInference.Silo.dll (default: the Release build). Nothing else may run on the machine meanwhile."""
import http.client
import json
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SILO = os.environ.get("SILO", os.path.join(ROOT, "Silo/bin/Release/net10.0/OrleansInference.Silo.dll"))
IDLE_SECONDS = 45
BURN_SECONDS = 14
RUN_SECONDS = 8
RUNS = 5
LEAST_RATIO = 0.97


def start(models, port):
    log = open(os.path.join(models, f"silo-{port}.log"), "w+")
    command = ["dotnet", SILO, "--models", os.path.join(models, "repository"), "--http-port", str(port), "--grpc-port", str(port + 1),
               "--silo-port", str(port + 2), "--gateway-port", str(port + 3)]
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    end = time.time() + 60
    while time.time() < end and process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/v2/health/ready")
            if connection.getresponse().status == 200:
                return process, log
        except OSError:
            pass
        time.sleep(0.2)
    raise SystemExit(f"the silo at {port} did not become ready")


def burn(seconds):
    code = f"import time\nend = time.time() + {seconds}\nwhile time.time() < end: pass"
    for process in [subprocess.Popen([sys.executable, "-c", code]) for _ in range(os.cpu_count())]:
        process.wait()


def load(port, connections, seconds, body, headers):
    """Requests a second with this many connections, each of which asks again as soon as it is answered."""
    counts = [0] * connections
    end = time.time() + seconds

    def ask(place):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.time() < end:
            connection.request("POST", "/v2/models/m/infer", body=body, headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"status {answer.status}")
            counts[place] += 1

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def request(name, shape):
    elements = 1
    for size in shape:
        elements *= size
    data = struct.pack(f"<{elements}f", *[(i % 97) / 97 for i in range(elements)])
    head = json.dumps({"inputs": [{"name": name, "datatype": "FP32", "shape": shape, "parameters": {"binary_data_size": len(data)}}],
                       "parameters": {"binary_data_output": True}}).encode()
    return head + data, {"Inference-Header-Content-Length": str(len(head)), "Content-Type": "application/octet-stream"}


def main():
    model, name, shape = sys.argv[1], sys.argv[2], [int(size) for size in sys.argv[3].split(",")]
    body, headers = request(name, shape)
    folder = tempfile.mkdtemp(prefix="idle-search-")
    os.makedirs(os.path.join(folder, "repository/m/1"))
    shutil.copy(model, os.path.join(folder, "repository/m/1/model.onnx"))
    silos = []
    failed = 0
    try:
        # One after the other: two idle silos would disturb each other's search.
        silos.append(start(folder, 18400))
        time.sleep(IDLE_SECONDS)
        silos.append(start(folder, 18410))
        burn(BURN_SECONDS)
        time.sleep(2)
        for connections in (2, 16):
            rates = {18400: [], 18410: []}
            for _ in range(RUNS):
                for port in rates:
                    rates[port].append(load(port, connections, RUN_SECONDS, body, headers))
            alone, burned = (statistics.median(rates[port]) for port in (18400, 18410))
            ratio = burned / alone
            failed += ratio < LEAST_RATIO
            print(f"{connections} connections: left alone {alone:.1f}/s, beside other work {burned:.1f}/s, ratio {ratio:.3f} (at least {LEAST_RATIO})", flush=True)
    finally:
        for process, log in silos:
            process.terminate()
            process.wait(30)
            log.seek(0)
            print("".join(line for line in log if "Model m" in line or "search" in line.lower())[-1500:])
        shutil.rmtree(folder)
    print(f"{2 - failed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
