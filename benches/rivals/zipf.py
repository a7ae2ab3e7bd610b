#!/usr/bin/env python3
"""A generated matrix of users x items: popularity after Zipf, activity log-normal, no (user, item) twice; the same bytes every time.

Needs numpy and pyarrow.

    benches/rivals/zipf.py 500000x200000x10000000 matrix.parquet
"""

import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def generate(users, items, cells, seed=0):
    """Columns `user` and `item`, sorted."""
    rng = np.random.default_rng(seed)
    activity = rng.lognormal(0.0, 1.0, users)
    popularity = 1.0 / (np.arange(items) + 10.0)
    popularity = rng.permutation(popularity)
    user_at, item_at = (np.cumsum(weights / weights.sum()) for weights in (activity, popularity))
    keys = np.empty(0, np.int64)
    while len(keys) < cells:
        drawn = int(1.3 * (cells - len(keys))) + 1000
        user = np.searchsorted(user_at, rng.random(drawn)).clip(max=users - 1)
        item = np.searchsorted(item_at, rng.random(drawn)).clip(max=items - 1)
        keys = np.unique(np.concatenate([keys, user * items + item]))
    keys = np.sort(rng.choice(keys, cells, replace=False))
    return keys // items, keys % items


def write(shape, path):
    user, item = generate(*shape)
    table = pa.table({"user": pa.array(user, pa.int32()), "item": pa.array(item, pa.int32())})
    pq.write_table(table, path)


if __name__ == "__main__":
    write([int(part) for part in sys.argv[1].split("x")], sys.argv[2])
