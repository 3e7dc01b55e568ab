# Wiadomości o sprawie do gracza. Wiadomość to temat (-subject) i treść (-body).

signature =
    Pozdrawiamy
    Zespół obsługi graczy

case_received-subject = [{ $number }] Otrzymaliśmy Twoje zgłoszenie
case_received-body =
    Dzień dobry!

    Dziękujemy za kontakt. Numer Twojej sprawy to { $number }.

    Odezwiemy się najpóźniej { $horizon }. Jeśli chcesz coś dodać, po prostu odpowiedz na tę wiadomość i pozostaw numer sprawy w temacie. Dzięki temu zbierzemy wszystko w jednym miejscu i nie trzeba będzie niczego powtarzać.

    Wskazówka: jeśli brakuje Ci naszej odpowiedzi, zajrzyj także do folderu ze spamem. Mogła tam trafić.

    { signature }

answer_suggested-subject = [{ $number }] Może odpowiedź jest tutaj: { $article_title }
answer_suggested-body =
    Dzień dobry!

    Wydaje nam się, że ten artykuł może pomóc od razu:

    { $article_title }

    { $article_body }

    Czy to pomogło? Odpowiedz „tak”, a zakończymy sprawę. Odpowiedz „nie”, a zajmie się nią nasz pracownik i nie trzeba będzie wyjaśniać wszystkiego od nowa.

    { signature }

agent_introduction-subject = [{ $number }] Zajmuję się Twoją sprawą
agent_introduction-body =
    Dzień dobry!

    Nazywam się { $agent } i zajmuję się Twoją sprawą. Znam już wszystkie przesłane informacje, więc nie trzeba niczego powtarzać.

    W razie pytań albo gdy chcesz coś dodać, po prostu odpowiedz na tę wiadomość.

    Pozdrawiam
    { $agent }
    Zespół obsługi graczy

horizon-reason =
    { $reason ->
        [gateway] Czekamy na odpowiedź operatora płatności, który realizuje przelew.
        [peak_traffic] Otrzymujemy teraz wyjątkowo dużo zgłoszeń.
        [holiday] Jest dzień świąteczny, dlatego pracuje nas mniej niż zwykle.
        [legal_question] Pytanie dotyczy kwestii prawnych i chcemy mieć pewność, że nasza odpowiedź będzie właściwa.
       *[other] Chcemy dokładnie zbadać sprawę, zanim odpowiemy.
    }

horizon_extended-subject = [{ $number }] Potrzebujemy trochę więcej czasu
horizon_extended-body =
    Dzień dobry!

    Niestety Twoja sprawa zajmie więcej czasu, niż zakładaliśmy. { horizon-reason }

    Odezwiemy się najpóźniej { $horizon }. W tym czasie nie trzeba nic robić. Przepraszamy za opóźnienie.

    { signature }

still_working-subject = [{ $number }] Nadal pracujemy nad Twoją sprawą
still_working-body =
    Dzień dobry!

    Pamiętamy o Twojej sprawie. Nadal nad nią pracujemy i odezwiemy się ponownie najpóźniej { $horizon }.

    W tym czasie nie trzeba nic robić.

    { signature }

reply-author =
    { $machine_translated ->
        [true] { $agent } odpowiada na Twoje zgłoszenie (odpowiedź przetłumaczona maszynowo):
       *[other] { $agent } odpowiada na Twoje zgłoszenie:
    }

reply-subject = [{ $number }] Odpowiedź na Twoje zgłoszenie
reply-body =
    { reply-author }

    { $text }

    W razie dalszych pytań po prostu odpowiedz na tę wiadomość.

    { signature }

callback-moment =
    { $callback_at ->
        [soon] najszybciej, jak to możliwe
       *[other] { $callback_at }
    }

callback_booked-subject = [{ $number }] Zadzwonimy do Ciebie
callback_booked-body =
    Dzień dobry!

    Zadzwonimy do Ciebie { callback-moment }. Jeśli ten termin nie pasuje, odpowiedz na tę wiadomość, a znajdziemy inny.

    Prosimy przygotować numer sprawy: { $number }. Przez telefon nigdy nie prosimy o hasło ani o pełny numer karty.

    { signature }

resolved-subject = [{ $number }] Twoja sprawa została rozwiązana
resolved-body =
    Dzień dobry!

    Naszym zdaniem Twoja sprawa została rozwiązana.

    { $text }

    Jeśli coś nam umknęło, po prostu odpowiedz na tę wiadomość. Otworzymy sprawę ponownie i nie trzeba będzie zaczynać od początku.

    { signature }

feedback_request-subject = [{ $number }] Jak oceniasz naszą pomoc?
feedback_request-body =
    Dzień dobry!

    Chcemy wiedzieć, jak oceniasz naszą pomoc. Odpowiedz cyfrą od 1 (bardzo źle) do 5 (bardzo dobrze). Będzie nam też miło, jeśli napiszesz w kilku słowach, dlaczego.

    Dziękujemy!

    { signature }

reopened-subject = [{ $number }] Twoja sprawa została ponownie otwarta
reopened-body =
    Dzień dobry!

    Otworzyliśmy Twoją sprawę ponownie. Mamy wszystkie przesłane wcześniej informacje, więc nie trzeba niczego powtarzać. Jeśli to możliwe, sprawą zajmie się ta sama osoba co poprzednio.

    { signature }

closed-subject = [{ $number }] Twoja sprawa została zamknięta
closed-body =
    Dzień dobry!

    Twoja sprawa została zamknięta. Jeśli problem powróci, napisz do nas i podaj numer sprawy { $number }. Dzięki temu zobaczymy, co działo się do tej pory.

    { signature }

payment_executed-subject = [{ $number }] Twoje pieniądze są w drodze
payment_executed-body =
    Dzień dobry!

    Kwota { $amount } została do Ciebie wysłana. Zanim pojawi się na koncie, może minąć kilka dni roboczych.

    { signature }

offer-subject = [{ $number }] { $title }
offer-body =
    Dzień dobry!

    { $text }

    Otrzymujesz tę wiadomość, ponieważ masz włączoną zgodę na oferty. Jeśli nie chcesz ich więcej dostawać, odpowiedz „stop”.

    { signature }

self_exclusion_received-subject = [{ $number }] Otrzymaliśmy Twoją prośbę
self_exclusion_received-body =
    Dzień dobry!

    Dziękujemy, że nam o tym mówisz. Natychmiast zajmujemy się Twoją prośbą o wykluczenie z gry. Od tej chwili nie będziemy wysyłać Ci żadnych bonusów ani ofert.

    Twoją sprawą zajmuje się zespół odpowiedzialnej gry. Jeśli chcesz z kimś porozmawiać już teraz, bezpłatną i anonimową pomoc znajdziesz na stronie uzaleznieniabehawioralne.pl.

    { signature }

# Do pracownika, który jest osobistym opiekunem gracza.
personal_contact_informed-subject = [{ $number }] Twoim graczem VIP zajmuje się zespół odpowiedzialnej gry
personal_contact_informed-body =
    Cześć, { $agent }!

    Gracz, którego jesteś osobistym opiekunem, poprosił o wykluczenie z gry. Sprawę { $number } przejął zespół odpowiedzialnej gry.

    Nie wysyłaj graczowi bonusów, kampanii ani innych ofert i pozostaw kontakt temu zespołowi.
