"""Random numbers of PyTorch that are pure functions of a seed.

Each number is the SplitMix64 hash of a key and of its own index, in the arithmetic of
64-bit integers, which wraps around. Nothing is read back from the device.

Reference: Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014.
"""

import math
from typing import Any

import torch


def _signed(word):
    """The signed integer of the bits of an unsigned one, which is what PyTorch has."""
    return word - 2**64 if word >= 2**63 else word


# The odd number nearest to 2**64 over the golden ratio, and the multipliers of the mix.
_GOLDEN = _signed(0x9E3779B97F4A7C15)
_FIRST = _signed(0xBF58476D1CE4E5B9)
_SECOND = _signed(0x94D049BB133111EB)
# Another odd number, which keeps data apart from indices.
_DATA = _signed(0xD1342543DE82EF95)

# The proposals that each gamma variable has, of which one is rejected with probability
# 0.05 at most. That all are, 4e-11, is a thousandth of what rounding to float32 does.
_PROPOSALS = 8


def _mixed(x):
    """A bijection of 64-bit integers in which each bit depends on all."""
    x = (x ^ _shifted(x, 30)) * _FIRST
    x = (x ^ _shifted(x, 27)) * _SECOND
    return x ^ _shifted(x, 31)


def _shifted(x, bits):
    # A shift to the right copies the sign; the mask takes it off.
    return (x >> bits) & ((1 << (64 - bits)) - 1)


def folded(seed: torch.Tensor, data: Any) -> torch.Tensor:
    """Returns the two words of a new seed, a hash of another and of an integer.

    Args:
        seed: Tensor of shape `(2,)` and dtype int64.
        data: Integer, or scalar int64 tensor.
    """
    if isinstance(data, torch.Tensor):
        added = data * _DATA + _GOLDEN
    else:
        added = _signed((int(data) * _DATA + _GOLDEN) % 2**64)
    return _mixed(_mixed(seed + _offsets(seed)) + added)


def _offsets(seed):
    """What the hashes of the two words differ in."""
    return torch.arange(2, device=seed.device) * _GOLDEN


def words(seed: torch.Tensor, shape: tuple[Any, ...]) -> torch.Tensor:
    """Returns independent, uniform int64 numbers, one for each index of a shape."""
    size = math.prod(shape)
    first, second = _mixed(seed + _offsets(seed) + _DATA).unbind()
    key = first ^ (second * _FIRST)
    index = torch.arange(1, size + 1, device=seed.device, dtype=torch.int64)
    return _mixed(key + index * _GOLDEN).reshape(shape)


def _uniform(seed, shape):
    """Float32 numbers above 0, as fine as float32 near it, up to and with 1."""
    bits = _shifted(words(seed, shape), 32)
    return (bits.to(torch.float32) + 0.5) * 2.0**-32


@torch.no_grad()
def dirichlet(
    seed: torch.Tensor, concentration: Any, shape: tuple[Any, ...]
) -> torch.Tensor:
    """Draws vectors of Dirichlet weights, in log space.

    A gamma variable of alpha is one of alpha + 1 times a uniform one to the power of
    1 / alpha, and the weights are the softmax of their logarithms: no alpha is so
    small that all of a vector underflow.

    Reference: Marsaglia and Tsang, A simple method for generating gamma variables,
    2000.

    Args:
        seed: Tensor of shape `(2,)` and dtype int64.
        concentration: The K alphas, a float tensor or an array.
        shape: The shape of the draw.

    Returns:
        Float32 tensor of shape `shape + (K,)`.
    """
    if not isinstance(concentration, torch.Tensor):
        # Made of numbers: copying an array to a GPU waits for what runs there.
        alphas = [
            torch.full((), float(a), dtype=torch.float32, device=seed.device)
            for a in concentration
        ]
        concentration = torch.stack(alphas)
    shape = (*shape, concentration.shape[0])
    uniform = _uniform(seed, (2 * _PROPOSALS + 1, *shape))
    log_gamma = _log_gamma(
        concentration + 1.0, uniform[:_PROPOSALS], uniform[_PROPOSALS:-1]
    )
    return torch.softmax(log_gamma + torch.log(uniform[-1]) / concentration, dim=-1)


def _log_gamma(alpha, for_normal, for_acceptance):
    """Logarithms of gamma variables, `alpha` at least 1.

    Marsaglia and Tsang propose `d (1 + c x)^3` of a normal x. All proposals are made at
    once, and the first that is accepted is taken: how many there must be would
    otherwise depend on the numbers, which the host would have to wait for.
    """
    d = alpha - 1.0 / 3.0
    c = torch.rsqrt(9.0 * d)
    x = _normal(for_normal)
    t = c * x
    is_positive = t > -1.0
    t = torch.where(is_positive, t, 0.0)
    log_cube = 3.0 * torch.log1p(t)
    # d (1 - v + log v) with v = (1 + t)^3, without cancelling 1.
    bound = 0.5 * x * x + d * (log_cube - t * (3.0 + t * (3.0 + t)))
    accepted = is_positive & (torch.log(for_acceptance) < bound)
    first = torch.argmax(accepted.to(torch.uint8), dim=0, keepdim=True)
    return torch.log(d) + torch.gather(log_cube, 0, first)[0]


def _normal(uniform):
    """Normal variables by Box and Muller, two of each pair of uniform ones."""
    first, second = uniform.chunk(2)
    radius, angle = torch.sqrt(-2.0 * torch.log(first)), 2.0 * math.pi * second
    return torch.cat([radius * torch.cos(angle), radius * torch.sin(angle)])
