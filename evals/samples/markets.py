"""What an invented account may be called and where it may sit, country by country.

Telephone numbers come from the ranges that regulators keep free for films and examples; a country that
keeps none has no numbers here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Market:
    """One country as a CRM knows it."""

    code: str
    """ISO 3166-1 alpha-2."""
    share: float
    """Share of the accounts; the shares of all markets add up to 1."""
    spellings: tuple[str, ...]
    """How people type it, the commonest first."""
    cities: tuple[tuple[str, str], ...]
    """City and state or province; the latter may be empty."""
    legal_forms: tuple[str, ...]
    trades: tuple[str, ...]
    """Words that follow the invented name, in the country's language."""
    streets: tuple[str, ...]
    currency: str
    phone: str
    """A number whose # are digits to draw, or empty."""
    owners: tuple[str, ...]
    """The reps who own accounts there."""


_AMERICAS = ("Avery Cole", "Jordan Reyes", "Sam Okafor")
_EMEA = ("Lena Vogel", "Inês Duarte", "Tom Ashdown")
_REST = ("Mei Tan", "Rafael Lima")

MARKETS = (
    Market(
        "US",
        0.52,
        ("United States", "USA", "US", "United States of America", "U.S.A."),
        (("Austin", "TX"), ("Boston", "MA"), ("Denver", "Colorado"), ("San Francisco", "CA"),
         ("Columbus", "OH"), ("New York", "NY"), ("Raleigh", "North Carolina"), ("Atlanta", "GA")),
        ("Inc.", "Inc", "LLC", "Corp.", "Corporation", "Co."),
        ("Systems", "Group", "Labs", "Partners", "Works", "Networks", "Solutions", "Holdings", "& Co"),
        ("Elm Street", "Harbor Blvd", "Commerce Way", "5th Avenue", "Mill Road"),
        "USD",
        "(512) 555-01##",
        _AMERICAS,
    ),
    Market(
        "GB",
        0.13,
        ("United Kingdom", "UK", "Great Britain", "England", "GB"),
        (("London", ""), ("Leeds", "West Yorkshire"), ("Bristol", ""), ("Manchester", ""), ("Edinburgh", "")),
        ("Ltd", "Limited", "PLC", "LLP"),
        ("Holdings", "Services", "Group", "Partners", "& Sons", "Works", "Digital"),
        ("High Street", "Station Road", "Old Mill Lane", "Kingsway"),
        "GBP",
        "+44 20 7946 0###",
        _EMEA,
    ),
    Market(
        "DE",
        0.1,
        ("Germany", "Deutschland", "DE", "Bundesrepublik Deutschland"),
        (("München", "Bayern"), ("Köln", "NRW"), ("Berlin", ""), ("Düsseldorf", "NRW"), ("Hamburg", "")),
        ("GmbH", "AG", "GmbH & Co. KG", "SE"),
        ("Systeme", "Lösungen", "Gruppe", "& Söhne", "Werke", "Großkunden", "Süd"),
        ("Hauptstraße", "Am Alten Güterbahnhof", "Königsallee", "Industriestr."),
        "EUR",
        "+49 30 23125 ###",
        _EMEA,
    ),
    Market(
        "FR",
        0.07,
        ("France", "FR", "La France"),
        (("Paris", "Île-de-France"), ("Lyon", ""), ("Orléans", ""), ("Saint-Étienne", ""), ("Nantes", "")),
        ("SAS", "SA", "SARL", "S.A.S."),
        ("Réseaux", "Développement", "& Associés", "Solutions", "Groupe", "& Frères", "Études"),
        ("rue de l'Église", "avenue des Tilleuls", "boulevard du Général"),
        "EUR",
        "01 99 00 ## ##",
        _EMEA,
    ),
    Market(
        "NL",
        0.06,
        ("Netherlands", "Nederland", "The Netherlands", "NL", "Holland"),
        (("Amsterdam", "Noord-Holland"), ("'s-Hertogenbosch", "Noord-Brabant"), ("Utrecht", ""),
         ("Den Haag", "")),
        ("B.V.", "BV", "N.V."),
        ("Groep", "Oplossingen", "Coöperatie", "Diensten", "& Zonen", "Noord"),
        ("Keizersgracht", "Stationsplein", "Industrieweg"),
        "EUR",
        "",
        _EMEA,
    ),
    Market(
        "CA",
        0.05,
        ("Canada", "CA", "CAN"),
        (("Toronto", "ON"), ("Montréal", "Québec"), ("Vancouver", "BC")),
        ("Inc.", "Ltd.", "Ltée"),
        ("Systems", "Group", "Réseaux", "Partners", "Works"),
        ("King Street W", "rue Saint-Denis", "Granville Street"),
        "CAD",
        "+1 416-555-01##",
        _AMERICAS,
    ),
    Market(
        "SE",
        0.03,
        ("Sweden", "Sverige", "SE"),
        (("Göteborg", ""), ("Malmö", "Skåne"), ("Stockholm", "")),
        ("AB",),
        ("Gruppen", "Lösningar", "Nätverk", "System"),
        ("Storgatan", "Sjövägen"),
        "SEK",
        "08-465 004 ##",
        _EMEA,
    ),
    Market(
        "AU",
        0.04,
        ("Australia", "AU"),
        (("Sydney", "NSW"), ("Melbourne", "VIC"), ("Perth", "WA")),
        ("Pty Ltd", "Pty. Ltd."),
        ("Services", "Group", "Partners", "Works", "Systems"),
        ("George Street", "Collins Street"),
        "AUD",
        "(02) 5550 ####",
        _REST,
    ),
)  # fmt: skip

STEM_STARTS = (
    "Brun", "Quar", "Vel", "Torv", "Lum", "Nax", "Orv", "Pell", "Kest", "Drav", "Ysm", "Fenn", "Gald", "Hox",
    "Ilv", "Jorr", "Mard", "Nyv", "Osk", "Prex", "Rhon", "Sarv", "Ulm", "Vark", "Wend", "Zeph",
)  # fmt: skip
STEM_MIDDLES = ("a", "e", "i", "o", "u", "ari", "ola", "eni", "uva", "ito")
STEM_ENDS = (
    "vex", "mond", "lith", "quist", "dane", "form", "nord", "path", "rill", "stad", "tern", "vale", "wick",
    "xis", "zant", "bry", "core", "dell",
)  # fmt: skip
