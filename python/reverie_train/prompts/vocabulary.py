"""The words that training captions are made of: places, weathers, hours, seasons, and what is none of these.

Every entry is a phrase; `captions.py` puts them together. The measured captions (`captions_test.tsv`) were written first and
apart from this file; `evaluate` tells how many of their words are not in here.
"""

from __future__ import annotations


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for line in text.strip().splitlines() for part in line.split("|") if part.strip())


PLACES = {
    "mountain": _split("""
        mountain|mountains|mountain range|mountain valley|valley|valleys|alpine valley|hill|hills|hillside|rolling hills|foothills
        highlands|highland|uplands|peak|peaks|mountain peak|summit|summits|ridge|ridgeline|mountain ridge|cliff|cliffs|rocky cliffs
        canyon|gorge|ravine|mountain pass|high pass|pass road|plateau|alps|Alps|Swiss Alps|Rocky Mountains|Andes|Carpathians|Pyrenees
        Scottish Highlands|Yosemite|Patagonia|Norwegian fjord|fjord|glacier|glacier valley|snowfield|meadow|alpine meadow|mountain meadow
        flower meadow|pasture|mountain pasture|grassland|grassy slope|slope|slopes|mountainside|forest|pine forest|forest path|woods
        woodland|spruce forest|fir trees|pine trees|conifers|birch trees|clearing in the forest|forest clearing|thicket|trees|grove
        wilderness|the wild|nature|natural landscape|landscape|wild landscape|national park|nature reserve|outdoors|the great outdoors
        countryside|open country|backcountry|river|mountain river|river bank|riverside|stream|mountain stream|brook|creek|waterfall|waterfalls|rapids
        lake|mountain lake|lakeside|lakeshore|alpine lake|tarn|pond|reservoir in the hills|hiking trail|trail|footpath|mountain path|track through the hills
        trekking route|hiking path|rocky trail|scree field|boulders|boulder field|rocks|rock face|crag|outcrop|stony ground|moor|moorland|heath
        mountain hut|cabin in the woods|log cabin|wooden cabin|alpine hut|chalet|shelter on the ridge|wooden bridge over a stream|suspension bridge over a gorge
        cable car|gondola lift|ski slope|ski resort|camp site|campsite|tent by the lake|sheep on a slope|grazing cows|goats on the rocks|deer in the forest
        eagle over the peaks|hikers|climbers|hiker on a trail|mountaineers|shepherd with his flock|alpine pasture with cows|tundra|taiga|vista|panorama of peaks
        scenic overlook|viewpoint over the valley|mossy rocks|ferns|wildflowers|heather|river valley|basin between mountains|hanging valley|saddle|col|arete
        massif|mountain village trail|wild river|white water|gully|couloir|bluff|knoll|dale|glen|loch|steep terrain|rugged terrain|high country|snowy peaks
        icy summit|evergreen forest|deciduous forest|old growth forest|oak wood|beech forest|undergrowth|ridge walk|base camp|mountain pond|spring in the rocks
        cairn|summit cross|gravel path through grass|stone wall and pasture|hay meadow|barn in a meadow|farm in the hills|drone flight over mountains|flying over a valley
        snow-capped peaks|snow-capped summits|treeline|alpine tundra|Tyrol|Mont Blanc|Matterhorn|Everest|Sierra Nevada|Cascades|Caucasus|Hindu Kush|Apennines
        Tatras|Black Forest|Lake District|Snowdonia|Cairngorms|Jura|Vosges|Sierra|Tibet|Nepal|Bhutan|Bavarian Alps|Lapland|Yellowstone|Glacier National Park
        Alaska wilderness|birches|oaks|aspens|juniper bushes|alder trees|treetops|canopy of leaves|forest floor|forest road|logging road|deer|elk|wolves|bears
        chamois|ibex|marmots|hawk circling over the hills|trout stream|waterhole|gravel bank of a river|river bend|headwaters|watershed|bivouac
        mountain shelter|herder's hut|sheepfold|beehives in a meadow|haystacks|mule track|scramble|via ferrata|climbing route|rope team|rock needle|pinnacle
        spire of rock|rocky spur|overhang|ledge|chasm|crevasse|moraine|cirque|mountain flank|north face|chairlift|ski lift|sledging hill|snowshoe trail|fell
        fells|dell|vale|downs|hollow in the hills|gulch|butte|mesa|badlands|high desert mountains|volcanic peak|bushland|scrubland|grassy knoll|heathland
        peat moor|hillock|escarpment|rolling countryside|green slopes|bracken|moss and stones|berry bushes|mushrooms in the forest|sunny glade|glade
        woodland pond|beaver dam
    """),
    "city": _split("""
        city|city street|street|streets|town|town street|small town|downtown|city centre|city center|inner city|urban area|urban street|metropolis|megacity
        avenue|boulevard|main street|high street|side street|back street|alley|alleyway|lane between houses|road|road with cars|busy road|intersection|crossroads
        junction|street corner|crossing|zebra crossing|crosswalk|pedestrian crossing|pavement|sidewalk|kerb|square|town square|plaza|market square|piazza
        skyscraper|skyscrapers|high-rise|high rises|tower blocks|office towers|office buildings|office block|apartment building|apartment blocks|flats|housing estate
        houses|row houses|terraced houses|brick buildings|facades|shop fronts|shops|shop windows|stores|shopping street|shopping district|department store|cafe on a street
        street cafe|restaurant|restaurants|bakery on the corner|bar|theatre district|business district|financial district|old town|historic quarter|residential area
        residential street|neighbourhood|neighborhood|suburb|suburbs|suburban street|village|village street|district|quarter|block of flats|city block|city park|park with benches
        playground in a park|public garden|traffic|heavy traffic|traffic lights|traffic light|cars|parked cars|taxi|taxis|buses|bus|bus stop|tram|tram stop|trams|cyclists
        pedestrians|crowd in the street|people walking|commuters|street musicians|market stalls|street market|newspaper stand|billboards|neon signs|street lamps|street lights
        lamp posts|bench on the pavement|rooftops|roofs|rooftop view|skyline|city skyline|New York|Berlin|Rome|Chicago|Hong Kong|Madrid|Vienna|San Francisco|Shanghai|Boston|Prague
        Brooklyn|Soho|Times Square|Copenhagen|Amsterdam canal street|roundabout|parking lot|car park|gas station|petrol station|highway through town|asphalt road|cobbled street
        paved street|cobblestone lane|narrow lane|courtyard|bridge in the city|river through the city|embankment|station forecourt|town hall|church in town|cathedral square|museum street
        school street|hotel entrance|cinema|night club street|balconies|windows of houses|skater on the street|delivery van|police car in the street|garbage truck|construction site in town
        walk through town|stroll through the city|drive through the city|driving downtown|urban scene|cityscape|townscape|urban jungle|concrete jungle|street scene|street photography|urban canyon
        futuristic city|modern city|big city|little town|port town|capital city|capital|municipality|borough|civic centre|arcade of shops|mall entrance|bookshop|pharmacy on the corner
        Lisbon|Munich|Hamburg|Barcelona|Milan|Naples|Athens|Istanbul|Cairo|Warsaw|Budapest|Dublin|Edinburgh|Glasgow|Manchester|Liverpool|Brussels|Zurich
        Geneva|Oslo|Stockholm|Helsinki|Toronto|Montreal|Vancouver|Los Angeles|Miami|Washington|Philadelphia|Detroit|New Orleans|Dallas|Houston|Denver
        Las Vegas|Mexico City|Buenos Aires|Sao Paulo|Rio|Santiago|Lima|Bogota|Sydney|Melbourne|Auckland|Singapore|Bangkok|Manila|Jakarta|Seoul|Osaka
        Kyoto street|Beijing|Taipei|Mumbai|Delhi|Dubai|Tehran|Lagos|Nairobi|Cape Town|Johannesburg|Queens|the Bronx|Harlem|Notting Hill|Montmartre
        Latin Quarter|Kreuzberg|Chinatown|Little Italy|Wall Street|Broadway|Piccadilly|Oxford Street|Champs Elysees|outside the shops|outside the cinema
        in front of the bank|outside a pub|in front of the station|near the post office|at the kiosk|queue at the bus stop|commuters on the pavement
        cars queueing|honking cars|motorbikes and scooters|rickshaws|tuk-tuks|tramlines|tram bell|double-decker bus|night bus|cab stand|taxi rank
        street vendor|hot dog stand|food truck|newsagent|florist on the corner|hairdresser|laundromat|grocery on the corner|supermarket car park
        rooftop terrace|fire escapes|stoops|doorsteps|front gardens|garden fences|hedges and driveways|cul-de-sac|semi-detached houses|townhouses
        council estate|tenement|loft buildings|glass towers|glass facades|concrete towers|office windows|bank towers|embassy quarter|red-light district
        warehouse district lofts|waterfront promenade|riverside promenade in town|canal houses|canal bridge in town|fountain in the square|statue on the plaza
        monument in the city|clock tower|town gate|city wall|steps of the courthouse|university campus|schoolyard|dog walkers in the park|joggers in the park
        park lawn|park bench|tail lights|wet tarmac|manhole steam|gutters|tarmac|crossing guard|parking meters|bicycle lane|cycle path in town|overpass
        underpass|flyover|ring road|elevated train|street grid|street sign|graffiti wall|posters on walls|awning|terrace of a cafe
        people drinking coffee outside|ice cream parlour|beer garden|nightclub queue|party people in the streets|rooftop bar|theatre crowd|opera square
    """),
    "warehouse": _split("""
        warehouse|warehouse interior|inside a warehouse|big warehouse|storage hall|storage facility|storage room|storehouse|storeroom|stock room|stockroom|depot|goods depot
        distribution center|distribution centre|distribution hall|logistics center|logistics centre|logistics hall|logistics park|fulfillment center|fulfilment centre|order fulfilment hall
        industrial hall|factory hall|factory|factory floor|plant floor|manufacturing hall|production hall|assembly hall|workshop hall|industrial building|industrial interior|hangar|big hall
        loading dock|loading bay|loading docks|dock doors|dock gates|truck dock|unloading area|shipping area|shipping hall|receiving area|dispatch area|goods in|goods out|packing area
        packing station|picking area|sorting hall|sorting centre|parcel center|parcel hub|mail sorting centre|freight terminal|cargo hall|cargo bay|freight hall|shed|big shed|cold store
        racks|pallet racks|pallet racking|storage racks|high racks|steel racks|rows of racks|shelves|shelving|tall shelves|storage shelves|metal shelves|aisle|aisles|aisle between racks
        narrow aisle|boxes|cardboard boxes|cartons|stacked boxes|piles of boxes|crates|wooden crates|stacked crates|pallets|wooden pallets|stacks of pallets|parcels|packages|shipping containers
        containers|barrels|drums|goods|stored goods|merchandise|inventory|stock|forklift|forklifts|forklift truck|pallet truck|pallet jack|hand truck|reach truck|order picker
        warehouse worker|warehouse workers|workers with forklifts|warehouse robot|robots in a warehouse|automated warehouse|autonomous forklift|rover in a hall|conveyor belt|conveyor belts
        concrete floor|steel beams|skylights|fluorescent lights|strip lights|roller shutter door|roller doors|high ceiling hall|corrugated steel hall|tin shed|self storage|lock-up
        archive of boxes|spare parts store|parts store|hardware store storage|wholesale market hall|cash and carry|supermarket storage|furniture store depot|grain store|store house
        stock taking in a hall|inventory count|lorry being loaded|truck being unloaded|vans at the dock|trailer at the dock|supply depot|army depot|tool store|garage full of boxes
        backroom|basement storage|cellar with shelves|shelf full of boxes|bulk storage|container terminal hall|supply chain|shipping and receiving|courier hub|e-commerce warehouse
        stacked goods|row of racks|shelf aisles|shelf rows|storage bays|storage area|stacking area|staging area|goods on shelves|loaded pallets
        shrink-wrapped pallets|bales|sacks|rolls of paper|coils of steel|tyres on racks|spare parts on shelves|carton stacks|packing tables|label printer
        hand pallet truck|stacker|stacker crane|gantry crane|crane hall|lifting truck|tow tractor|cherry picker between racks|picking robots|AGV
        shuttle system|mezzanine of a hall|industrial shelving|girders|hall lights|high bay|high-bay warehouse|yellow floor markings|hard hats
        foreman in the hall|night watchman between shelves|storekeeper|stock clerk|warehouseman|loader|dock worker|dockers unloading pallets|lorry at the ramp
        ramp|truck ramp|truck bay|gate of the hall|shutter gate|delivery bay|inbound goods|outbound goods|returns department|mail order hall|parcel belt
        parcel chute|postal depot|retail depot|food depot|drinks store|beverage depot|timber store|tile store|builders' merchant hall|customs shed
        bonded store|transit shed|grain shed|old mill hall|machine hall|disused factory|empty hall|storage unit|lock-up units|evidence room with boxes
        film prop store
    """),
}
"""Words that name a kind of place there is."""

