# Beskeder om sagen til spilleren. Én besked er et emne (-subject) og en tekst (-body).

signature =
    Venlig hilsen
    Spillersupport

case_received-subject = [{ $number }] Vi har modtaget din henvendelse
case_received-body =
    Hej!

    Tak, fordi du kontakter os. Dit sagsnummer er { $number }.

    Du hører fra os senest { $horizon }. Har du mere at tilføje, så svar bare på denne besked, og lad sagsnummeret blive stående i emnefeltet. Så samler vi det hele ét sted, og du behøver ikke gentage noget.

    Tip: Kig også i din spammappe, hvis du mangler et svar fra os. Det kan være havnet der.

    { signature }

answer_suggested-subject = [{ $number }] Måske er svaret her: { $article_title }
answer_suggested-body =
    Hej!

    Vi tror, at denne artikel kan hjælpe dig med det samme:

    { $article_title }

    { $article_body }

    Hjalp det? Svar »ja«, så afslutter vi sagen. Svar »nej«, så overtager en medarbejder, og du behøver ikke forklare det hele igen.

    { signature }

agent_introduction-subject = [{ $number }] Jeg hjælper dig med din sag
agent_introduction-body =
    Hej!

    Jeg hedder { $agent }, og det er mig, der tager mig af din sag. Jeg har læst det, du allerede har sendt, så du behøver ikke gentage noget.

    Svar bare på denne besked, hvis du har spørgsmål eller vil tilføje noget.

    Venlig hilsen
    { $agent }
    Spillersupport

horizon-reason =
    { $reason ->
        [gateway] Vi venter på svar fra den betalingsudbyder, der håndterer overførslen.
        [peak_traffic] Vi får usædvanligt mange henvendelser lige nu.
        [holiday] Det er helligdag, og derfor er vi færre på arbejde end normalt.
        [legal_question] Dit spørgsmål er af juridisk karakter, og vi vil være sikre på at give dig det rigtige svar.
       *[other] Vi vil undersøge sagen grundigt, før vi svarer.
    }

horizon_extended-subject = [{ $number }] Vi har brug for lidt mere tid
horizon_extended-body =
    Hej!

    Din sag tager desværre længere tid, end vi havde regnet med. { horizon-reason }

    Du hører nu fra os senest { $horizon }. Du behøver ikke gøre noget imens. Undskyld ventetiden.

    { signature }

still_working-subject = [{ $number }] Vi arbejder stadig på din sag
still_working-body =
    Hej!

    Din sag er ikke glemt. Vi arbejder stadig på den, og du hører fra os igen senest { $horizon }.

    Du behøver ikke gøre noget imens.

    { signature }

reply-author =
    { $machine_translated ->
        [true] { $agent } har svaret dig. Svaret er maskinoversat:
       *[other] { $agent } har svaret dig:
    }

reply-subject = [{ $number }] Svar på din henvendelse
reply-body =
    { reply-author }

    { $text }

    Har du flere spørgsmål, så svar bare på denne besked.

    { signature }

callback-moment =
    { $callback_at ->
        [soon] så snart vi kan
       *[other] { $callback_at }
    }

callback_booked-subject = [{ $number }] Vi ringer til dig
callback_booked-body =
    Hej!

    Vi ringer til dig { callback-moment }. Passer det ikke, så svar på denne besked, og vi finder et andet tidspunkt.

    Hav gerne dit sagsnummer klar: { $number }. Vi beder dig aldrig om din adgangskode eller dit fulde kortnummer i telefonen.

    { signature }

resolved-subject = [{ $number }] Din sag er løst
resolved-body =
    Hej!

    Vi mener, at din sag nu er løst.

    { $text }

    Er der noget, vi har overset, så svar bare på denne besked. Så åbner vi sagen igen, og du behøver ikke begynde forfra.

    { signature }

feedback_request-subject = [{ $number }] Hvordan gik det?
feedback_request-body =
    Hej!

    Vi vil gerne vide, hvordan du oplevede hjælpen. Svar med et tal fra 1 (meget dårlig) til 5 (rigtig god), og skriv gerne et par ord om hvorfor.

    Tak for hjælpen!

    { signature }

reopened-subject = [{ $number }] Din sag er åbnet igen
reopened-body =
    Hej!

    Vi har åbnet din sag igen. Alt, hvad du har sendt, er her stadig, så du behøver ikke gentage noget. Hvis det er muligt, hjælper den samme medarbejder dig som sidst.

    { signature }

closed-subject = [{ $number }] Din sag er lukket
closed-body =
    Hej!

    Din sag er nu lukket. Vender problemet tilbage, så skriv til os, og oplys sagsnummeret { $number }. Så kan vi se, hvad der er sket indtil nu.

    { signature }

payment_executed-subject = [{ $number }] Dine penge er på vej
payment_executed-body =
    Hej!

    Vi har sendt { $amount } til dig. Der kan gå et par bankdage, før beløbet står på din konto.

    { signature }

offer-subject = [{ $number }] { $title }
offer-body =
    Hej!

    { $text }

    Du får denne besked, fordi du har sagt ja til at modtage tilbud. Vil du ikke have flere, så svar »stop«.

    { signature }

self_exclusion_received-subject = [{ $number }] Vi har modtaget dit ønske
self_exclusion_received-body =
    Hej!

    Tak, fordi du fortæller os det. Vi behandler dit ønske om at blive udelukket fra spil med det samme, og fra nu af får du hverken bonusser eller tilbud fra os.

    En medarbejder fra teamet for ansvarligt spil tager sig af din sag. Har du brug for at tale med nogen nu, kan du få gratis og anonym hjælp hos StopSpillet (stopspillet.dk).

    { signature }

# Til medarbejderen, der er spillerens personlige kontakt.
personal_contact_informed-subject = [{ $number }] Din VIP-spiller får hjælp fra ansvarligt spil
personal_contact_informed-body =
    Hej { $agent }!

    En spiller, som du er personlig kontakt for, har bedt om at blive udelukket fra spil. Teamet for ansvarligt spil har overtaget sagen { $number }.

    Send ikke bonusser, kampagner eller andre tilbud til spilleren, og lad teamet stå for kontakten.
