"""What do inertial unit and barometer measure? Two parts that every shop has, over I2C.

- MPU-6050 family (6050, 6500, 9250; GY-521 boards): +-16 g and +-250 deg/s. Registers and scales:
  InvenSense RM-MPU-6000A, sections 4.4, 4.5, 4.17, 4.19.
- LPS22HB: gives pressure in 1/4096 hPa, calibrated on the chip, so nothing has to be compensated in
  flight. Registers: STMicroelectronics DS11340, sections 9 and 11.

A part that does not answer is invalid until it does: its last readings stay. One that has lost its
settings to a dip of its supply gets them again, within a second.
"""

from machine import Pin

from fsw.dictionary.channels import ENUMS
from fsw.dictionary.index import channel

_AXIAL = channel("IMU_AXIAL")
_NORMAL = channel("IMU_NORMAL")
_RATE = channel("IMU_RATE")
_IMU_STATUS = channel("IMU_STATUS")
_PRESSURE = channel("BARO_PRESSURE")
_BARO_STATUS = channel("BARO_STATUS")
_BARO_SEQUENCE = channel("BARO_SEQUENCE")

_STATUS = ENUMS["IMU_STATUS"]
_VALID = 1 << _STATUS.index("VALID")
_AXIAL_SATURATED = 1 << _STATUS.index("AXIAL_SATURATED")
_NORMAL_SATURATED = 1 << _STATUS.index("NORMAL_SATURATED")
_RATE_SATURATED = 1 << _STATUS.index("RATE_SATURATED")

# How the unit is mounted. Each row: its axis (0 x, 1 y, 2 z) and sign. With x up on the pad, y
# across: the axial axis points down, nose up is about z.
MOUNTING = ((0, -1), (1, 1), (2, 1))  # axial, normal, pitch rate

IMU_ADDRESS = 0x68
_WHO_AM_I, IMU_NAMES = 0x75, (0x68, 0x70, 0x71, 0x73)
_IMU_SETTINGS = (
    (0x6B, 0x01),  # awake, clock of the gyro
    (0x1A, 0x03),  # 44 Hz low-pass: below half of 64 Hz but for a little
    (0x1D, 0x03),  # the same for the accelerations of a 6500; means nothing to a 6050 at rest
    (0x1B, 0x00),  # +-250 deg/s
    (0x1C, 0x18),  # +-16 g
)
_TELLING = (0x1C, 0x18)  # a setting that is never what a reset leaves
_LOOKS = 64  # minor frames between two looks at it
_READINGS = 0x3B  # three accelerations, temperature, three rates: 14 octets
_FULL_SCALE = 32700  # of 32767: what is nearer is cut off

# Counts of the channels for 2^10 of the unit: 2048 to a g, 131 to a deg/s.
_FORCE = 5021  # 9.80665 m/s2 times 1024 / 2048
_TURN = 22768  # 2^20 / 360 / 131

BARO_ADDRESS = 0x5C
_BARO_WHO_AM_I, BARO_NAMES = 0x0F, (0xB1,)
_BARO_SETTINGS = (
    (0x10, 0x32),  # 25 Hz, octets of one measurement together
)
_BARO_READY = 0x27
_BARO_READINGS = 0x28  # 3 octets, lowest first
_CLOCKS = 9  # of an octet and its acknowledgement
_MISSING = 16  # minor frames without a new measurement, of which one is due every three


def free_bus(sda, scl):
    """Lets go a part that a reset has interrupted: it holds the data line until it has been clocked
    to the end of its octet (NXP UM10204, section 3.1.16). Before I2C has the pins."""
    data = Pin(sda, Pin.IN, Pin.PULL_UP)
    clock = Pin(scl, Pin.OPEN_DRAIN, value=1)
    for _ in range(_CLOCKS):
        if data.value():
            return
        clock.value(0)  # each call takes the microsecond that the bus wants
        clock.value(1)


