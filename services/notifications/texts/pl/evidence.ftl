# Dokumenty i weryfikacja konta.

-evidence-identity = Dokument tożsamości ze zdjęciem (paszport, prawo jazdy lub dowód osobisty)
-evidence-address = Potwierdzenie adresu (aktualny rachunek z imieniem, nazwiskiem i adresem)
-evidence-payment-method = Metoda płatności (zdjęcie karty lub zrzut ekranu portfela elektronicznego)
-evidence-payment-proof = Potwierdzenie płatności (pokwitowanie lub wyciąg, na którym widać przelew)
-evidence-screenshot = Zrzut ekranu pokazujący problem
-evidence-other = Dokument

-reason-missing-information = Brakuje części dokumentu albo jest ona zasłonięta.
-reason-blurred = Zdjęcie jest nieostre i nie da się odczytać tekstu.
-reason-address-mismatch = Adres różni się od adresu na Twoim koncie.
-reason-name-mismatch = Imię lub nazwisko różni się od danych na Twoim koncie.
-reason-wrong-format = Nie możemy otworzyć pliku tego typu.
-reason-document-not-accepted = Tego rodzaju dokumentu nie możemy przyjąć w tym celu.
-reason-outdated = Dokument jest zbyt stary lub stracił ważność.
-reason-other = Nie mogliśmy zaakceptować dokumentu.

-remedy-missing-information = Zrób nowe zdjęcie, na którym widać wszystkie cztery rogi i cały tekst. Zasłoń tylko kod CVV i środkowe cyfry numeru karty.
-remedy-blurred = Zrób nowe zdjęcie w dobrym świetle, trzymaj telefon nieruchomo i przed wysłaniem sprawdź, czy da się odczytać cały tekst.
-remedy-address-mismatch = Prześlij dokument z adresem, który jest na Twoim koncie. Jeśli masz nowy adres, najpierw zmień go na koncie.
-remedy-name-mismatch = Prześlij dokument z imieniem i nazwiskiem, które są na Twoim koncie. Po zmianie nazwiska dołącz także dokument, który ją potwierdza.
-remedy-wrong-format = Zapisz plik jako PDF, JPG, PNG lub HEIC i prześlij go ponownie.
-remedy-document-not-accepted = Wybierz jeden z dokumentów wymienionych powyżej i prześlij go zamiast tego.
-remedy-outdated = Prześlij nowszy dokument. Rachunek może mieć najwyżej trzy miesiące, a dokument tożsamości musi być nadal ważny.
-remedy-other = Odpowiedz na tę wiadomość, a powiemy Ci, co można przesłać zamiast tego.

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

evidence_requested-subject = [{ $number }] Czegoś nam jeszcze brakuje
evidence_requested-body =
    Dzień dobry!

    Aby zająć się dalej Twoją sprawą, potrzebujemy jeszcze:

    { $missing_list }

    Zaloguj się, wybierz sprawę { $number } i skorzystaj z bezpiecznego przesyłania plików. Nie wysyłaj dokumentów zwykłą pocztą e-mail. Przyjmujemy pliki PDF, JPG, PNG i HEIC. Upewnij się, że widać wszystkie rogi, a tekst jest wyraźny.

    Ważne: przed zrobieniem zdjęcia karty zasłoń kod CVV (trzy cyfry na odwrocie) i środkowe cyfry numeru karty.

    Prosimy tylko o to, czego naprawdę potrzebujemy. Gdy będziemy mieć komplet, pomożemy szybciej.

    { signature }

evidence_received-subject = [{ $number }] Dziękujemy, otrzymaliśmy Twój dokument
evidence_received-body =
    Dzień dobry!

    Otrzymaliśmy od Ciebie:

    { evidence-name }

    Sprawdzamy to i napiszemy, gdy skończymy.

    { signature }

evidence_rejected-subject = [{ $number }] Prosimy o ponowne przesłanie dokumentu
evidence_rejected-body =
    Dzień dobry!

    Dziękujemy za przesłany dokument. Niestety nie możemy go jeszcze wykorzystać.

    Dokument: { evidence-name }
    Powód: { rejection-reason }
    Co można zrobić: { rejection-remedy }

    Prześlij go ponownie przez bezpieczne przesyłanie plików w sprawie { $number }. W razie wątpliwości odpowiedz na tę wiadomość.

    { signature }

evidence_accepted-subject = [{ $number }] Twój dokument został zaakceptowany
evidence_accepted-body =
    Dzień dobry!

    Zaakceptowaliśmy ten dokument:

    { evidence-name }

    Nie trzeba go przesyłać ponownie.

    { signature }

verification_approved-subject = [{ $number }] Twoje konto zostało zweryfikowane
verification_approved-body =
    Dzień dobry!

    Dobra wiadomość: wszystko się zgadza i Twoje konto jest już zweryfikowane. Nie trzeba robić nic więcej.

    { signature }

verification_refused-subject = [{ $number }] Nie udało się zweryfikować Twojego konta
verification_refused-body =
    Dzień dobry!

    Sprawdziliśmy przesłane informacje, ale niestety nie udało nam się zweryfikować Twojego konta.

    Jeśli uważasz, że to pomyłka, albo możesz przesłać inne dokumenty, odpowiedz na tę wiadomość. Nasz pracownik przyjrzy się sprawie jeszcze raz.

    { signature }
