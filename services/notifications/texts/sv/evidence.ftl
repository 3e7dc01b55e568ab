# Dokument och verifiering av kontot.

-evidence-identity = Legitimation med foto (pass, körkort eller nationellt id-kort)
-evidence-address = Adressbevis (en aktuell räkning med ditt namn och din adress)
-evidence-payment-method = Betalningsmetod (foto av kortet eller skärmbild av din e-plånbok)
-evidence-payment-proof = Betalningsbevis (kvitto eller kontoutdrag som visar överföringen)
-evidence-screenshot = Skärmbild av problemet
-evidence-other = Dokument

-reason-missing-information = En del av dokumentet saknas eller är dold.
-reason-blurred = Bilden är suddig så att texten inte går att läsa.
-reason-address-mismatch = Adressen är inte densamma som på ditt konto.
-reason-name-mismatch = Namnet är inte detsamma som på ditt konto.
-reason-wrong-format = Vi kan inte öppna den typen av fil.
-reason-document-not-accepted = Vi kan inte använda den sortens dokument för det här ändamålet.
-reason-outdated = Dokumentet är för gammalt eller har gått ut.
-reason-other = Dokumentet kunde inte godkännas.

-remedy-missing-information = Ta en ny bild där alla fyra hörn och all text syns. Bara kortets CVV och de mittersta siffrorna i kortnumret ska vara täckta.
-remedy-blurred = Ta en ny bild i bra ljus, håll telefonen helt stilla och kontrollera att du kan läsa all text innan du skickar den.
-remedy-address-mismatch = Skicka ett dokument med den adress som står på ditt konto. Om du har flyttat ändrar du först adressen på ditt konto.
-remedy-name-mismatch = Skicka ett dokument med det namn som står på ditt konto. Om du har bytt namn skickar du även ett dokument som visar det.
-remedy-wrong-format = Spara filen som PDF, JPG, PNG eller HEIC och skicka den igen.
-remedy-document-not-accepted = Välj ett av de dokument som nämns ovan och skicka det i stället.
-remedy-outdated = Skicka en nyare version. En räkning får vara högst tre månader gammal och en legitimation måste fortfarande vara giltig.
-remedy-other = Svara på det här meddelandet, så berättar vi vad du kan skicka i stället.

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

evidence_requested-subject = [{ $number }] Vi behöver lite mer från dig
evidence_requested-body =
    Hej!

    För att komma vidare med ditt ärende behöver vi det här:

    { $missing_list }

    Logga in, välj ärendet { $number } och använd den säkra uppladdningen där. Skicka inte dokumenten som vanlig e-post. Vi tar emot PDF, JPG, PNG och HEIC. Se till att alla hörn är med och att texten är skarp.

    Viktigt: Om du ska skicka en bild av ditt kort täcker du först CVV (de tre siffrorna på baksidan) och de mittersta siffrorna i kortnumret.

    Vi ber bara om det vi behöver. När vi har allt kan vi hjälpa dig snabbare.

    { signature }

evidence_received-subject = [{ $number }] Tack, vi har tagit emot ditt dokument
evidence_received-body =
    Hej!

    Vi har tagit emot det här från dig:

    { evidence-name }

    Vi granskar det nu och skriver till dig när vi är klara.

    { signature }

evidence_rejected-subject = [{ $number }] Ditt dokument behöver skickas igen
evidence_rejected-body =
    Hej!

    Tack för det du har skickat. Tyvärr kan vi inte använda det ännu.

    Dokument: { evidence-name }
    Orsak: { rejection-reason }
    Så här gör du: { rejection-remedy }

    Skicka det igen med den säkra uppladdningen i ärendet { $number }. Är du osäker kan du svara på det här meddelandet.

    { signature }

evidence_accepted-subject = [{ $number }] Ditt dokument är godkänt
evidence_accepted-body =
    Hej!

    Vi har godkänt det här dokumentet:

    { evidence-name }

    Du behöver inte skicka det igen.

    { signature }

verification_approved-subject = [{ $number }] Ditt konto är verifierat
verification_approved-body =
    Hej!

    Goda nyheter: Allt stämmer och ditt konto är nu verifierat. Du behöver inte göra något mer.

    { signature }

verification_refused-subject = [{ $number }] Vi kunde inte verifiera ditt konto
verification_refused-body =
    Hej!

    Vi har gått igenom det du har skickat men har tyvärr inte kunnat verifiera ditt konto.

    Om du tycker att det är fel, eller om du kan skicka andra dokument, svarar du på det här meddelandet. Då tittar en medarbetare på ärendet igen.

    { signature }
