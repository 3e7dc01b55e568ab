# Korta svar från hjälpcentret.

article-bonus_wagering-title = Varför saknas min bonus?
article-bonus_wagering-body =
    En bonus kommer oftast in på kontot några minuter efter insättningen. Om den saknas beror det vanligtvis på något av tre: insättningen var lägre än minimibeloppet, bonusen valdes inte före insättningen eller så hade erbjudandet gått ut.

    En bonus måste omsättas ett visst antal gånger innan den kan tas ut. Hur mycket som återstår ser du under ”Mina bonusar”. Olika spel räknas olika mycket, och det framgår av bonusvillkoren.

article-withdrawal_times-title = Hur lång tid tar ett uttag?
article-withdrawal_times-body =
    Vi behandlar de flesta uttag inom 24 timmar. Därefter tar överföringen normalt upp till ett dygn till en e-plånbok och en till tre bankdagar till ett kort eller bankkonto.

    Om ditt konto inte är verifierat ännu eller om beloppet är stort kan det ta längre tid. Du kan följa uttaget under ”Mina transaktioner”. Skriv till oss med transaktions-id:t om det är försenat.

article-documents-title = Vilka dokument ska jag skicka?
article-documents-body =
    Vi ber vanligtvis om tre saker: legitimation med foto (pass, körkort eller nationellt id-kort), en räkning med din adress som är högst tre månader gammal och en bild av den betalningsmetod du använder.

    Skicka skarpa bilder som PDF, JPG, PNG eller HEIC där alla hörn syns. Täck CVV och de mittersta siffrorna i kortnumret. Vi granskar dokument inom 24 till 72 timmar.

article-limits-title = Hur sätter jag gränser för mitt spelande?
article-limits-body =
    Under ”Ansvarsfullt spelande” på ditt konto kan du sätta gränser för hur mycket du kan sätta in, förlora eller spela för. En lägre gräns gäller direkt. En högre gräns gäller först efter en betänketid.

    Du kan också ta en paus eller stänga av dig helt, hos oss eller hos alla spelbolag med svensk licens via Spelpaus (spelpaus.se). Skriv till oss om du vill ha hjälp med det. Det tar vi hand om direkt.

article-technical-title = Spelet fungerar inte. Vad gör jag?
article-technical-body =
    Ladda om sidan och kontrollera din internetuppkoppling. Om det inte hjälper kan du prova en annan webbläsare eller uppdatera appen. Ett spel som avbröts fortsätter oftast där det slutade när du öppnar det igen, och din insats går inte förlorad.

    Fungerar det fortfarande inte? Skriv till oss med spelets namn, tidpunkten och gärna en skärmbild.
