# Meldinger om saken til spilleren. Én melding er et emne (-subject) og en tekst (-body).

signature =
    Vennlig hilsen
    Spillerstøtte

case_received-subject = [{ $number }] Vi har mottatt henvendelsen din
case_received-body =
    Hei!

    Takk for at du kontakter oss. Saksnummeret ditt er { $number }.

    Du hører fra oss senest { $horizon }. Har du mer å legge til, kan du bare svare på denne meldingen. La saksnummeret stå i emnefeltet, så samler vi alt på ett sted, og du slipper å gjenta noe.

    Tips: Se også i søppelposten hvis du savner et svar fra oss. Det kan ha havnet der.

    { signature }

answer_suggested-subject = [{ $number }] Kanskje er svaret her: { $article_title }
answer_suggested-body =
    Hei!

    Vi tror at denne artikkelen kan hjelpe deg med en gang:

    { $article_title }

    { $article_body }

    Hjalp det? Svar «ja», så avslutter vi saken. Svar «nei», så tar en medarbeider over, og du trenger ikke å forklare alt på nytt.

    { signature }

agent_introduction-subject = [{ $number }] Jeg hjelper deg med saken din
agent_introduction-body =
    Hei!

    Jeg heter { $agent }, og det er jeg som tar meg av saken din. Jeg har lest det du allerede har sendt, så du trenger ikke å gjenta noe.

    Bare svar på denne meldingen hvis du har spørsmål eller vil legge til noe.

    Vennlig hilsen
    { $agent }
    Spillerstøtte

horizon-reason =
    { $reason ->
        [gateway] Vi venter på svar fra betalingsleverandøren som håndterer overføringen.
        [peak_traffic] Vi får uvanlig mange henvendelser akkurat nå.
        [holiday] Det er helligdag, og derfor er vi færre på jobb enn vanlig.
        [legal_question] Spørsmålet ditt er av juridisk art, og vi vil være sikre på at du får riktig svar.
       *[other] Vi vil undersøke saken grundig før vi svarer.
    }

horizon_extended-subject = [{ $number }] Vi trenger litt mer tid
horizon_extended-body =
    Hei!

    Saken din tar dessverre lengre tid enn vi hadde regnet med. { horizon-reason }

    Du hører nå fra oss senest { $horizon }. Du trenger ikke å gjøre noe i mellomtiden. Vi beklager ventetiden.

    { signature }

still_working-subject = [{ $number }] Vi jobber fortsatt med saken din
still_working-body =
    Hei!

    Saken din er ikke glemt. Vi jobber fortsatt med den, og du hører fra oss igjen senest { $horizon }.

    Du trenger ikke å gjøre noe i mellomtiden.

    { signature }

reply-author =
    { $machine_translated ->
        [true] { $agent } har svart deg. Svaret er maskinoversatt:
       *[other] { $agent } har svart deg:
    }

reply-subject = [{ $number }] Svar på henvendelsen din
reply-body =
    { reply-author }

    { $text }

    Har du flere spørsmål, kan du bare svare på denne meldingen.

    { signature }

callback-moment =
    { $callback_at ->
        [soon] så snart vi kan
       *[other] { $callback_at }
    }

callback_booked-subject = [{ $number }] Vi ringer deg
callback_booked-body =
    Hei!

    Vi ringer deg { callback-moment }. Passer det ikke, kan du svare på denne meldingen, så finner vi et annet tidspunkt.

    Ha gjerne saksnummeret klart: { $number }. Vi ber deg aldri om passordet ditt eller hele kortnummeret ditt på telefon.

    { signature }

resolved-subject = [{ $number }] Saken din er løst
resolved-body =
    Hei!

    Vi mener at saken din nå er løst.

    { $text }

    Er det noe vi har oversett, kan du bare svare på denne meldingen. Da åpner vi saken igjen, og du slipper å begynne på nytt.

    { signature }

feedback_request-subject = [{ $number }] Hvordan gikk det?
feedback_request-body =
    Hei!

    Vi vil gjerne vite hvordan du opplevde hjelpen. Svar med et tall fra 1 (svært dårlig) til 5 (veldig bra), og skriv gjerne noen ord om hvorfor.

    Takk for hjelpen!

    { signature }

reopened-subject = [{ $number }] Saken din er åpnet igjen
reopened-body =
    Hei!

    Vi har åpnet saken din igjen. Alt du har sendt, ligger her fortsatt, så du trenger ikke å gjenta noe. Hvis det er mulig, får du hjelp av samme medarbeider som sist.

    { signature }

closed-subject = [{ $number }] Saken din er lukket
closed-body =
    Hei!

    Saken din er nå lukket. Kommer problemet tilbake, kan du skrive til oss og oppgi saksnummeret { $number }. Da ser vi hva som har skjedd til nå.

    { signature }

payment_executed-subject = [{ $number }] Pengene dine er på vei
payment_executed-body =
    Hei!

    Vi har sendt { $amount } til deg. Det kan ta et par bankdager før beløpet står på kontoen din.

    { signature }

offer-subject = [{ $number }] { $title }
offer-body =
    Hei!

    { $text }

    Du får denne meldingen fordi du har sagt ja til å motta tilbud. Svar «stopp» hvis du ikke vil ha flere.

    { signature }

self_exclusion_received-subject = [{ $number }] Vi har mottatt ønsket ditt
self_exclusion_received-body =
    Hei!

    Takk for at du forteller oss det. Vi behandler ønsket ditt om å bli utestengt fra spill med en gang, og fra nå av får du verken bonuser eller tilbud fra oss.

    En medarbeider fra teamet for ansvarlig spill tar seg av saken din. Trenger du å snakke med noen nå, kan du få gratis og anonym hjelp hos Hjelpelinjen (hjelpelinjen.no).

    { signature }

# Til medarbeideren som er spillerens personlige kontakt.
personal_contact_informed-subject = [{ $number }] VIP-spilleren din får hjelp fra ansvarlig spill
personal_contact_informed-body =
    Hei { $agent }!

    En spiller som du er personlig kontakt for, har bedt om å bli utestengt fra spill. Teamet for ansvarlig spill har overtatt saken { $number }.

    Ikke send bonuser, kampanjer eller andre tilbud til spilleren, og la teamet ta seg av kontakten.
