"""The six motor insurers' ways of writing."""

from ridley.assistant.demo.writing import Style

SHORT_MAKES = {
    "Maruti Suzuki": "Maruti", "Hyundai": "Hyundai", "Tata": "Tata", "Mahindra": "M&M", "Volkswagen": "VW",
    "Mercedes-Benz": "Mercedes", "Royal Enfield": "R Enfield", "Hero": "Hero MotoCorp", "Land Rover": "LandRover",
    "Harley-Davidson": "Harley", "Ashok Leyland": "Leyland", "SML Isuzu": "SML",
}  # fmt: skip
COMPANY_MAKES = {
    "Maruti Suzuki": "MSIL", "Hyundai": "HMIL", "Tata": "TML", "Mahindra": "M&M", "Honda": "HCIL", "Toyota": "TKM",
    "Kia": "KIA INDIA", "Volkswagen": "VW", "Royal Enfield": "RE", "Hero": "HMCL", "Bajaj": "BAL", "TVS": "TVSM",
    "Mercedes-Benz": "MB", "Ashok Leyland": "ALL", "Eicher": "VECV", "Yamaha": "IYM", "Renault": "RENAULT INDIA",
}  # fmt: skip
LEGAL_MAKES = {
    "Maruti Suzuki": "Maruti Suzuki India Ltd", "Hyundai": "Hyundai Motors", "Tata": "Tata Motors", "Honda": "Honda Cars/HMSI",
    "Mahindra": "Mahindra & Mahindra", "Toyota": "Toyota Kirloskar", "Hero": "Hero Motocorp", "Bajaj": "Bajaj Auto",
    "TVS": "TVS Motor", "Skoda": "Škoda", "Eicher": "VE Commercial", "MG": "Morris Garages",
}  # fmt: skip
SHORT_MODELS = {
    "Swift Dzire": "Dzire", "Wagon R": "WagonR", "Vitara Brezza": "Brezza", "Grand i10 Nios": "GI10 Nios",
    "Urban Cruiser Hyryder": "Hyryder", "Urban Cruiser Taisor": "Taisor", "Innova Crysta": "Crysta", "Splendor Plus": "Splendor+",
    "Innova Hycross": "Hycross", "Scorpio-N": "Scorpio N", "S-Presso": "Spresso", "Hector Plus": "Hector+",
    "Apache RTR 160": "Apache160", "Apache RTR 160 4V": "Apache160 4V", "Classic 350": "CL350", "Bullet 350": "BLT350",
    "Bolero Pik-Up": "Bolero PU", "KUV100 NXT": "KUV 100", "Grand Vitara": "G Vitara", "Alto K10": "AltoK10",
}  # fmt: skip
LIGHT_SHORTS = {" Plus": "+", "Plus": "+", "Dual Tone": "DT", "BS IV": "BS4", " Seater": "S", " Edition": " Edn", "Turbo": "T"}
HEAVY_SHORTS = {
    " Plus": "+", "Plus": "+", "Dual Tone": "DT", "BS IV": "BSIV", " Seater": "STR", " Edition": " ED", "Turbo": "TRB",
    "Premium": "Prm", "Prestige": "Prst", "Titanium": "Titnm", "Signature": "Sign", "Platinum": "Plat", "Ambition": "Amb",
    "Comfortline": "CL", "Highline": "HL", "Trendline": "TL", "Topline": "TPL", "Longitude": "Long", "Limited": "Ltd",
    "Channel ": "Ch ", "Single": "Sgl", "Double": "Dbl", "Dual": "Dl", "Disc": "Dsc", "Drum": "Drm", "Alloy": "Aly",
    "Cab Chassis": "CabCh", "High Deck": "HiDk", "Accomplished": "Accmp", "Adventure": "Adv", "Creative": "Creatv",
    "Fearless": "Frls", "Luxury": "Lux", "Technology": "Tech", "Inscription": "Inscr", "Momentum": "Momntm", "Exclusive": "Excl",
    "Ambiente": "Ambt", "Ride Connect": "RC", "Self Start": "ES", "Kick Start": "KS", "Special": "Spl", "Race": "Rc",
}  # fmt: skip
FUEL_WORDS = {"Petrol": "PETROL", "Diesel": "DIESEL", "CNG": "CNG", "Hybrid": "HYBRID", "Electric": "ELECTRIC"}
FUEL_LETTERS = {"Petrol": "P", "Diesel": "D", "CNG": "C", "Hybrid": "H", "Electric": "E"}
FUEL_MIXED = {"Petrol": "Petrol", "Diesel": "Diesel", "CNG": "Petrol+CNG", "Hybrid": "Petrol/Hybrid", "Electric": "Battery"}
GEARBOX_WORDS = {"Manual": "MANUAL", "Automatic": "AUTO", "AMT": "AMT", "CVT": "AUTO", "DCT": "AUTO", "iMT": "MANUAL"}
GEARBOX_LETTERS = {"Manual": "M", "Automatic": "A", "AMT": "A", "CVT": "A", "DCT": "A", "iMT": "M"}
GEARBOX_LONG = {
    "Manual": "Manual", "Automatic": "Torque Converter", "AMT": "Auto Gear Shift", "CVT": "Continuously Variable",
    "DCT": "Dual Clutch", "iMT": "Clutchless Manual",
}  # fmt: skip
BODIES = {"Hatchback": "HATCH BACK", "MUV": "MPV", "Motorcycle": "M/CYCLE", "Goods Carrier": "GCV", "Passenger Carrier": "PCV"}
BODY_CLASSES = {
    "Hatchback": "Private Car", "Sedan": "Private Car", "SUV": "Private Car", "MUV": "Private Car", "Van": "Private Car",
    "Pickup": "Private Car", "Motorcycle": "Two Wheeler", "Scooter": "Two Wheeler", "Moped": "Two Wheeler",
    "Goods Carrier": "GCV", "Passenger Carrier": "PCV", "Three Wheeler": "3W", "Taxi": "PCV", "Tractor": "Misc D",
}  # fmt: skip