ELSEWHERE = {
    "mountain": _split("""
        desert|sandy desert|oasis|dunes|beach|sandy beach|seaside|seashore|ocean|open sea|the sea|coast|island|tropical island|lagoon|reef|underwater world|sea floor|kelp forest
        rainforest|tropical jungle|jungle|savanna|steppe|prairie|marsh|swamp|bog|mangroves|cave|cavern|grotto|ice cave|iceberg|arctic sea ice|north pole|Antarctica
        farm|wheat field|corn field|rice terraces|vineyard|orchard|lavender field|tulip field|zoo|golf course|ranch|stable|river delta|sailing boat|ship at sea|submarine
        planet|alien planet|moon surface|Mars|asteroid|galaxy|outer space|nebula|clouds from above|sky islands|volcano crater|lava lake|lava field|dinosaur world|dragon lair
        fairy garden|enchanted realm|cherry orchard|safari|crater|hot springs|geyser field|salt flats|lighthouse|pier|harbor|harbour|quay|marina|oil rig|battlefield|graveyard|cemetery
    """),
    "city": _split("""
        castle|medieval castle|fortress|palace|throne room|temple|pyramid|ruins|ancient ruins|roman forum|colosseum|pagoda|monastery|mosque interior|cathedral interior|church interior
        stadium|football stadium|tennis court|racing track|race track|amusement park|roller coaster|fairground|circus|aquarium|swimming pool|water park|airport|runway|train station hall
        railway platform|subway station|metro tunnel|tunnel|highway tunnel|dam|power plant|wind farm|solar farm|prison|military base|western saloon|ghost town of the wild west|pirate port
        steampunk airship|flying city|space colony|underwater city|elven town|wizard school|haunted house|mansion garden|labyrinth|maze
    """),
    "warehouse": _split("""
        living room|bedroom|kitchen|bathroom|dining room|office|office desk|cubicle|meeting room|classroom|lecture hall|school gym|gymnasium|library|reading room|museum gallery|art gallery
        hospital|hospital room|operating theatre|waiting room|laboratory|server room|data center|control room|spaceship|spaceship interior|space station|cockpit|engine room|submarine interior
        hotel lobby|hotel room|corridor|hallway|staircase|attic|cellar bar|wine cellar|dungeon|crypt|tomb|mine|mine shaft|bunker|sewer|shopping mall interior|supermarket aisle with food
        theatre stage|concert hall|opera house|cinema hall|ballroom|casino|night club dance floor|pub interior|restaurant kitchen|bakery inside|barber shop|greenhouse|barn with hay
        aeroplane cabin|train compartment|bus interior|car interior|elevator|sauna|gym with machines|bowling alley|nursery|child's room|dollhouse|studio apartment|penthouse
    """),
}
"""Places there are none of, by the kind that is nearest to them."""

