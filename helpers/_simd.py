"""Short vectors of float32 for numba kernels: load, store, arithmetic, sums, prefetch.

Numba does not keep a tile of dot products in registers by itself. Here a value of type
``lanes`` is one LLVM vector of :data:`LANES` floats, so that a kernel says which numbers stay in
registers. LLVM lowers the vectors to whatever the processor has (AVX-512, AVX2, SSE, NEON), so
the same source runs everywhere; :data:`LANES` only picks the length that suits the processor.

All functions are for use inside ``@njit`` functions, on one-dimensional C-contiguous float32
arrays and offsets counted in floats. Nothing checks bounds.
"""

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

__all__ = [
    "LANES", "aligned_zeros", "clip", "div", "fma", "load", "mul", "prefetch", "rsqrt", "splat",
    "store", "store_sums", "total", "zero",
]  # fmt: skip

LANES = 16 if llvm.get_host_cpu_features().get("avx512f") else 8
_CACHE_LINE = 64
_FLOAT = ir.FloatType()
_VECTOR = ir.VectorType(_FLOAT, LANES)
_INDEX = ir.IntType(32)


class LanesType(types.Type):
    """Numba's type of one short vector."""

    def __init__(self):
        super().__init__(name=f"lanes{LANES}")


lanes = LanesType()


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager, fe_type):
        super().__init__(manager, fe_type, _VECTOR)


def aligned_zeros(rows: int, columns: int) -> np.ndarray:
    """Zeros of shape (rows, columns), float32, that start at a cache line.

    Parameters
    ----------
    rows, columns : int
        `columns` is normally a multiple of :data:`LANES`, so that rows hold whole vectors.

    Returns
    -------
    ndarray (rows, columns), float32, C-contiguous
    """
    spare = _CACHE_LINE // 4
    flat = np.zeros(rows * columns + spare, dtype=np.float32)
    start = (-flat.ctypes.data % _CACHE_LINE) // 4
    return flat[start : start + rows * columns].reshape(rows, columns)


def _pointer(context, builder, array_type, array, offset, to=None):
    data = context.make_array(array_type)(context, builder, array).data
    pointer = builder.gep(data, [offset])
    return pointer if to is None else builder.bitcast(pointer, to.as_pointer())


@intrinsic
def load(typingctx, array, offset):
    """``array[offset : offset + LANES]`` as a vector."""

    def codegen(context, builder, signature, args):
        pointer = _pointer(context, builder, signature.args[0], *args, to=_VECTOR)
        return builder.load(pointer, align=4)

    return lanes(array, types.intp), codegen


@intrinsic
def store(typingctx, array, offset, value):
    """Write `value` to ``array[offset : offset + LANES]``."""

    def codegen(context, builder, signature, args):
        pointer = _pointer(context, builder, signature.args[0], *args[:2], to=_VECTOR)
        builder.store(args[2], pointer, align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes), codegen


@intrinsic
def splat(typingctx, number):
    """Make a vector with `number` in every lane."""

    def codegen(context, builder, signature, args):
        first = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), args[0], _INDEX(0))
        mask = ir.Constant(ir.VectorType(_INDEX, LANES), [0] * LANES)
        return builder.shuffle_vector(first, ir.Constant(_VECTOR, ir.Undefined), mask)

    return lanes(types.float32), codegen


@intrinsic
def zero(typingctx):
    """Make a vector of zeros."""

    def codegen(context, builder, signature, args):
        return ir.Constant(_VECTOR, [0.0] * LANES)

    return lanes(), codegen


@intrinsic
def fma(typingctx, x, y, z):
    """``x * y + z``, lane by lane (fused where the processor can)."""

    def codegen(context, builder, signature, args):
        product = builder.fmul(args[0], args[1], flags=["contract"])
        return builder.fadd(product, args[2], flags=["contract"])

    return lanes(lanes, lanes, lanes), codegen


@intrinsic
def mul(typingctx, x, y):
    """``x * y``, lane by lane."""

    def codegen(context, builder, signature, args):
        return builder.fmul(*args, flags=["contract"])

    return lanes(lanes, lanes), codegen


