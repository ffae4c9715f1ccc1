"""The papers' formulas once more, written from the papers and not from this library.

One coordinate, Python floats, and sums over the whole past where the paper's text has them: nothing is shared with the
rules, so agreement means something. Each function takes the gradients, the start and the rate as a function of the step
(from 0), and returns the point after every step. What the course's rule adds to the paper is not here: where a paper
has no epsilon, neither has the function.
"""

from math import cos, pi, prod, sqrt


def mean_of(past, beta):
    """Exponential mean that starts at zero: (1 - beta) sum beta^(t - i) x_i."""
    return (1 - beta) * sum(beta ** (len(past) - i) * x for i, x in enumerate(past, 1))


def squares(past):
    return [g * g for g in past]


def follow(step, gradients, x, rate):
    """Add up steps, each a function of all gradients so far, the number of the step from 1 and the point."""
    path = []
    for t in range(1, len(gradients) + 1):
        x += rate(t - 1) * step(gradients[:t], t, x)
        path.append(x)
    return path


def gradient_descent(gradients, x, rate):
    """Cauchy (1847)."""
    return follow(lambda g, t, x: -g[-1], gradients, x, rate)


def heavy_ball(gradients, x, rate, alpha=0.9):
    """Polyak (1964), eq. (9): no velocity, the last displacement instead."""
    points = [x, x]
    for k, g in enumerate(gradients):
        points.append(points[-1] - rate(k) * g + alpha * (points[-1] - points[-2]))
    return points[2:]


def averaged_gradient(gradients, x, rate, beta=0.9):
    """Kingma and Ba (2015), Algorithm 1, the first moment alone, not corrected."""
    return follow(lambda g, t, x: -mean_of(g, beta), gradients, x, rate)


def nesterov(gradients, y, rate, alpha=0.9):
    """Nesterov (1983): a gradient step from y to x, then y is x moved on; the points y, where gradients are taken."""
    x, path = y, []
    for k, g in enumerate(gradients):
        x, before = y - rate(k) * g, x
        y = x + alpha * (x - before)
        path.append(y)
    return path


def adagrad(gradients, x, rate, delta=1e-7):
    """Duchi, Hazan and Singer (2011), Figure 1: s_t is the norm of all gradients so far, H_t = delta + s_t."""
    return follow(lambda g, t, x: -g[-1] / (delta + sqrt(sum(squares(g)))), gradients, x, rate)


def rmsprop(gradients, x, rate, rho=0.9, delta=1e-7):
    """Goodfellow, Bengio and Courville (2016), Algorithm 8.5."""
    return follow(lambda g, t, x: -g[-1] / sqrt(delta + mean_of(squares(g), rho)), gradients, x, rate)


def rmsprop_nesterov(gradients, x, rate, alpha=0.9, rho=0.9):
    """Goodfellow, Bengio and Courville (2016), Algorithm 8.6, no epsilon; the interim points x + alpha v."""
    v, path = 0.0, []
    for t, g in enumerate(gradients, 1):
        v = alpha * v - rate(t - 1) * g / sqrt(mean_of(squares(gradients[:t]), rho))
        x += v
        path.append(x + alpha * v)
    return path


def adadelta(gradients, x, rate, rho=0.95, epsilon=1e-7):
    """Zeiler (2012), Algorithm 1; the paper's rate is 1."""
    steps, path = [], []
    for t in range(1, len(gradients) + 1):
        rms_of_steps = sqrt(mean_of(squares(steps), rho) + epsilon)
        rms_of_gradients = sqrt(mean_of(squares(gradients[:t]), rho) + epsilon)
        steps.append(-rms_of_steps / rms_of_gradients * gradients[t - 1])
        x += rate(t - 1) * steps[-1]
        path.append(x)
    return path


