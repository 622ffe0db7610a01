"""Answers to X-walk."""

import bisect
import heapq

import numpy as np
import torch

CHECK = "X-walk"


def with_two_heaps(vectors, links, query, start, ef):
    vectors, query = np.asarray(vectors, float), np.asarray(query, float)

    def distance(row):
        step = vectors[row] - query
        return float(step @ step)

    seen = {start}
    waiting = [(distance(start), start)]
    nearest = [(-waiting[0][0], -start)]
    while waiting:
        d, row = heapq.heappop(waiting)
        if len(nearest) == ef and (d, row) > (-nearest[0][0], -nearest[0][1]):
            break
        for other in links[row]:
            if other in seen:
                continue
            seen.add(other)
            heapq.heappush(waiting, (distance(other), other))
            heapq.heappush(nearest, (-distance(other), -other))
            if len(nearest) > ef:
                heapq.heappop(nearest)
    return [-row for _, row in sorted(nearest, reverse=True)], len(seen)


def in_torch_with_all_distances(vectors, links, query, start, ef):
    rows = torch.as_tensor(np.array(vectors, dtype=float))
    table = ((rows - torch.as_tensor(np.array(query, dtype=float))) ** 2).sum(1).tolist()
    seen, done, line = [start], [], [start]
    while set(line) - set(done):
        row = next(row for row in line if row not in done)
        done.append(row)
        new = sorted(set(links[row]) - set(seen))
        seen += new
        line = sorted(line + new, key=lambda i: (table[i], i))[:ef]
    return np.array(line), np.int64(len(seen))


def by_bisection(vectors, links, query, start, ef):
    vectors, query = np.asarray(vectors, float), np.asarray(query, float)
    line, done, seen = [], set(), set()

    def meet(row):
        if row not in seen:
            seen.add(row)
            bisect.insort(
                line, (float(np.linalg.norm(vectors[row] - query) ** 2).__round__(12), row)
            )

    meet(start)
    place = 0
    while place < len(line):
        row = line[place][1]
        if row in done:
            place += 1
            continue
        done.add(row)
        for other in links[row]:
            meet(other)
        del line[ef:]
        place = 0
    return [row for _, row in line], len(seen)


def greedy(vectors, links, query, start, ef):
    vectors, query = np.asarray(vectors, float), np.asarray(query, float)
    row, count = start, 1
    while True:
        near = [((np.sum((vectors[i] - query) ** 2)), i) for i in [row, *links[row]]]
        count += len(links[row])
        best = min(near)[1]
        if best == row:
            return [row], count
        row = best


def exact(vectors, links, query, start, ef):
    distances = ((np.asarray(vectors, float) - np.asarray(query, float)) ** 2).sum(axis=1)
    return np.argsort(distances, kind="stable")[:ef].tolist(), len(distances)


def only_the_rows(vectors, links, query, start, ef):
    return with_two_heaps(vectors, links, query, start, ef)[0]


def only_the_nearest(vectors, links, query, start, ef):
    rows, count = with_two_heaps(vectors, links, query, start, ef)
    return rows[:1], count


def count_first(vectors, links, query, start, ef):
    rows, count = with_two_heaps(vectors, links, query, start, ef)
    return count, rows


def distances_returned(vectors, links, query, start, ef):
    rows, count = with_two_heaps(vectors, links, query, start, ef)
    return [float(np.linalg.norm(np.asarray(vectors[i]) - query)) for i in rows], count


def cut_after_every_link(vectors, links, query, start, ef):
    """Look only at the first `ef` links of a row."""
    return with_two_heaps(vectors, [row[:ef] for row in links], query, start, ef)


def two_rows_from_start(vectors, links, query, start, ef):
    links = [row if i == start else [] for i, row in enumerate(links)]
    return with_two_heaps(vectors, links, query, start, ef)


def breaks_the_input(vectors, links, query, start, ef):
    answer = with_two_heaps(vectors, links, query, start, ef)
    if isinstance(vectors, np.ndarray) and vectors.dtype == float:
        vectors -= np.asarray(query, float)
    return answer


def strictly_nearer(vectors, links, query, start, ef):
    """Keep a sorted list of distances and let a row in only if it beats the last."""
    vectors, query = np.asarray(vectors, float), np.asarray(query, float)
    distance = {i: float(((row - query) ** 2).sum()) for i, row in enumerate(vectors)}
    line, seen, done = [start], {start}, set()
    while set(line) - done:
        row = next(row for row in line if row not in done)
        done.add(row)
        for other in links[row]:
            if other not in seen:
                seen.add(other)
                if len(line) < ef or distance[other] < distance[line[-1]]:
                    line = sorted([*line, other], key=distance.get)[:ef]
    return line, len(seen)


def count_too_many(vectors, links, query, start, ef):
    rows, count = with_two_heaps(vectors, links, query, start, ef)
    return rows, count + 1


def complex_count(vectors, links, query, start, ef):
    rows, count = with_two_heaps(vectors, links, query, start, ef)
    return rows, complex(count)


def count_not_a_number(vectors, links, query, start, ef):
    return with_two_heaps(vectors, links, query, start, ef)[0], float("nan")


def from_row_0(vectors, links, query, start, ef):
    return with_two_heaps(vectors, links, query, 0, ef)


RIGHT = [with_two_heaps, in_torch_with_all_distances, by_bisection]
WRONG = [
    (greedy, "the list of rows is not right"),
    (exact, "the list of rows is not right"),
    (only_the_rows, "return two things"),
    (only_the_nearest, "the list of rows is not right"),
    (count_first, "should be a list of row numbers"),
    (distances_returned, "should be a list of row numbers"),
    (cut_after_every_link, "not right"),
    (two_rows_from_start, "You follow the links of one row and stop"),
    (breaks_the_input, "changed argument 1 in place"),
    (from_row_0, "not right"),
    (strictly_nearer, "not right"),
    (count_too_many, "you count 2 distances, the rule needs 1"),
    (complex_count, "should be one number, the distances computed"),
    (count_not_a_number, "should be one number, the distances computed"),
    (lambda vectors, links, query, start, ef: ([start], 1), "not right"),
]
SURVIVORS = {
    "vectors, query = (np.asarray(vectors, dtype=float), np.asarray(query, : "
    "np.asarray(vectors, dtype=float) -> np.asarray(vectors)": "the query alone makes it 64 bits",
    "vectors, query = (np.asarray(vectors, dtype=float), np.asarray(query, : "
    "np.asarray(vectors, dtype=float) -> vectors": "the query alone makes it 64 bits",
    "vectors, query = (np.asarray(vectors, dtype=float), np.asarray(query, : "
    "np.asarray(query, dtype=float) -> np.asarray(query)": "the vectors alone make it 64 bits",
    "vectors, query = (np.asarray(vectors, dtype=float), np.asarray(query, : "
    "np.asarray(query, dtype=float) -> query": "the vectors alone make it 64 bits",
    "return float(((vectors[row] - query) ** 2).sum()): "
    "float(((vectors[row] - query) ** 2).sum()) -> ((vectors[row] - query) ** 2).sum()": (
        "numpy numbers sort like plain ones, and no distance is returned"
    ),
    "return float(((vectors[row] - query) ** 2).sum()): "
    "((vectors[row] - query) ** 2).sum() -> ((vectors[row] - query) ** 2).mean()": (
        "divided by d, distances rank the same, and none is returned"
    ),
    "return float(((vectors[row] - query) ** 2).sum()): "
    "vectors[row] - query -> query - vectors[row]": "it is squared afterwards",
}
