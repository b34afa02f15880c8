"""Carries out a system call filter as the kernel does, so that other machines' filters can be tested on this one."""

import struct

RETURN, LOAD, AND, EQUAL, GREATER_OR_EQUAL, ANY_BIT = 0x06, 0x20, 0x54, 0x15, 0x35, 0x45


def verdict(program: bytes, *, machine: int, number: int, arguments: tuple[int, ...] = ()) -> int:
    """What the filter returns for a system call on a machine, given by its audit number."""
    padded = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = struct.pack("=IIQ6Q", number, machine, 0, *(value & 0xFFFFFFFFFFFFFFFF for value in padded))
    instructions = list(struct.iter_unpack("=HBBI", program))
    assert len(instructions) <= 4096, "the kernel takes no more"
    place = accumulator = 0
    while True:
        code, if_true, if_false, operand = instructions[place]
        place += 1
        if code == RETURN:
            return operand
        if code == LOAD:
            accumulator = struct.unpack_from("=I", data, operand)[0]
        elif code == AND:
            accumulator &= operand
        else:
            holds = {
                EQUAL: accumulator == operand,
                GREATER_OR_EQUAL: accumulator >= operand,
                ANY_BIT: bool(accumulator & operand),
            }[code]
            place += if_true if holds else if_false
