"""Places for sites: twelve on three continents, in the order in which a lab uses them."""

import dataclasses

CONTINENTS = ("europe", "america", "asia")


@dataclasses.dataclass(frozen=True)
class Place:
    """A site's city, and a city near it with clients."""
    site: str
    city: str
    continent: str
    latitude: float
    longitude: float
    client: str


PLACES = (
    Place("fra1", "Frankfurt", "europe", 50.1, 8.7, "berlin"),
    Place("ams1", "Amsterdam", "europe", 52.4, 4.9, "paris"),
    Place("nyc1", "New York", "america", 40.7, -74.0, "boston"),
    Place("sin1", "Singapore", "asia", 1.4, 103.8, "jakarta"),
    Place("lax1", "Los Angeles", "america", 34.1, -118.2, "seattle"),
    Place("tyo1", "Tokyo", "asia", 35.7, 139.7, "osaka"),
    Place("lon1", "London", "europe", 51.5, -0.1, "dublin"),
    Place("gru1", "Sao Paulo", "america", -23.5, -46.6, "lima"),
    Place("syd1", "Sydney", "asia", -33.9, 151.2, "perth"),
    Place("mad1", "Madrid", "europe", 40.4, -3.7, "lisbon"),
    Place("ord1", "Chicago", "america", 41.9, -87.6, "denver"),
    Place("bom1", "Mumbai", "asia", 19.1, 72.9, "delhi"),
)

# With an AS of its own and two carriers, one on each side of the Atlantic.
ISLAND = "reykjavik"
