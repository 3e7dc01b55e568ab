# Hjälpcentrets artiklar, i kort form, som de erbjuds och visas i listan.

article-bonus_wagering-title = Var är min bonus, och när kan jag ta ut den?
article-bonus_wagering-body =
    En bonus kommer normalt några minuter efter insättningen. Saknas den kan du kontrollera att insättningen nådde minimibeloppet, att bonusen valdes före insättningen och att erbjudandet fortfarande gällde.

    En bonus måste omsättas innan den kan tas ut. Under ”Mina bonusar” ser du hur mycket som återstår.

article-withdrawal_times-title = När kommer mitt uttag?
article-withdrawal_times-body =
    De flesta uttag lämnar oss inom 24 timmar. Därefter tar det upp till ett dygn till en e-plånbok och en till tre bankdagar till ett kort eller bankkonto.

    Under ”Mina transaktioner” ser du hur långt det har kommit. Är det försenat, skriv till oss med transaktions-id:t.

article-documents-title = Vilka dokument behöver ni?
article-documents-body =
    Legitimation med foto, en räkning med din adress som är högst tre månader gammal och en bild av din betalningsmetod där CVV och de mittersta siffrorna i kortnumret är täckta.

    Skicka dem som skarpa filer i PDF, JPEG, PNG eller HEIC. Vi tittar på dem inom 24 till 72 timmar.

article-limits-title = Hur begränsar jag mitt spelande eller tar en paus?
article-limits-body =
    Under ”Ansvarsfullt spelande” kan du begränsa insättningar, förluster och insatser, ta en paus eller stänga av dig. En lägre gräns gäller direkt.

    Skriv till oss om du vill ha hjälp med det: vi ordnar det med en gång.

article-technical-title = Vad kan jag göra om ett spel inte fungerar?
article-technical-body =
    Ladda om sidan, kontrollera uppkopplingen och prova en annan webbläsare eller uppdatera appen. Ett avbrutet spel fortsätter där det slutade, och din insats går inte förlorad.

    Hjälper det inte, skriv spelets namn och tidpunkten till oss och skicka gärna en skärmbild.
