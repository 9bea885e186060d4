#!/usr/bin/python3
"""Half an hour of mixed traffic at 70 % load: three silos and a Redis, JSON and binary requests, a model swapped every minute and a node restarted every five.

Every answer is compared with the model's own of the beginning. Passes where none is wrong, at most one request in a thousand fails, and the memory of the silo that
stays is within a tenth of what it was at a third of the time. The silos have the environment of the Dockerfile (MALLOC_ARENA_MAX). The last line reads "N passed, N failed".

usage: tests/soak.py [--minutes 30] [--load 0.7] [--silo "dotnet Silo/bin/Debug/net10.0/OrleansInference.Silo.dll"]
"""
import argparse, asyncio, json, os, random, shutil, signal, statistics, struct, subprocess, sys, tempfile, time
import aiohttp

HTTP, REDIS = 26080, 26379
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")


class Silo:
    def __init__(self, program, work, i):
        self.i, self.port, self.ready = i, HTTP + i, False
        self.command = [*program, "--models", f"{work}/models", "--name", f"s{i}", "--redis", f"127.0.0.1:{REDIS}", "--Node:ProfileOnLoad=false", "--mode", "explicit", "--load-model", "*",
                        "--http-port", str(self.port), "--grpc-port", str(26180 + i), "--silo-port", str(26280 + i), "--gateway-port", str(26380 + i)]
        self.log = f"{work}/s{i}.log"
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=open(self.log, "a"), stderr=subprocess.STDOUT, env={**os.environ, "MALLOC_ARENA_MAX": "2"})

    def rss(self):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0


def json_body(seed):
    rgb = [(seed * 37) % 256, (seed * 91) % 256, (seed * 53) % 256]
    body = {"inputs": [{"name": "rgb", "shape": [1, 3], "datatype": "FP32", "data": rgb}]}
    return "/v2/models/color-names/infer", json.dumps(body).encode(), {}


def binary_body(metadata, seed, rows):
    draw, inputs, data = random.Random(seed), [], b""
    for tensor in metadata["inputs"]:
        shape = [rows] + [int(size) if int(size) > 0 else 32 for size in tensor["shape"][1:]]
        count = 1
        for size in shape:
            count *= size
        if tensor["datatype"] == "FP32":
            raw = struct.pack(f"<{count}f", *[draw.random() for _ in range(count)])
        elif tensor["datatype"] == "UINT8":
            raw = bytes(draw.randrange(256) for _ in range(count))
        else:
            raw = struct.pack(f"<{count}q", *[draw.randrange(2) for _ in range(count)]) if tensor["datatype"] == "INT64" else struct.pack(f"<{count}i", *[draw.randrange(2) for _ in range(count)])
        inputs.append({"name": tensor["name"], "shape": shape, "datatype": tensor["datatype"], "parameters": {"binary_data_size": len(raw)}})
        data += raw
    header = json.dumps({"inputs": inputs}).encode()
    return "/v2/models/ads-ctr/infer", header + data, {"Inference-Header-Content-Length": str(len(header))}


def values(answer):
    return [value for output in answer["outputs"] for value in output["data"]]


def alike(one, other):
    return len(one) == len(other) and all((a == b) if isinstance(a, str) else abs(a - b) <= 1e-4 * max(1, abs(a)) for a, b in zip(one, other))


