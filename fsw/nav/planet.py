"""How do gravity and curvature change with height? Tables of small integers, made once at boot."""

from array import array

NODE_SHIFT = (
    22  # nodes every 2^22 altitude counts, 16,384 m: gravity between them errs by 7e-5 m/s2
)
_NODE_M = 1 << (NODE_SHIFT - 8)
_NODES = 96  # up to 1,550 km
INVERSE_RADIUS_EXTRA = 6  # bits of the table below those that fit a product


def gravity_table(mu_m3_s2, site_radius_m):
    """mu / r^2 in 2^-16 m/s2 at each node above the landing site."""
    return array(
        "i", [_rounded(mu_m3_s2 << 16, (site_radius_m + n * _NODE_M) ** 2) for n in range(_NODES)]
    )


def inverse_radius_table(site_radius_m):
    """1 / r in 2^-42 m^-1 at each node above the landing site. In 2^-36, INVERSE_RADIUS_EXTRA bits
    coarser, it is below 2^15 for a radius over 2,100 km; raises ValueError for a smaller one."""
    if (1 << 36) // site_radius_m >= 1 << 15:
        raise ValueError("a planet of %d m radius is too small for 2^-36" % site_radius_m)
    one = 1 << (36 + INVERSE_RADIUS_EXTRA)
    return array("i", [_rounded(one, site_radius_m + n * _NODE_M) for n in range(_NODES)])


def _rounded(numerator, denominator):
    return (numerator + denominator // 2) // denominator
