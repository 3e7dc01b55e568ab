# Artykuły centrum pomocy w skrócie, tak jak są proponowane i wyświetlane na liście.

article-bonus_wagering-title = Gdzie jest mój bonus i kiedy mogę go wypłacić?
article-bonus_wagering-body =
    Bonus pojawia się zwykle kilka minut po wpłacie. Jeśli go nie ma, sprawdź, czy wpłata osiągnęła minimalną kwotę, czy bonus został wybrany przed wpłatą i czy oferta jeszcze obowiązywała.

    Zanim bonus będzie można wypłacić, trzeba nim obrócić. Ile jeszcze zostało, pokazuje zakładka „Moje bonusy”.

article-withdrawal_times-title = Kiedy dotrze moja wypłata?
article-withdrawal_times-body =
    Większość wypłat wychodzi od nas w ciągu 24 godzin. Potem przelew trwa do jednej doby na portfel elektroniczny i od jednego do trzech dni roboczych na kartę lub konto bankowe.

    Stan wypłaty pokazuje zakładka „Moje transakcje”. Jeśli się opóźnia, napisz do nas i podaj identyfikator transakcji.

article-documents-title = Jakich dokumentów potrzebujecie?
article-documents-body =
    Dokumentu tożsamości ze zdjęciem, rachunku z Twoim adresem sprzed najwyżej trzech miesięcy oraz zdjęcia metody płatności z zasłoniętym kodem CVV i środkowymi cyframi numeru karty.

    Prześlij wyraźne pliki PDF, JPEG, PNG lub HEIC. Sprawdzamy je w ciągu 24 do 72 godzin.

article-limits-title = Jak ograniczyć grę albo zrobić sobie przerwę?
article-limits-body =
    W zakładce „Odpowiedzialna gra” możesz ograniczyć wpłaty, straty i stawki, zrobić sobie przerwę albo wykluczyć się z gry. Niższy limit działa od razu.

    Jeśli chcesz, żebyśmy w tym pomogli, napisz do nas: zajmiemy się tym natychmiast.

article-technical-title = Co mogę zrobić, jeśli gra nie działa?
article-technical-body =
    Odśwież stronę, sprawdź połączenie i spróbuj w innej przeglądarce albo zaktualizuj aplikację. Przerwana gra toczy się dalej od tego samego miejsca, a stawka nie przepada.

    Jeśli to nie pomoże, podaj nam nazwę gry i godzinę oraz, w miarę możliwości, prześlij zrzut ekranu.
