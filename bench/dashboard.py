#!/usr/bin/env python3
"""What an open dashboard costs the server: CPU of a silo at 500 requests/s, alone and with `--pages` pages of a headless Chromium open on the cluster page, in turn.

usage: bench/dashboard.py [--pages 4] [--rounds 5] [--seconds 10]      after: dotnet build -c Release Silo; dotnet build -c Release Cli
"""
import argparse, json, os, shutil, statistics, subprocess, sys, tempfile, time, urllib.request

HTTP = 25080


def cpu(process):
    fields = open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pages", type=int, default=4)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=10)
    options = arguments.parse_args()
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    chromium = next((found for found in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if found), None) or sys.exit("Chromium is not installed")
    work, silo, load, browsers = tempfile.mkdtemp(), None, None, []
    try:
        silo = subprocess.Popen(["dotnet", "Silo/bin/Release/net10.0/OrleansInference.Silo.dll", "--models", "models", "--http-port", str(HTTP), "--grpc-port", "25180", "--silo-port", "25280", "--gateway-port", "25380", "--Node:ProfileOnLoad=false"], stdout=subprocess.DEVNULL)
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{HTTP}/v2/health/ready", timeout=2)
                break
            except OSError:
                time.sleep(0.2)
        load = subprocess.Popen(["dotnet", "Cli/bin/Release/net10.0/oinf.dll", "bench", "color-names", "--url", f"http://127.0.0.1:{HTTP}", "--rate", "500", "--duration", "3600"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(15)
        differences = []
        for round in range(options.rounds):
            def measured():
                before = cpu(silo)
                time.sleep(options.seconds)
                return 100 * (cpu(silo) - before) / options.seconds
            alone = measured()
            browsers = [subprocess.Popen([chromium, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={work}/{round}-{i}", f"--remote-debugging-port={25480 + i}", f"http://127.0.0.1:{HTTP}/"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for i in range(options.pages)]
            time.sleep(5)
            watched = measured()
            for browser in browsers:
                browser.kill()
                browser.wait()
            browsers = []
            time.sleep(1)
            differences.append((watched - alone) / options.pages)
            print(f"alone {alone:.1f} % of a core, {options.pages} pages open {watched:.1f} %: {differences[-1]:.2f} % a page", flush=True)
        print(f"a page costs {statistics.median(differences):.2f} % of a core (median of {options.rounds})")
    finally:
        for process in [silo, load, *browsers]:
            if process:
                process.kill()
                process.wait()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
