"""The compiled circuits: layers of phases and mixers on states of a subspace, and their gradient by the adjoint.

A state ψ is two arrays, re and im, so that the loops become vector instructions; sine and cosine are series, for the
same reason.

The adjoint goes backwards with λ = Cψ, undoing layer by layer (Jones and Gacon 2020, Efficient calculation of gradients
in classical simulations of variational quantum algorithms): all 2p derivatives for some three evaluations.
"""

# Many arguments by position: of arrays in a tuple, numba counts the references at every use.
# ruff: noqa: PLR0917

from __future__ import annotations

import math

import numpy as np

from services.optimizer.domain.cardinality.sampling.subspace import Places
from services.optimizer.domain.solvers.dual_newton.loops import fast, strict
from services.optimizer.domain.vectors import Vector

ROUND = 2.0 * math.pi


@fast
def _turn(x: float) -> tuple[float, float]:
    """cos x and sin x, without a branch: their series at a quarter of x within ±π, and the angle doubled twice."""
    r = 0.25 * (x - ROUND * np.rint(x * (1.0 / ROUND)))
    q = r * r
    s = 1.0 - q / 110.0 * (1.0 - q / 156.0 * (1.0 - q / 210.0))
    s = r * (1.0 - q / 6.0 * (1.0 - q / 20.0 * (1.0 - q / 42.0 * (1.0 - q / 72.0 * s))))
    c = 1.0 - q / 90.0 * (1.0 - q / 132.0 * (1.0 - q / 182.0 * (1.0 - q / 240.0)))
    c = 1.0 - 0.5 * q * (1.0 - q / 12.0 * (1.0 - q / 30.0 * (1.0 - q / 56.0 * c)))
    s, c = 2.0 * s * c, 1.0 - 2.0 * s * s
    return 1.0 - 2.0 * s * s, 2.0 * s * c


@fast
def _phased(c: Vector, s: Vector, gamma: float, fr: float, fi: float, re: Vector, im: Vector) -> tuple[float, float]:
    """ψ ← e^{−iγc} (ψ − f s); ⟨s|ψ⟩."""
    ar, ai = 0.0, 0.0
    for t in range(c.size):
        co, si = _turn(-gamma * c[t])
        x, y = re[t] - fr * s[t], im[t] - fi * s[t]
        u, v = x * co - y * si, x * si + y * co
        re[t], im[t] = u, v
        ar += s[t] * u
        ai += s[t] * v
    return ar, ai


@fast
def _mixed(c: Vector, s: Vector, fr: float, fi: float, re: Vector, im: Vector) -> float:
    """ψ ← ψ − f s; ⟨ψ|C|ψ⟩."""
    energy = 0.0
    for t in range(c.size):
        x, y = re[t] - fr * s[t], im[t] - fi * s[t]
        re[t], im[t] = x, y
        energy += (x * x + y * y) * c[t]
    return energy


@strict
def grover_state(c: Vector, s: Vector, gammas: Vector, betas: Vector, re: Vector, im: Vector) -> float:
    """Layers of phases and of 1 − (1 − e^{−iβ})|s⟩⟨s| on s; ⟨C⟩."""
    re[:] = s
    im[:] = 0.0
    fr, fi = 0.0, 0.0
    for layer in range(gammas.size):
        ar, ai = _phased(c, s, gammas[layer], fr, fi, re, im)
        gr, gi = 1.0 - np.cos(betas[layer]), np.sin(betas[layer])
        fr, fi = gr * ar - gi * ai, gr * ai + gi * ar
    return _mixed(c, s, fr, fi, re, im)


@fast
def _begin_adjoint(
    c: Vector, s: Vector, re: Vector, im: Vector, lr: Vector, li: Vector
) -> tuple[float, float, float, float]:
    """λ ← Cψ; ⟨s|ψ⟩ and ⟨s|λ⟩."""
    ar, ai, br, bi = 0.0, 0.0, 0.0, 0.0
    for t in range(c.size):
        lr[t], li[t] = c[t] * re[t], c[t] * im[t]
        ar += s[t] * re[t]
        ai += s[t] * im[t]
        br += s[t] * lr[t]
        bi += s[t] * li[t]
    return ar, ai, br, bi


