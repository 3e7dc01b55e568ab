# Korte svar fra hjelpesenteret.

article-bonus_wagering-title = Hvorfor mangler bonusen min?
article-bonus_wagering-body =
    En bonus kommer vanligvis inn på kontoen noen minutter etter innskuddet. Mangler den, skyldes det som oftest én av tre ting: Innskuddet var lavere enn minstebeløpet, bonusen ble ikke valgt før innskuddet, eller tilbudet var utløpt.

    En bonus må spilles gjennom et bestemt antall ganger før den kan tas ut. Hvor mye som gjenstår, ser du under «Mine bonuser». Ulike spill teller ulikt, og det står i vilkårene for bonusen.

article-withdrawal_times-title = Hvor lang tid tar et uttak?
article-withdrawal_times-body =
    Vi behandler de fleste uttak innen 24 timer. Deretter tar overføringen normalt opptil et døgn til en e-lommebok og én til tre bankdager til et kort eller en bankkonto.

    Er kontoen din ikke bekreftet ennå, eller er beløpet stort, kan det ta lengre tid. Du kan følge uttaket under «Mine transaksjoner». Skriv til oss med transaksjons-ID-en hvis det er forsinket.

article-documents-title = Hvilke dokumenter skal jeg sende?
article-documents-body =
    Vi ber vanligvis om tre ting: legitimasjon med bilde (pass, førerkort eller nasjonalt ID-kort), en regning med adressen din som er høyst tre måneder gammel, og et bilde av betalingsmåten du bruker.

    Send skarpe bilder som PDF, JPG, PNG eller HEIC der alle hjørner er synlige. Dekk til CVV og de midterste sifrene i kortnummeret. Vi går gjennom dokumenter innen 24 til 72 timer.

article-limits-title = Hvordan setter jeg grenser for spillingen min?
article-limits-body =
    Under «Ansvarlig spill» på kontoen din kan du sette grenser for hvor mye du kan sette inn, tape eller spille for. En lavere grense gjelder med en gang. En høyere grense gjelder først etter en betenkningstid.

    Du kan også ta en pause eller stenge deg helt ute. Skriv til oss hvis du vil ha hjelp til det, så ordner vi det med en gang. Gratis og anonym hjelp får du hos Hjelpelinjen (hjelpelinjen.no).

article-technical-title = Spillet virker ikke. Hva gjør jeg?
article-technical-body =
    Last inn siden på nytt, og sjekk internettforbindelsen. Hjelper ikke det, kan du prøve en annen nettleser eller oppdatere appen. Et spill som ble avbrutt, fortsetter vanligvis der det slapp når du åpner det igjen, og innsatsen din går ikke tapt.

    Virker det fortsatt ikke, kan du skrive til oss med navnet på spillet, tidspunktet og gjerne et skjermbilde.
