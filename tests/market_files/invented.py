"""Small files of each layout, exactly as publishers write them but for their numbers, which are invented.

Each covers what its layout makes difficult: the hours of the clock change, marks of thousands, missing numbers.
``Sample`` says where rows and numbers stand, so that ``test_damaged.py`` can damage them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """A file.

    ``header`` and ``rows`` are lines, counted from 1; ``number`` and ``stamp`` positions of cells in a row; ``twin``
    are lines of one of two hours that the clock shows twice, none where the file says which is which.
    """

    layout: str
    text: str
    separator: str
    header: int
    rows: tuple[int, ...]
    stamp: int
    number: int
    twin: tuple[int, ...] = ()
    encoding: str = "utf-8"
    keys: tuple[int, ...] = ()

    @property
    def content(self) -> bytes:
        return self.text.encode(self.encoding)


# The old export: header with the area at its end, for which rows have no cell; an empty row at the hour that is
# skipped; the hour shown twice without a mark.
ENTSOE_OLD = Sample(
    "entsoe",
    '"MTU (CET/CEST)","Day-ahead Price [EUR/MWh]","Currency","BZN|FR"\n'
    '"30.03.2025 00:00 - 30.03.2025 01:00","10.00","EUR"\n'
    '"30.03.2025 01:00 - 30.03.2025 02:00","11.50","EUR"\n'
    '"30.03.2025 02:00 - 30.03.2025 03:00","",""\n'
    '"30.03.2025 03:00 - 30.03.2025 04:00","13.00","EUR"\n'
    '"30.03.2025 04:00 - 30.03.2025 05:00","-14.25","EUR"\n'
    '"26.10.2025 01:00 - 26.10.2025 02:00","21.00","EUR"\n'
    '"26.10.2025 02:00 - 26.10.2025 03:00","22.00","EUR"\n'
    '"26.10.2025 02:00 - 26.10.2025 03:00","22.50","EUR"\n'
    '"26.10.2025 03:00 - 26.10.2025 04:00","23.00","EUR"\n'
    '"26.10.2025 04:00 - 26.10.2025 05:00","-","EUR"\n'
    '"26.10.2025 05:00 - 26.10.2025 06:00","25.00","EUR"\n',
    ",",
    1,
    tuple(range(2, 13)),
    0,
    1,
    (8,),
)

# The export since 2024: CEST and CET behind stamps where needed; hours first, quarters from 1 October 2025 on.
ENTSOE_NEW = Sample(
    "entsoe",
    '"MTU (CET/CEST)","Area","Sequence","Day-ahead Price (EUR/MWh)","Intraday Period (CET/CEST)",'
    '"Intraday Price (EUR/MWh)"\n'
    + "".join(
        f'"{start} - {end}","BZN|FR","Without Sequence","{price}","",""\n'
        for start, end, price in (
            ("30/09/2025 19:00:00", "30/09/2025 20:00:00", "40.00"),
            ("30/09/2025 20:00:00", "30/09/2025 21:00:00", "41.00"),
            ("30/09/2025 21:00:00", "30/09/2025 22:00:00", "42.00"),
            ("30/09/2025 22:00:00", "30/09/2025 23:00:00", "43.00"),
            ("30/09/2025 23:00:00", "01/10/2025 00:00:00", "44.00"),
            ("01/10/2025 00:00:00", "01/10/2025 00:15:00", "50.00"),
            ("01/10/2025 00:15:00", "01/10/2025 00:30:00", "51.00"),
            ("01/10/2025 00:30:00", "01/10/2025 00:45:00", "52.00"),
            ("01/10/2025 00:45:00", "01/10/2025 01:00:00", "55.00"),
            ("01/10/2025 01:00:00", "01/10/2025 01:15:00", "n/e"),
            ("26/10/2025 01:45:00", "26/10/2025 02:00:00 (CEST)", "60.00"),
            ("26/10/2025 02:00:00 (CEST)", "26/10/2025 02:15:00 (CEST)", "61.00"),
            ("26/10/2025 02:15:00 (CEST)", "26/10/2025 02:30:00 (CEST)", "62.00"),
            ("26/10/2025 02:30:00 (CEST)", "26/10/2025 02:45:00 (CEST)", "63.00"),
            ("26/10/2025 02:45:00 (CEST)", "26/10/2025 02:00:00 (CET)", "64.00"),
            ("26/10/2025 02:00:00 (CET)", "26/10/2025 02:15:00 (CET)", "71.00"),
            ("26/10/2025 02:15:00 (CET)", "26/10/2025 02:30:00 (CET)", "72.00"),
            ("26/10/2025 02:30:00 (CET)", "26/10/2025 02:45:00 (CET)", "73.00"),
            ("26/10/2025 02:45:00 (CET)", "26/10/2025 03:00:00", "74.00"),
            ("26/10/2025 03:00:00", "26/10/2025 03:15:00", "75.00"),
        )
    ),
    ",",
    1,
    tuple(range(2, 22)),
    0,
    3,
)

ENTSOE_IMBALANCE = Sample(
    "entsoe",
    "Imbalance settlement period (CET/CEST),+ Imbalance Price [EUR/MWh] - SCA|FR,- Imbalance Price [EUR/MWh] - SCA|FR,"
    "Currency,Status,Total Imbalance [MWh] - SCA|FR,Difference,Situation,Status\n"
    "01.06.2025 00:00 - 01.06.2025 00:30,20.5,30.5,EUR,Final,12,0,Surplus,Final\n"
    "01.06.2025 00:30 - 01.06.2025 01:00,21.5,31.5,EUR,Final,-8,0,Deficit,Final\n"
    "01.06.2025 01:00 - 01.06.2025 01:30,22.5,32.5,EUR,Final,4,0,Surplus,Final\n"
    "01.06.2025 01:30 - 01.06.2025 02:00,N/A,33.5,EUR,Intermediate,5,0,Surplus,Final\n"
    "01.06.2025 02:00 - 01.06.2025 02:30,24.5,34.5,EUR,Final,6,0,Surplus,Final\n",
    ",",
    1,
    tuple(range(2, 7)),
    0,
    1,
)

_FCR_HEAD = (
    "DATE_FROM;DATE_TO;PRODUCT_TYPE;TENDER_NUMBER;PRODUCTNAME;CROSSBORDER_SETTLEMENTCAPACITY_PRICE_[EUR/MW];"
    "FRANCE_DEMAND_[MW];FRANCE_SETTLEMENTCAPACITY_PRICE_[EUR/MW];FRANCE_DEFICIT(-)_SURPLUS(+)_[MW];"
    "GERMANY_DEMAND_[MW];GERMANY_SETTLEMENTCAPACITY_PRICE_[EUR/MW];GERMANY_DEFICIT(-)_SURPLUS(+)_[MW]\n"
)
# 29 March: tendered once. 30 March: the night block has three hours. The block 08-12 of that day is tendered again for
# all, 12-16 again for France alone (one MW), for Germany without demand.
FCR = Sample(
    "regelleistung_fcr",
    _FCR_HEAD + "29.03.2025;29.03.2025;FCR;1;NEGPOS_16_20;40,00;480,00;40,00;5,00;550,00;44,00;-3,00\n"
    "29.03.2025;29.03.2025;FCR;1;NEGPOS_20_24;48,00;480,00;48,00;5,00;550,00;48,00;-3,00\n"
    "30.03.2025;30.03.2025;FCR;1;NEGPOS_00_04;60,00;480,00;60,00;5,00;550,00;63,00;-3,00\n"
    "30.03.2025;30.03.2025;FCR;1;NEGPOS_04_08;80,00;480,00;80,00;5,00;550,00;1.200,00;-3,00\n"
    "30.03.2025;30.03.2025;FCR;1;NEGPOS_08_12;20,00;480,00;20,00;5,00;550,00;20,00;-3,00\n"
    "30.03.2025;30.03.2025;FCR;2;NEGPOS_08_12;28,00;480,00;28,00;5,00;550,00;32,00;-3,00\n"
    "30.03.2025;30.03.2025;FCR;1;NEGPOS_12_16;24,00;480,00;24,00;5,00;550,00;24,00;-3,00\n"
    "30.03.2025;30.03.2025;FCR;2;NEGPOS_12_16;900,00;1,00;900,00;0,00;0,00;0,00;0,00\n"
    "30.03.2025;30.03.2025;FCR;1;NEGPOS_16_20;-;480,00;-;5,00;550,00;36,00;-3,00\n",
    ";",
    1,
    tuple(range(2, 11)),
    0,
    7,
    keys=(3, 4),
)

FRR = Sample(
    "regelleistung_frr",
    "DATE_FROM;DATE_TO;TYPE_OF_RESERVES;PRODUCT;GERMANY_AVERAGE_CAPACITY_PRICE_[(EUR/MW)/h];"
    "GERMANY_MARGINAL_CAPACITY_PRICE_[(EUR/MW)/h];GERMANY_IMPORT(-)_EXPORT(+)_[MW]\n"
    "01.06.2025;01.06.2025;aFRR;NEG_00_04;4,50;6,00;10\n"
    "01.06.2025;01.06.2025;aFRR;NEG_04_08;5,50;7,00;11\n"
    "01.06.2025;01.06.2025;aFRR;NEG_08_12;6,50;8,00;12\n"
    "01.06.2025;01.06.2025;aFRR;POS_00_04;14,50;16,00;20\n"
    "01.06.2025;01.06.2025;aFRR;POS_04_08;15,50;17,00;21\n"
    "01.06.2025;01.06.2025;aFRR;POS_08_12;-;18,00;22\n",
    ";",
    1,
    tuple(range(2, 8)),
    0,
    4,
    keys=(3,),
)

# Every day has 96 rows: at the hour that is skipped with made-up numbers, the hour shown twice once.
ECO2MIX = Sample(
    "rte_eco2mix",
    "Périmètre\tNature\tDate\tHeures\tConsommation\tPrévision J-1\tTaux de Co2\t\n"
    + "".join(
        f"France\tDonnées définitives\t{day}\t{time}\t{load}\t{forecast}\t{co2}\t\n"
        for day, time, load, forecast, co2 in (
            ("2025-03-30", "01:30", 50000, 51000, 30),
            ("2025-03-30", "01:45", "", 51100, ""),
            ("2025-03-30", "02:00", 50002, 51200, 30),
            ("2025-03-30", "02:15", "", 51300, ""),
            ("2025-03-30", "02:30", 50003, 51400, 30),
            ("2025-03-30", "02:45", "", 51500, ""),
            ("2025-03-30", "03:00", 50004, 51600, 31),
            ("2025-03-30", "03:15", "", 51700, ""),
            ("2025-03-30", "03:30", 50005, 51800, 32),
            ("2025-03-30", "03:45", "", 51900, ""),
            ("2025-10-26", "01:30", 40000, 41000, 40),
            ("2025-10-26", "01:45", "", 41100, ""),
            ("2025-10-26", "02:00", 40002, 41200, 41),
            ("2025-10-26", "02:15", "", 41300, ""),
            ("2025-10-26", "02:30", 40003, 41400, 42),
            ("2025-10-26", "02:45", "", 41500, ""),
            ("2025-10-26", "03:00", 40004, 41600, 43),
            ("2025-10-26", "03:15", "", 41700, ""),
        )
    )
    + "RTE ne pourra être tenu responsable de l'usage qui pourrait être fait des données.\t\t\t\t\t\t\t\n",
    "\t",
    1,
    tuple(range(2, 20)),
    3,
    5,
    encoding="latin-1",
)

ECO2MIX_ODRE = Sample(
    "rte_eco2mix",
    "Périmètre;Nature;Date;Heure;Date - Heure;Consommation (MW);Prévision J-1 (MW);Taux de CO2 (g/kWh)\n"
    "France;Données temps réel;2025-10-26;02:30;2025-10-26T02:30:00+02:00;40000;41000;40\n"
    "France;Données temps réel;2025-10-26;02:45;2025-10-26T02:45:00+02:00;40100;41100;41\n"
    "France;Données temps réel;2025-10-26;02:00;2025-10-26T02:00:00+01:00;40200;41200;42\n"
    "France;Données temps réel;2025-10-26;02:15;2025-10-26T02:15:00+01:00;ND;41300;43\n"
    "France;Données temps réel;2025-10-26;02:30;2025-10-26T02:30:00+01:00;40400;41400;44\n",
    ";",
    1,
    tuple(range(2, 7)),
    4,
    5,
)

IMBALANCE = Sample(
    "rte_balancing",
    "Prix de règlement des écarts du 26/10/2025\n"
    "Heure de début\tHeure de fin\tDéséquilibre(MWh)\tTendance\tPrix de Règlements des Ecarts Positifs (Euros/MWh)\t"
    "Prix de Règlements des Ecarts Négatifs (Euros/MWh)\n"
    + "".join(
        f"26/10/2025 {start}\t26/10/2025 {end}\t{volume}\tHausse\t{positive}\t{negative}\n"
        for start, end, volume, positive, negative in (
            ("01:30", "01:45", "10,5", "45,25", "46,25"),
            ("01:45", "02:00", "11,5", "45,5", "46,5"),
            ("02:00", "02:15", "12,5", "47,5", "48,5"),
            ("02:15", "02:30", "13,5", "48", "49"),
            ("02:30", "02:45", "14,5", "49,5", "50,5"),
            ("02:45", "03:00", "15,5", "50", "51"),
            ("02:00", "02:15", "-1,5", "57,5", "58,5"),
            ("02:15", "02:30", "-2,5", "58", "59"),
            ("02:30", "02:45", "-3,5", "59,5", "60,5"),
            ("02:45", "03:00", "-4,5", "1 060", "1 061"),
            ("03:00", "03:15", "16,5", "N/A", "62"),
        )
    )
    + "Total\t\t82,5\t\t\t\n* donnée non disponible\n",
    "\t",
    2,
    tuple(range(3, 14)),
    0,
    4,
    (5, 6, 7, 8),
    encoding="latin-1",
)

RESERVE = Sample(
    "rte_reserve",
    "Prix des réserves\n"
    "Date\tHeures\tType de réserve\tSens de l'ajustement\tPrix de la réserve (en euros/MW/30min)\n"
    "01/06/2025\t00:00 - 00:30\tRéserve primaire\tA la hausse et à la baisse\t4,5\n"
    "01/06/2025\t00:00 - 00:30\tRéserve secondaire\tA la hausse\t6,25\n"
    "01/06/2025\t00:00 - 00:30\tRéserve secondaire\tA la baisse\t5\n"
    "01/06/2025\t00:30 - 01:00\tRéserve primaire\tA la hausse et à la baisse\t4,75\n"
    "01/06/2025\t00:30 - 01:00\tRéserve secondaire\tA la hausse\t*\n"
    "01/06/2025\t00:30 - 01:00\tRéserve secondaire\tA la baisse\t5,5\n",
    "\t",
    2,
    tuple(range(3, 9)),
    1,
    4,
    encoding="latin-1",
    keys=(2, 3),
)

SMARD = Sample(
    "smard",
    "\ufeffDatum von;Datum bis;Deutschland/Luxemburg [€/MWh] Originalauflösungen;Netzlast [MWh] Originalauflösungen\n"
    "26.10.2025 01:00;26.10.2025 02:00;50,05;41.234,50\n"
    "26.10.2025 02:00;26.10.2025 03:00;51,00;40.000,25\n"
    "26.10.2025 02:00;26.10.2025 03:00;52,00;39.000,75\n"
    "26.10.2025 03:00;26.10.2025 04:00;-1.053,00;38.500,00\n"
    "26.10.2025 04:00;26.10.2025 05:00;-;38.000,00\n"
    "26.10.2025 05:00;26.10.2025 06:00;55,00;37.500,00\n",
    ";",
    1,
    tuple(range(2, 8)),
    0,
    2,
    (3,),
)

SMARD_ENGLISH = Sample(
    "smard",
    "Start date;End date;Germany/Luxembourg [€/MWh] Original resolutions;grid load [MWh] Original resolutions\n"
    "Jan 1, 2025 12:00 AM;Jan 1, 2025 1:00 AM;2.16;41,234.50\n"
    "Jan 1, 2025 1:00 AM;Jan 1, 2025 2:00 AM;1.6;40,000.25\n"
    "Jan 1, 2025 2:00 AM;Jan 1, 2025 3:00 AM;1,001.5;39,000\n"
    "Jan 1, 2025 1:00 PM;Jan 1, 2025 2:00 PM;7.5;38,000\n"
    "Jan 1, 2025 2:00 PM;Jan 1, 2025 3:00 PM;8.5;37,000\n",
    ";",
    1,
    tuple(range(2, 7)),
    0,
    2,
)

ENERGY_CHARTS = Sample(
    "energy_charts",
    "\ufeffDate (GMT+1),Load,Day Ahead Auction (DE-LU)\n"
    ',Power (MW),"Price (EUR/MWh, EUR/tCO2)"\n'
    "2025-10-26T01:00+02:00,50000.5,60.5\n"
    "2025-10-26T02:00+02:00,50001.5,61.5\n"
    "2025-10-26T02:00+01:00,50002.5,71.5\n"
    "2025-10-26T03:00+01:00,,72.5\n"
    "2025-10-26T04:00+01:00,50004.5,73.5\n",
    ",",
    1,
    tuple(range(3, 8)),
    0,
    2,
)

_EPEX_HOURS = ["Hour 1", "Hour 2", "Hour 3A", "Hour 3B", *(f"Hour {k}" for k in range(4, 25))]


def _epex_row(day: str, first: float, third: str, twin: str) -> str:
    cells = [f"{first}", f"{first + 1}", third, twin, *(f"{first + k}" for k in range(3, 24))]
    return ",".join([day, *cells, "0", "9"]) + "\n"


EPEX = Sample(
    "epex_auction",
    "# Prices in the auction for France, EUR\n"
    + ",".join(["Delivery day", *_EPEX_HOURS, "Minimum", "Maximum"])
    + "\n"
    + _epex_row("29/03/2025", 10.5, "12.5", "")
    + _epex_row("30/03/2025", 110.5, "", "")
    + _epex_row("26/10/2025", 210.5, "212.5", "312.5")
    + _epex_row("27/10/2025", 410.5, "412.5", ""),
    ",",
    2,
    (3, 4, 5, 6),
    0,
    1,
)

ENERGINET = Sample(
    "energinet",
    "HourUTC;HourDK;PriceArea;SpotPriceDKK;SpotPriceEUR\n"
    "2025-10-26 02:00;2025-10-26 03:00;DK1;164,115000;22,000000\n"
    "2025-10-26 02:00;2025-10-26 03:00;DK2;171,574998;23,000000\n"
    "2025-10-26 01:00;2025-10-26 02:00;DK1;156,655000;21,000000\n"
    "2025-10-26 01:00;2025-10-26 02:00;DK2;-74,600000;-10,000000\n"
    "2025-10-26 00:00;2025-10-26 02:00;DK1;149,200000;20,000000\n"
    "2025-10-26 00:00;2025-10-26 02:00;DK2;;\n",
    ";",
    1,
    tuple(range(2, 8)),
    0,
    4,
    keys=(2,),
)

ENERGINET_LOCAL = Sample(
    "energinet",
    "HourDK,PriceArea,SpotPriceEUR\n"
    "2025-10-26T03:00:00,DK1,23.5\n"
    "2025-10-26T02:00:00,DK1,22.5\n"
    "2025-10-26T02:00:00,DK1,21.5\n"
    "2025-10-26T01:00:00,DK1,20.5\n",
    ",",
    1,
    (2, 3, 4, 5),
    0,
    2,
    (3,),
)

EPFTOOLBOX = Sample(
    "epftoolbox",
    "Date, Price, Exogenous 1, Exogenous 2\n"
    "2015-03-29 01:00:00,20.5,50000.0,1000.0\n"
    "2015-03-29 02:00:00,21.0,50500.0,1010.0\n"
    "2015-03-29 03:00:00,21.5,51000.0,1020.0\n"
    "2015-03-29 04:00:00,22.5,52000.0,1040.0\n"
    "2015-10-25 01:00:00,30.5,60000.0,2000.0\n"
    "2015-10-25 02:00:00,31.5,61000.0,2010.0\n"
    "2015-10-25 03:00:00,32.5,62000.0,2020.0\n",
    ",",
    1,
    tuple(range(2, 9)),
    0,
    1,
)

AEMO_MMS = Sample(
    "aemo_mms",
    "C,NEMP.WORLD,DISPATCHIS,AEMO,PUBLIC,2025/01/01,00:00:05,0000000000000001,DISPATCHIS,0000000000000002\n"
    "I,DISPATCH,PRICE,5,SETTLEMENTDATE,RUNNO,REGIONID,DISPATCHINTERVAL,INTERVENTION,RRP,RAISE6SECRRP,LOWERREGRRP\n"
    'D,DISPATCH,PRICE,5,"2025/01/01 00:05:00",1,SA1,20241231241,0,50.5,1.5,4.25\n'
    'D,DISPATCH,PRICE,5,"2025/01/01 00:05:00",1,VIC1,20241231241,0,60.5,1.5,4.25\n'
    'D,DISPATCH,PRICE,5,"2025/01/01 00:10:00",1,SA1,20241231242,0,-1000,1.75,4.5\n'
    'D,DISPATCH,PRICE,5,"2025/01/01 00:10:00",1,VIC1,20241231242,0,61.5,1.75,4.5\n'
    'D,DISPATCH,PRICE,5,"2025/01/01 00:15:00",1,SA1,20241231243,0,52.5,2,\n'
    'D,DISPATCH,PRICE,5,"2025/01/01 00:15:00",1,SA1,20241231243,1,17500,2,9\n'
    'D,DISPATCH,PRICE,5,"2025/01/01 00:15:00",1,VIC1,20241231243,0,62.5,2,4.75\n'
    "I,DISPATCH,REGIONSUM,9,SETTLEMENTDATE,RUNNO,REGIONID,TOTALDEMAND\n"
    'D,DISPATCH,REGIONSUM,9,"2025/01/01 00:05:00",1,SA1,1400\n'
    'C,"END OF REPORT",12\n',
    ",",
    2,
    (3, 4, 5, 6, 7, 9),
    4,
    9,
    keys=(6,),
)

AEMO_DEMAND = Sample(
    "aemo_price_and_demand",
    "REGION,SETTLEMENTDATE,TOTALDEMAND,RRP,PERIODTYPE\n"
    + "".join(
        f"NSW1,{stamp},{demand},{price},TRADE\n"
        for stamp, demand, price in (
            ("2021/09/30 21:30:00", 6980.5, 28.5),
            ("2021/09/30 22:00:00", 6990.5, 29.5),
            ("2021/09/30 22:30:00", 7000.5, 30.5),
            ("2021/09/30 23:00:00", 7010.5, 31.5),
            ("2021/09/30 23:30:00", 7020.5, 32.5),
            ("2021/10/01 00:00:00", 7030.5, 33.5),
            ("2021/10/01 00:05:00", 7040.5, 40.5),
            ("2021/10/01 00:10:00", 7050.5, 41.5),
            ("2021/10/01 00:15:00", 7060.5, 42.5),
            ("2021/10/01 00:20:00", 7070.5, 43.5),
            ("2021/10/01 00:25:00", 7080.5, 44.5),
            ("2021/10/01 00:30:00", 7090.5, 45.5),
        )
    ),
    ",",
    1,
    tuple(range(2, 14)),
    1,
    3,
)

PVGIS = Sample(
    "pvgis",
    "Latitude (decimal degrees):\t45.000\nLongitude (decimal degrees):\t5.000\nElevation (m):\t300\n"
    "Radiation database:\tPVGIS-SARAH3\n\n"
    "Nominal power of the PV system (c-Si) (kWp):\t1000.0\nSystem losses (%):\t14.0\n\n"
    "time,P,G(i),H_sun,T2m,WS10m,Int\n"
    "20230601:1010,500000.0,800.5,55.1,20.5,1.5,0.0\n"
    "20230601:1110,600000.0,900.5,60.1,21.5,2.5,0.0\n"
    "20230601:1210,0.0,0.0,58.1,-1.5,3.5,1.0\n"
    "\nP: PV system power (W)\nG(i): Global irradiance on the inclined plane (plane of the array) (W/m2)\n"
    "H_sun: Sun height (degree)\nT2m: 2-m air temperature (degree Celsius)\nWS10m: 10-m total wind speed (m/s)\n"
    "Int: 1 means solar radiation values are reconstructed\n\nPVGIS (c) European Union, 2001-2025\n",
    ",",
    9,
    (10, 11, 12),
    0,
    1,
)

NINJA = Sample(
    "renewables_ninja",
    "# Renewables.ninja PV (Point API) - 45.0, 5.0 - Version: 1.1 - Reference: https://www.renewables.ninja/\n"
    "# Units: time in UTC, local_time in Europe/Paris, electricity in kW, temperature in °C\n"
    "time,local_time,electricity,temperature\n"
    "2019-07-01 10:00,2019-07-01 12:00,250.5,20.5\n"
    "2019-07-01 11:00,2019-07-01 13:00,350.5,21.5\n"
    "2019-07-01 12:00,2019-07-01 14:00,450.5,-2.5\n",
    ",",
    3,
    (4, 5, 6),
    0,
    2,
)

OPEN_METEO = Sample(
    "open_meteo",
    "latitude,longitude,elevation,utc_offset_seconds,timezone,timezone_abbreviation\n"
    "45.0,5.0,300.0,7200,Europe/Paris,GMT+2\n"
    "\n"
    "time,temperature_2m (°C),wind_speed_10m (km/h),shortwave_radiation (W/m²),relative_humidity_2m (%),"
    "weather_code (wmo)\n"
    "2025-07-01T12:00,25.5,18.0,800.5,50,3\n"
    "2025-07-01T13:00,26.5,36.0,810.5,51,3\n"
    "2025-07-01T14:00,NaN,7.2,820.5,52,61\n"
    "\n"
    "time,temperature_2m_max (°C)\n2025-07-01,30.5\n",
    ",",
    4,
    (5, 6, 7),
    0,
    1,
)

SAMPLES = {
    "entsoe old": ENTSOE_OLD,
    "entsoe new": ENTSOE_NEW,
    "entsoe imbalance": ENTSOE_IMBALANCE,
    "regelleistung fcr": FCR,
    "regelleistung frr": FRR,
    "eco2mix": ECO2MIX,
    "eco2mix odre": ECO2MIX_ODRE,
    "rte imbalance": IMBALANCE,
    "rte reserve": RESERVE,
    "smard": SMARD,
    "smard english": SMARD_ENGLISH,
    "energy charts": ENERGY_CHARTS,
    "epex": EPEX,
    "energinet": ENERGINET,
    "energinet local": ENERGINET_LOCAL,
    "epftoolbox": EPFTOOLBOX,
    "aemo mms": AEMO_MMS,
    "aemo price and demand": AEMO_DEMAND,
    "pvgis": PVGIS,
    "renewables ninja": NINJA,
    "open meteo": OPEN_METEO,
}