@intrinsic
def div(typingctx, x, y):
    """``x / y``, lane by lane."""

    def codegen(context, builder, signature, args):
        return builder.fdiv(*args)

    return lanes(lanes, lanes), codegen


@intrinsic
def rsqrt(typingctx, x):
    """``1 / sqrt(x)``, lane by lane, for x > 0; by the processor's estimate and a Newton step.

    LLVM puts in exact roots and quotients where they are as fast. Relative error below 1e-6.
    """

    def codegen(context, builder, signature, args):
        kind = ir.FunctionType(_VECTOR, [_VECTOR])
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.sqrt.v{LANES}f32")
        root = builder.call(function, args, fastmath=("fast",))
        return builder.fdiv(ir.Constant(_VECTOR, [1.0] * LANES), root, flags=("fast",))

    return lanes(lanes), codegen


@intrinsic
def total(typingctx, x):
    """Sum over the lanes of a vector: one float32."""

    def codegen(context, builder, signature, args):
        kind = ir.FunctionType(_FLOAT, [_FLOAT, _VECTOR])
        name = f"llvm.vector.reduce.fadd.v{LANES}f32"
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        zero = ir.Constant(_FLOAT, -0.0)  # what changes no sum
        return builder.call(function, [zero, args[0]], fastmath=("reassoc",))

    return types.float32(lanes), codegen


@intrinsic
def clip(typingctx, x, limit):
    """``min(max(x, -limit), limit)``, lane by lane."""

    def codegen(context, builder, signature, args):
        x, high = args
        low = builder.fsub(ir.Constant(_VECTOR, [0.0] * LANES), high)
        x = builder.select(builder.fcmp_ordered("<", x, high), x, high)
        return builder.select(builder.fcmp_ordered(">", x, low), x, low)

    return lanes(lanes, lanes), codegen


# Which lanes of two vectors of 8 are added in each of three rounds, so that the last vector
# holds the eight sums in order. AVX2 has each of these shuffles as one instruction.
_ROUNDS = [
    ([0, 8, 1, 9, 4, 12, 5, 13], [2, 10, 3, 11, 6, 14, 7, 15]),
    ([0, 1, 8, 9, 4, 5, 12, 13], [2, 3, 10, 11, 6, 7, 14, 15]),
    ([0, 1, 2, 3, 8, 9, 10, 11], [4, 5, 6, 7, 12, 13, 14, 15]),
]


@intrinsic
def store_sums(typingctx, array, offset, v0, v1, v2, v3, v4, v5):
    """Write the sums over the lanes of six vectors, and two zeros, to ``array[offset:]``."""
    octet = ir.VectorType(_FLOAT, 8)

    def added(builder, a, b, low, high):
        low, high = (ir.Constant(ir.VectorType(_INDEX, 8), part) for part in (low, high))
        return builder.fadd(builder.shuffle_vector(a, b, low), builder.shuffle_vector(a, b, high))

    def codegen(context, builder, signature, args):
        values = list(args[2:])
        if LANES == 16:
            halves = list(range(8)), list(range(8, 16))
            values = [added(builder, v, v, *halves) for v in values]
        values += [ir.Constant(octet, [0.0] * 8)] * 2
        for low, high in _ROUNDS:
            pairs = zip(values[::2], values[1::2], strict=True)
            values = [added(builder, a, b, low, high) for a, b in pairs]
        pointer = _pointer(context, builder, signature.args[0], *args[:2], to=octet)
        builder.store(values[0], pointer, align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, *[lanes] * 6), codegen


@intrinsic
def prefetch(typingctx, array, offset):
    """Ask for the cache line of ``array[offset]``, soon to be read and written."""

    def codegen(context, builder, signature, args):
        byte = ir.IntType(8)
        pointer = _pointer(context, builder, signature.args[0], *args, to=byte)
        kind = ir.FunctionType(ir.VoidType(), [byte.as_pointer(), _INDEX, _INDEX, _INDEX])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        builder.call(function, [pointer, _INDEX(0), _INDEX(3), _INDEX(1)])
        return context.get_dummy_value()

    return types.void(array, types.intp), codegen
