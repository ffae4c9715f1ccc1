"""For each claim a change of what was measured, as if the opposite were true; the claim must then refuse."""

REVERSALS = {
    "momentum": {
        "momentum.noise-floor": "measured = measured * 1.1",
        "momentum.window": "window_weight = lambda beta, window: 1 - beta ** (window / 2)",
        "momentum.terminal-velocity": "speed = speed * 1.001",
        "momentum.needs-friction": "forever = {'momentum': forever['nesterov'], 'nesterov': forever['momentum']}",
        "momentum.fewer-steps": "effect = paired_ratio(ball, plain)",
        "momentum.too-much": "too_much = paired_ratio(plain, ball)",
        "momentum.one-method": "paths = paths | {'momentum_pytorch': paths['momentum'] * 1.001}",
        "momentum.price-of-a-spelling": "price = paired_ratio(outside, inside)",
        "momentum.dampening": "torch_like = spelling_c",
        "momentum.misprint": "exploded = ~exploded",
        "momentum.nesterov-forgives": "forgiving = paired_ratio(ahead, fast_ball)",
        "momentum.best-setting": "found = 0.02, 0.9",
        "momentum.rolls-out": "none, some, much = much, some, none",
        "momentum.choice": "table = table[[2, 1, 0, 3]]",
    },
}
