# Dokumenter og bekræftelse af kontoen.

-evidence-identity = Billedlegitimation (pas, kørekort eller nationalt id-kort)
-evidence-address = Adressebevis (en nyere regning med dit navn og din adresse)
-evidence-payment-method = Betalingsmetode (billede af kortet eller skærmbillede af din e-wallet)
-evidence-payment-proof = Betalingsbevis (kvittering eller kontoudtog, der viser overførslen)
-evidence-screenshot = Skærmbillede af problemet
-evidence-other = Dokument

-reason-missing-information = Noget af dokumentet mangler eller er skjult.
-reason-blurred = Billedet er sløret, så teksten ikke kan læses.
-reason-address-mismatch = Adressen er ikke den samme som på din konto.
-reason-name-mismatch = Navnet er ikke det samme som på din konto.
-reason-wrong-format = Vi kan ikke åbne den type fil.
-reason-document-not-accepted = Vi kan ikke bruge den slags dokument til dette formål.
-reason-outdated = Dokumentet er for gammelt eller udløbet.
-reason-other = Dokumentet kunne ikke godkendes.

-remedy-missing-information = Tag et nyt billede, hvor alle fire hjørner og al tekst kan ses. Kun kortets CVV og de midterste cifre i kortnummeret skal være dækket.
-remedy-blurred = Tag et nyt billede i godt lys, hold telefonen helt stille, og tjek, at du kan læse al tekst, før du sender det.
-remedy-address-mismatch = Send et dokument med den adresse, der står på din konto. Er du flyttet, så ret først adressen på din konto.
-remedy-name-mismatch = Send et dokument med det navn, der står på din konto. Har du skiftet navn, så send også et dokument, der viser det.
-remedy-wrong-format = Gem filen som PDF, JPG, PNG eller HEIC, og send den igen.
-remedy-document-not-accepted = Vælg et af de dokumenter, der er nævnt ovenfor, og send det i stedet.
-remedy-outdated = Send en nyere udgave. En regning må højst være tre måneder gammel, og legitimation skal stadig være gyldig.
-remedy-other = Svar på denne besked, så fortæller vi dig, hvad du kan sende i stedet.

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

evidence_requested-subject = [{ $number }] Vi mangler lidt fra dig
evidence_requested-body =
    Hej!

    For at komme videre med din sag mangler vi dette:

    { $missing_list }

    Log ind, vælg sagen { $number }, og brug den sikre upload dér. Send ikke dokumenterne som almindelig e-mail. Vi tager imod PDF, JPG, PNG og HEIC. Sørg for, at alle hjørner er med, og at teksten er skarp.

    Vigtigt: Skal du sende et billede af dit kort, så dæk først CVV (de tre cifre på bagsiden) og de midterste cifre i kortnummeret.

    Vi beder kun om det, vi har brug for. Når vi har det hele, kan vi hjælpe dig hurtigere.

    { signature }

evidence_received-subject = [{ $number }] Tak, vi har modtaget dit dokument
evidence_received-body =
    Hej!

    Vi har modtaget dette fra dig:

    { evidence-name }

    Vi gennemgår det nu og skriver til dig, når vi er færdige.

    { signature }

evidence_rejected-subject = [{ $number }] Dit dokument skal sendes igen
evidence_rejected-body =
    Hej!

    Tak for det, du har sendt. Vi kan desværre ikke bruge det endnu.

    Dokument: { evidence-name }
    Årsag: { rejection-reason }
    Det kan du gøre: { rejection-remedy }

    Send det igen med den sikre upload på sagen { $number }. Er du i tvivl, så svar på denne besked.

    { signature }

evidence_accepted-subject = [{ $number }] Dit dokument er godkendt
evidence_accepted-body =
    Hej!

    Vi har godkendt dette dokument:

    { evidence-name }

    Du behøver ikke sende det igen.

    { signature }

verification_approved-subject = [{ $number }] Din konto er bekræftet
verification_approved-body =
    Hej!

    Gode nyheder: Alt er i orden, og din konto er nu bekræftet. Du behøver ikke gøre mere.

    { signature }

verification_refused-subject = [{ $number }] Vi kunne ikke bekræfte din konto
verification_refused-body =
    Hej!

    Vi har gennemgået det, du har sendt, men vi har desværre ikke kunnet bekræfte din konto.

    Mener du, at det er en fejl, eller kan du sende andre dokumenter, så svar på denne besked. Så ser en medarbejder på sagen igen.

    { signature }