class Soak:
    def __init__(self, options, work):
        self.options, self.work = options, work
        self.asked = self.wrong = self.failed = self.late_swaps = self.restarts = self.swaps = 0
        self.problems, self.latencies, self.rss = [], [], []
        self.held, self.events = [], []

    async def ask(self, session, silo, request):
        path, body, headers = request
        async with session.post(f"http://127.0.0.1:{silo.port}{path}", data=body, headers=headers) as answer:
            return answer.status, (await answer.json() if answer.status == 200 else await answer.text())

    async def one(self, session, silo, index):
        self.asked += 1
        start = time.monotonic()
        try:
            status, answer = await self.ask(session, silo, self.requests[index])
            if status != 200:
                self.failed += 1
                self.problems.append(f"{status}: {str(answer)[:150]}")
            elif not alike(values(answer), self.expected[index]):
                self.wrong += 1
                self.problems.append(f"wrong answer of {self.requests[index][0]}")
            else:
                self.latencies.append(time.monotonic() - start)
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as problem:
            self.failed += 1
            self.problems.append(f"{type(problem).__name__}: {problem}")

    async def wait_ready(self, session, silo, timeout=120):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                good = True
                for model in ("color-names", "ads-ctr"):
                    async with session.get(f"http://127.0.0.1:{silo.port}/v2/models/{model}/ready") as answer:
                        good &= answer.status == 200
                if good:
                    return
            except (aiohttp.ClientError, OSError):
                pass
            await asyncio.sleep(0.2)
        raise SystemExit(f"silo s{silo.i} is not ready:\n{open(silo.log).read()[-2000:]}")

    async def look(self, session):
        """What a load balancer does: asks each silo several times a second whether it is ready, and sends nothing where not."""
        while True:
            for silo in self.silos:
                try:
                    async with session.get(f"http://127.0.0.1:{silo.port}/v2/health/ready", timeout=aiohttp.ClientTimeout(total=2)) as answer:
                        silo.ready = answer.status == 200
                except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
                    silo.ready = False
            await asyncio.sleep(0.2)

    async def measure(self, session):
        """Every five seconds: what the silo that stays holds, and what of it is garbage collection's and what ONNX Runtime's and the rest."""
        while True:
            at, rss, heap = time.monotonic() - self.begin, self.silos[0].rss(), 0
            try:
                async with session.get(f"http://127.0.0.1:{HTTP}/metrics") as answer:
                    for line in (await answer.text()).splitlines():
                        if line.startswith("orleans_inference_managed_memory_bytes "):
                            heap = float(line.split()[-1]) / 2**20
            except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
                pass
            self.rss.append((at, rss))
            self.held.append((at, rss, heap))
            await asyncio.sleep(5)

    def happen(self, what):
        self.events.append((time.monotonic() - self.begin, what))

    async def swap(self, session):
        """A new version of a model, the same network, loaded on the cluster; the one before it goes."""
        version = 1
        while True:
            await asyncio.sleep(60)
            model = ("color-names", "ads-ctr")[self.swaps % 2]
            folder = f"{self.work}/models/{model}"
            version += 1
            self.happen(f"swap of {model}")
            shutil.copytree(f"{folder}/{min(os.listdir(folder), key=lambda name: int(name) if name.isdigit() else 10**9)}", f"{folder}/{version}.new")
            os.rename(f"{folder}/{version}.new", f"{folder}/{version}")
            async with session.post(f"http://127.0.0.1:{HTTP}/v2/repository/models/{model}/load", timeout=aiohttp.ClientTimeout(total=120)) as answer:
                if answer.status != 200:
                    self.problems.append(f"swap of {model}: {answer.status} {(await answer.text())[:200]}")
                    self.late_swaps += 1
            for old in [name for name in os.listdir(folder) if name.isdigit() and int(name) < version]:
                shutil.rmtree(f"{folder}/{old}")
            self.swaps += 1

    async def restart(self, session):
        while True:
            await asyncio.sleep(self.options.restart_seconds)
            silo = self.silos[1 + self.restarts % 2]
            self.happen(f"restart of s{silo.i}")
            silo.process.send_signal(signal.SIGTERM)
            while silo.process.poll() is None:
                await asyncio.sleep(0.2)
            silo.start()
            await self.wait_ready(session, silo)
            self.restarts += 1
            self.say(f"s{silo.i} restarted")
            for problem in sorted(set(self.problems)):
                print(f"soak:   {self.problems.count(problem)} × {problem}", flush=True)

    def say(self, what):
        print(f"soak: {(time.monotonic() - self.begin) / 60:5.1f} min: {what}; {self.asked} requests, {self.wrong} wrong, {self.failed} failed, s0 {self.silos[0].rss():.0f} MiB", flush=True)

    async def capacity(self, session):
        """Requests a second of a closed loop over all silos."""
        done, end = 0, time.monotonic() + 6

        async def worker(k):
            nonlocal done
            i = k
            while time.monotonic() < end:
                status, _ = await self.ask(session, self.silos[i % len(self.silos)], self.requests[i % len(self.requests)])
                done += status == 200
                i += 1
        await asyncio.gather(*[worker(k) for k in range(12)])
        return done / 6

    async def run(self):
        program = self.options.silo.split()
        self.silos = [Silo(program, self.work, i) for i in range(3)]
        self.begin = time.monotonic()
        timeout = aiohttp.ClientTimeout(total=30)
        async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=200)) as session:
            for silo in self.silos:
                await self.wait_ready(session, silo)
            await asyncio.sleep(5)
            async with session.get(f"http://127.0.0.1:{HTTP}/v2/models/ads-ctr") as answer:
                metadata = await answer.json()
            self.requests = [json_body(seed) if seed % 2 else binary_body(metadata, seed, 1 + seed % 8) for seed in range(24)]
            self.expected = []
            for request in self.requests:
                status, answer = await self.ask(session, self.silos[0], request)
                if status != 200:
                    raise SystemExit(f"{request[0]}: {status} {answer}")
                self.expected.append(values(answer))
            await self.capacity(session)
            capacity = await self.capacity(session)
            rate = self.options.load * capacity
            print(f"soak: capacity {capacity:.0f}/s with this client on the same cores, {rate:.0f}/s asked", flush=True)
            tasks = [asyncio.create_task(each) for each in (self.look(session), self.measure(session), self.swap(session), self.restart(session))]
            await asyncio.sleep(1)
            self.begin = time.monotonic()
            self.rss.clear()
            self.held.clear()
            end, at, draw, pending, told = self.begin + self.options.minutes * 60, self.begin, random.Random(1), set(), 0
            while at < end:
                at += draw.expovariate(rate)
                if (wait := at - time.monotonic()) > 0:
                    await asyncio.sleep(wait)
                ready = [silo for silo in self.silos if silo.ready] or self.silos
                task = asyncio.create_task(self.one(session, draw.choice(ready), draw.randrange(len(self.requests))))
                pending.add(task)
                task.add_done_callback(pending.discard)
                for each in tasks:
                    if each.done():
                        each.result()
                if time.monotonic() - self.begin > told:
                    told += 60
                    self.say("running")
            await asyncio.gather(*pending)
            for each in tasks:
                each.cancel()
        return self.judge()

    def judge(self):
        length = self.options.minutes * 60
        early = statistics.median(rss for at, rss in self.rss if length / 4 < at < length / 2.5)
        late = statistics.median(rss for at, rss in self.rss if at > length * 0.85)
        at, highest = max(self.rss, key=lambda sample: sample[1])
        self.latencies.sort()
        print(f"soak: {self.asked} requests, {self.wrong} wrong, {self.failed} failed ({self.failed / self.asked:.4%}), {self.swaps} models swapped, {self.restarts} restarts, p50 {1000 * self.latencies[len(self.latencies) // 2]:.1f} ms, p99 {1000 * self.latencies[len(self.latencies) * 99 // 100]:.1f} ms, s0 {early:.0f} → {late:.0f} MiB ({late / early - 1:+.1%}), at most {highest:.0f} MiB at {at / 60:.1f} min")
        for at, rss, heap in sorted(self.held, key=lambda sample: -sample[1])[:3]:
            before = [f"{what} {at - when:.0f} s before" for when, what in self.events if 0 <= at - when <= 30]
            print(f"soak: {rss:.0f} MiB at {at / 60:.1f} min, of which garbage collection holds {heap:.0f}; {', '.join(before) or 'nothing happened in the 30 s before'}")
        for part in range(6):
            own = [sample for sample in self.held if length * part / 6 <= sample[0] < length * (part + 1) / 6]
            if own:
                rss, heap = (statistics.median(sample[place] for sample in own) for place in (1, 2))
                print(f"soak: {length * part / 360:.0f} to {length * (part + 1) / 360:.0f} min: {rss:.0f} MiB, of which garbage collection holds {heap:.0f} (medians)")
        for problem in sorted(set(self.problems))[:10]:
            print(f"soak: {self.problems.count(problem)} × {problem}")
        checks = [self.wrong == 0, self.failed <= self.asked / 1000, abs(late / early - 1) <= 0.1, self.late_swaps == 0]
        print(f"{sum(checks)} passed, {len(checks) - sum(checks)} failed")
        return all(checks)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--minutes", type=float, default=30)
    arguments.add_argument("--load", type=float, default=0.7)
    arguments.add_argument("--restart-seconds", type=float, default=300)
    arguments.add_argument("--silo", default=f"dotnet {ROOT}/Silo/bin/Debug/net10.0/OrleansInference.Silo.dll")
    options = arguments.parse_args()
    work = tempfile.mkdtemp()
    shutil.copytree(f"{ROOT}/models", f"{work}/models")
    redis = subprocess.Popen(["redis-server", "--port", str(REDIS), "--save", "", "--dir", work], stdout=subprocess.DEVNULL)
    soak = Soak(options, work)
    try:
        sys.exit(0 if asyncio.run(soak.run()) else 1)
    finally:
        for silo in getattr(soak, "silos", []):
            silo.process.kill()
        redis.kill()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
