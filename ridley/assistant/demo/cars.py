"""The cars of the demo catalogue: real makes, models, engines and trims; their combinations and prices are made up.

A line is `model | body | seats | engines | trims | norms`. An engine is a fuel letter (P petrol, D diesel, C CNG,
H hybrid, E electric with kWh in place of cc), its cubic capacity, T for turbo, then its gearboxes. A `_` is a space
inside a trim. A norm is 4 or 6, for BS IV and BS VI. A heading is a make and its price level.
"""

CARS = """
[Maruti Suzuki 1.0]
Alto 800 | Hatchback | 5 | P796 MT; C796 MT | STD LX LXi LXi_(O) VXi VXi_Plus | 4 6
Alto K10 | Hatchback | 5 | P998 MT AMT; C998 MT | STD LXi VXi VXi_Plus VXi_(O) | 4 6
S-Presso | Hatchback | 5 | P998 MT AMT; C998 MT | STD LXi VXi VXi_Plus VXi_(O) | 6
Celerio | Hatchback | 5 | P998 MT AMT; C998 MT | LXi VXi ZXi ZXi_Plus ZXi_(O) | 4 6
Wagon R | Hatchback | 5 | P998 MT AMT; C998 MT; P1197 MT AMT | LXi LXi_(O) VXi VXi_(O) ZXi ZXi_Plus | 4 6
Swift | Hatchback | 5 | P1197 MT AMT; C1197 MT; D1248 MT AMT | LXi VXi VXi_(O) ZXi ZXi_Plus | 4 6
Swift Dzire | Sedan | 5 | P1197 MT AMT; C1197 MT; D1248 MT AMT | LXi VXi ZXi ZXi_Plus | 4 6
Baleno | Hatchback | 5 | P1197 MT AMT CVT; C1197 MT; D1248 MT | Sigma Delta Zeta Alpha | 4 6
Ignis | Hatchback | 5 | P1197 MT AMT | Sigma Delta Zeta Alpha | 4 6
Ciaz | Sedan | 5 | P1462 MT AT; H1462 MT; D1248 MT | Sigma Delta Zeta Alpha S | 4 6
Ertiga | MUV | 7 | P1462 MT AT; C1462 MT; D1498 MT | LXi VXi ZXi ZXi_Plus | 4 6
XL6 | MUV | 6 | P1462 MT AT; C1462 MT | Zeta Alpha Alpha_Plus | 6
Vitara Brezza | SUV | 5 | P1462 MT AT; D1248 MT AMT; C1462 MT | LXi VXi ZXi ZXi_Plus | 4 6
Fronx | SUV | 5 | P1197 MT AMT; P998T MT AT; C1197 MT | Sigma Delta Delta_Plus Zeta Alpha | 6
Grand Vitara | SUV | 5 | P1462 MT AT; H1490 CVT; C1462 MT | Sigma Delta Zeta Zeta_Plus Alpha Alpha_Plus | 6
Jimny | SUV | 4 | P1462 MT AT | Zeta Alpha | 6
S-Cross | SUV | 5 | P1462 MT AT; D1248 MT | Sigma Delta Zeta Alpha | 4 6
Eeco | Van | 5/7 | P1196 MT; C1196 MT | STD AC Care | 4 6
Invicto | MUV | 7/8 | H1987 CVT | Zeta_Plus Alpha_Plus | 6
[Hyundai 1.1]
Santro | Hatchback | 5 | P1086 MT AMT; C1086 MT | D-Lite Era Magna Sportz Asta | 4 6
Grand i10 | Hatchback | 5 | P1197 MT AT; D1186 MT; C1197 MT | Era Magna Sportz Sportz_(O) Asta | 4
Grand i10 Nios | Hatchback | 5 | P1197 MT AMT; C1197 MT; P998T MT; D1186 MT AMT | Era Corporate Magna Sportz Asta | 6
i20 | Hatchback | 5 | P1197 MT CVT; P998T DCT iMT; D1493 MT | Era Magna Sportz Asta Asta_(O) | 4 6
i20 N Line | Hatchback | 5 | P998T iMT MT DCT | N6 N8 | 6
Xcent | Sedan | 5 | P1197 MT AT; D1186 MT | E S SX SX_(O) | 4
Aura | Sedan | 5 | P1197 MT AMT; C1197 MT; D1186 MT AMT | E S SX SX_(O) SX_Plus | 6
Verna | Sedan | 5 | P1497 MT CVT; P1482T MT DCT; D1493 MT AT | EX S SX SX_(O) | 4 6
Venue | SUV | 5 | P1197 MT; P998T iMT DCT; D1493 MT | E S S_Plus S_(O) SX SX_(O) | 4 6
Venue N Line | SUV | 5 | P998T MT DCT | N6 N8 | 6
Creta | SUV | 5 | P1497 MT CVT; P1482T DCT; D1493 MT AT | E EX S S_(O) SX SX_Tech SX_(O) | 4 6
Alcazar | SUV | 6/7 | P1999 MT AT; P1482T MT DCT; D1493 MT AT | Prestige Platinum Platinum_(O) Signature Signature_(O) | 6
Exter | SUV | 5 | P1197 MT AMT; C1197 MT | EX S SX SX_(O) SX_(O)_Connect | 6
Tucson | SUV | 5 | P1999 AT; D1997 AT | Platinum Signature GL GLS | 4 6
Kona Electric | SUV | 5 | E39.2 AT | Premium Premium_Dual_Tone | 6
[Tata 1.0]
Tiago | Hatchback | 5 | P1199 MT AMT; C1199 MT AMT; D1047 MT | XE XM XT XT_(O) XZ XZ_Plus | 4 6
Tiago NRG | Hatchback | 5 | P1199 MT AMT; C1199 MT | XT XZ | 6
Tiago EV | Hatchback | 5 | E19.2 AT; E24 AT | XE XT XZ_Plus XZ_Plus_Tech_Lux | 6
Tigor | Sedan | 5 | P1199 MT AMT; C1199 MT AMT; D1047 MT | XE XM XT XZ XZ_Plus | 4 6
Tigor EV | Sedan | 5 | E26 AT | XE XT XZ_Plus XZ_Plus_Lux | 6
Altroz | Hatchback | 5 | P1199 MT DCT; P1199T MT; C1199 MT; D1497 MT | XE XE_Plus XM XM_Plus XT XZ XZ_(O) XZ_Plus | 6
Punch | SUV | 5 | P1199 MT AMT; C1199 MT | Pure Adventure Adventure_Rhythm Accomplished Accomplished_Dazzle Creative | 6
Punch EV | SUV | 5 | E25 AT; E35 AT | Smart Adventure Empowered Empowered_Plus | 6
Nexon | SUV | 5 | P1199T MT AMT DCT; D1497 MT AMT; C1199T MT | XE XM XM_(S) XZ XZ_Plus XZ_Plus_(S) XZ_Plus_(O) Smart Pure Creative Fearless | 4 6
Nexon EV | SUV | 5 | E30.2 AT; E40.5 AT | XM XZ_Plus XZ_Plus_Lux Creative_Plus Fearless Empowered | 6
Curvv | SUV | 5 | P1199T MT DCT; D1497 MT DCT | Smart Pure_Plus Creative Creative_S Accomplished | 6
Harrier | SUV | 5 | D1956 MT AT | XE XM XT XT_Plus XZ XZ_Plus Fearless | 4 6
Safari | SUV | 6/7 | D1956 MT AT | XE XM XT XT_Plus XZ XZ_Plus Accomplished | 6
Hexa | MUV | 6/7 | D2179 MT AT | XE XM XT XT_Plus | 4
Zest | Sedan | 5 | P1193T MT; D1248 MT AMT | XE XM XMS XT | 4
Bolt | Hatchback | 5 | P1193T MT; D1248 MT | XE XM XMS XT | 4
Indica | Hatchback | 5 | D1405 MT; D1396 MT | LX LS LE V2 | 4
Nano | Hatchback | 4 | P624 MT AMT; C624 MT | CX LX XE XM XT | 4
[Mahindra 1.2]
KUV100 NXT | Hatchback | 5/6 | P1198 MT; D1198 MT | K2 K2_Plus K4 K4_Plus K6 K6_Plus K8 | 4 6
XUV300 | SUV | 5 | P1197T MT AMT; D1497 MT AMT | W4 W6 W8 W8_(O) | 4 6
XUV 3XO | SUV | 5 | P1197T MT AT; D1498 MT AMT | MX1 MX2 MX2_Pro MX3 AX5 AX5_L AX7 AX7_L | 6
XUV400 | SUV | 5 | E34.5 AT; E39.4 AT | EC EL EC_Pro EL_Pro | 6
XUV500 | SUV | 7 | D2179 MT AT; P2179 AT | W4 W5 W6 W7 W8 W9 W10 W11 W11_(O) | 4 6
XUV700 | SUV | 5/7 | P1999T MT AT; D2184 MT AT | MX AX3 AX5 AX7 AX7_L | 6
Scorpio | SUV | 7/8/9 | D2179 MT AT; D2523 MT | S2 S3 S3_Plus S5 S6 S7 S8 S9 S10 S11 | 4 6
Scorpio-N | SUV | 6/7 | P1997T MT AT; D2184 MT AT | Z2 Z4 Z6 Z8 Z8_L | 6
Scorpio Classic | SUV | 7/9 | D2184 MT | S S11 | 6
Thar | SUV | 4 | P1997T MT AT; D2184 MT AT; D1497 MT | AX AX_(O) LX LX_Hard_Top LX_Convertible | 6
Bolero | SUV | 7 | D1493 MT; D2523 MT | B2 B4 B6 B6_(O) SLE SLX ZLX | 4 6
Bolero Neo | SUV | 7 | D1493 MT | N4 N8 N10 N10_(O) | 6
TUV300 | SUV | 7 | D1493 MT AMT | T4_Plus T6_Plus T8 T10 | 4
Marazzo | MUV | 7/8 | D1497 MT | M2 M4 M4_Plus M6 M6_Plus M8 | 4 6
Verito | Sedan | 5 | D1461 MT; P1390 MT | D2 D4 D6 G2 G4 | 4
Xylo | MUV | 7/8 | D2489 MT; D2179 MT | D2 D4 H4 H8 H9 | 4
[Honda 1.2]
Brio | Hatchback | 5 | P1198 MT AT | E EX S S_(O) VX | 4
Amaze | Sedan | 5 | P1199 MT CVT; D1498 MT CVT; C1199 MT | E EX S SX V VX | 4 6
Jazz | Hatchback | 5 | P1199 MT CVT; D1498 MT | E S SV V VX ZX | 4 6
City | Sedan | 5 | P1498 MT CVT; D1498 MT; H1498 CVT | E S SV V VX ZX | 4 6
WR-V | SUV | 5 | P1199 MT; D1498 MT | Edge S SV VX | 4 6
BR-V | SUV | 7 | P1497 MT CVT; D1498 MT | E S V VX | 4
Elevate | SUV | 5 | P1498 MT CVT | SV V VX ZX | 6
Mobilio | MUV | 7 | P1497 MT; D1498 MT | E S V V_(O) RS | 4
[Toyota 1.3]
Etios | Sedan | 5 | P1496 MT; D1364 MT | J G GX V VX VD | 4
Etios Liva | Hatchback | 5 | P1197 MT; D1364 MT | J G GX V VX | 4
Glanza | Hatchback | 5 | P1197 MT AMT CVT; C1197 MT | E S G V | 6
Yaris | Sedan | 5 | P1496 MT CVT | J J_(O) G G_(O) V VX | 4 6
Urban Cruiser | SUV | 5 | P1462 MT AT | Mid High Premium | 6
Urban Cruiser Hyryder | SUV | 5 | P1462 MT AT; H1490 CVT; C1462 MT | E S G V | 6
Urban Cruiser Taisor | SUV | 5 | P1197 MT AMT; P998T MT AT; C1197 MT | E S S_Plus G V | 6
Innova Crysta | MUV | 7/8 | D2393 MT AT; P2694 MT AT; D2755 AT | G GX GX_Plus VX ZX | 4 6
Innova Hycross | MUV | 7/8 | P1987 CVT; H1987 CVT | G GX GX_(O) VX VX_(O) ZX ZX_(O) | 6
Fortuner | SUV | 7 | P2694 MT AT; D2755 MT AT | STD 4x2 4x4 Sigma_4 GR-S | 4 6
Rumion | MUV | 7 | P1462 MT AT; C1462 MT | S G V | 6
[Kia 1.2]
Sonet | SUV | 5 | P1197 MT; P998T iMT DCT; D1493 MT AT iMT | HTE HTE_(O) HTK HTK_Plus HTX HTX_Plus GTX_Plus X-Line | 6
Seltos | SUV | 5 | P1497 MT CVT iMT; P1353T MT DCT; P1482T DCT iMT; D1493 MT AT iMT | HTE HTK HTK_Plus HTX HTX_Plus GTX GTX_Plus X-Line | 6
Carens | MUV | 6/7 | P1497 MT; P1482T iMT DCT; D1493 MT AT | Premium Premium_(O) Prestige Prestige_Plus Luxury Luxury_Plus | 6
Carnival | MUV | 7/8/9 | D2199 AT | Premium Prestige Limousine Limousine_Plus | 6
Syros | SUV | 5 | P998T MT DCT; D1493 MT AT | HTK HTK_(O) HTK_Plus HTX HTX_Plus | 6
[Renault 1.0]
Kwid | Hatchback | 5 | P799 MT; P999 MT AMT | STD RXE RXL RXL_(O) RXT RXT_(O) Climber | 4 6
Triber | MUV | 7 | P999 MT AMT | RXE RXL RXT RXZ | 6
Kiger | SUV | 5 | P999 MT AMT; P999T MT CVT | RXE RXL RXT RXT_(O) RXZ | 6
Duster | SUV | 5 | P1498 MT CVT; P1330T MT CVT; D1461 MT AMT | RXE RXL RXS RXS_(O) RXZ | 4 6
Lodgy | MUV | 7/8 | D1461 MT | STD RXE RXL RXZ Stepway | 4
Captur | SUV | 5 | P1498 MT; D1461 MT | RXE RXL RXT Platine | 4
[Nissan 1.0]
Micra | Hatchback | 5 | P1198 CVT MT; D1461 MT | XE XL XL_(O) XV | 4
Sunny | Sedan | 5 | P1498 MT CVT; D1461 MT | XE XL XV | 4
Terrano | SUV | 5 | P1598 MT; D1461 MT AMT | XE XL XL_(O) XV | 4
Kicks | SUV | 5 | P1498 MT; P1330T MT CVT; D1461 MT | XL XV XV_Premium XV_Premium_(O) | 4 6
Magnite | SUV | 5 | P999 MT AMT; P999T MT CVT | XE XL XV XV_Premium XV_Premium_(O) | 6
[Skoda 1.5]
Rapid | Sedan | 5 | P1598 MT AT; P999T MT AT; D1498 MT DCT | Active Rider Ambition Onyx Style Monte_Carlo | 4 6
Kushaq | SUV | 5 | P999T MT AT; P1498T MT DCT | Active Classic Ambition Onyx Style Monte_Carlo Prestige | 6
Slavia | Sedan | 5 | P999T MT AT; P1498T MT DCT | Active Classic Ambition Style Prestige | 6
Kylaq | SUV | 5 | P999T MT AT | Classic Signature Signature_Plus Prestige | 6
Octavia | Sedan | 5 | P1395T MT; P1798T DCT; P1984T DCT; D1968 MT DCT | Ambition Style Style_Plus L&K Onyx | 4 6
Superb | Sedan | 5 | P1798T MT DCT; P1984T DCT; D1968 DCT | Style Sportline L&K | 4 6
Kodiaq | SUV | 7 | D1968 DCT; P1984T DCT | Style Sportline L&K | 4 6
[Volkswagen 1.5]
Polo | Hatchback | 5 | P1198 MT; P999 MT; P999T MT AT; D1498 MT; P1197T DCT | Trendline Comfortline Highline Highline_Plus GT_TSI GT_TDI | 4 6
Ameo | Sedan | 5 | P999 MT; P1198 MT; D1498 MT DCT | Trendline Comfortline Highline Highline_Plus | 4
Vento | Sedan | 5 | P1598 MT; P999T MT AT; D1498 MT DCT; P1197T DCT | Trendline Comfortline Highline Highline_Plus | 4 6
Virtus | Sedan | 5 | P999T MT AT; P1498T MT DCT | Comfortline Highline Topline GT GT_Plus | 6
Taigun | SUV | 5 | P999T MT AT; P1498T MT DCT | Comfortline Highline Topline GT GT_Plus | 6
Tiguan | SUV | 5 | P1984T DCT; D1968 DCT | Comfortline Highline Elegance | 4 6
[MG 1.3]
Hector | SUV | 5 | P1451T MT CVT DCT; D1956 MT; H1451T MT | Style Super Shine Smart Sharp Savvy_Pro Sharp_Pro | 6
Hector Plus | SUV | 6/7 | P1451T MT CVT; D1956 MT | Style Super Smart Sharp Select Savvy_Pro | 6
Astor | SUV | 5 | P1498 MT CVT; P1349T AT | Style Super Smart Sharp Savvy Sprint Select | 6
Gloster | SUV | 6/7 | D1996 AT; D1996T AT | Super Smart Sharp Savvy Blackstorm | 6
ZS EV | SUV | 5 | E44.5 AT; E50.3 AT | Excite Exclusive Exclusive_Plus Essence | 6
Comet EV | Hatchback | 4 | E17.3 AT | Pace Play Plush Executive Exclusive | 6
Windsor EV | MUV | 5 | E38 AT; E52.9 AT | Excite Exclusive Essence | 6
[Ford 1.2]
Figo | Hatchback | 5 | P1196 MT; P1497 AT; D1498 MT | Base Ambiente Trend Titanium Titanium_Blu | 4 6
Aspire | Sedan | 5 | P1196 MT; P1497 AT; D1498 MT; C1196 MT | Ambiente Trend Trend_Plus Titanium Titanium_Plus | 4 6
Freestyle | Hatchback | 5 | P1194 MT; D1498 MT | Ambiente Trend Titanium Titanium_Plus Flair | 4 6
EcoSport | SUV | 5 | P1496 MT AT; P999T MT; D1498 MT | Ambiente Trend Trend_Plus Titanium Titanium_Plus Thunder | 4 6
Endeavour | SUV | 7 | D1996 AT; D2198 AT MT; D3198 AT | Trend Titanium Titanium_Plus Sport | 4 6
[Chevrolet 1.0]
Beat | Hatchback | 5 | P1199 MT; D936 MT | PS LS LT LTZ | 4
Spark | Hatchback | 5 | P995 MT | STD PS LS LT | 4
Sail | Sedan | 5 | P1199 MT; D1248 MT | Base LS LT LT_ABS | 4
Cruze | Sedan | 5 | D1998 MT AT | LT LTZ | 4
Enjoy | MUV | 7/8 | P1399 MT; D1248 MT | LS LT LTZ | 4
[Fiat 1.0]
Punto Evo | Hatchback | 5 | P1172 MT; D1248 MT; P1368 MT | Active Dynamic Emotion Sport | 4
Linea | Sedan | 5 | P1368T MT; D1248 MT | Classic Active Dynamic Emotion | 4
[Datsun 0.9]
GO | Hatchback | 5 | P1198 MT CVT | D A A_(O) T T_(O) | 4 6
GO Plus | MUV | 7 | P1198 MT CVT | D A A_(O) T T_(O) | 4 6
redi-GO | Hatchback | 5 | P799 MT; P999 MT AMT | D A T T_(O) S Sport | 4 6
[Jeep 2.0]
Compass | SUV | 5 | P1368T MT DCT; D1956 MT AT | Sport Longitude Longitude_(O) Limited Limited_(O) Model_S Trailhawk | 4 6
Meridian | SUV | 7 | D1956 MT AT | Longitude Limited Limited_(O) Overland | 6
[Citroën 1.1]
C3 | Hatchback | 5 | P1198 MT; P1199T MT AT | Live Feel Shine | 6
C3 Aircross | SUV | 5/7 | P1198 MT; P1199T MT AT | You Plus Max | 6
Basalt | SUV | 5 | P1198 MT; P1199T MT AT | You Plus Max | 6
C5 Aircross | SUV | 5 | D1997 AT | Feel Shine | 6
[Isuzu 1.8]
D-Max V-Cross | Pickup | 5 | D1898 MT AT; D2499 MT | Hi-Lander Z Z_Prestige STD High | 4 6
mu-X | SUV | 7 | D1898 AT; D2999 AT | 4x2 4x4 | 4 6
[BMW 4.0]
2 Series Gran Coupe | Sedan | 5 | P1998T AT; D1995 AT | 220i_Sport 220i_M_Sport 220d_Sport_Line 220d_M_Sport | 6
3 Series | Sedan | 5 | P1998T AT; D1995 AT | 320d_Prestige 320d_Luxury_Line 330i_Sport 330i_M_Sport | 4 6
5 Series | Sedan | 5 | P1998T AT; D1995 AT; D2993 AT | 520d_Luxury_Line 530d_M_Sport 530i_Sport_Line 530i_M_Sport | 4 6
X1 | SUV | 5 | P1998T AT DCT; D1995 AT DCT | sDrive20i_xLine sDrive20d_xLine sDrive20d_M_Sport sDrive18i_xLine | 4 6
X3 | SUV | 5 | P1998T AT; D1995 AT | xDrive20d_Luxury_Line xDrive30i_M_Sport xDrive20d_Expedition | 4 6
X5 | SUV | 5/7 | P2998T AT; D2993 AT | xDrive30d_Sport xDrive30d_xLine xDrive40i_M_Sport | 4 6
[Mercedes-Benz 4.2]
A-Class Limousine | Sedan | 5 | P1332T DCT; D1950 DCT | A_200 A_200d | 6
C-Class | Sedan | 5 | P1496T AT; P1991T AT; D1950 AT; D2143 AT | C_180 C_200 C_220d C_220d_Progressive C_300d_AMG_Line | 4 6
E-Class | Sedan | 5 | P1991T AT; D1950 AT; D2925 AT | E_200 E_200_Expression E_220d E_220d_Exclusive E_350d_AMG_Line | 4 6
GLA | SUV | 5 | P1332T DCT; P1991T DCT; D2143 DCT | 200 200d_Style 220d 220d_4MATIC | 4 6
GLC | SUV | 5 | P1991T AT; D1950 AT | 200 220d_4MATIC 300_4MATIC 220d_Progressive | 4 6
GLE | SUV | 5 | D1950 AT; D2925 AT; P2999T AT | 250d 300d_4MATIC 400d_4MATIC 450_4MATIC_LWB | 4 6
[Audi 4.0]
A4 | Sedan | 5 | P1395T DCT; P1984T DCT; D1968 DCT | Premium Premium_Plus Technology | 4 6
A6 | Sedan | 5 | P1984T DCT; D1968 DCT | Premium_Plus Technology Matrix | 4 6
Q3 | SUV | 5 | P1395T DCT; P1984T DCT; D1968 DCT | Premium Premium_Plus Technology | 4 6
Q5 | SUV | 5 | P1984T DCT; D1968 DCT | Premium_Plus Technology | 4 6
Q7 | SUV | 7 | P2995T AT; D2967 AT | Premium_Plus Technology | 4 6
[Volvo 4.0]
XC40 | SUV | 5 | P1969T AT; D1969 AT; P1477T DCT | Momentum R-Design Inscription T4 | 4 6
XC60 | SUV | 5 | P1969T AT; D1969 AT | Momentum Inscription B5 R-Design | 4 6
S90 | Sedan | 5 | P1969T AT; D1969 AT | Momentum Inscription B5 | 4 6
[Land Rover 5.0]
Discovery Sport | SUV | 5/7 | P1997T AT; D1999 AT | Pure SE HSE R-Dynamic_S R-Dynamic_SE | 4 6
Range Rover Evoque | SUV | 5 | P1997T AT; D1999 AT | Pure SE HSE R-Dynamic_SE | 4 6
[BYD 2.5]
Atto 3 | SUV | 5 | E49.9 AT; E60.5 AT | Dynamic Premium Superior | 6
e6 | MUV | 5 | E71.7 AT | GL GLX | 6
"""  # noqa: E501  one model, one line