WEATHERS = {
    "clear": _split("""
        clear sky|clear skies|cloudless sky|cloudless|blue sky|blue skies|sunny|sunny day|sunny weather|sunshine|bright sunshine|bright sun|sunlight|sunlit|sun|the sun is shining
        bright|bright day|bright and clear|fair weather|fine weather|good weather|nice weather|beautiful weather|lovely weather|perfect weather|not a cloud in the sky|without a cloud|no clouds|no rain
        clear|clear day|clear air|clear weather|dry and sunny|sun-drenched|sun-kissed|bathed in sunlight|in the sun|in full sun|under the sun|radiant sun|glorious sunshine|hot sun|blazing sun|scorching sun
        heat wave|hot and dry|azure sky|sapphire sky|crisp and clear|crystal clear|good visibility|unclouded|strong shadows|hard shadows|sunbeams|glaring sun|brilliant light|cheerful sunshine|dry weather
        sunny spell|sunshine all day|wall-to-wall sunshine|brilliant blue above|the sky is blue|the sky is clear|sun high in the sky|warm sun|golden sunshine
        sun on the roofs|sunny side|sun in my eyes|sunglasses weather|beach weather|t-shirt weather|gorgeous weather|splendid weather|superb weather
        wonderful sunny weather|hot day|baking hot|tropical heat|sun-baked|dry heat|heat haze|sharp shadows|dappled sunlight|light streaming down
        sun streaming in|rays of sun|sun rays|the sun breaks through|bright spell|fair skies|pleasant sunny day|sunbathing|clear horizon|far view|limpid air
        brisk and bright|frosty and bright|bright blue winter sky|lovely day|gorgeous day|beautiful day|glorious day|perfect day
    """),
    "clear night": _split("""
        starry|starry sky|stars|full of stars|under the stars|clear sky with stars|moonlight|bright moon|full moon|milky way|cloudless sky|clear|clear sky|stargazing
        twinkling stars|shooting stars|constellations|a sky full of stars|countless stars|the moon is out|silver moon|crescent moon|clear night
        cloudless night|starlit
    """),
    "rain": _split("""
        rain|rainy|raining|it is raining|it's raining|rainy day|in the rain|rainfall|falling rain|heavy rain|light rain|pouring rain|pouring|steady rain|drizzle|drizzling|light drizzle|shower|showers
        rain shower|downpour|torrential rain|cloudburst|rainstorm|storm|stormy|thunderstorm|thunder and lightning|thunder|lightning storm|tempest|monsoon|deluge|squall|gale and rain|wet|wet weather|wet and windy
        rain-soaked|soaked|drenched|rain-swept|puddles|wet ground|wet surfaces|raindrops|sheets of rain|umbrella weather|under umbrellas|sleet and rain|spitting rain|bucketing down|soggy|damp and rainy
        rain clouds overhead and rain|hurricane|typhoon|storm front|lashing rain|pelting rain|patter of rain|dripping wet
        drops on the window|raincoats|wellies|wellington boots|hoods up|everyone under umbrellas|colourful umbrellas|open umbrellas|soaked to the skin|flooded
        flooding|gutters overflowing|water running down|dripping|drips from the eaves|rivulets|the heavens open|rain clouds burst|wet through|a soaker
        tipping down|chucking it down|coming down in buckets|rain keeps falling|endless rain|rain again|a shower passes|April showers|lightning
        lightning flashes|thunder rumbles|thunderclouds|electric storm|raging storm|the storm breaks|stormy night|gale|bad weather|foul weather|nasty weather
        miserable wet day|rain-slick|slick with rain|glistening wet|reflections in puddles|splashing through puddles|mizzle|a fine rain|wet pavement
        wet stones
    """),
    "snow": _split("""
        snow|snowy|snowing|it is snowing|it's snowing|snowfall|falling snow|heavy snow|light snow|deep snow|fresh snow|new snow|snow-covered|covered in snow|blanketed in snow|under snow|in the snow
        snowflakes|flakes|snowstorm|blizzard|snow flurry|snow flurries|flurries|snow shower|snow drifts|snowdrift|drifting snow|powder snow|white with snow|snowbound|snowed in|whiteout|icy and snowy|frozen and snowy
        wintry snow|thick snow|snow on the ground|a white blanket|white winter landscape|winter wonderland|sleet turning to snow|first snow|snow everywhere|slush|dusting of snow|snow swirling
        snowman|snow angels|snowballs|sledging|sledges|skis|skiing|skiers|snowboarders|snowploughs|snowplow|snow shovels|footprints in the snow|knee-deep snow
        snow piled high|white roofs|white branches|all white|white world|a white morning|white Christmas|flakes in the air|flakes whirling|fluffy flakes
        blowing snow|driving snow|snow squall|icicles|hail and snow|snow-laden branches|buried in snow|snow crunching underfoot|winter storm|ice storm
        arctic storm|polar storm
    """),
    "fog": _split("""
        fog|foggy|thick fog|dense fog|light fog|mist|misty|morning mist|haze|hazy|in the fog|in the mist|shrouded in fog|shrouded in mist|wrapped in mist|veiled in mist|fog bank|fogbound|low cloud|low clouds on the ground
        poor visibility|low visibility|murk|smog|smoky haze|vapour|steam-like mist|ground fog|patches of fog|mist rolling in|fog rolling in|swirling mist|drifting fog|foggy weather|pea soup fog|ghostly fog|fog everywhere
        hidden in fog|lost in the mist|blurred by haze|milky air|mists
        fog so thick|shapes in the mist|fading into white|cannot see the end of it|can hardly see my hand|visibility near zero|zero visibility|fog lamps
        foghorn|fog lights|misty veil|veils of mist|curtains of fog|wisps of mist|wisps of fog|clouds at ground level|inside a cloud|in the clouds
        clouds hanging in the trees|clouds drifting through|steaming forest|steam rising|hazy distance|soupy air|opaque air|spooky mist|mysterious mist
        blanket of fog|the fog thickens|the fog will not lift|mist clings
    """),
    "overcast": _split("""
        overcast|overcast sky|cloudy|cloudy sky|clouds|heavy clouds|thick clouds|dark clouds|grey clouds|gray clouds|grey|gray|grey sky|gray sky|grey day|gloomy|dull|dull light|dull day|dreary|drab|bleak|sombre
        dim daylight|flat light|diffuse light|no sun|no sunshine|sunless|without sun|without shadows|cloud cover|closed cloud cover|covered sky|leaden sky|clouded over|under clouds|murky sky|moody sky|white sky
        colourless sky|brooding clouds|overcast weather|cloudy weather|cloudy day|soft grey light|sun hidden behind clouds|low grey ceiling|it is cloudy|storm clouds gathering but dry
        sky like lead|sky like slate|steel grey|slate grey sky|grey light|grey weather|grey all day|blanket of cloud|layer of cloud|thick layer of clouds
        wall of clouds|heavy sky|dark sky by day|threatening sky|threatening clouds|ominous clouds|looming clouds|lowering sky|clouds pile up|clouds gathering
        the sun is gone|never a ray of sun|dismal|cheerless|colourless day|washed-out light|shadowless|muted light|subdued light|pale light|milky white sky
        it might rain|looks like rain|before the rain|stratus|dull grey|gloom
    """),
}
"""Words for weathers. `clear night` are those that only go with darkness."""

