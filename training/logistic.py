"""L2 logistic regression over a sparse block and a dense block, with soft targets and weights."""
import numpy as np
from scipy.optimize import minimize


def softmax(z):
    z = np.exp(z - z.max(1, keepdims=True))
    return z / z.sum(1, keepdims=True)


def fit(sparse, dense, targets, weights=None, penalty=1.0, iterations=150, start=None):
    """Weights of the sparse block, of the dense block, and biases, one row a class.

    `targets`: [n, k] probabilities. Two classes give one row: the score of the second one.
    The loss is the weighted sum of cross entropies plus penalty / 2 times the squared weights.
    """
    n, k = targets.shape
    two = k == 2
    rows = 1 if two else k
    a, b = sparse.shape[1], dense.shape[1]
    w = np.ones(n) if weights is None else np.asarray(weights, float)
    sparse = sparse.tocsr().astype(np.float64)
    transposed = sparse.T.tocsr()
    dense = dense.astype(np.float32)
    y = targets[:, 1:] if two else targets

    def scores(v):
        m = v.reshape(rows, a + b + 1)
        return sparse @ m[:, :a].T + (dense @ m[:, a : a + b].T.astype(np.float32)) + m[:, -1]

    def loss(v):
        m = v.reshape(rows, a + b + 1)
        z = scores(v)
        if two:
            value = (w[:, None] * (np.logaddexp(0, z) - y * z)).sum()
            g = w[:, None] * (1 / (1 + np.exp(-np.clip(z, -500, 500))) - y)
        else:
            top = z.max(1, keepdims=True)
            log = z - top - np.log(np.exp(z - top).sum(1, keepdims=True))
            value = -(w[:, None] * y * log).sum()
            g = w[:, None] * (np.exp(log) * y.sum(1, keepdims=True) - y)
        grad = np.empty_like(m)
        grad[:, :a] = (transposed @ g).T
        grad[:, a : a + b] = g.T.astype(np.float32) @ dense
        grad[:, -1] = g.sum(0)
        value += penalty / 2 * (m[:, :-1] ** 2).sum()
        grad[:, :-1] += penalty * m[:, :-1]
        return value, grad.ravel()

    start = np.zeros(rows * (a + b + 1)) if start is None else start
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": iterations, "maxcor": 8, "ftol": 1e-7})
    m = best.x.reshape(rows, a + b + 1)
    return m[:, :a], m[:, a : a + b], m[:, -1]


def score(model, sparse, dense):
    hash_weights, dense_weights, bias = model
    return sparse @ hash_weights.T + dense @ dense_weights.T + bias
