"""Operation without foresight: a commitment operated period by period with what is known by then.

``information`` says what has been seen at a step, ``forecast`` what is expected of the rest, ``decisions`` which
columns of the program are decided at a step, ``step`` solves what is left of the program, ``operate`` goes through a
leaf.
"""
