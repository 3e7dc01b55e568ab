# Hjelpesenterets artikler, i kort form, slik de tilbys og vises i listen.

article-bonus_wagering-title = Hvor er bonusen min, og når kan jeg ta den ut?
article-bonus_wagering-body =
    En bonus kommer vanligvis noen minutter etter innskuddet. Mangler den, bør du se etter om innskuddet nådde minstebeløpet, om bonusen ble valgt før innskuddet, og om tilbudet fortsatt gjaldt.

    En bonus må spilles gjennom før den kan tas ut. Under «Mine bonuser» ser du hvor mye som gjenstår.

article-withdrawal_times-title = Når kommer uttaket mitt?
article-withdrawal_times-body =
    De fleste uttak forlater oss innen 24 timer. Deretter tar det opptil et døgn til en e-lommebok og én til tre bankdager til et kort eller en bankkonto.

    Under «Mine transaksjoner» ser du hvor langt det har kommet. Er det forsinket, kan du skrive til oss med transaksjons-ID-en.

article-documents-title = Hvilke dokumenter trenger dere?
article-documents-body =
    Legitimasjon med bilde, en regning med adressen din som er høyst tre måneder gammel, og et bilde av betalingsmåten din der CVV og de midterste sifrene i kortnummeret er dekket til.

    Send dem som skarpe filer i PDF, JPEG, PNG eller HEIC. Vi ser på dem innen 24 til 72 timer.

article-limits-title = Hvordan begrenser jeg spillingen min eller tar en pause?
article-limits-body =
    Under «Ansvarlig spill» kan du begrense innskudd, tap og innsatser, ta en pause eller stenge deg ute. En lavere grense gjelder med en gang.

    Skriv til oss hvis du vil ha hjelp til det: Vi ordner det straks.

article-technical-title = Hva kan jeg gjøre hvis et spill ikke virker?
article-technical-body =
    Last inn siden på nytt, sjekk forbindelsen, og prøv en annen nettleser eller oppdater appen. Et avbrutt spill fortsetter der det slapp, og innsatsen din går ikke tapt.

    Hjelper ikke det, kan du skrive navnet på spillet og tidspunktet til oss og gjerne sende et skjermbilde.
