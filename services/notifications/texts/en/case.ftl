# Messages about the case to the player. A message is a subject and a body.

signature =
    Kind regards
    Player Support

case_received-subject = [{ $number }] We have received your request
case_received-body =
    Hello!

    Thank you for getting in touch. Your case number is { $number }.

    You will hear from us by { $horizon }. If you would like to add anything, just reply to this message and leave the case number in the subject. That keeps everything in one place, and you won't have to repeat yourself.

    Tip: if you are missing an answer from us, please look in your spam folder too. It may have ended up there.

    { signature }

answer_suggested-subject = [{ $number }] The answer may be here: { $article_title }
answer_suggested-body =
    Hello!

    We think this article can help you right away:

    { $article_title }

    { $article_body }

    Did that help? Reply “yes” and we will finish the case. Reply “no” and one of us will take over, and you won't have to explain everything again.

    { signature }

agent_introduction-subject = [{ $number }] I am helping you with your case
agent_introduction-body =
    Hello!

    My name is { $agent }, and I am looking after your case. I have read what you have already sent, so there is no need to repeat anything.

    Just reply to this message if you have questions or would like to add something.

    Kind regards
    { $agent }
    Player Support

horizon-reason =
    { $reason ->
        [gateway] We are waiting for an answer from the payment provider that handles the transfer.
        [peak_traffic] We are receiving an unusual number of requests at the moment.
        [holiday] It is a public holiday, so fewer of us are at work than usual.
        [legal_question] Your question is a legal one, and we want to be sure to give you the right answer.
       *[other] We want to look into it thoroughly before we answer.
    }

horizon_extended-subject = [{ $number }] We need a little more time
horizon_extended-body =
    Hello!

    We are sorry that your case is taking longer than we expected. { horizon-reason }

    You will now hear from us by { $horizon }. There is nothing you need to do in the meantime.

    { signature }

still_working-subject = [{ $number }] We are still working on your case
still_working-body =
    Hello!

    We have not forgotten your case. We are still working on it, and you will hear from us again by { $horizon }.

    There is nothing you need to do in the meantime.

    { signature }

reply-author =
    { $machine_translated ->
        [true] { $agent } has answered you; the answer was translated by a machine:
       *[other] { $agent } has answered you:
    }

reply-subject = [{ $number }] An answer to your request
reply-body =
    { reply-author }

    { $text }

    If you have more questions, just reply to this message.

    { signature }

callback-moment =
    { $callback_at ->
        [soon] as soon as we can
       *[other] on { $callback_at }
    }

callback_booked-subject = [{ $number }] We will call you
callback_booked-body =
    Hello!

    We will call you { callback-moment }. If that does not suit you, reply to this message and we will find another time.

    Please have your case number ready: { $number }. We will never ask for your password or your full card number on the phone.

    { signature }

resolved-subject = [{ $number }] Your case is resolved
resolved-body =
    Hello!

    We believe that your case is now resolved.

    { $text }

    If there is something we have missed, just reply to this message. We will open the case again, and you won't have to start from the beginning.

    { signature }

feedback_request-subject = [{ $number }] How did we do?
feedback_request-body =
    Hello!

    We would like to know how you found our help. Reply with a number from 1 (very poor) to 5 (very good), and feel free to add a few words about why.

    Thank you!

    { signature }

reopened-subject = [{ $number }] Your case is open again
reopened-body =
    Hello!

    We have opened your case again. Everything you have sent is still here, so there is no need to repeat anything. If possible, the same person as last time will help you.

    { signature }

closed-subject = [{ $number }] Your case is closed
closed-body =
    Hello!

    Your case is now closed. If the problem comes back, write to us and give the case number { $number }. Then we can see what has happened so far.

    { signature }

payment_executed-subject = [{ $number }] Your money is on its way
payment_executed-body =
    Hello!

    We have sent you { $amount }. It may take a few banking days before the amount shows in your account.

    { signature }

offer-subject = [{ $number }] { $title }
offer-body =
    Hello!

    { $text }

    You are getting this message because you agreed to receive offers. If you don't want any more, reply “stop”.

    { signature }

self_exclusion_received-subject = [{ $number }] We have received your request and are acting on it
self_exclusion_received-body =
    Hello!

    Thank you for telling us. We are acting on your wish to be excluded from gambling right away, and from now on you will get no bonuses or offers from us.

    A member of our responsible gambling team is looking after your case. If you need to talk to someone now, free and confidential help is available in your country; gamblingtherapy.org can tell you where.

    { signature }

# To the member of staff who is the player's personal contact.
personal_contact_informed-subject = [{ $number }] Responsible gambling is helping your VIP player
personal_contact_informed-body =
    Hello { $agent }!

    A player you are the personal contact of has asked to be excluded from gambling. The responsible gambling team has taken over case { $number }.

    Please send the player no bonuses, campaigns or other offers, and leave all contact to the team.