STRONG = _split("heavy|thick|dense|severe|intense|extreme|massive|strong|fierce|terrible|deep|furious|very heavy|raging")
WEAK = _split("light|slight|a little|a bit of|gentle|soft|faint|thin|mild|some|a touch of|a hint of|barely any")

HOURS = {
    "night": _split("""
        night|at night|by night|in the night|late at night|midnight|at midnight|in the middle of the night|dead of night|deep night|nighttime|night time|nocturnal|after dark|in the dark|in darkness|dark night|darkness
        moonlight|moonlit|by moonlight|under the moon|under the stars|starlight|starry night|past midnight|small hours|the wee hours|witching hour|pitch black|pitch-dark|when everyone sleeps|after midnight|full moon
        tonight|late night|one night|nightlife|lit by lamps at night|black sky
        stars overhead|the moon shines|bats|owl|campfire under the stars|torchlight|flashlight|by lamplight|lamplit|lit windows in the dark
        neon lights at night|neon glow|night watch|insomnia|sleeping town|bedtime|bars and clubs|nightclubbing|fireworks|blackness|inky|ink-black
        total darkness|stargazers
    """),
    "dawn": _split("""
        dawn|at dawn|daybreak|at daybreak|sunrise|at sunrise|first light|at first light|crack of dawn|break of day|before sunrise|just before sunrise|just after sunrise|the sun rises|the sun is rising|rising sun|sun coming up
        early dawn|grey dawn|day is breaking|as the sun comes up|early morning light|very early|at cockcrow|pink dawn
        the night ends|night gives way to day|the first rays|first rays of the sun|rooster crows|cock crow|dawn chorus|the sky turns pink in the east
        east brightens|as it gets light|before the sun is up|morning twilight|new day dawning|sun peeks over
    """),
    "morning": _split("""
        morning|in the morning|early morning|early in the morning|mid-morning|midmorning|this morning|late morning|morning light|morning sun|forenoon|breakfast time|after breakfast|on the way to work|one morning|Monday morning|before work
        school run in the morning|morning hours|a.m. coffee|start of the day|morning commute
        breakfast|morning coffee|coffee and newspaper|milkman|just woken up|waking up|after waking|getting up|alarm clock rings|early bird
        early hours of the day|joggers before work|children on their way to school|first lesson|morning dew|dew on the grass|fresh morning|bright and early
    """),
    "noon": _split("""
        noon|at noon|midday|at midday|high noon|around noon|lunchtime|lunch time|at lunch|lunch break|twelve o'clock|middle of the day|in the middle of the day|sun at its highest|sun overhead|noonday|noonday sun|midday sun|broad daylight
        noon bells|twelve strikes|twelve noon|the clock strikes twelve|lunch|lunch hour|sandwiches on a bench|midday meal|midday heat|noon heat
        at the height of the day|shortest shadows|no shadows at noon
    """),
    "afternoon": _split("""
        afternoon|in the afternoon|early afternoon|mid-afternoon|this afternoon|one afternoon|Sunday afternoon|after lunch|tea time|siesta|afternoon light|afternoon sun|after school|daytime|during the day|by day
        coffee and cake|school is out|after classes|matinee|lazy afternoon|the long afternoon|post-lunch|through the afternoon
    """),
    "golden": _split("""
        golden hour|at golden hour|golden light|in golden light|late afternoon|low sun|low evening sun|long shadows|warm evening light|sun low on the horizon|last hour of sun|before sunset|evening sun|slanting light|amber light|sinking sun
        golden sunlight|honey-coloured light|the sun sinks low|sun is low|lengthening shadows|an hour before sunset|sun about to set|mellow light
        warm low light|glow of the late sun
    """),
    "dusk": _split("""
        dusk|at dusk|sunset|at sunset|sundown|at sundown|twilight|at twilight|nightfall|at nightfall|blue hour|gloaming|as the sun sets|the sun is setting|setting sun|after sunset|just after sunset|last light|in the last light
        as night falls|fading light|afterglow|half-light|red evening sky|dusky|when it gets dark
        the day ends|the day fades|day turns to night|darkness falls|darkness is falling|getting dark|growing dark|street lamps are lit|lights go on
        lights are coming on|lights flicker on|purple sky|violet sky|red sky|burning horizon|the sun is gone behind|the sun went down|sun down|dusk settles
        crepuscular|between day and night
    """),
    "evening": _split("""
        evening|in the evening|early evening|this evening|one evening|evening light|at the end of the day|after work|dinner time|suppertime|at dinner|end of the working day|eventide|Friday evening|evening hours|mild evening
        dinner|dinner is ready|dining out|evening meal|evening news|evening stroll|evening walk|aperitif|happy hour|after the day's work
    """),
}

