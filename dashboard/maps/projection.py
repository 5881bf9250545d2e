"""From longitude and latitude to the plane of a map, for the rebuild and for points drawn later.

Both projections keep areas equal. A map's plane has x to the right and y downwards, as a screen has.
"""

import math
from dataclasses import dataclass

WEST = -169.0
"""Where the world map is cut: in the Bering Strait, through no country's mainland."""
_A = (1.340264, -0.081106, 0.000893, 0.003796)


@dataclass(frozen=True)
class Inset:
    """A part of a country beside the rest: the box (west, south, east, north) it lies in, and a plane of its own."""

    box: tuple[float, float, float, float]
    plane: "Plane"


@dataclass(frozen=True)
class Plane:
    """A map's plane: the projection's centre (none: the world), and where its points come to lie."""

    centre: tuple[float, float] | None
    scale: float
    left: float
    top: float
    width: float
    height: float
    insets: tuple[Inset, ...] = ()

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """The point of the plane for a longitude and latitude, in the map's own units."""
        for inset in self.insets:
            west, south, east, north = inset.box
            if west <= lon <= east and south <= lat <= north:
                return inset.plane.at(lon, lat)
        if self.centre is None:
            # Shapes may reach a little over the cut; only points from elsewhere are turned.
            x, y = equal_earth(lon if WEST - 4 < lon < WEST + 364 else (lon - WEST) % 360 + WEST, lat)
        else:
            x, y = azimuthal(lon, lat, *self.centre)
        return (x - self.left) * self.scale, (self.top - y) * self.scale

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies on the map, or so near its edge that it can be drawn there."""
        margin = 0.04 * max(self.width, self.height)
        return -margin <= x <= self.width + margin and -margin <= y <= self.height + margin


def equal_earth(lon: float, lat: float) -> tuple[float, float]:
    """Equal Earth (Šavrič, Patterson and Jenny 2019) on the unit sphere, centred so that it is cut at `WEST`."""
    turned = lon - WEST - 180
    theta = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(lat)))
    squared = theta * theta
    sixth = squared**3
    slope = _A[0] + 3 * _A[1] * squared + sixth * (7 * _A[2] + 9 * _A[3] * squared)
    x = 2 * math.sqrt(3) * math.radians(turned) * math.cos(theta) / (3 * slope)
    return x, theta * (_A[0] + _A[1] * squared + sixth * (_A[2] + _A[3] * squared))


def azimuthal(lon: float, lat: float, lon0: float, lat0: float) -> tuple[float, float]:
    """Lambert's azimuthal equal-area projection on the unit sphere (Snyder 1987, 24-2 to 24-4)."""
    lam, phi, phi0 = math.radians(lon - lon0), math.radians(lat), math.radians(lat0)
    cos_c = math.sin(phi0) * math.sin(phi) + math.cos(phi0) * math.cos(phi) * math.cos(lam)
    k = math.sqrt(2 / (1 + cos_c)) if cos_c > -1 else 0.0
    x = k * math.cos(phi) * math.sin(lam)
    return x, k * (math.cos(phi0) * math.sin(phi) - math.sin(phi0) * math.cos(phi) * math.cos(lam))
