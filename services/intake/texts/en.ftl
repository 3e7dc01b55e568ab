# The help centre's articles, short, as they are offered and listed.

article-bonus_wagering-title = Where is my bonus, and when can I withdraw it?
article-bonus_wagering-body =
    A bonus normally arrives within minutes of the deposit. If it is missing, check that the deposit reached the minimum amount, that the bonus was chosen before depositing, and that the offer had not ended.

    Before it can be withdrawn, a bonus has to be wagered. “My bonuses” shows how much is left.

article-withdrawal_times-title = When does my withdrawal arrive?
article-withdrawal_times-body =
    Most withdrawals leave us within 24 hours. An e-wallet then takes up to a day, a card or bank account one to three banking days.

    “My transactions” shows how far it has come. If it is late, write to us with the transaction id.

article-documents-title = Which documents do you need?
article-documents-body =
    Photo identification, a bill with your address that is at most three months old, and a picture of your payment method, with the CVV and the middle digits of the card number covered.

    Send them as sharp PDF, JPEG, PNG or HEIC files. We look at them within 24 to 72 hours.

article-limits-title = How do I limit my gambling or take a break?
article-limits-body =
    Under “Responsible gambling” you can limit your deposits, losses and stakes, take a break or exclude yourself. A lower limit applies at once.

    Write to us if you would like help with it: we see to it right away.

article-technical-title = What can I do if a game does not work?
article-technical-body =
    Reload the page, check your connection, and try another browser or update the app. An interrupted game goes on where it stopped, and your stake is not lost.

    If that does not help, tell us the game, the time and, if you can, send a screenshot.
