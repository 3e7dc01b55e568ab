# Meddelanden om ärendet till spelaren. Ett meddelande är ett ämne (-subject) och en text (-body).

signature =
    Vänliga hälsningar
    Spelarsupporten

case_received-subject = [{ $number }] Vi har tagit emot ditt ärende
case_received-body =
    Hej!

    Tack för att du kontaktar oss. Ditt ärendenummer är { $number }.

    Du hör från oss senast { $horizon }. Om du vill lägga till något kan du bara svara på det här meddelandet. Låt ärendenumret stå kvar i ämnesraden, så samlar vi allt på ett ställe och du slipper upprepa dig.

    Tips: Titta även i skräpposten om du saknar ett svar från oss. Det kan ha hamnat där.

    { signature }

answer_suggested-subject = [{ $number }] Kanske finns svaret här: { $article_title }
answer_suggested-body =
    Hej!

    Vi tror att den här artikeln kan hjälpa dig direkt:

    { $article_title }

    { $article_body }

    Hjälpte det? Svara ”ja”, så avslutar vi ärendet. Svara ”nej”, så tar en medarbetare över, och du behöver inte förklara allt igen.

    { signature }

agent_introduction-subject = [{ $number }] Jag hjälper dig med ditt ärende
agent_introduction-body =
    Hej!

    Jag heter { $agent } och det är jag som tar hand om ditt ärende. Jag har läst det du redan har skickat, så du behöver inte upprepa något.

    Svara bara på det här meddelandet om du har frågor eller vill lägga till något.

    Vänliga hälsningar
    { $agent }
    Spelarsupporten

horizon-reason =
    { $reason ->
        [gateway] Vi väntar på svar från betalningsleverantören som sköter överföringen.
        [peak_traffic] Vi får ovanligt många ärenden just nu.
        [holiday] Det är helgdag och därför är vi färre som arbetar än vanligt.
        [legal_question] Din fråga är av juridisk karaktär och vi vill vara säkra på att ge dig rätt svar.
       *[other] Vi vill undersöka saken ordentligt innan vi svarar.
    }

horizon_extended-subject = [{ $number }] Vi behöver lite mer tid
horizon_extended-body =
    Hej!

    Ditt ärende tar tyvärr längre tid än vi hade räknat med. { horizon-reason }

    Du hör nu från oss senast { $horizon }. Du behöver inte göra något under tiden. Vi ber om ursäkt för väntan.

    { signature }

still_working-subject = [{ $number }] Vi arbetar fortfarande med ditt ärende
still_working-body =
    Hej!

    Vi har inte glömt ditt ärende. Vi arbetar fortfarande med det och du hör från oss igen senast { $horizon }.

    Du behöver inte göra något under tiden.

    { signature }

reply-author =
    { $machine_translated ->
        [true] { $agent } har svarat dig. Svaret är maskinöversatt:
       *[other] { $agent } har svarat dig:
    }

reply-subject = [{ $number }] Svar på ditt ärende
reply-body =
    { reply-author }

    { $text }

    Har du fler frågor kan du bara svara på det här meddelandet.

    { signature }

callback-moment =
    { $callback_at ->
        [soon] så snart vi kan
       *[other] { $callback_at }
    }

callback_booked-subject = [{ $number }] Vi ringer upp dig
callback_booked-body =
    Hej!

    Vi ringer upp dig { callback-moment }. Om tiden inte passar kan du svara på det här meddelandet, så hittar vi en annan.

    Ha gärna ditt ärendenummer till hands: { $number }. Vi ber dig aldrig om ditt lösenord eller hela ditt kortnummer i telefon.

    { signature }

resolved-subject = [{ $number }] Ditt ärende är löst
resolved-body =
    Hej!

    Vi anser att ditt ärende nu är löst.

    { $text }

    Är det något vi har missat? Svara bara på det här meddelandet, så öppnar vi ärendet igen utan att du behöver börja om från början.

    { signature }

feedback_request-subject = [{ $number }] Hur gick det?
feedback_request-body =
    Hej!

    Vi vill gärna veta hur du upplevde hjälpen. Svara med en siffra från 1 (mycket dålig) till 5 (riktigt bra) och skriv gärna några ord om varför.

    Tack för hjälpen!

    { signature }

reopened-subject = [{ $number }] Ditt ärende är öppnat igen
reopened-body =
    Hej!

    Vi har öppnat ditt ärende igen. Allt du har skickat finns kvar, så du behöver inte upprepa något. Om det är möjligt får du hjälp av samma medarbetare som förra gången.

    { signature }

closed-subject = [{ $number }] Ditt ärende är stängt
closed-body =
    Hej!

    Ditt ärende är nu stängt. Om problemet kommer tillbaka kan du skriva till oss och ange ärendenumret { $number }. Då ser vi vad som har hänt hittills.

    { signature }

payment_executed-subject = [{ $number }] Dina pengar är på väg
payment_executed-body =
    Hej!

    Vi har skickat { $amount } till dig. Det kan ta ett par bankdagar innan beloppet syns på ditt konto.

    { signature }

offer-subject = [{ $number }] { $title }
offer-body =
    Hej!

    { $text }

    Du får det här meddelandet för att du har tackat ja till erbjudanden. Svara ”stopp” om du inte vill ha fler.

    { signature }

self_exclusion_received-subject = [{ $number }] Vi har tagit emot din önskan
self_exclusion_received-body =
    Hej!

    Tack för att du berättar det för oss. Vi tar genast hand om din önskan att bli avstängd från spel, och från och med nu får du varken bonusar eller erbjudanden från oss.

    En medarbetare från teamet för ansvarsfullt spelande tar hand om ditt ärende. Behöver du prata med någon nu kan du få gratis och anonym hjälp hos Stödlinjen (stodlinjen.se).

    { signature }

# Till medarbetaren som är spelarens personliga kontakt.
personal_contact_informed-subject = [{ $number }] Din VIP-spelare får hjälp av ansvarsfullt spelande
personal_contact_informed-body =
    Hej { $agent }!

    En spelare som du är personlig kontakt för har bett om att bli avstängd från spel. Teamet för ansvarsfullt spelande har tagit över ärendet { $number }.

    Skicka inga bonusar, kampanjer eller andra erbjudanden till spelaren och låt teamet sköta kontakten.
