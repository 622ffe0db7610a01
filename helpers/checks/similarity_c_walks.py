"""Wrong answers to X-walk: a best-first search with one thing changed."""

import heapq

import numpy as np

__all__ = ["two_heaps", "variant"]


def variant(
    *, order="nearest", cut=True, both=False, count="seen", one_step=False, size=0, ties=1,
    dot=False, far_first=False, kind=float, early=False, hold_start=False, forget=False,
    start_seen=True, last_cut=True, rounds=False,
):  # fmt: skip
    """Make an answer with one thing changed."""

    def best_first(vectors, links, query, start, ef):
        vectors, query = np.asarray(vectors, dtype=kind), np.asarray(query, dtype=kind)
        if both:
            linked = [list(dict.fromkeys(row)) for row in links]
            for i, row in enumerate(links):
                for other in row:
                    if i not in linked[other]:
                        linked[other].append(i)
            links = linked

        def distance(row):
            if dot:
                return float(-(vectors[row] @ query))
            return float(((vectors[row] - query) ** 2).sum())

        def key(pair):
            return pair[0], ties * pair[1]

        known, followed, computed = {start} if start_seen else set(), set(), int(start_seen)
        nearest, arrived = [(distance(start), start)], [start]
        while True:
            waiting = [row for _, row in nearest if row not in followed]
            if not waiting:
                break
            if order == "first":
                waiting.sort(key=arrived.index)
            chosen = waiting if rounds else [waiting[-1 if order == "farthest" else 0]]
            followed.update(chosen)
            best = min(nearest)[0]
            for other in [other for row in chosen for other in links[row]]:
                if other in known:
                    computed += count == "all"
                    continue
                computed += 1
                known.add(other)
                arrived.append(other)
                nearest.append((distance(other), other))
            nearest.sort(key=key)
            if cut:
                kept = nearest[: ef + size]
                if forget:
                    known -= {other for _, other in nearest[ef + size :]}
                nearest = kept
            if one_step:
                break
            if early and min(nearest)[0] >= best:
                break
        nearest = nearest[: ef + size] if last_cut else nearest
        rows = [row for _, row in nearest]
        if hold_start:
            rows = [row for row in rows if row != start]
        total = {"seen": computed, "all": computed, "followed": len(followed),
                 "less one": computed - 1, "kept": len(rows)}[count]  # fmt: skip
        return rows[::-1] if far_first else rows, total

    return best_first


def two_heaps(vectors, links, query, start, ef):
    """Walk as textbooks do: a row enters a full list only if it is strictly nearer."""
    vectors, query = np.asarray(vectors, dtype=float), np.asarray(query, dtype=float)
    first = float(((vectors[start] - query) ** 2).sum())
    seen, waiting, nearest = {start}, [(first, start)], [(-first, start)]
    while waiting:
        distance, row = heapq.heappop(waiting)
        if len(nearest) == ef and distance > -nearest[0][0]:
            break
        for other in links[row]:
            if other in seen:
                continue
            seen.add(other)
            distance = float(((vectors[other] - query) ** 2).sum())
            if len(nearest) < ef or distance < -nearest[0][0]:
                heapq.heappush(waiting, (distance, other))
                heapq.heappush(nearest, (-distance, other))
                if len(nearest) > ef:
                    heapq.heappop(nearest)
    return [row for _, row in sorted((-distance, row) for distance, row in nearest)], len(seen)
