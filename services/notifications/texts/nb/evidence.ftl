# Dokumenter og bekreftelse av kontoen.

-evidence-identity = Legitimasjon med bilde (pass, førerkort eller nasjonalt ID-kort)
-evidence-address = Adressebevis (en nyere regning med navnet og adressen din)
-evidence-payment-method = Betalingsmåte (bilde av kortet eller skjermbilde av e-lommeboken din)
-evidence-payment-proof = Betalingsbevis (kvittering eller kontoutskrift som viser overføringen)
-evidence-screenshot = Skjermbilde av problemet
-evidence-other = Dokument

-reason-missing-information = Noe av dokumentet mangler eller er skjult.
-reason-blurred = Bildet er uskarpt, så teksten ikke kan leses.
-reason-address-mismatch = Adressen er ikke den samme som på kontoen din.
-reason-name-mismatch = Navnet er ikke det samme som på kontoen din.
-reason-wrong-format = Vi kan ikke åpne den typen fil.
-reason-document-not-accepted = Vi kan ikke bruke den typen dokument til dette formålet.
-reason-outdated = Dokumentet er for gammelt eller utløpt.
-reason-other = Dokumentet kunne ikke godkjennes.

-remedy-missing-information = Ta et nytt bilde der alle fire hjørner og all tekst er synlig. Bare CVV og de midterste sifrene i kortnummeret skal være dekket til.
-remedy-blurred = Ta et nytt bilde i godt lys, hold telefonen helt stille, og sjekk at du kan lese all teksten før du sender det.
-remedy-address-mismatch = Send et dokument med adressen som står på kontoen din. Har du flyttet, må du først endre adressen på kontoen.
-remedy-name-mismatch = Send et dokument med navnet som står på kontoen din. Har du byttet navn, sender du også et dokument som viser det.
-remedy-wrong-format = Lagre filen som PDF, JPG, PNG eller HEIC, og send den på nytt.
-remedy-document-not-accepted = Velg et av dokumentene som er nevnt ovenfor, og send det i stedet.
-remedy-outdated = Send en nyere utgave. En regning kan være høyst tre måneder gammel, og legitimasjon må fortsatt være gyldig.
-remedy-other = Svar på denne meldingen, så forteller vi deg hva du kan sende i stedet.

evidence-name =
    { $evidence ->
        [identity] { -evidence-identity }
        [address] { -evidence-address }
        [payment_method] { -evidence-payment-method }
        [payment_proof] { -evidence-payment-proof }
        [screenshot] { -evidence-screenshot }
       *[other] { -evidence-other }
    }

rejection-reason =
    { $reason ->
        [missing_information] { -reason-missing-information }
        [blurred] { -reason-blurred }
        [address_mismatch] { -reason-address-mismatch }
        [name_mismatch] { -reason-name-mismatch }
        [wrong_format] { -reason-wrong-format }
        [document_not_accepted] { -reason-document-not-accepted }
        [outdated] { -reason-outdated }
       *[other] { -reason-other }
    }

rejection-remedy =
    { $reason ->
        [missing_information] { -remedy-missing-information }
        [blurred] { -remedy-blurred }
        [address_mismatch] { -remedy-address-mismatch }
        [name_mismatch] { -remedy-name-mismatch }
        [wrong_format] { -remedy-wrong-format }
        [document_not_accepted] { -remedy-document-not-accepted }
        [outdated] { -remedy-outdated }
       *[other] { -remedy-other }
    }

evidence_requested-subject = [{ $number }] Vi mangler litt fra deg
evidence_requested-body =
    Hei!

    For å komme videre med saken din mangler vi dette:

    { $missing_list }

    Logg inn, velg saken { $number }, og bruk den sikre opplastingen der. Ikke send dokumentene som vanlig e-post. Vi tar imot PDF, JPG, PNG og HEIC. Sørg for at alle hjørner er med, og at teksten er skarp.

    Viktig: Skal du sende et bilde av kortet ditt, må du først dekke til CVV (de tre sifrene på baksiden) og de midterste sifrene i kortnummeret.

    Vi ber bare om det vi trenger. Når vi har alt, kan vi hjelpe deg raskere.

    { signature }

evidence_received-subject = [{ $number }] Takk, vi har mottatt dokumentet ditt
evidence_received-body =
    Hei!

    Vi har mottatt dette fra deg:

    { evidence-name }

    Vi går gjennom det nå og skriver til deg når vi er ferdige.

    { signature }

evidence_rejected-subject = [{ $number }] Dokumentet ditt må sendes på nytt
evidence_rejected-body =
    Hei!

    Takk for det du har sendt. Vi kan dessverre ikke bruke det ennå.

    Dokument: { evidence-name }
    Årsak: { rejection-reason }
    Dette kan du gjøre: { rejection-remedy }

    Send det på nytt med den sikre opplastingen i saken { $number }. Er du usikker, kan du svare på denne meldingen.

    { signature }

evidence_accepted-subject = [{ $number }] Dokumentet ditt er godkjent
evidence_accepted-body =
    Hei!

    Vi har godkjent dette dokumentet:

    { evidence-name }

    Du trenger ikke å sende det på nytt.

    { signature }

verification_approved-subject = [{ $number }] Kontoen din er bekreftet
verification_approved-body =
    Hei!

    Gode nyheter: Alt er i orden, og kontoen din er nå bekreftet. Du trenger ikke å gjøre noe mer.

    { signature }

verification_refused-subject = [{ $number }] Vi kunne ikke bekrefte kontoen din
verification_refused-body =
    Hei!

    Vi har gått gjennom det du har sendt, men har dessverre ikke kunnet bekrefte kontoen din.

    Mener du at dette er feil, eller kan du sende andre dokumenter, kan du svare på denne meldingen. Da ser en medarbeider på saken igjen.

    { signature }
