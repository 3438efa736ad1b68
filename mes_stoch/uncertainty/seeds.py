"""One random generator per tree node, found from the root seed and the node's path alone.

A scenario must be the same whichever process draws it and however many are drawn. A generator handed from node to node
cannot promise that; one that depends on nothing but ``(seed, path)`` does.
"""

from __future__ import annotations

import hashlib

import numpy as np

ROOT = "root"


def day_ahead_path(index: int) -> str:
    """Path of the ``index``-th day-ahead node.

    >>> day_ahead_path(3)
    'root/d0003'
    """
    return f"{ROOT}/d{index:04d}"


def leaf_path(index: int, leaf: int = 0) -> str:
    """Path of a realtime leaf below a day-ahead node.

    >>> leaf_path(3)
    'root/d0003/r0'
    """
    return f"{day_ahead_path(index)}/r{leaf}"


def node_generator(seed: int, path: str) -> np.random.Generator:
    """Generator of the node ``path`` under the root seed ``seed``.

    The path enters through SHA-256, not through Python's ``hash`` (which differs from one process to the next) nor
    through a counter (which would depend on the order of drawing).

    >>> float(node_generator(7, "root/d0000").random()) == float(node_generator(7, "root/d0000").random())
    True
    """
    digest = hashlib.sha256(path.encode("utf-8")).digest()
    words = [int.from_bytes(digest[start : start + 4], "little") for start in range(0, 16, 4)]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words])))