def adam(gradients, x, rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """Kingma and Ba (2015), Algorithm 1, moments as the sums of section 3."""

    def step(g, t, x):
        m_hat, v_hat = mean_of(g, beta_1) / (1 - beta_1**t), mean_of(squares(g), beta_2) / (1 - beta_2**t)
        return -m_hat / (sqrt(v_hat) + epsilon)

    return follow(step, gradients, x, rate)


def adam_uncorrected(gradients, x, rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """Kingma and Ba (2015), section 6.4: "bias correction terms removed"."""
    return follow(
        lambda g, t, x: -mean_of(g, beta_1) / (sqrt(mean_of(squares(g), beta_2)) + epsilon), gradients, x, rate
    )


def adamax(gradients, x, rate, beta_1=0.9, beta_2=0.999):
    """Kingma and Ba (2015), section 7.1: u_t is the maximum of beta_2^(t - i) |g_i|; no epsilon."""

    def step(g, t, x):
        u = max(beta_2 ** (t - i) * abs(g_i) for i, g_i in enumerate(g, 1))
        return -mean_of(g, beta_1) / (1 - beta_1**t) / u

    return follow(step, gradients, x, rate)


def nadam(gradients, x, rate, mu=0.9, nu=0.999, epsilon=1e-7):
    """Dozat (2016), Algorithm 2, every momentum the same; its second moment has one nu more than Adam's."""

    def step(g, t, x):
        m_hat = mu * mean_of(g, mu) / (1 - prod([mu] * (t + 1))) + (1 - mu) * g[-1] / (1 - prod([mu] * t))
        n_hat = nu * mean_of(squares(g), nu) / (1 - nu**t)
        return -m_hat / (sqrt(n_hat) + epsilon)

    return follow(step, gradients, x, rate)


def amsgrad(gradients, x, rate, beta_1=0.9, beta_2=0.999):
    """Reddi, Kale and Kumar (2018), Algorithm 2: the largest of all second moments; no correction, no epsilon."""

    def step(g, t, x):
        largest = max(mean_of(squares(g[:i]), beta_2) for i in range(1, t + 1))
        return -mean_of(g, beta_1) / sqrt(largest)

    return follow(step, gradients, x, rate)


def adamw(gradients, x, rate, alpha=0.05, beta_1=0.9, beta_2=0.999, epsilon=1e-7, decay=0.005):
    """Loshchilov and Hutter (2019), Algorithm 2: the schedule multiplier scales the decay, the rate alpha does not."""

    def step(g, t, x):
        m_hat, v_hat = mean_of(g, beta_1) / (1 - beta_1**t), mean_of(squares(g), beta_2) / (1 - beta_2**t)
        return -(alpha * m_hat / (sqrt(v_hat) + epsilon) + decay * x)

    return follow(step, gradients, x, lambda k: rate(k) / alpha)


def lion(gradients, x, rate, beta_1=0.9, beta_2=0.99, decay=0.1):
    """Chen et al. (2023), Algorithm 2."""

    def step(g, t, x):
        mixture = beta_1 * mean_of(g[:-1], beta_2) + (1 - beta_1) * g[-1]
        return -((mixture > 0) - (mixture < 0) + decay * x)

    return follow(step, gradients, x, rate)


def delta_bar_delta(gradients, w, rate, kappa=0.005, phi=0.1, theta=0.7):
    """Jacobs (1988): add kappa while the derivative agrees with its past average, take the share phi where not."""
    rate, past, path = rate(0), [], []
    for slope in gradients:
        agreement = mean_of(past, theta) * slope
        rate += kappa if agreement > 0 else -phi * rate if agreement < 0 else 0.0
        past.append(slope)
        w -= rate * slope
        path.append(w)
    return path


def times(a, b):
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*b, strict=True)] for row in a]


def combined(*terms):
    """Weighted sum of matrices, given as pairs of number and matrix."""
    rows, columns = len(terms[0][1]), len(terms[0][1][0])
    return [[sum(c * a[i][j] for c, a in terms) for j in range(columns)] for i in range(rows)]


def muon(gradients, w, rate, mu=0.95, decay=0.1, scale=0.2):
    """Jordan et al. (2024), with Nesterov momentum and five quintic steps; decay and scale of Liu et al. (2025)."""
    w, b, path = [list(row) for row in w], combined((0.0, w)), []
    for k, g in enumerate(gradients):
        b = combined((mu, b), (1.0, g))
        x = combined((1.0, g), (mu, b))
        x = combined((1 / (sqrt(sum(value**2 for row in x for value in row)) + 1e-7), x))
        for _ in range(5):
            a = times(x, list(zip(*x, strict=True)))
            x = combined((3.4445, x), (1.0, times(combined((-4.775, a), (2.0315, times(a, a))), x)))
        size = scale * sqrt(max(len(w), len(w[0])))
        w = combined((1.0, w), (-rate(k) * size, x), (-rate(k) * decay, w))
        path.append(w)
    return path


def exponential(k, first=0.1, ratio=0.8):
    """Senior et al. (2013), exponential scheduling: the same factor at every step."""
    return first * prod([ratio] * k)


