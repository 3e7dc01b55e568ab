# Documents, and verification of the account.

-evidence-identity = Photo identification (passport, driving licence or national identity card)
-evidence-address = Proof of address (a recent bill with your name and address)
-evidence-payment-method = Payment method (a photo of the card or a screenshot of your e-wallet)
-evidence-payment-proof = Proof of payment (a receipt or statement that shows the transfer)
-evidence-screenshot = A screenshot of the problem
-evidence-other = Document

-reason-missing-information = Part of the document is missing or hidden.
-reason-blurred = The picture is blurred, so the text cannot be read.
-reason-address-mismatch = The address is not the same as on your account.
-reason-name-mismatch = The name is not the same as on your account.
-reason-wrong-format = We cannot open this type of file.
-reason-document-not-accepted = We cannot accept this kind of document for this purpose.
-reason-outdated = The document is too old or has expired.
-reason-other = The document could not be accepted.

-remedy-missing-information = Take a new picture in which all four corners and all text can be seen. Only the card's CVV and the middle digits of the card number should be covered.
-remedy-blurred = Take a new picture in good light, hold the phone still, and check that you can read all the text before you send it.
-remedy-address-mismatch = Send a document with the address that is on your account. If you have moved, please change the address on your account first.
-remedy-name-mismatch = Send a document with the name that is on your account. If you have changed your name, please also send a document that shows this.
-remedy-wrong-format = Save the file as PDF, JPG, PNG or HEIC and send it again.
-remedy-document-not-accepted = Choose one of the documents named above and send that instead.
-remedy-outdated = Send a newer one. A bill may be at most three months old, and identification must still be valid.
-remedy-other = Reply to this message and we will tell you what you can send instead.

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

evidence_requested-subject = [{ $number }] We need a little more from you
evidence_requested-body =
    Hello!

    To go on with your case, we still need this:

    { $missing_list }

    Log in, choose case { $number }, and use the secure upload there. Please do not send documents by ordinary e-mail. We accept PDF, JPG, PNG and HEIC. Make sure that all corners can be seen and that the text is sharp.

    Important: before you take a picture of your card, cover the CVV (the three digits on the back) and the middle digits of the card number.

    We only ask for what we need. Once we have everything, we can help you faster.

    { signature }

evidence_received-subject = [{ $number }] Thank you, we have received your document
evidence_received-body =
    Hello!

    We have received this from you:

    { evidence-name }

    We are checking it now and will write to you when we are done.

    { signature }

evidence_rejected-subject = [{ $number }] Please send your document again
evidence_rejected-body =
    Hello!

    Thank you for what you have sent. Unfortunately we cannot use it yet.

    Document: { evidence-name }
    Reason: { rejection-reason }
    What you can do: { rejection-remedy }

    Send it again with the secure upload in case { $number }. If you are unsure, reply to this message.

    { signature }

evidence_accepted-subject = [{ $number }] Your document is accepted
evidence_accepted-body =
    Hello!

    We have accepted this document:

    { evidence-name }

    You don't need to send it again.

    { signature }

verification_approved-subject = [{ $number }] Your account is verified
verification_approved-body =
    Hello!

    Good news: everything is in order, and your account is now verified. There is nothing more you need to do.

    { signature }

verification_refused-subject = [{ $number }] We could not verify your account
verification_refused-body =
    Hello!

    We have gone through what you have sent, but unfortunately we have not been able to verify your account.

    If you think this is a mistake, or if you can send other documents, reply to this message. Then one of us will look at it again.

    { signature }