@fast
def _undone(
    c: Vector, s: Vector, gamma: float, f: Vector, re: Vector, im: Vector, lr: Vector, li: Vector
) -> tuple[float, float, float, float, float]:
    """ψ ← e^{iγc}(ψ − f s) and λ likewise; Im ⟨λ|C|ψ⟩ before the phase, ⟨s|ψ⟩ and ⟨s|λ⟩ after it."""
    slope, ar, ai, br, bi = 0.0, 0.0, 0.0, 0.0, 0.0
    for t in range(c.size):
        x, y = re[t] - f[0] * s[t], im[t] - f[1] * s[t]
        u, v = lr[t] - f[2] * s[t], li[t] - f[3] * s[t]
        slope += (u * y - v * x) * c[t]
        co, si = _turn(-gamma * c[t])
        x, y = x * co + y * si, y * co - x * si
        u, v = u * co + v * si, v * co - u * si
        re[t], im[t], lr[t], li[t] = x, y, u, v
        ar += s[t] * x
        ai += s[t] * y
        br += s[t] * u
        bi += s[t] * v
    return slope, ar, ai, br, bi


@strict
def grover_gradient(
    c: Vector,
    s: Vector,
    gammas: Vector,
    betas: Vector,
    psi: Vector,
    lam: Vector,
    slopes: Vector,
) -> float:
    """⟨C⟩ and its derivatives by γ and β, (2p,); ψ and λ (2, S) are scratch."""
    re, im, lr, li = psi[0], psi[1], lam[0], lam[1]
    layers, f = gammas.size, np.empty(4)
    energy = grover_state(c, s, gammas, betas, re, im)
    ar, ai, br, bi = _begin_adjoint(c, s, re, im, lr, li)
    for layer in range(layers - 1, -1, -1):
        # 2 Re(−i ⟨λ|s⟩⟨s|ψ⟩) = 2 Im(conj(b) a).
        slopes[layers + layer] = 2.0 * (br * ai - bi * ar)
        gr, gi = 1.0 - np.cos(betas[layer]), -np.sin(betas[layer])
        f[0], f[1] = gr * ar - gi * ai, gr * ai + gi * ar
        f[2], f[3] = gr * br - gi * bi, gr * bi + gi * br
        slope, ar, ai, br, bi = _undone(c, s, gammas[layer], f, re, im, lr, li)
        slopes[layer] = 2.0 * slope
    return energy


@fast
def _phase(c: Vector, gamma: float, re: Vector, im: Vector) -> None:
    for t in range(c.size):
        co, si = _turn(-gamma * c[t])
        x, y = re[t], im[t]
        re[t], im[t] = x * co - y * si, x * si + y * co


@fast
def _energy(c: Vector, re: Vector, im: Vector) -> float:
    """⟨ψ|C|ψ⟩."""
    energy = 0.0
    for t in range(c.size):
        energy += (re[t] * re[t] + im[t] * im[t]) * c[t]
    return energy


@fast
def _slope(c: Vector, re: Vector, im: Vector, lr: Vector, li: Vector) -> float:
    """Im ⟨λ|C|ψ⟩."""
    slope = 0.0
    for t in range(c.size):
        slope += (lr[t] * im[t] - li[t] * re[t]) * c[t]
    return slope


@fast
def _rotate(re: Vector, im: Vector, p: int, q: int, co: float, si: float) -> None:
    """(x, y) ← (cos x − i sin y, cos y − i sin x)."""
    xr, xi, yr, yi = re[p], im[p], re[q], im[q]
    re[p], im[p] = co * xr + si * yi, co * xi - si * yr
    re[q], im[q] = co * yr + si * xi, co * yi - si * xr


@fast
def _rotate_back(re: Vector, im: Vector, lr: Vector, li: Vector, p: int, q: int, co: float, si: float) -> float:
    """Undoes a rotation of ψ and λ; Re(−i ⟨λ|X|ψ⟩) of the pair, half of its part of the derivative."""
    xr, xi, yr, yi = re[p], im[p], re[q], im[q]
    ur, ui, vr, vi = lr[p], li[p], lr[q], li[q]
    re[p], im[p] = co * xr - si * yi, co * xi + si * yr
    re[q], im[q] = co * yr - si * xi, co * yi + si * xr
    lr[p], li[p] = co * ur - si * vi, co * ui + si * vr
    lr[q], li[q] = co * vr - si * ui, co * vi + si * ur
    slope: float = ur * yi - ui * yr + vr * xi - vi * xr
    return slope


