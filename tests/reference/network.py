"""The network and its Grad-CAM once more, in PyTorch with autograd, from the shipped file alone.

usage: network.py MODEL.safetensors INPUT.f32 > ANSWERS.json

INPUT.f32 holds one image's deviation from the atlas, little-endian float32, first axis fastest, on the
grid that the model's manifest states. The answer for every fold model of each sequence: the signature
logit and the signed map dy/dA_k(v) A_k(v) summed over the channels k (HiResCAM; with pooling and a
linear head it equals Grad-CAM up to its constant), first axis fastest.
"""

import json
import sys

import numpy as np
import torch

KNOTS = (5, 8, 7)  # along the distance from the midline, front-back, top-bottom


def read_bundle(path):
    """Manifest and float tensors of a safetensors file."""
    with open(path, "rb") as file:
        data = file.read()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    manifest = json.loads(header.pop("__metadata__")["hielight"])["manifest"]
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] == "F32":
            begin, end = entry["data_offsets"]
            values = np.frombuffer(data[start + begin : start + end], "<f4").reshape(entry["shape"])
            tensors[name] = torch.from_numpy(values.copy())
    return manifest, tensors


def hats(positions, knots):
    """Linear interpolation weights of `positions` (0 to 1) between equally spaced knots."""
    at = np.linspace(0.0, 1.0, knots)
    return np.stack([np.interp(positions, at, row) for row in np.eye(knots)], axis=1)


def places(depth, height, width):
    """The smooth basis over the feature grid: [z, y, x, places]."""
    x = hats(np.abs(np.linspace(-1.0, 1.0, width)), KNOTS[0])
    y = hats(np.linspace(0.0, 1.0, height), KNOTS[1])
    z = hats(np.linspace(0.0, 1.0, depth), KNOTS[2])
    product = np.einsum("xa,yb,zc->zyxcba", x, y, z)
    return torch.from_numpy(product.reshape(depth, height, width, -1).astype("f4"))


def answer(image, layers, weight):
    x = image
    for i, layer in enumerate(layers):
        kernel, bias = weight(f"conv{i}.weight"), weight(f"conv{i}.bias")
        x = torch.nn.functional.conv3d(x, kernel, bias, stride=layer["stride"], padding=layer["padding"])
        x = torch.relu(x)
    features = x.detach().requires_grad_()
    basis = places(*features.shape[2:])
    cells = basis.shape[0] * basis.shape[1] * basis.shape[2]
    pooled = torch.einsum("nkzyx,zyxr->nkr", features, basis).reshape(1, -1) / cells
    logit = (pooled @ weight("head.weight") + weight("head.bias")).sum()
    logit.backward()
    signed = (features.grad * features).sum(1).detach()
    return {"logit": float(logit), "map": signed.flatten().tolist()}


def main(bundle, image):
    manifest, tensors = read_bundle(bundle)
    nx, ny, nz = manifest["recipe"]["grid_dims"]
    values = torch.from_numpy(np.fromfile(image, "<f4").reshape(1, 1, nz, ny, nx))
    answers = {}
    for sequence in ("T1w", "T2w"):
        answers[sequence] = [
            answer(values, manifest["layers"], lambda name: tensors[f"{sequence}.{fold}.{name}"])
            for fold in range(manifest["folds"])
        ]
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
