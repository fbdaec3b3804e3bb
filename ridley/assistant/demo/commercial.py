"""The goods and passenger carriers and tractors of the demo catalogue, one a line, as in cars.py."""

COMMERCIAL = """
[Tata 1.4]
Ace Gold | Goods Carrier | 2 | P694 MT; D702 MT; C694 MT | STD CX Plus High_Deck Cab_Chassis | 4 6
Ace EV | Goods Carrier | 2 | E14.4 AT; E21.3 AT | STD 1000 High_Deck | 6
Intra V10 | Goods Carrier | 2 | D798 MT | STD AC High_Deck | 6
Intra V30 | Goods Carrier | 2 | D1496 MT | STD AC High_Deck Cab_Chassis | 6
Intra V50 | Goods Carrier | 2 | D1496 MT | STD AC Cab_Chassis | 6
Yodha | Goods Carrier | 2/5 | D2179 MT; D2956 MT | 1200 1500 1700 Crew_Cab Eco | 4 6
407 Gold SFC | Goods Carrier | 3 | D2956 MT; C3783 MT | 10_ft 12_ft Cab_Chassis High_Side_Deck | 4 6
709g LPT | Goods Carrier | 3 | D2956 MT; C3783 MT | 14_ft 17_ft Cab_Chassis Container | 4 6
1109g LPT | Goods Carrier | 3 | D3300 MT; C3783 MT | 17_ft 19_ft 22_ft Cab_Chassis | 4 6
1512 LPT | Goods Carrier | 3 | D5005 MT | 20_ft 22_ft 24_ft Container | 4 6
Signa 2823 | Goods Carrier | 2 | D5600 MT | Tipper Cab_Chassis 14_cum_Box 16_cum_Box | 4 6
Signa 4825 | Goods Carrier | 2 | D6700 MT | Tipper Cab_Chassis 23_cum_Box | 4 6
Prima 5530 | Goods Carrier | 2 | D6700 MT | Tractor_Trailer Sleeper_Cab | 4 6
Winger | Passenger Carrier | 9/13/15 | D2179 MT; D2200 MT | Staff Tourist School Ambulance | 4 6
Starbus | Passenger Carrier | 24/32/40 | D3300 MT; D5005 MT; C3783 MT | School Staff City AC | 4 6
Magic Express | Passenger Carrier | 8/10 | D798 MT; P694 MT | STD High_Roof | 4 6
[Mahindra 1.3]
Bolero Pik-Up | Goods Carrier | 2 | D2523 MT; C2523 MT | FB_1.3T FB_1.5T FB_1.7T CBC Camper Extra_Long | 4 6
Bolero Maxitruck Plus | Goods Carrier | 2 | D2523 MT; C2523 MT | 1.2T PS CBC | 4 6
Jeeto | Goods Carrier | 2 | D625 MT; P625 MT; C625 MT | S L X Plus | 4 6
Supro | Goods Carrier | 2 | D909 MT; C909 MT | Minitruck VX LX Maxitruck Profit_Excel | 4 6
Supro Minivan | Passenger Carrier | 8 | D909 MT | LX VX ZX | 4 6
Alfa | Three Wheeler | 4 | D597 MT; C395 MT | DX Plus Load Champ Comfy | 4 6
Treo | Three Wheeler | 4 | E7.4 AT; E8 AT | HRT SFT Yaari Zor | 6
Furio 7 | Goods Carrier | 3 | D2491 MT; D3502 MT | 10_ft 14_ft HD Cargo Tipper | 6
Furio 14 | Goods Carrier | 3 | D3502 MT | 19_ft 22_ft HD Cargo | 6
Blazo X 28 | Goods Carrier | 2 | D7200 MT | Tipper Cab_Chassis 14_cum_Box | 4 6
Cruzio | Passenger Carrier | 20/32 | D3502 MT; D2491 MT | School Staff Grande | 4 6
Arjun 605 | Tractor | 1 | D3531 MT | DI MAT Ultra_1 | 4
275 DI TU | Tractor | 1 | D2048 MT | STD XP_Plus SP_Plus | 4
[Ashok Leyland 1.4]
Dost | Goods Carrier | 2 | D1478 MT; C1478 MT | LE LS Strong XL Plus | 4 6
Bada Dost | Goods Carrier | 2 | D1478 MT | i1 i2 i3 i3_Plus i4 | 6
Partner | Goods Carrier | 3 | D2953 MT | 4_Tyre 6_Tyre 11_ft 14_ft Cab_Chassis | 4 6
Ecomet 1215 | Goods Carrier | 3 | D3839 MT | 17_ft 20_ft 22_ft Cab_Chassis Strong | 4 6
Boss 1315 | Goods Carrier | 3 | D3839 MT | LE LX HB Cab_Chassis | 4 6
U 2820 | Goods Carrier | 2 | D5660 MT | Tipper Cab_Chassis Rigid | 4 6
AVTR 4825 | Goods Carrier | 2 | D5660 MT | Tipper Cab_Chassis 23_cum_Box | 6
MiTR | Passenger Carrier | 23/27 | D2953 MT | School Staff STD | 4 6
Viking | Passenger Carrier | 44/52 | D5660 MT; C5759 MT | School City Moffusil | 4 6
[Eicher 1.4]
Pro 2049 | Goods Carrier | 3 | D1999 MT; C3298 MT | 10_ft 12_ft 14_ft CBC | 6
Pro 2059 | Goods Carrier | 3 | D1999 MT; C3298 MT | 12_ft 14_ft 16_ft HSD CBC | 6
Pro 2095 | Goods Carrier | 3 | D2960 MT; C3298 MT | 17_ft 19_ft 20_ft HSD CBC | 6
Pro 3015 | Goods Carrier | 3 | D3760 MT | 20_ft 22_ft 24_ft HSD CBC | 4 6
Pro 6028 | Goods Carrier | 2 | D5660 MT | Tipper 14_cum_Box CBC | 4 6
Skyline Pro | Passenger Carrier | 32/40/50 | D3298 MT; C3298 MT | School Staff E H | 4 6
[BharatBenz 1.8]
1217C | Goods Carrier | 3 | D3907 MT | 18_ft 20_ft 22_ft Cab_Chassis | 4 6
1617R | Goods Carrier | 3 | D3907 MT | 20_ft 22_ft 24_ft Cab_Chassis | 4 6
2823R | Goods Carrier | 2 | D6372 MT | 24_ft Cab_Chassis Tanker | 4 6
3528C | Goods Carrier | 2 | D6372 MT | Tipper 19_cum_Box 23_cum_Box | 4 6
[Force 1.3]
Traveller 3350 | Passenger Carrier | 12/14/17 | D2596 MT | School Super Ambulance_Type_B AC | 4 6
Traveller 4020 | Passenger Carrier | 17/20/26 | D2596 MT | School Super Royale AC | 4 6
Trax Cruiser | Passenger Carrier | 9/12/13 | D2596 MT | STD Deluxe AC | 4 6
Gurkha | SUV | 4/6 | D2596 MT | Xplorer Xpedition Xtreme STD | 4 6
[SML Isuzu 1.3]
Sartaj GS | Goods Carrier | 3 | D3455 MT; C3455 MT | 12_ft 14_ft HSD CBC | 4 6
Executive LX | Passenger Carrier | 13/20/26 | D3455 MT | School Staff AC | 4 6
[Bajaj 0.9]
RE Compact | Three Wheeler | 4 | P236 MT; C236 MT; D470 MT | 2S 4S Optima LPG | 4 6
Maxima Z | Three Wheeler | 4 | P236 MT; C236 MT; D470 MT | STD Wide | 4 6
Maxima C | Goods Carrier | 1 | C236 MT; D470 MT | 5.5_ft 6_ft High_Deck | 4 6
[Piaggio 0.9]
Ape Auto | Three Wheeler | 4 | D435 MT; C230 MT; P230 MT | DX HT_DX Plus Classic | 4 6
Ape Xtra | Goods Carrier | 1 | D599 MT; C300 MT | LD LDX LDX_Plus Classic | 4 6
Ape E-City | Three Wheeler | 4 | E4.5 AT; E7.5 AT | STD FX FX_Max | 6
[TVS 0.9]
King | Three Wheeler | 4 | P200 MT; C200 MT; P225 MT | DLX Duramax Deluxe_Plus 4S | 4 6
[Maruti Suzuki 1.0]
Super Carry | Goods Carrier | 2 | P1196 MT; C1196 MT; D793 MT | STD Cab_Chassis Deck | 4 6
Eeco Cargo | Goods Carrier | 2 | P1196 MT; C1196 MT | STD AC | 4 6
Tour S | Taxi | 5 | P1197 MT; C1197 MT; D1248 MT | STD STD_(O) | 4 6
[Swaraj 1.0]
735 FE | Tractor | 1 | D2734 MT | STD E XT | 4
744 FE | Tractor | 1 | D3136 MT | STD Potato_Expert XM | 4
[Sonalika 1.0]
DI 745 III | Tractor | 1 | D3067 MT | STD Sikander RX | 4
DI 60 | Tractor | 1 | D3707 MT | STD Sikander Tiger | 4
"""