class _Part:
    """One address on the bus, buffers made beforehand."""

    def __init__(self, i2c, address, settings, octets):
        self._i2c = i2c
        self._address = address
        self._settings = settings
        self._one = bytearray(1)
        self._setting = bytearray(2)  # register, value
        self.readings = bytearray(octets)
        self._set_up = False

    def name(self, register):
        """What the part calls itself; -1 when it does not answer."""
        return self._one[0] if self._read(register, self._one) else -1

    def prepare(self):
        """Sets the part up if that was not done; False when it does not answer."""
        return self._set_up or self._write_settings()

    def forget(self):
        """It is set up anew before it is asked again."""
        self._set_up = False

    def read(self, register):
        """Fills readings; False when the part does not answer."""
        self._set_up = self.prepare() and self._read(register, self.readings)
        return self._set_up

    def octet(self, register):
        """One register; 0 when the part does not answer."""
        return self._one[0] if self._read(register, self._one) else 0

    def _read(self, register, buffer):
        try:
            self._i2c.readfrom_mem_into(self._address, register, buffer)
        except OSError:  # it is not there, or the bus is stuck: its status says so
            return False
        return True

    def _write_settings(self):
        try:
            for register, value in self._settings:
                self._setting[0] = register
                self._setting[1] = value
                self._i2c.writeto(self._address, self._setting)  # writeto_mem() needs the heap
        except OSError:
            return False
        self._set_up = True
        return True


class InertialUnit:
    """Read each minor frame."""

    def __init__(self, i2c):
        self._part = _Part(i2c, IMU_ADDRESS, _IMU_SETTINGS, 14)
        self._until_look = _LOOKS

    def answers(self):
        """Whether a unit of the family is there."""
        return self._part.name(_WHO_AM_I) in IMU_NAMES

    def read(self, cvt):
        """Writes the IMU channels."""
        if not self._part.read(_READINGS) or not self._keeps_settings():
            cvt[_IMU_STATUS] = 0
            return
        axial = self._word(0, MOUNTING[0])
        normal = self._word(0, MOUNTING[1])
        rate = self._word(8, MOUNTING[2])
        cvt[_AXIAL] = axial * _FORCE >> 10
        cvt[_NORMAL] = normal * _FORCE >> 10
        cvt[_RATE] = rate * _TURN >> 10
        status = _VALID
        if not -_FULL_SCALE < axial < _FULL_SCALE:
            status |= _AXIAL_SATURATED
        if not -_FULL_SCALE < normal < _FULL_SCALE:
            status |= _NORMAL_SATURATED
        if not -_FULL_SCALE < rate < _FULL_SCALE:
            status |= _RATE_SATURATED
        cvt[_IMU_STATUS] = status

    def _keeps_settings(self):
        """False, and it is set up anew, when it has lost them."""
        self._until_look -= 1
        if self._until_look:
            return True
        self._until_look = _LOOKS
        if self._part.octet(_TELLING[0]) == _TELLING[1]:
            return True
        self._part.forget()
        return False

    def _word(self, start, mounted):
        """A signed word of three that begin at an octet, as the unit is mounted."""
        at = start + 2 * mounted[0]
        value = (self._part.readings[at] << 8) | self._part.readings[at + 1]
        if value >= 0x8000:
            value -= 0x10000
        return value * mounted[1]


class Barometer:
    """Asked each minor frame; has something new every second or third time."""

    def __init__(self, i2c):
        self._part = _Part(i2c, BARO_ADDRESS, _BARO_SETTINGS, 3)
        self._silent = 0  # minor frames

    def answers(self):
        """Whether the part is there."""
        return self._part.name(_BARO_WHO_AM_I) in BARO_NAMES

    def read(self, cvt):
        """Writes the BARO channels when there is a new measurement."""
        part = self._part
        if not part.prepare():
            cvt[_BARO_STATUS] = 0
            return
        if not part.octet(_BARO_READY) & 1:
            self._silent += 1
            if self._silent > _MISSING:
                cvt[_BARO_STATUS] = 0
                self._silent = 0
                part.forget()  # it may have lost its settings
            return
        self._silent = 0
        if not part.read(_BARO_READINGS):
            cvt[_BARO_STATUS] = 0
            return
        readings = part.readings
        pressure = (readings[2] << 16) | (readings[1] << 8) | readings[0]
        cvt[_PRESSURE] = pressure * 25 >> 4  # 1/4096 hPa to 1/64 Pa
        cvt[_BARO_STATUS] = _VALID
        cvt[_BARO_SEQUENCE] = (cvt[_BARO_SEQUENCE] + 1) & 0xFF
