"""The network and its Grad-CAM once more, in PyTorch with autograd, from the shipped file alone.

usage: network.py MODEL.safetensors INPUT.f32 > ANSWERS.json

INPUT.f32 holds one image's deviation from the atlas, little-endian float32, first axis fastest, on the
grid that the model's manifest states. The answer for every fold model of each sequence: for each pattern of
injury the logit and the signed map dy/dA_k(v) A_k(v) summed over the channels k (HiResCAM), first axis fastest.
"""

import json
import sys

import numpy as np
import torch


def values_of(kind, data):
    """A tensor's bytes as float32."""
    if kind == "F32":
        return np.frombuffer(data, "<f4").copy()
    if kind == "BF16":
        return (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4")
    return np.frombuffer(data, {"U8": "u1", "I8": "i1"}[kind]).astype("f4")


def read_bundle(path):
    """Manifest and tensors of a safetensors file."""
    with open(path, "rb") as file:
        data = file.read()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    manifest = json.loads(header.pop("__metadata__")["hielight"])["manifest"]
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = values_of(entry["dtype"], data[start + begin : start + end])
        tensors[name] = torch.from_numpy(values.reshape(entry["shape"]))
    return manifest, tensors


def brain_cells(spread, layers, dims):
    """Which cells (x up to the midline) have brain at their centre or its mirror image, in the heads' order."""
    step, offset = 1.0, 0.0
    for layer in layers:
        offset += ((layer["kernel"] - 1) / 2 - layer["padding"]) * step
        step *= layer["stride"]
    depth, height, width = dims

    def brain(x, y, z):
        at = [int(np.floor(i * step + offset + 0.5)) for i in (z, y, x)]
        return all(0 <= a < n for a, n in zip(at, spread.shape)) and spread[tuple(at)] > 0

    return [
        (z, y, x)
        for z in range(depth)
        for y in range(height)
        for x in range((width + 1) // 2)
        if brain(x, y, z) or brain(width - 1 - x, y, z)
    ]


def answer(image, spread, layers, weight):
    x = image
    for i, layer in enumerate(layers):
        kernel, bias = weight(f"conv{i}.weight"), weight(f"conv{i}.bias")
        x = torch.nn.functional.conv3d(x, kernel, bias, stride=layer["stride"], padding=layer["padding"])
        x = torch.relu(x)
    features = x.detach().requires_grad_()
    dims = features.shape[2:]
    z, y, x = (torch.tensor(axis) for axis in zip(*brain_cells(spread, layers, dims)))
    head, bias = weight("head.weight"), weight("head.bias")
    answers = []
    for pattern in range(head.shape[0]):
        dense = torch.zeros(features.shape[1:])
        dense[:, z, y, x] = head[pattern]
        dense[:, z, y, dims[2] - 1 - x] = head[pattern]
        logit = (features[0] * dense).sum() + bias[pattern]
        features.grad = None
        logit.backward()
        signed = (features.grad * features).sum(1).detach()
        answers.append({"logit": float(logit), "map": signed.flatten().tolist()})
    return answers


def main(bundle, image):
    manifest, tensors = read_bundle(bundle)
    nx, ny, nz = manifest["recipe"]["grid_dims"]
    values = torch.from_numpy(np.fromfile(image, "<f4").reshape(1, 1, nz, ny, nx))
    answers = {}
    for sequence in ("T1w", "T2w"):
        spread = tensors[f"{sequence}.atlas.spread"].numpy()
        answers[sequence] = [
            answer(values, spread, manifest["layers"], lambda name: tensors[f"{sequence}.{fold}.{name}"])
            for fold in range(manifest["folds"])
        ]
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