SEASONS = {
    "spring": _split("""
        spring|in spring|springtime|early spring|late spring|March|April|May|in April|in May|blossoms|trees in blossom|blooming flowers|flowers in bloom|fresh green|young leaves|budding trees|Easter|thaw|cherry blossom|daffodils|new leaves
        spring flowers|spring day|vernal
        tulips|crocus|snowdrops in bloom|nesting birds|apple blossom|blossoming|spring breeze|first warm days|buds|buds on the trees|Easter holidays
        spring rain
    """),
    "summer": _split("""
        summer|in summer|summertime|midsummer|high summer|late summer|June|July|August|in July|in August|summer day|lush green|hot summer|summer heat|summer holidays|warm summer|vacation weather|summery|green leaves|dog days
        heatwave|swimming weather|holiday season|crickets|cicadas|school holidays|long days|midsummer night|Independence Day|solstice heat|haymaking
        beach season
    """),
    "autumn": _split("""
        autumn|in autumn|fall|in the fall|fall colors|fall foliage|autumn leaves|autumn colours|golden autumn|September|October|November|in October|in November|fallen leaves|coloured leaves|red and yellow leaves|orange leaves|falling leaves
        harvest time|Halloween|Thanksgiving|late autumn|autumnal|Indian summer|golden leaves|brown leaves
        russet leaves|leaves falling|leaves turning|trees turning red|trees turning yellow|golden trees|rust-red trees|pumpkins|mushroom season|grape harvest
        autumn storms|back to school|dead leaves|copper leaves|foliage in flames
    """),
    "winter": _split("""
        winter|in winter|wintertime|midwinter|deep winter|December|January|February|in December|in January|Christmas|Christmas time|New Year|wintry|winter day|frost|frosty|frozen|icy|ice cold|freezing cold|bare trees|leafless trees|cold season
        winter's day|advent|hibernal|bitter cold|sub-zero|hoarfrost
        ice skating|skating|mulled wine|Christmas market|Christmas lights|New Year's Eve|snowed under|cold snap|deep freeze|frost flowers|frozen ground
        frozen lake|polar cold|scarves and gloves|Advent market|shortest day
    """),
}