@fast
def _ring(p: Places, q: Places, beta: float, re: Vector, im: Vector) -> None:
    """A rotation of every two neighbours in turn, the last and the first at the end."""
    co, si = np.cos(beta), np.sin(beta)
    for i in range(p.shape[0]):
        for k in range(p.shape[1]):
            _rotate(re, im, p[i, k], q[i, k], co, si)


@fast
def _ring_back(p: Places, q: Places, beta: float, re: Vector, im: Vector, lr: Vector, li: Vector) -> float:
    co, si, slope = np.cos(beta), np.sin(beta), 0.0
    for i in range(p.shape[0] - 1, -1, -1):
        for k in range(p.shape[1]):
            slope += _rotate_back(re, im, lr, li, p[i, k], q[i, k], co, si)
    return slope


@strict
def ring_state(
    c: Vector, s: Vector, gammas: Vector, betas: Vector, p: Places, q: Places, re: Vector, im: Vector
) -> float:
    """Layers of phases and of rotations e^{−iβ(XX + YY)/2} of neighbours, on s; ⟨C⟩."""
    re[:] = s
    im[:] = 0.0
    for layer in range(gammas.size):
        _phase(c, gammas[layer], re, im)
        _ring(p, q, betas[layer], re, im)
    return _energy(c, re, im)


@strict
def ring_gradient(
    c: Vector, s: Vector, gammas: Vector, betas: Vector, p: Places, q: Places, psi: Vector, lam: Vector, slopes: Vector
) -> float:
    """⟨C⟩ and its derivatives by γ and β, (2p,); ψ and λ (2, S) are scratch."""
    re, im, lr, li, layers = psi[0], psi[1], lam[0], lam[1], gammas.size
    energy = ring_state(c, s, gammas, betas, p, q, re, im)
    _begin_adjoint(c, s, re, im, lr, li)
    for layer in range(layers - 1, -1, -1):
        slopes[layers + layer] = 2.0 * _ring_back(p, q, betas[layer], re, im, lr, li)
        slopes[layer] = 2.0 * _slope(c, re, im, lr, li)
        _phase(c, -gammas[layer], re, im)
        _phase(c, -gammas[layer], lr, li)
    return energy


@fast
def _all(size: int, beta: float, re: Vector, im: Vector) -> None:
    """A rotation of every asset."""
    co, si, stride = np.cos(beta), np.sin(beta), 1
    while stride < size:
        for base in range(0, size, 2 * stride):
            for k in range(base, base + stride):
                _rotate(re, im, k, k + stride, co, si)
        stride *= 2


@fast
def _all_back(size: int, beta: float, re: Vector, im: Vector, lr: Vector, li: Vector) -> float:
    co, si, slope, stride = np.cos(beta), np.sin(beta), 0.0, 1
    while stride < size:
        for base in range(0, size, 2 * stride):
            for k in range(base, base + stride):
                slope += _rotate_back(re, im, lr, li, k, k + stride, co, si)
        stride *= 2
    return slope


@strict
def transverse_state(c: Vector, s: Vector, gammas: Vector, betas: Vector, re: Vector, im: Vector) -> float:
    """Layers of phases and of a rotation e^{−iβX} of every asset, over all 2ⁿ states, on s; ⟨C⟩."""
    re[:] = s
    im[:] = 0.0
    for layer in range(gammas.size):
        _phase(c, gammas[layer], re, im)
        _all(c.size, betas[layer], re, im)
    return _energy(c, re, im)


@strict
def transverse_gradient(
    c: Vector, s: Vector, gammas: Vector, betas: Vector, psi: Vector, lam: Vector, slopes: Vector
) -> float:
    """⟨C⟩ and its derivatives by γ and β, (2p,); ψ and λ (2, 2ⁿ) are scratch."""
    re, im, lr, li, layers = psi[0], psi[1], lam[0], lam[1], gammas.size
    energy = transverse_state(c, s, gammas, betas, re, im)
    _begin_adjoint(c, s, re, im, lr, li)
    for layer in range(layers - 1, -1, -1):
        slopes[layers + layer] = 2.0 * _all_back(c.size, betas[layer], re, im, lr, li)
        slopes[layer] = 2.0 * _slope(c, re, im, lr, li)
        _phase(c, -gammas[layer], re, im)
        _phase(c, -gammas[layer], lr, li)
    return energy
