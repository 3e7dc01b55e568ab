# Korte svar fra hjælpecentret.

article-bonus_wagering-title = Hvorfor mangler min bonus?
article-bonus_wagering-body =
    En bonus kommer som regel ind på kontoen få minutter efter indbetalingen. Mangler den, skyldes det oftest en af tre ting: Indbetalingen var lavere end minimumsbeløbet, bonussen blev ikke valgt før indbetalingen, eller tilbuddet var udløbet.

    En bonus skal spilles igennem et bestemt antal gange, før den kan udbetales. Hvor meget der mangler, kan du se under »Mine bonusser«. Spil tæller forskelligt med, og det fremgår af vilkårene for bonussen.

article-withdrawal_times-title = Hvor lang tid tager en udbetaling?
article-withdrawal_times-body =
    Vi behandler de fleste udbetalinger inden for 24 timer. Derefter tager overførslen normalt op til et døgn til en e-wallet og en til tre bankdage til et kort eller en bankkonto.

    Er din konto ikke bekræftet endnu, eller er beløbet stort, kan det tage længere tid. Du kan følge udbetalingen under »Mine transaktioner«. Skriv til os med transaktions-id'et, hvis den er forsinket.

article-documents-title = Hvilke dokumenter skal jeg sende?
article-documents-body =
    Vi beder normalt om tre ting: billedlegitimation (pas, kørekort eller nationalt id-kort), en regning med din adresse, der højst er tre måneder gammel, og et billede af den betalingsmetode, du bruger.

    Send skarpe billeder som PDF, JPG, PNG eller HEIC, hvor alle hjørner kan ses. Dæk CVV og de midterste cifre i kortnummeret. Vi gennemgår dokumenter inden for 24 til 72 timer.

article-limits-title = Hvordan sætter jeg grænser for mit spil?
article-limits-body =
    Under »Ansvarligt spil« på din konto kan du sætte grænser for, hvor meget du kan indbetale, tabe eller spille for. En lavere grænse gælder straks. En højere grænse gælder først efter en betænkningstid.

    Du kan også holde en pause eller udelukke dig helt, hos os eller hos alle udbydere i Danmark via ROFUS (rofus.nu). Skriv til os, hvis du vil have hjælp til det. Det behandler vi med det samme.

article-technical-title = Spillet virker ikke. Hvad gør jeg?
article-technical-body =
    Genindlæs siden, og tjek din internetforbindelse. Hjælper det ikke, så prøv en anden browser, eller opdater appen. Et spil, der blev afbrudt, fortsætter som regel dér, hvor det slap, når du åbner det igen, og din indsats går ikke tabt.

    Virker det stadig ikke, så skriv til os med spillets navn, tidspunktet og gerne et skærmbillede.
