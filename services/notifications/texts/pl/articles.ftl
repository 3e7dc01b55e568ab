# Krótkie odpowiedzi z centrum pomocy.

article-bonus_wagering-title = Dlaczego nie mam bonusu?
article-bonus_wagering-body =
    Bonus pojawia się na koncie zwykle kilka minut po wpłacie. Jeśli go nie ma, najczęściej chodzi o jedną z trzech rzeczy: wpłata była niższa niż minimalna kwota, bonus nie został wybrany przed wpłatą albo oferta już wygasła.

    Zanim bonus będzie można wypłacić, trzeba nim obrócić określoną liczbę razy. Ile jeszcze zostało, pokazuje zakładka „Moje bonusy”. Różne gry liczą się w różnym stopniu, co opisują warunki bonusu.

article-withdrawal_times-title = Ile trwa wypłata?
article-withdrawal_times-body =
    Większość wypłat realizujemy w ciągu 24 godzin. Potem przelew trwa zwykle do jednej doby na portfel elektroniczny i od jednego do trzech dni roboczych na kartę lub konto bankowe.

    Jeśli konto nie jest jeszcze zweryfikowane albo kwota jest wysoka, może to potrwać dłużej. Stan wypłaty pokazuje zakładka „Moje transakcje”. Jeśli wypłata się opóźnia, napisz do nas i podaj identyfikator transakcji.

article-documents-title = Jakie dokumenty mam przesłać?
article-documents-body =
    Zwykle prosimy o trzy rzeczy: dokument tożsamości ze zdjęciem (paszport, prawo jazdy lub dowód osobisty), rachunek z Twoim adresem sprzed najwyżej trzech miesięcy oraz zdjęcie używanej metody płatności.

    Prześlij wyraźne zdjęcia w formacie PDF, JPG, PNG lub HEIC, na których widać wszystkie rogi. Zasłoń kod CVV i środkowe cyfry numeru karty. Dokumenty sprawdzamy w ciągu 24 do 72 godzin.

article-limits-title = Jak ustawić limity gry?
article-limits-body =
    W zakładce „Odpowiedzialna gra” na swoim koncie możesz ustawić limity wpłat, strat i stawek. Niższy limit działa od razu. Wyższy zaczyna obowiązywać dopiero po czasie do namysłu.

    Możesz też zrobić sobie przerwę albo całkowicie wykluczyć się z gry. Jeśli chcesz, żebyśmy w tym pomogli, napisz do nas, a zajmiemy się tym od razu. Bezpłatną i anonimową pomoc znajdziesz także na stronie uzaleznieniabehawioralne.pl.

article-technical-title = Gra nie działa. Co robić?
article-technical-body =
    Odśwież stronę i sprawdź połączenie z internetem. Jeśli to nie pomoże, spróbuj w innej przeglądarce albo zaktualizuj aplikację. Przerwana gra po ponownym otwarciu zwykle toczy się dalej od tego samego miejsca, a stawka nie przepada.

    Jeśli nadal nie działa, napisz do nas i podaj nazwę gry, godzinę oraz, w miarę możliwości, dołącz zrzut ekranu.
