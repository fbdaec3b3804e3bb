"""The two-wheelers of the demo catalogue, one a line, as in cars.py."""

TWO_WHEELERS = """
[Hero 0.9]
HF Deluxe | Motorcycle | 2 | P97 MT | Kick_Start Self_Start i3S Alloy_Wheel Spoke_Wheel | 4 6
Splendor Plus | Motorcycle | 2 | P97 MT | Kick_Alloy Self_Alloy i3S Xtec Black_and_Accent | 4 6
Super Splendor | Motorcycle | 2 | P124 MT | Drum Disc Xtec_Drum Xtec_Disc | 4 6
Passion Pro | Motorcycle | 2 | P113 MT; P97 MT | Drum Disc i3S Xtec | 4 6
Passion Plus | Motorcycle | 2 | P97 MT | STD Xtec | 6
Glamour | Motorcycle | 2 | P124 MT | Drum Disc Blaze Canvas Xtec_Drum Xtec_Disc | 4 6
Xtreme 160R | Motorcycle | 2 | P163 MT | Single_Disc Double_Disc Stealth_Edition 4V | 6
Xtreme 125R | Motorcycle | 2 | P124 MT | IBS ABS | 6
Xpulse 200 | Motorcycle | 2 | P199 MT | FI Carburettor 4V 4V_Pro | 4 6
Karizma XMR | Motorcycle | 2 | P210 MT | STD Combat_Edition | 6
Maestro Edge | Scooter | 2 | P110 CVT; P124 CVT | LX VX Drum Disc | 4 6
Pleasure Plus | Scooter | 2 | P110 CVT | Sheet_Metal_Wheel Alloy_Wheel Xtec Platinum | 4 6
Destini 125 | Scooter | 2 | P124 CVT | LX VX Xtec | 4 6
Vida V1 | Scooter | 2 | E3.4 AT; E3.9 AT | Plus Pro | 6
[Honda 1.0]
Activa 5G | Scooter | 2 | P109 CVT | STD DLX Limited_Edition | 4
Activa 6G | Scooter | 2 | P109 CVT | STD DLX H-Smart 20th_Anniversary | 6
Activa 125 | Scooter | 2 | P124 CVT | Drum Drum_Alloy Disc H-Smart | 4 6
Dio | Scooter | 2 | P109 CVT; P124 CVT | STD DLX H-Smart Repsol | 4 6
Grazia | Scooter | 2 | P124 CVT | STD DLX Drum_Alloy Disc | 4 6
CD 110 Dream | Motorcycle | 2 | P109 MT | STD DLX CBS | 4 6
Livo | Motorcycle | 2 | P109 MT | Drum Disc | 4 6
Shine | Motorcycle | 2 | P124 MT; P98 MT | Drum Disc CBS Celebration | 4 6
SP 125 | Motorcycle | 2 | P124 MT | Drum Disc Sports_Edition | 6
Unicorn | Motorcycle | 2 | P162 MT; P149 MT | STD ABS | 4 6
Hornet 2.0 | Motorcycle | 2 | P184 MT | STD Repsol | 6
CB 350 Hness | Motorcycle | 2 | P348 MT | DLX DLX_Pro Anniversary Legacy | 6
CB 350 RS | Motorcycle | 2 | P348 MT | STD DLX New_Hue | 6
X-Blade | Motorcycle | 2 | P162 MT | Single_Disc Dual_Disc ABS | 4 6
[TVS 0.9]
XL100 | Moped | 2 | P99 CVT | Comfort Heavy_Duty i-Touch_Start Win_Edition | 4 6
Sport | Motorcycle | 2 | P109 MT; P99 MT | Kick_Start Self_Start Alloy_Wheel | 4 6
Star City Plus | Motorcycle | 2 | P109 MT | Drum Disc Gold_Edition | 4 6
Radeon | Motorcycle | 2 | P109 MT | Base Drum Disc Digi Dual_Tone | 4 6
Raider 125 | Motorcycle | 2 | P124 MT | Drum Disc Single_Seat SX Super_Squad | 6
Apache RTR 160 | Motorcycle | 2 | P159 MT | Drum Disc ABS Carburettor Race_Edition | 4 6
Apache RTR 160 4V | Motorcycle | 2 | P159 MT | Drum Single_Disc Dual_Disc Special_Edition | 4 6
Apache RTR 180 | Motorcycle | 2 | P177 MT | STD ABS | 4 6
Apache RTR 200 4V | Motorcycle | 2 | P197 MT | Single_Channel_ABS Dual_Channel_ABS Race_Edition | 4 6
Apache RR 310 | Motorcycle | 2 | P312 MT | STD BTO | 4 6
Ronin | Motorcycle | 2 | P225 MT | SS DS TD | 6
Jupiter | Scooter | 2 | P109 CVT; P113 CVT; P124 CVT | Sheet_Metal_Wheel STD ZX ZX_Disc Classic Grande | 4 6
Ntorq 125 | Scooter | 2 | P124 CVT | Drum Disc Race_Edition Super_Squad XP XT | 4 6
Scooty Pep Plus | Scooter | 2 | P87 CVT | STD Glossy Matte_Edition | 4 6
iQube | Scooter | 2 | E2.2 AT; E3.4 AT; E5.1 AT | STD S ST | 6
[Bajaj 0.9]
CT 100 | Motorcycle | 2 | P102 MT; P99 MT | B Kick_Start Self_Start | 4 6
CT 110 | Motorcycle | 2 | P115 MT | Kick_Start Self_Start X | 4 6
Platina 100 | Motorcycle | 2 | P102 MT | Kick_Start Self_Start Drum Disc | 4 6
Platina 110 | Motorcycle | 2 | P115 MT | Drum Disc H-Gear ABS | 4 6
Discover 125 | Motorcycle | 2 | P124 MT | Drum Disc | 4
Pulsar 125 | Motorcycle | 2 | P124 MT | Neon Carbon_Fibre Drum Disc Split_Seat | 6
Pulsar 150 | Motorcycle | 2 | P149 MT | Neon Single_Disc Twin_Disc Classic | 4 6
Pulsar NS160 | Motorcycle | 2 | P160 MT | STD Twin_Disc ABS | 4 6
Pulsar NS200 | Motorcycle | 2 | P199 MT | STD ABS FI | 4 6
Pulsar N160 | Motorcycle | 2 | P164 MT | Single_Channel_ABS Dual_Channel_ABS USD | 6
Pulsar N250 | Motorcycle | 2 | P249 MT | STD Dual_Channel_ABS | 6
Pulsar RS200 | Motorcycle | 2 | P199 MT | STD ABS | 4 6
Pulsar 220F | Motorcycle | 2 | P220 MT | STD ABS | 4 6
Avenger Street | Motorcycle | 2 | P160 MT; P180 MT; P220 MT | STD ABS | 4 6
Avenger Cruise 220 | Motorcycle | 2 | P220 MT | STD ABS | 4 6
Dominar 400 | Motorcycle | 2 | P373 MT | STD UG Touring | 4 6
Dominar 250 | Motorcycle | 2 | P248 MT | STD Dual_Tone | 6
Chetak | Scooter | 2 | E2.9 AT; E3.2 AT | Urbane Premium TecPac | 6
Freedom 125 | Motorcycle | 2 | C124 MT | Drum Drum_LED Disc_LED | 6
[Royal Enfield 1.6]
Bullet 350 | Motorcycle | 2 | P346 MT; P349 MT | STD ES X Military Black_Gold | 4 6
Classic 350 | Motorcycle | 2 | P346 MT; P349 MT | Redditch Halcyon Signals Dark Chrome Single_Channel Dual_Channel | 4 6
Classic 500 | Motorcycle | 2 | P499 MT | STD Chrome Desert_Storm Squadron_Blue Stealth_Black | 4
Electra | Motorcycle | 2 | P346 MT | STD ES | 4
Hunter 350 | Motorcycle | 2 | P349 MT | Retro Metro Metro_Rebel | 6
Meteor 350 | Motorcycle | 2 | P349 MT | Fireball Stellar Supernova Aurora | 6
Thunderbird 350 | Motorcycle | 2 | P346 MT | STD X ABS | 4
Himalayan | Motorcycle | 2 | P411 MT; P452 MT | STD Base Pass Summit | 4 6
Scram 411 | Motorcycle | 2 | P411 MT | Graphite Blazing_Black Silver_Spirit White_Flame | 6
Interceptor 650 | Motorcycle | 2 | P648 MT | STD Custom Chrome Blackout | 4 6
Continental GT 650 | Motorcycle | 2 | P648 MT | STD Custom Chrome Alloy | 4 6
Super Meteor 650 | Motorcycle | 2 | P648 MT | Astral Interstellar Celestial | 6
[Yamaha 1.1]
FZ FI | Motorcycle | 2 | P149 MT | V2 V3 V4 STD Vintage_Edition | 4 6
FZS FI | Motorcycle | 2 | P149 MT | V2 V3 V4 DLX Dark_Knight Vintage_Edition | 4 6
FZ 25 | Motorcycle | 2 | P249 MT | STD ABS | 4 6
FZX | Motorcycle | 2 | P149 MT | STD Chrome | 6
MT-15 | Motorcycle | 2 | P155 MT | V1 V2 DLX MotoGP_Edition | 4 6
YZF R15 | Motorcycle | 2 | P155 MT | V3 V4 S M Dark_Knight MotoGP_Edition | 4 6
Fascino | Scooter | 2 | P113 CVT; H125 CVT; P125 CVT | STD Drum Disc DLX | 4 6
Ray ZR | Scooter | 2 | P113 CVT; H125 CVT; P125 CVT | Drum Disc Street_Rally | 4 6
Aerox 155 | Scooter | 2 | P155 CVT | STD S MotoGP_Edition | 6
[Suzuki 1.0]
Access 125 | Scooter | 2 | P124 CVT | Drum Drum_Alloy Disc Special_Edition Ride_Connect | 4 6
Burgman Street | Scooter | 2 | P124 CVT | STD Ride_Connect EX | 4 6
Avenis | Scooter | 2 | P124 CVT | STD Ride_Connect Race_Edition | 6
Gixxer | Motorcycle | 2 | P155 MT | STD ABS Ride_Connect | 4 6
Gixxer SF | Motorcycle | 2 | P155 MT | STD ABS MotoGP_Edition | 4 6
Gixxer 250 | Motorcycle | 2 | P249 MT | STD SF SF_MotoGP | 6
Intruder 150 | Motorcycle | 2 | P155 MT | STD FI | 4 6
V-Strom SX | Motorcycle | 2 | P249 MT | STD Ride_Connect | 6
[KTM 1.9]
125 Duke | Motorcycle | 2 | P124 MT | STD ABS | 4 6
200 Duke | Motorcycle | 2 | P199 MT | STD ABS | 4 6
250 Duke | Motorcycle | 2 | P248 MT; P249 MT | STD ABS | 4 6
390 Duke | Motorcycle | 2 | P373 MT; P398 MT | STD ABS | 4 6
390 Adventure | Motorcycle | 2 | P373 MT | STD X V SW | 6
RC 200 | Motorcycle | 2 | P199 MT | STD ABS GP_Edition | 4 6
RC 390 | Motorcycle | 2 | P373 MT | STD ABS GP_Edition | 4 6
[Jawa 1.5]
42 | Motorcycle | 2 | P293 MT; P294 MT | Single_Channel_ABS Dual_Channel_ABS Bobber Sports_Stripe | 4 6
Perak | Motorcycle | 2 | P334 MT | STD Stealth | 4 6
[Yezdi 1.5]
Adventure | Motorcycle | 2 | P334 MT | Slick_Silver Mambo_Black Whiteout | 6
Roadster | Motorcycle | 2 | P334 MT | Dark Chrome Smoke_Grey | 6
[Ather 1.4]
450X | Scooter | 2 | E2.9 AT; E3.7 AT | STD Pro_Pack | 6
450S | Scooter | 2 | E2.9 AT | STD Pro_Pack | 6
Rizta | Scooter | 2 | E2.9 AT; E3.7 AT | S Z Z_Super_Matte | 6
[Ola 1.2]
S1 Pro | Scooter | 2 | E3 AT; E4 AT | Gen_1 Gen_2 Gen_3 | 6
S1 Air | Scooter | 2 | E2 AT; E3 AT; E4 AT | STD | 6
S1 X | Scooter | 2 | E2 AT; E3 AT; E4 AT | STD Plus | 6
[Vespa 1.5]
SXL 125 | Scooter | 2 | P124 CVT | STD Racing_Sixties Sport | 4 6
VXL 150 | Scooter | 2 | P149 CVT | STD Elegante Dual | 4 6
[Kawasaki 4.0]
Ninja 300 | Motorcycle | 2 | P296 MT | STD ABS KRT_Edition | 4 6
Ninja 650 | Motorcycle | 2 | P649 MT | STD KRT_Edition | 4 6
Z900 | Motorcycle | 2 | P948 MT | STD SE | 4 6
[Triumph 3.0]
Speed 400 | Motorcycle | 2 | P398 MT | STD T4 | 6
Scrambler 400 X | Motorcycle | 2 | P398 MT | STD XC | 6
Street Twin | Motorcycle | 2 | P900 MT | STD Chrome Gold_Line | 4 6
[Harley-Davidson 5.0]
X440 | Motorcycle | 2 | P440 MT | Denim Vivid S | 6
Street 750 | Motorcycle | 2 | P749 MT | STD Rod Anniversary | 4 6
Iron 883 | Motorcycle | 2 | P883 MT | STD Dark_Custom | 4 6
"""
