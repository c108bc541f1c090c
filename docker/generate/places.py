"""Where sites may be: twelve of them on three continents, in the order in which a lab gets them."""

import dataclasses

CONTINENTS = ("europe", "america", "asia")


@dataclasses.dataclass(frozen=True)
class Place:
    """A site's city; and one near it, where clients are."""
    site: str
    city: str
    continent: str
    latitude: float
    longitude: float
    client: str
    client_latitude: float
    client_longitude: float


PLACES = (
    Place("fra1", "Frankfurt", "europe", 50.1, 8.7, "berlin", 52.5, 13.4),
    Place("ams1", "Amsterdam", "europe", 52.4, 4.9, "paris", 48.9, 2.4),
    Place("nyc1", "New York", "america", 40.7, -74.0, "boston", 42.4, -71.1),
    Place("sin1", "Singapore", "asia", 1.4, 103.8, "jakarta", -6.2, 106.8),
    Place("lax1", "Los Angeles", "america", 34.1, -118.2, "seattle", 47.6, -122.3),
    Place("tyo1", "Tokyo", "asia", 35.7, 139.7, "osaka", 34.7, 135.5),
    Place("lon1", "London", "europe", 51.5, -0.1, "dublin", 53.3, -6.3),
    Place("gru1", "Sao Paulo", "america", -23.5, -46.6, "lima", -12.0, -77.0),
    Place("syd1", "Sydney", "asia", -33.9, 151.2, "perth", -31.9, 115.9),
    Place("mad1", "Madrid", "europe", 40.4, -3.7, "lisbon", 38.7, -9.1),
    Place("ord1", "Chicago", "america", 41.9, -87.6, "denver", 39.7, -105.0),
    Place("bom1", "Mumbai", "asia", 19.1, 72.9, "delhi", 28.6, 77.2),
)

# With an AS of its own and two carriers, one on each side of the Atlantic.
ISLAND = ("reykjavik", 64.1, -21.9)
