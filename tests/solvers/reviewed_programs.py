"""Programs made at random that bounds have gone wrong on, with optima by a simplex method in fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from array_programs import ArrayProgram, linear_program

from mes_stoch.model.program import LinearProgram, RootStage

INF = np.inf


def first_columns(scenarios: list[LinearProgram], probabilities: list[float], count: int) -> ArrayProgram:
    """The first columns are the commitment."""
    columns = np.arange(count, dtype=np.int32)
    names = tuple(f"root{column}" for column in columns)
    root = RootStage(columns, names, np.full(count, True), np.ones(count))
    return ArrayProgram(scenarios, np.array(probabilities), root)


def at_which_highs_fails() -> tuple[ArrayProgram, Fraction]:
    """HiGHS 1.16.0 ends with an error, presolve on: costs of 1e5 beside 7e11, coefficients of 1e-6 beside 4e4."""
    scenarios = [
        linear_program(
            [159740.49850317684, -21420.473631885703, -721554505728.0, -121241.6],
            [
                [4.1961669921875e-05, -7.152557373046875e-07, -56.0, -1.1444091796875e-05],
                [0.00390625, 0.0, -40960.0, 0.03515625],
            ],
            [-0.0361328125, -40.5],
            [INF, -40.5],
            [-256.0, -8192.0, -INF, -1024.0],
            [1024.0, INF, INF, -256.0],
        ),
        linear_program(
            [195762.334207986, -3860.1796561623514, -436368677273.6, 370278.4],
            [[-3.0517578125e-05, 0.0, -4.0, 3.814697265625e-06], [0.0, -0.000732421875, -36864.0, 0.02734375]],
            [-0.0029296875, 3.5],
            [-0.0029296875, 3.5],
            [-256.0, -8192.0, 0.000244140625, 256.0],
            [1024.0, INF, INF, 1536.0],
        ),
        linear_program(
            [-868352.0, 64512.0, -223338299392.0, -180224.0],
            [[-5.7220458984375e-05, 4.76837158203125e-07, -20.0, 4.57763671875e-05], [0.0, 0.0, 20480.0, 0.0]],
            [0.00146484375, -INF],
            [0.00146484375, -8.0],
            [-256.0, -8192.0, -0.0009765625, -1024.0],
            [1024.0, INF, -0.00048828125, 0.0],
            offset=3376216369.95765,
        ),
    ]
    optimum = Fraction(250769848699327575396259152301902079, 290142196707511001929482240)
    return first_columns(scenarios, [0.39592135281031415, 0.26092061433808655, 0.3431580328515992], 2), optimum


def one_scenario_next_to_impossible() -> tuple[ArrayProgram, Fraction]:
    """A scenario of probability 1e-13, whose multipliers are 1e13 times what it may cost."""
    scenarios = [
        linear_program(
            [1.875, -3.0, -1.375],
            [[1.0, 0.0, 0.25], [0.0, 0.125, -0.625]],
            [0.5, -0.125],
            [0.5, -0.125],
            [0.0, -1.0, 0.0],
            [3.0, 1.0, 1.0],
            [False, False, True],
            offset=-2355.778957906211,
        ),
        linear_program(
            [5.45, -0.175, 3.1],
            [[-0.125, 0.125, 0.125], [1.625, 0.0, 1.125]],
            [-INF, 0.8125],
            [0.3125, 0.8125],
            [0.0, -3.0, 0.0],
            [3.0, 1.0, 1.0],
            [False, False, True],
            offset=1201.3781961126667,
        ),
        linear_program(
            [1.7755805615984581, -4.875, -2.25],
            [[-0.375, -0.5, 0.0], [-1.625, 1.625, 0.75]],
            [-1.9375, -INF],
            [-1.9375, 5.0625],
            [0.0, 0.0, 0.0],
            [3.0, INF, 2.0],
            [False, False, True],
        ),
    ]
    optimum = Fraction(23777647286941424764305279789777042398040445, 43556142965880123323311949751266331066368)
    return first_columns(scenarios, [1.0402765538721669e-13, 0.46068468163569365, 0.5393153183642023], 1), optimum


def one_open_column_a_proof_needs() -> tuple[ArrayProgram, Fraction]:
    """Five columns without an upper bound, costs of 3e4 beside 6e10, coefficients of 1e-7 beside 3e4."""
    scenarios = [
        linear_program(
            [7340032.0, 1114112.0, -40960.0, -60129542144.0, -285212672.0],
            [
                [0.0, 2.86102294921875e-06, 2.682209014892578e-07, -0.203125, -0.00054931640625],
                [-4.0, 0.0, 0.125, 32768.0, 0.0],
                [0.0009765625, 0.0, -7.62939453125e-06, -12.0, 0.046875],
            ],
            [0.0062255859375, -INF, -INF],
            [0.0062255859375, 1600.0, -0.203125],
            [-64.0, -512.0, -12288.0, -0.03125, -8.0],
            [32.0, INF, INF, INF, INF],
            offset=21093784958.011814,
        ),
        linear_program(
            [-31457280.0, -681574.4, 31129.6, -4294967296.0, -16777216.0],
            [
                [0.0, -2.86102294921875e-06, 8.940696716308594e-08, -0.015625, -0.00091552734375],
                [30.0, 0.0, 0.0, 0.0, -224.0],
                [0.0, -0.0003662109375, -1.52587890625e-05, 12.0, -0.109375],
            ],
            [-0.0047607421875, -INF, -0.4375],
            [INF, -288.0, INF],
            [-64.0, -512.0, 0.0, 0.0078125, 4.0],
            [32.0, INF, INF, INF, INF],
        ),
    ]
    optimum = Fraction(132529505457464815033206872226445241, 56668397794435742564352000)
    return first_columns(scenarios, [0.14994680492334095, 0.8500531950766591], 2), optimum


def next_to_no_slope() -> tuple[ArrayProgram, Fraction]:
    """Columns without bounds at costs of 7e-4 beside 3e3, coefficients of 4e-2 beside 1e7."""
    scenarios = [
        linear_program(
            [3456.0, 1920.0, -0.005615234375],
            [[-262144.0, 11010048.0, -6.0], [3072.0, 8192.0, -0.03515625]],
            [-INF, 77.0],
            [42240.0, 77.0],
            [-INF, -0.00390625, -INF],
            [0.005859375, INF, INF],
        ),
        linear_program(
            [-371.2, -2944.0, 0.00068359375],
            [[-1572864.0, -4718592.0, 1.0], [7168.0, -10240.0, 0.0]],
            [-10752.0, -17.0],
            [-10752.0, INF],
            [-INF, 0.001953125, -1536.0],
            [0.005859375, INF, INF],
        ),
        linear_program(
            [-405.92596017159144, 102.4, 0.000390625],
            [[-262144.0, 0.0, 0.0], [3072.0, 8192.0, -0.0546875]],
            [-INF, 15.0],
            [768.0, 15.0],
            [-INF, -0.001953125, -512.0],
            [0.005859375, 0.0029296875, 2048.0],
        ),
    ]
    optimum = Fraction(38561728897162288902259494637845887, 11682667931703362164193616740745216)
    return first_columns(scenarios, [0.35541073542956836, 0.051841593934195115, 0.5927476706362367], 1), optimum
