"""The demo tenant told as plain data: an insurance broker in Odisha, its people, its insurers and their files."""

from ridley.assistant.demo.insurers import SEED
from ridley.assistant.demo.shapes import Branch, Dataset, Field, Person, Source, Story, TenantMeta
from ridley.assistant.demo.tables import all_tables

TENANT = TenantMeta(
    key="konark",
    name="Konark Insurance Brokers",
    description="A made-up broker in Bhubaneswar that sells the policies of a dozen made-up insurers.",
    language="en",
    source_word="insurer",
)

BRANCHES = (
    Branch("head-office", "Head office, Bhubaneswar"),
    Branch("coast", "Coast region", "head-office"),
    Branch("cuttack", "Cuttack", "coast"),
    Branch("puri", "Puri", "coast"),
    Branch("balasore", "Balasore", "coast"),
    Branch("south", "South region", "head-office"),
    Branch("berhampur", "Berhampur", "south"),
    Branch("koraput", "Koraput", "south"),
    Branch("west", "West region", "head-office"),
    Branch("sambalpur", "Sambalpur", "west"),
    Branch("rourkela", "Rourkela", "west"),
)


def _person(name: str, role: str, branch: str, *sources: str) -> Person:
    first_name, last_name = name.split(" ")
    return Person(f"{first_name.lower()}@konark.example.com", first_name, last_name, role, branch, sources)


PEOPLE = (
    _person("Asha Mohanty", "admin", "head-office"),
    _person("Bikram Panda", "approver", "head-office"),
    _person("Chitra Nayak", "approver", "head-office"),
    _person("Debasis Sahoo", "steward", "head-office"),
    _person("Esha Pattnaik", "steward", "cuttack", "mahanadi", "kalinga"),
    _person("Farhan Khan", "steward", "rourkela"),
    _person("Gita Behera", "viewer", "puri"),
)


def _source(key: str, name: str, vertical: str) -> Source:
    return Source(key, name, vertical, f"https://{key}.example.com/", f"support@{key}.example.com")


SOURCES = (
    _source("mahanadi", "Mahanadi General Insurance", "motor"),
    _source("kalinga", "Kalinga Motor Assurance", "motor"),
    _source("dhauli", "Dhauli United Insurance", "motor"),
    _source("chandrabhaga", "Chandrabhaga General Insurance", "motor"),
    _source("barabati", "Barabati Mutual Insurance", "motor"),
    _source("rushikulya", "Rushikulya General Insurance", "motor"),
    _source("chilika", "Chilika Travel Assurance", "travel"),
    _source("gopalpur", "Gopalpur Overseas Cover", "travel"),
    _source("hirakud", "Hirakud Device Protect", "telecom-device"),
    _source("simlipal", "Simlipal Health Insurance", "health"),
    _source("udayagiri", "Udayagiri Home Shield", "home"),
    _source("paradip", "Paradip Marine and Cargo", "marine"),
)


def _fields(*texts: str) -> tuple[Field, ...]:
    return tuple(Field(*(part.strip() for part in text.split("|"))) for text in texts)


DATASETS = (
    Dataset(
        key="vehicles",
        name="Vehicles",
        # Engine size and seats are text: insurers write "1.2L", "1197 CC" and "4+1".
        fields=_fields(
            "code | Code | text", "make | Make | text", "model | Model | text", "variant | Variant | text",
            "fuel | Fuel | text", "transmission | Transmission | text", "cubic_capacity | Cubic capacity | text",
            "seats | Seats | text", "body_type | Body type | text", "price | Price | number",
        ),
        key_fields=("code",),
        comparable=("make", "model", "variant", "fuel", "transmission", "cubic_capacity", "seats", "body_type"),
    ),
    Dataset(
        key="airports",
        name="Airports",
        fields=_fields(
            "code | Code | text", "icao | ICAO code | text", "name | Name | text", "city | City | text",
            "subd | State or region | text", "country | Country | text", "elevation | Elevation (ft) | number",
            "lat | Latitude | number", "lon | Longitude | number", "tz | Time zone | text", "lid | Local code | text",
            "utc_offset | Offset from UTC | number", "dst | Daylight saving | text",
        ),
        key_fields=("code",),
        comparable=("name", "city", "subd", "country"),
    ),
    Dataset(
        key="networks",
        name="Mobile networks",
        fields=_fields(
            "mcc | Country code (MCC) | text", "mnc | Network code (MNC) | text", "type | Type | text",
            "country | Country | text", "country_code | ISO country | text", "brand | Brand | text",
            "operator | Operator | text", "status | Status | text", "bands | Bands | text", "notes | Notes | text",
        ),
        key_fields=("mcc", "mnc"),
        comparable=("country", "brand", "operator"),
    ),
)  # fmt: skip


def broker(seed: int = SEED) -> Story:
    """The whole story for a seed. Files make their bytes when they are asked for."""
    return Story(
        TENANT, BRANCHES, PEOPLE, SOURCES, DATASETS, all_tables(seed, {source.key: source.name for source in SOURCES})
    )
