#!/usr/bin/env python3
"""Asks the sample model for the name of a colour, over KServe v2: the standard library alone.

First: dotnet run --project Silo
usage: classify_color.py [R G B] [--url http://127.0.0.1:8080]
"""
import argparse, json, urllib.request

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("rgb", type=float, nargs="*", default=[255, 140, 0])
arguments.add_argument("--url", default="http://127.0.0.1:8080")
options = arguments.parse_args()
body = {"inputs": [{"name": "rgb", "shape": [1, 3], "datatype": "FP32", "data": options.rgb}], "outputs": [{"name": "label"}]}
request = urllib.request.Request(f"{options.url}/v2/models/color-names/infer", data=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
with urllib.request.urlopen(request, timeout=10) as answer:
    print(json.load(answer)["outputs"][0]["data"][0])