KIND = _split("""
    quiet|lonely|peaceful|calm|busy|crowded|empty|deserted|beautiful|wide|narrow|old|modern|small|big|huge|vast|steep|remote|magical|picturesque|abandoned|tiny|long|mysterious|idyllic|wonderful|stunning|scary|eerie|lovely|colourful
    romantic|silent|noisy|dramatic|epic|photorealistic|endless|forgotten|friendly|strange|famous|ordinary|typical|dusty|clean|messy|bustling|gigantic|hidden|secret
""")
"""Adjectives that say nothing of what is asked."""

OPENINGS = _split("""
    show me|I want|I would like to see|please give me|generate|create|make|imagine|a picture of|a photo of|photo of|a view of|a painting of|a scene of|let me walk through|walk through|take me to|a world with|we are in|I am standing in
    it is set in|a film scene in|a video of|an explorable|scene:|think of|there is|you see|before us lies|once upon a time there was|drive me through|fly over|a first-person view of|let's go to|can you show|how about|draw
    we walk through|we wander into|I woke up in|he waits in|she walks into|they meet in|a stranger arrives in|children play in|my grandmother lived in
    we got lost in|an old man crosses|our story starts in|you find yourself in|set the scene:|new level:|background for my game:|a postcard of|a memory of
    the camera glides over|establishing shot of|a quiet moment in|back in
""")
ENDINGS = _split("""
    please|, cinematic|, 4k|, highly detailed|, photorealistic|, wide angle|, ultra realistic|, film grain|, trending|, nobody around|, someone walks by|, birds in the air|, with a dog|, for my game|, like in a dream|, unreal engine
    , dramatic lighting|, depth of field|, masterpiece|, as in my childhood|, peaceful mood|, lots of detail|, 35mm photograph|, and I hear music|, and a cat sits there|, my favourite
""")
NOWHERE = _split("""
    somewhere|a place|a world|any place|something nice|a scene|a nice view|anywhere|anything|a nice spot|whatever you like|the weather is|it is|the light of|outside|a mood|a walk|an adventure|a new world|hello|a random world|go
    wherever|a day like any other|a walk somewhere|some place|the world outside|outdoors or indoors|just a world
""")
"""Stand where a place would, and name none."""

NOT = _split("no|without|not|never any|hardly any|free of|absolutely no")