def _litres(capacity: int) -> str:
    return f"{capacity / 1000:.1f}L" if capacity else "EV"


def _with_unit(capacity: int) -> str:
    return f"{capacity} CC"


def _paise(price: int) -> str:
    return f"{price}.00"


def grouped(price: int) -> str:
    """A price with the Indian separators: 1234500 is 12,34,500."""
    head, tail = str(price)[:-3], str(price)[-3:]
    pairs = []
    while head:
        pairs.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*pairs, tail])


STYLES = {
    "mahanadi": Style(
        makes=SHORT_MAKES, models={}, shorts=LIGHT_SHORTS, fuels=FUEL_WORDS, gearboxes=GEARBOX_WORDS, bodies=BODIES,
        orders=(("trim", "litres", "battery", "turbo", "gearbox", "seats", "tone", "norm"),
                ("litres", "battery", "trim", "turbo", "gearbox", "tone", "seats", "norm")),
        capacity=str, price=str, drops=frozenset({"litres", "turbo"}), drop=0.7, glue=0.1, year=0.1, short=0.4,
    ),
    "kalinga": Style(
        makes=LEGAL_MAKES, models={}, shorts=LIGHT_SHORTS, fuels=FUEL_WORDS, gearboxes=None, bodies=None,
        orders=(("model", "trim", "turbo", "gearbox", "tone", "seats", "norm", "battery"),
                ("model", "litres", "trim", "turbo", "gearbox", "seats", "tone", "norm", "battery")),
        capacity=_with_unit, price=_paise, drops=frozenset({"litres", "turbo"}), drop=0.6, bracket=0.2, year=0.15, upper=False,
        words={"AMT": "AGS"}, short=0.12,
    ),
    "dhauli": Style(
        makes=COMPANY_MAKES, models=SHORT_MODELS, shorts=HEAVY_SHORTS, fuels=FUEL_LETTERS, gearboxes=GEARBOX_LETTERS, bodies=None,
        orders=(("trim", "gearbox", "tone", "seats", "norm", "litres", "turbo", "battery"),),
        capacity=str, price=str, drops=frozenset({"litres", "turbo", "tone"}), drop=0.6, short=0.45, squeeze=0.15, width=30,
    ),
    "chandrabhaga": Style(
        makes=SHORT_MAKES, models=SHORT_MODELS, shorts=LIGHT_SHORTS, fuels=FUEL_MIXED, gearboxes=GEARBOX_LONG,
        bodies=BODY_CLASSES,
        orders=(("trim", "gearbox", "battery", "turbo", "tone", "seats", "year", "norm"),
                ("battery", "trim", "turbo", "tone", "gearbox", "seats", "norm", "year")),
        capacity=_litres, price=str, drops=frozenset({"turbo", "norm"}), drop=0.5, year=0.3, upper=False,
        short=0.15,
    ),
    "barabati": Style(
        makes=COMPANY_MAKES, models={}, shorts=LIGHT_SHORTS, fuels=FUEL_LETTERS, gearboxes=GEARBOX_WORDS, bodies=BODIES,
        orders=(("model", "trim", "fuel", "litres", "turbo", "gearbox", "tone", "seats", "norm", "battery"),
                ("model", "fuel", "trim", "turbo", "gearbox", "tone", "seats", "norm", "battery")),
        capacity=str, price=str, drops=frozenset({"litres", "turbo"}), drop=0.7, short=0.15, glue=0.2, bracket=0.2,
    ),
    "rushikulya": Style(
        makes=SHORT_MAKES, models=SHORT_MODELS, shorts=HEAVY_SHORTS, fuels=FUEL_WORDS, gearboxes=None, bodies=BODY_CLASSES,
        orders=(("trim", "capacity", "turbo", "gearbox", "tone", "seats", "norm", "battery", "year"),
                ("trim", "turbo", "gearbox", "seats", "norm", "tone", "battery")),
        capacity=_with_unit, price=str, drops=frozenset({"litres", "turbo"}), drop=1.0, short=0.28, squeeze=0.1, year=0.15,
        bracket=0.2,
    ),
}  # fmt: skip