def steps(k, first=0.1, every=6, factor=0.5):
    """He et al. (2016), section 3.4: divided by a factor again and again, constant between."""
    return first * prod([factor] * (k // every))


def search_then_converge(k, first=0.1, tau=10.0):
    """Darken and Moody (1990): eta_0 / (1 + t / tau)."""
    return first / (1 + k / tau)


def linear_decay(k, first=0.1, last=0.001, tau=12):
    """Goodfellow, Bengio and Courville (2016), eq. (8.14); constant after tau steps."""
    alpha = min(k / tau, 1.0)
    return (1 - alpha) * first + alpha * last


def annealed(t, period, top, floor=0.0):
    """Loshchilov and Hutter (2017), eq. (5), t steps after the last restart."""
    return floor + (top - floor) / 2 * (1 + cos(t / period * pi))


def cosine(k, period=12, top=0.1, floor=0.01):
    """One period of it; afterwards the floor."""
    return annealed(min(k, period), period, top, floor)


def warmed_up_cosine(k, warmup=5, start=0.02, top=0.1, period=14):
    """Goyal et al. (2017), section 2.2, before one period of a cosine."""
    if k < warmup:
        return start + k * (top - start) / warmup
    return cosine(k - warmup, period, top, 0.0)


def warm_restarts(k, period=3, growth=2, top=0.1):
    """Loshchilov and Hutter (2017), eq. (5): when a period is over the next begins, growth times as long."""
    while k >= period:
        k, period = k - period, period * growth
    return annealed(k, period, top)


def cyclical(k, base=0.01, top=0.1, stepsize=4, scale=lambda cycle, k: 1.0):
    """Smith (2017), section 3.1 and its listing."""
    cycle = 1 + k // (2 * stepsize)
    x = abs(k / stepsize - 2 * cycle + 1)
    return base + (top - base) * max(0.0, 1 - x) * scale(cycle, k)


def halved_cycles(k):
    """Smith (2017), triangular2: half the difference at the end of each cycle."""
    return cyclical(k, scale=lambda cycle, k: prod([0.5] * (cycle - 1)))


def shrinking_cycles(k):
    """Smith (2017), exp_range: the difference times gamma to the power of the iteration."""
    return cyclical(k, scale=lambda cycle, k: prod([0.95] * k))


def warmup_stable_decay(s, top=0.1, w=4, t=12, end=18):
    """Hu et al. (2024), section 4, with a straight line for the function f; s counts the steps."""
    if s < w:
        return s / w * top
    return top if s <= t else top * max(0, end - s) / (end - t)


def lecun(n_in, n_out):
    """LeCun et al. (1998), eq. (16): the standard deviation is m to the power of -1/2, m being the fan-in."""
    return 1 / n_in


def glorot(n_in, n_out):
    """Glorot and Bengio (2010), eq. (12)."""
    return 2 / (n_in + n_out)


def glorot_bound(n_in, n_out):
    """Glorot and Bengio (2010), eq. (16): the end of the uniform distribution."""
    return sqrt(6) / sqrt(n_in + n_out)


def he(n_in, n_out):
    """He et al. (2015), eq. (10): the standard deviation is the root of 2 / n."""
    return 2 / n_in


def saxe(n_in, n_out):
    """Saxe et al. (2014): as many orthonormal vectors as fit, so the longer side shares out the length of 1."""
    return 1 / max(n_in, n_out)


def normalized(values, epsilon):
    """Shift and scale some numbers, as batch and layer normalization both do."""
    mean = sum(values) / len(values)
    variance = sum((x - mean) ** 2 for x in values) / len(values)
    return [(x - mean) / sqrt(variance + epsilon) for x in values], mean, variance


def batch_norm(batches, gamma, beta, epsilon=1e-3):
    """Ioffe and Szegedy (2015): Algorithm 1 on the last batch, Algorithm 2 on the first, after all have been seen.

    Returns the two outputs, and mean and variance of line 10 of Algorithm 2.
    """
    features = range(len(gamma))
    seen = [[normalized([row[j] for row in batch], epsilon) for j in features] for batch in batches]
    m = len(batches[0])
    mean = [sum(one[j][1] for one in seen) / len(seen) for j in features]
    variance = [m / (m - 1) * sum(one[j][2] for one in seen) / len(seen) for j in features]
    training = [[gamma[j] * seen[-1][j][0][i] + beta[j] for j in features] for i in range(m)]
    inference = [
        [
            gamma[j] / sqrt(variance[j] + epsilon) * row[j]
            + (beta[j] - gamma[j] * mean[j] / sqrt(variance[j] + epsilon))
            for j in features
        ]
        for row in batches[0]
    ]
    return training, inference, mean, variance


def layer_norm(batch, gamma, beta):
    """Ba, Kiros and Hinton (2016), eq. (3) and (4); no epsilon."""
    rows = [normalized(row, 0.0)[0] for row in batch]
    return [[g * x + b for g, x, b in zip(gamma, row, beta, strict=True)] for row in rows]
