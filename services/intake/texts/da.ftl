# Hjælpecentrets artikler, i kort form, som de tilbydes og vises på listen.

article-bonus_wagering-title = Hvor er min bonus, og hvornår kan jeg hæve den?
article-bonus_wagering-body =
    En bonus kommer normalt få minutter efter indbetalingen. Mangler den, så se efter, om indbetalingen nåede minimumsbeløbet, om bonussen blev valgt før indbetalingen, og om tilbuddet stadig gjaldt.

    En bonus skal gennemspilles, før den kan udbetales. Hvor meget der mangler, står under »Mine bonusser«.

article-withdrawal_times-title = Hvornår kommer min udbetaling?
article-withdrawal_times-body =
    De fleste udbetalinger forlader os inden for 24 timer. Derefter tager det op til et døgn til en e-wallet og en til tre bankdage til et kort eller en bankkonto.

    Under »Mine transaktioner« kan du se, hvor langt den er. Er den forsinket, så skriv til os med transaktions-id'et.

article-documents-title = Hvilke dokumenter skal I bruge?
article-documents-body =
    Billedlegitimation, en regning med din adresse, der højst er tre måneder gammel, og et billede af din betalingsmetode, hvor CVV og de midterste cifre i kortnummeret er dækket.

    Send dem som skarpe filer i PDF, JPEG, PNG eller HEIC. Vi ser på dem inden for 24 til 72 timer.

article-limits-title = Hvordan begrænser jeg mit spil eller holder pause?
article-limits-body =
    Under »Ansvarligt spil« kan du begrænse indbetalinger, tab og indsatser, holde pause eller udelukke dig selv. En lavere grænse gælder straks.

    Skriv til os, hvis du vil have hjælp til det: Vi klarer det med det samme.

article-technical-title = Hvad kan jeg gøre, hvis et spil ikke virker?
article-technical-body =
    Genindlæs siden, tjek forbindelsen, og prøv en anden browser, eller opdater appen. Et afbrudt spil fortsætter, hvor det slap, og din indsats går ikke tabt.

    Hjælper det ikke, så skriv spillets navn og tidspunktet til os, og send gerne et skærmbillede.
