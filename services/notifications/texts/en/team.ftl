# To a team, in English whatever the player's language.

sla_warning-subject = [{ $number }] Due soon: { $clock }
sla_warning-body =
    Case { $number } of team { $team } is due soon.

    Clock: { $clock }
    Due: { $due }

sla_breach-subject = [{ $number }] Overdue: { $clock }
sla_breach-body =
    Case { $number } of team { $team } is overdue.

    Clock: { $clock }
    Was due: { $due }
