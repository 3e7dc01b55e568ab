# Short answers from the help centre.

article-bonus_wagering-title = Why is my bonus missing?
article-bonus_wagering-body =
    A bonus usually arrives in your account a few minutes after the deposit. If it is missing, it is most often for one of three reasons: the deposit was below the minimum amount, the bonus was not chosen before the deposit, or the offer had expired.

    A bonus has to be played through a certain number of times before it can be withdrawn. You can see how much is left under “My bonuses”. Games count to different degrees, as the terms of the bonus explain.

article-withdrawal_times-title = How long does a withdrawal take?
article-withdrawal_times-body =
    We process most withdrawals within 24 hours. After that, the transfer normally takes up to a day to an e-wallet, and one to three banking days to a card or bank account.

    If your account is not verified yet, or if the amount is large, it may take longer. You can follow the withdrawal under “My transactions”. If it is late, write to us with the transaction id.

article-documents-title = Which documents should I send?
article-documents-body =
    We usually ask for three things: photo identification (passport, driving licence or national identity card), a bill with your address that is at most three months old, and a picture of the payment method you use.

    Send sharp pictures as PDF, JPG, PNG or HEIC in which all corners can be seen. Cover the CVV and the middle digits of the card number. We check documents within 24 to 72 hours.

article-limits-title = How do I set limits on my gambling?
article-limits-body =
    Under “Responsible gambling” in your account you can set limits on how much you can deposit, lose or stake. A lower limit applies at once. A higher one applies only after a time for reflection.

    You can also take a break or exclude yourself altogether. Write to us if you would like help with that, and we will see to it right away.

article-technical-title = The game does not work. What can I do?
article-technical-body =
    Reload the page and check your internet connection. If that does not help, try another browser or update the app. A game that was interrupted usually goes on where it stopped when you open it again, and your stake is not lost.

    If it still does not work, write to us with the name of the game, the time and, if you can, a screenshot.
