"""PyTorch on the CPU as a peer of the training-step suite: nn.TransformerEncoderLayer as its users write it.

Usage: training_step.py FOLDER WARM_UP SAMPLES, where FOLDER holds problem.json, weights.f32, inputs.f32 and targets.f32
(little-endian). Prints one JSON document. Runs in a process of its own, so that the peak resident set is the step's.
"""

import json
import resource
import sys
import time

import numpy
import torch


def load(folder):
    with open(f"{folder}/problem.json", encoding="utf-8") as file:
        problem = json.load(file)
    flat = numpy.fromfile(f"{folder}/weights.f32", dtype="<f4")
    weights, at = {}, 0
    for name, shape in problem["weights"]:
        size = int(numpy.prod(shape))
        weights[name] = torch.from_numpy(flat[at : at + size].reshape(shape).copy())
        at += size
    assert at == flat.size, f"weights.f32 holds {flat.size} values, expected {at}"
    shape = (problem["batch"], problem["bins"], problem["width"])
    tokens, targets = (
        torch.from_numpy(numpy.fromfile(f"{folder}/{name}.f32", dtype="<f4").reshape(shape))
        for name in ("inputs", "targets")
    )
    return problem, weights, tokens, targets


def build(problem, weights):
    width, heads, inner = problem["width"], problem["heads"], problem["feedForward"]
    layer = torch.nn.TransformerEncoderLayer(
        width, heads, inner, dropout=0.0, activation="relu", batch_first=True, norm_first=False
    )
    output = torch.nn.Linear(width, width)
    # The weights of the suite are (in, out); torch keeps (out, in).
    pairs = [
        (layer.self_attn.in_proj_weight, weights["qkv.weight"].T),
        (layer.self_attn.in_proj_bias, weights["qkv.bias"]),
        (layer.self_attn.out_proj.weight, weights["attentionOut.weight"].T),
        (layer.self_attn.out_proj.bias, weights["attentionOut.bias"]),
        (layer.norm1.weight, weights["norm1.gain"]),
        (layer.norm1.bias, weights["norm1.bias"]),
        (layer.linear1.weight, weights["feedForward1.weight"].T),
        (layer.linear1.bias, weights["feedForward1.bias"]),
        (layer.linear2.weight, weights["feedForward2.weight"].T),
        (layer.linear2.bias, weights["feedForward2.bias"]),
        (layer.norm2.weight, weights["norm2.gain"]),
        (layer.norm2.bias, weights["norm2.bias"]),
        (output.weight, weights["output.weight"].T),
        (output.bias, weights["output.bias"]),
    ]
    with torch.no_grad():
        for parameter, value in pairs:
            assert parameter.shape == value.shape, (parameter.shape, value.shape)
            parameter.copy_(value)
    return layer.train(), output.train()


def main():
    folder, warm_up, samples = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    problem, weights, tokens, targets = load(folder)
    torch.set_num_threads(problem["threads"])
    layer, output = build(problem, weights)
    parameters = [*layer.parameters(), *output.parameters()]
    rule = problem["optimiser"]
    optimiser = torch.optim.Adam(
        parameters, lr=rule["learningRate"], betas=(rule["beta1"], rule["beta2"]), eps=rule["epsilon"]
    )
    mask = torch.nn.Transformer.generate_square_subsequent_mask(problem["bins"])

    def step():
        optimiser.zero_grad(set_to_none=True)
        logits = output(layer(tokens, src_mask=mask))
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets)
        loss.backward()
        return loss

    loss = step()
    norm = sum(float(p.grad.double().pow(2).sum()) for p in parameters) ** 0.5
    optimiser.step()
    first = {"loss": float(loss), "gradientNorm": norm}
    losses, times, processor = [], [], []
    for i in range(warm_up + samples):
        start, cpu = time.perf_counter(), time.process_time()
        loss = step()
        optimiser.step()
        losses.append(float(loss))
        if i >= warm_up:
            times.append(1000 * (time.perf_counter() - start))
            processor.append(1000 * (time.process_time() - cpu))
    # scaled_dot_product_attention, the fused kernel, came with 2.0; before it the scores are stored.
    fused = hasattr(torch.nn.functional, "scaled_dot_product_attention")
    print(
        json.dumps(
            {
                "version": torch.__version__ + ("" if fused else ", no fused attention"),
                "threads": torch.get_num_threads(),
                "first": first,
                "losses": losses,
                "medianMs": float(numpy.median(times)),
                "fastestMs": min(times),
                "cpuMs": float(numpy.median(processor)),
                "samples": samples,
                "peakRssMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


main()
